"""A FastAPI application with a middleware written by hand, as the documents show it."""

import asyncio

import httpx
from fastapi import FastAPI, Request

from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.attributes_helper import COMMON_ATTRIBUTES
from opencensus.trace.samplers import ProbabilitySampler
from opencensus.trace.span import SpanKind
from opencensus.trace.tracer import Tracer

HTTP_URL = COMMON_ATTRIBUTES["HTTP_URL"]
HTTP_STATUS_CODE = COMMON_ATTRIBUTES["HTTP_STATUS_CODE"]

app = FastAPI()
exporter = AzureExporter()


@app.middleware("http")
async def trace_request(request: Request, call_next):
    tracer = Tracer(exporter=exporter, sampler=ProbabilitySampler(1.0))
    with tracer.span("main") as span:
        span.span_kind = SpanKind.SERVER
        response = await call_next(request)
        tracer.add_attribute_to_current_span(HTTP_STATUS_CODE, response.status_code)
        tracer.add_attribute_to_current_span(HTTP_URL, str(request.url))
    return response


@app.get("/orders/{number}")
async def order(number: int):
    return number


async def ask():
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        print((await client.get("/orders/7")).text)


asyncio.run(ask())
