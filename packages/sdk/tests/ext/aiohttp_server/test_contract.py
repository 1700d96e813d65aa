from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from aiohttp import ClientError, web
from aiohttp.test_utils import TestClient, TestServer
from web_contract import Reply, WebContract, broken_pieces, here, pieces

from opencensus.ext.aiohttp_server import AiohttpMiddleware
from opencensus.trace.samplers import AlwaysOnSampler


async def order(request: Any) -> Any:
    await asyncio.sleep(0)
    return web.Response(text=here(request.match_info["number"]))


async def broken(request: Any) -> Any:
    raise LookupError("no such price")


async def away(request: Any) -> Any:
    raise web.HTTPServiceUnavailable


async def health(request: Any) -> Any:
    return web.Response(text="ok")


async def stream(request: Any) -> Any:
    answer = web.StreamResponse()
    await answer.prepare(request)
    for piece in pieces():
        if "cut" in request.query and piece == b"b":
            request.transport.close()
        await answer.write(piece)
    return answer


async def cut(request: Any) -> Any:
    answer = web.StreamResponse()
    await answer.prepare(request)
    for piece in broken_pieces():
        await answer.write(piece)
    return answer


async def feed(request: Any) -> Any:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(here(message.data))
    return socket


class TestAiohttp(WebContract):
    @pytest.fixture(autouse=True)
    def _quiet(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(logging.getLogger("aiohttp.server"), "disabled", True)

    status_of_what_began = None
    """aiohttp tells a middleware nothing of an answer that the handler itself began and broke off."""

    def make(self, **settings: Any) -> Any:
        return lambda: self.application_of(**settings)

    def application_of(self, **settings: Any) -> Any:
        app = web.Application(middlewares=[AiohttpMiddleware(**settings)])
        for path, handler in (
            ("/orders/{number}", order),
            ("/broken", broken),
            ("/away", away),
            ("/_ah/health", health),
            ("/stream", stream),
            ("/stream-broken", cut),
            ("/feed", feed),
        ):
            app.router.add_get(path, handler)
        return app

    def ask(self, application: Any, path: str, **options: Any) -> Reply:
        async def ask() -> Reply:
            method = options.get("method", "GET")
            is_cut = options.get("take") is not None and path == "/stream"
            async with TestClient(TestServer(application())) as client:
                reply = Reply()
                try:
                    async with client.request(
                        method, f"{path}?cut" if is_cut else path, headers=options.get("headers")
                    ) as answer:
                        reply.status = answer.status
                        reply.pieces.append(await answer.read())
                except ClientError as error:
                    reply.error = error
                return reply

        return asyncio.run(ask())

    def wrap(self, application: Any, **settings: Any) -> Any:
        def twice() -> Any:
            outer = web.Application(middlewares=[AiohttpMiddleware(**settings)])
            inner = application()
            for route in inner.router.routes():
                if route.method == "GET":
                    outer.router.add_get(route.resource.canonical, route.handler)
            outer.middlewares.extend(inner.middlewares)
            return outer

        return twice

    def test_method_that_a_client_made_up_is_other(self, application: Any, span_list: Any) -> None:
        """The server refuses it before a middleware sees it, or it is `OTHER`."""
        reply = self.ask(application, "/nowhere", method="BREW")

        methods = [span.attributes["http.method"] for span in span_list.spans]
        assert methods == ([] if reply.status == 400 else ["OTHER"])

    def test_requests_below_another_application_have_the_whole_template(
        self, span_list: Any
    ) -> None:
        def nested() -> Any:
            outer = web.Application(middlewares=[AiohttpMiddleware(exporter=span_list)])
            outer.add_subapp(
                "/sub", self.application_of(exporter=span_list, sampler=AlwaysOnSampler())
            )
            return outer

        self.ask(nested, "/sub/orders/7")

        (span,) = span_list.spans
        assert span.attributes["http.route"] == "/sub/orders/{number}"

    def test_websocket_is_one_request_from_begin_to_end(
        self, application: Any, span_list: Any
    ) -> None:
        async def talk() -> str:
            async with (
                TestClient(TestServer(application())) as client,
                client.ws_connect("/feed") as socket,
            ):
                await socket.send_str("a")
                return str(await socket.receive_str())

        answer = asyncio.run(talk())

        (span,) = span_list.spans
        assert answer == f"a {span.span_id} {span.context.trace_id}"
        assert span.attributes["http.route"] == "/feed"
        assert span.attributes["http.status_code"] == 101
