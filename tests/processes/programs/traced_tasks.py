"""A worker whose tasks are traced, and with a number as argument the program that sends one."""

import os
import sys
from pathlib import Path

from celery import Celery

from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace import config_integration
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

tracer = Tracer(exporter=AzureExporter(), sampler=AlwaysOnSampler())
config_integration.trace_integrations(["celery"], tracer)
app = Celery("shop", broker=os.environ["BROKER"])


@app.task(name="bill")
def bill(number):
    with Path(os.environ["DONE"]).open("a") as done:
        done.write(f"{number}\n")


@app.task(name="refuse")
def refuse():
    raise ValueError("no such order")


if __name__ == "__main__":
    with tracer.span(name="order"):
        refuse.delay()
        bill.delay(int(sys.argv[1]))
