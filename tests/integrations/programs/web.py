"""Every web framework in one process, each on a server and with an exporter of its own.

Prints a JSON object with the port of each and serves until standard input ends. Each has:

- ``/orders/7``: logs a warning, opens a span `price` and answers;
- ``/relay/<ports>``: asks the first of the ports, separated by dashes, to relay to the others;
- ``/broken``: raises; ``/stream``: answers in pieces.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import sys
import threading
import time
from wsgiref.simple_server import WSGIRequestHandler
from wsgiref.simple_server import make_server as make_plain_server

import django
import requests
import uvicorn
from aiohttp import web
from django.conf import settings
from fastapi import FastAPI
from fastapi.responses import StreamingResponse as FastAPIStream
from flask import Flask, Response
from pyramid.config import Configurator
from pyramid.response import Response as PyramidResponse
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from werkzeug.serving import make_server

from opencensus.ext.aiohttp_server import AiohttpMiddleware
from opencensus.ext.asgi import ASGIMiddleware
from opencensus.ext.azure.log_exporter import AzureLogHandler
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.ext.fastapi.fastapi_middleware import FastAPIMiddleware
from opencensus.ext.flask.flask_middleware import FlaskMiddleware
from opencensus.ext.starlette import StarletteMiddleware
from opencensus.ext.wsgi import WSGIMiddleware
from opencensus.trace import config_integration, execution_context
from opencensus.trace.samplers import AlwaysOnSampler

config_integration.trace_integrations(["requests"])
log = logging.getLogger("shop")
log.propagate = False
log.addHandler(AzureLogHandler(export_interval=0.5))
logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
exporters = []


def exporter(name):
    made = AzureExporter(role_name=name, export_interval=0.5)
    exporters.append(made)
    return made


def sell(number):
    log.warning("sold %s", number)
    with execution_context.get_opencensus_tracer().span(name="price"):
        time.sleep(0.002)
    return f"sold {number}"


def relay(ports):
    first, _, others = str(ports).partition("-")
    path = f"relay/{others}" if others else "orders/7"
    return requests.get(f"http://127.0.0.1:{first}/{path}", timeout=20).text


def broken():
    raise LookupError("no such price")


def pieces():
    for letter in "abc":
        time.sleep(0.002)
        yield letter.encode()


async def async_pieces():
    for letter in "abc":
        await asyncio.sleep(0.002)
        yield letter.encode()


def flask_application():
    app = Flask("flask")
    app.add_url_rule("/orders/<number>", view_func=sell, endpoint="sell")
    app.add_url_rule("/relay/<ports>", view_func=relay, endpoint="relay")
    app.add_url_rule("/broken", view_func=broken, endpoint="broken")
    app.add_url_rule("/stream", view_func=lambda: Response(pieces()), endpoint="stream")
    app.logger.disabled = True
    FlaskMiddleware(app, exporter=exporter("flask"), sampler=AlwaysOnSampler())
    return app


def plain_wsgi():
    def application(environ, start_response):
        _, _, what, *rest = ["", *environ["PATH_INFO"].split("/"), ""]
        if what == "broken":
            broken()
        start_response("200 OK", [("Content-Type", "text/plain")])
        if what == "stream":
            return pieces()
        return [(sell(rest[0]) if what == "orders" else relay(rest[0])).encode()]

    def template(environ):
        _, what, *rest = environ["PATH_INFO"].split("/")
        return f"/{what}/{{value}}" if rest else f"/{what}"

    return WSGIMiddleware(application, exporter=exporter("wsgi"), route=template)


def pyramid_application():
    traced = {"OPENCENSUS": {"TRACE": {"EXPORTER": exporter("pyramid")}}}
    views = {
        "/orders/{number}": lambda request: PyramidResponse(sell(request.matchdict["number"])),
        "/relay/{ports}": lambda request: PyramidResponse(relay(request.matchdict["ports"])),
        "/broken": lambda request: broken(),
        "/stream": lambda request: PyramidResponse(app_iter=pieces(), content_type="text/plain"),
    }
    with Configurator(settings=traced) as config:
        config.add_tween("opencensus.ext.pyramid.pyramid_middleware.OpenCensusTweenFactory")
        for name, (pattern, view) in enumerate(views.items()):
            config.add_route(str(name), pattern)
            config.add_view(view, route_name=str(name))
        return config.make_wsgi_app()


def django_applications():
    import django_urls

    def configured(name):
        return {"SAMPLER": AlwaysOnSampler(), "EXPORTER": exporter(name)}

    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        LOGGING_CONFIG=None,
        MIDDLEWARE=["opencensus.ext.django.middleware.OpencensusMiddleware"],
        OPENCENSUS={"TRACE": configured("django")},
        ROOT_URLCONF=django_urls.make(sell, relay, broken, pieces, async_pieces),
    )
    django.setup()
    logging.getLogger("django").disabled = True
    logging.getLogger("django.request").disabled = True
    from django.core.handlers.asgi import ASGIHandler
    from django.core.handlers.wsgi import WSGIHandler

    plain = WSGIHandler()
    settings.OPENCENSUS = {"TRACE": configured("django-asgi")}
    return plain, ASGIHandler()


def fastapi_application():
    app = FastAPI()
    app.add_middleware(FastAPIMiddleware, exporter=exporter("fastapi"))
    app.get("/orders/{number}")(sell)
    app.get("/relay/{ports}")(relay)
    app.get("/broken")(broken)
    app.get("/stream")(lambda: FastAPIStream(pieces()))
    return app


def starlette_application():
    async def order(request):
        return PlainTextResponse(sell(request.path_params["number"]))

    async def passed_on(request):
        return PlainTextResponse(await asyncio.to_thread(relay, request.path_params["ports"]))

    async def fail(request):
        broken()

    async def stream(request):
        return StreamingResponse(async_pieces())

    app = Starlette(
        routes=[
            Route("/orders/{number}", order),
            Route("/relay/{ports}", passed_on),
            Route("/broken", fail),
            Route("/stream", stream),
        ]
    )
    app.add_middleware(StarletteMiddleware, exporter=exporter("starlette"))
    return app


def plain_asgi():
    async def application(scope, receive, send):
        _, what, *rest = scope["path"].split("/")
        if what == "broken":
            broken()
        scope["path_template"] = f"/{what}/{{value}}" if rest else f"/{what}"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if what == "stream":
            async for piece in async_pieces():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
            return
        if what == "orders":
            text = sell(rest[0])
        else:
            text = await asyncio.to_thread(relay, rest[0])
        await send({"type": "http.response.body", "body": text.encode()})

    return ASGIMiddleware(application, exporter=exporter("asgi"))


def aiohttp_application():
    async def order(request):
        return web.Response(text=sell(request.match_info["number"]))

    async def passed_on(request):
        return web.Response(text=await asyncio.to_thread(relay, request.match_info["ports"]))

    async def fail(request):
        broken()

    async def stream(request):
        answer = web.StreamResponse()
        await answer.prepare(request)
        async for piece in async_pieces():
            await answer.write(piece)
        return answer

    app = web.Application(middlewares=[AiohttpMiddleware(exporter=exporter("aiohttp"))])
    app.router.add_get("/orders/{number}", order)
    app.router.add_get("/relay/{ports}", passed_on)
    app.router.add_get("/broken", fail)
    app.router.add_get("/stream", stream)
    logging.getLogger("aiohttp.server").disabled = True
    return app


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        return

    def log_error(self, *args):
        return


def listening():
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    made.listen(64)
    return made


async def serve():
    plain_django, async_django = django_applications()
    ports, threads, servers = {}, [], []
    for name, application in (
        ("flask", flask_application()),
        ("django", plain_django),
        ("pyramid", pyramid_application()),
    ):
        threads.append(make_server("127.0.0.1", 0, application, threaded=True))
        ports[name] = threads[-1].server_port
    threads.append(make_plain_server("127.0.0.1", 0, plain_wsgi(), handler_class=Quiet))
    ports["wsgi"] = threads[-1].server_port
    for server in threads:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    for name, application in (
        ("django-asgi", async_django),
        ("fastapi", fastapi_application()),
        ("starlette", starlette_application()),
        ("asgi", plain_asgi()),
    ):
        own = listening()
        config = uvicorn.Config(application, log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext
        servers.append((server, asyncio.ensure_future(server.serve(sockets=[own]))))
        ports[name] = own.getsockname()[1]
    runner = web.AppRunner(aiohttp_application(), access_log=None)
    await runner.setup()
    own = listening()
    await web.SockSite(runner, own).start()
    ports["aiohttp"] = own.getsockname()[1]
    print(json.dumps(ports), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for server, task in servers:
        server.should_exit = True
        await task
    await runner.cleanup()
    for server in threads:
        server.shutdown()


sys.stderr = open("/dev/null", "w")  # noqa: SIM115 (servers tell of what is broken here on purpose)
asyncio.run(serve())
