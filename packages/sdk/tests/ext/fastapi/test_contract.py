from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, WebSocket
from starlette.responses import PlainTextResponse, StreamingResponse
from web_contract import ASGIContract, broken_pieces, here, pieces

from opencensus.ext.fastapi.fastapi_middleware import FastAPIMiddleware
from opencensus.trace import execution_context, integrations


def in_thread() -> str:
    """A dependency that FastAPI asks in a thread."""
    return here("thread")


async def in_order(made: Any) -> Any:
    for piece in made:
        yield piece


def routes(router: Any) -> Any:
    @router.get("/orders/{number}", response_class=PlainTextResponse)
    async def order(number: int) -> str:
        await asyncio.sleep(0)
        return here(number)

    return router


class TestFastAPI(ASGIContract):
    error_is_let_through = True

    def make(self, **settings: Any) -> Any:
        app = FastAPI()
        app.add_middleware(FastAPIMiddleware, **settings)
        routes(app)

        @app.get("/broken")
        def broken() -> None:
            raise LookupError("no such price")

        @app.get("/away")
        async def away() -> None:
            raise HTTPException(503)

        @app.get("/_ah/health")
        async def health() -> str:
            return "ok"

        @app.get("/stream")
        async def stream() -> Any:
            return StreamingResponse(in_order(pieces()))

        @app.get("/stream-broken")
        async def cut() -> Any:
            return StreamingResponse(in_order(broken_pieces()))

        @app.get("/thread", response_class=PlainTextResponse)
        def thread(found: str = Depends(in_thread)) -> str:
            return found

        @app.websocket("/feed/{name}")
        async def feed(websocket: WebSocket, name: str) -> None:
            await websocket.accept()
            await websocket.close()

        app.include_router(routes(APIRouter()), prefix="/v1/{tenant}")
        app.mount("/sub", routes(FastAPI()))
        return app

    def test_routes_of_routers_and_mounts_have_the_whole_template(
        self, application: Any, span_list: Any
    ) -> None:
        for path in ("/v1/7/orders/8", "/sub/orders/8", "/sub/nowhere"):
            self.ask(application, path)

        assert [span.attributes.get("http.route") for span in span_list.spans] == [
            "/v1/{tenant}/orders/{number}",
            "/sub/orders/{number}",
            "/sub/{path}",
        ]

    def test_dependency_in_a_thread_is_in_the_trace(self, application: Any, span_list: Any) -> None:
        reply = self.ask(application, "/thread")

        (span,) = span_list.spans
        assert reply.text == f"thread {span.span_id} {span.context.trace_id}"

    def test_span_is_named_as_it_always_was(self, application: Any, span_list: Any) -> None:
        self.ask(application, "/orders/7?x=1")

        assert span_list.spans[0].name == "[GET]http://localhost/orders/7?x=1"
        assert integrations.get_integrations() & integrations._Integrations.FASTAPI

    def test_wrong_parameter_is_an_answer(self, application: Any, span_list: Any) -> None:
        assert self.ask(application, "/orders/seven").status == 422

        (span,) = span_list.spans
        assert span.attributes["http.route"] == "/orders/{number}"
        assert "error.message" not in span.attributes

    def test_websocket_has_the_route(self, application: Any, span_list: Any) -> None:
        received = iter([{"type": "websocket.connect"}])
        sent = []

        async def receive() -> Any:
            return next(received)

        async def send(message: Any) -> None:
            sent.append(message["type"])

        scope = {
            "type": "websocket",
            "path": "/feed/news",
            "root_path": "",
            "scheme": "ws",
            "headers": [(b"host", b"shop")],
            "query_string": b"",
            "subprotocols": [],
        }
        asyncio.run(application(scope, receive, send))

        (span,) = span_list.spans
        assert sent == ["websocket.accept", "websocket.close"]
        assert span.attributes["http.route"] == "/feed/{name}"
        assert span.attributes["http.status_code"] == 101
        assert execution_context.get_current_span() is None
