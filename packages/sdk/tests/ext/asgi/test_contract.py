from __future__ import annotations

import asyncio
from typing import Any

import pytest
from web_contract import ASGIContract, ask_asgi_async, broken_pieces, here, pieces

from opencensus.ext.asgi import ASGIMiddleware
from opencensus.ext.azure import span_envelopes
from opencensus.trace import execution_context
from opencensus.trace.samplers import AlwaysOnSampler


async def plain(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await send({"type": "lifespan.startup.complete"})
        return
    path = scope["path"]
    if path == "/broken":
        broken()
    status = {"/away": 503, "/_ah/health": 200, "/stream": 200, "/stream-broken": 200}.get(path)
    is_order = path.startswith("/orders/")
    if is_order:
        scope["path_template"] = "/orders/{number}"
        # Others are served meanwhile.
        await asyncio.sleep(0)
    await send({"type": "http.response.start", "status": status or (200 if is_order else 404)})
    if path.startswith("/stream"):
        for piece in pieces() if path == "/stream" else broken_pieces():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    body = here(path.rpartition("/")[2]).encode() if is_order else b""
    await send({"type": "http.response.body", "body": body})


def broken() -> None:
    raise LookupError("no such price")


class TestASGI(ASGIContract):
    error_is_let_through = True

    def make(self, **settings: Any) -> Any:
        return ASGIMiddleware(plain, **settings)

    def test_unhandled_exception_is_on_the_span(self, application: Any, span_list: Any) -> None:
        reply = self.ask(application, "/broken")

        (span,) = span_list.spans
        assert isinstance(reply.error, LookupError)
        assert span.attributes["http.status_code"] == 500
        assert span.attributes["error.message"] == "no such price"

    def test_layers_make_one_span_with_the_frameworks_route(
        self, application: Any, span_list: Any
    ) -> None:
        wrapped = self.wrap(application, exporter=span_list, sampler=AlwaysOnSampler())
        self.ask(wrapped, "/orders/7")

        (span,) = span_list.spans
        assert span.attributes["http.route"] == "/orders/{number}"

    def test_begin_and_end_of_the_application_are_no_request(
        self, application: Any, span_list: Any
    ) -> None:
        sent = []

        async def send(message: Any) -> None:
            sent.append(message["type"])

        asyncio.run(application({"type": "lifespan"}, None, send))
        assert sent == ["lifespan.startup.complete"]
        assert span_list.spans == []

    def test_route_of_ones_own_names_the_request(self, span_list: Any) -> None:
        application = ASGIMiddleware(plain, exporter=span_list, route=lambda scope: "/own")
        self.ask(application, "/nowhere")

        assert span_list.spans[0].attributes["http.route"] == "/own"

    def test_route_that_fails_costs_no_request(self, span_list: Any) -> None:
        application = ASGIMiddleware(plain, exporter=span_list, route=lambda scope: scope["no"])
        assert self.ask(application, "/orders/7").status == 200
        assert "http.route" not in span_list.spans[0].attributes


def websocket(*messages: dict[str, Any], error: BaseException | None = None) -> Any:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)
            with execution_context.get_opencensus_tracer().span(name="message"):
                pass
        if error is not None:
            raise error

    return application


def connect(application: Any) -> None:
    scope = {"type": "websocket", "path": "/feed", "scheme": "ws", "headers": [(b"host", b"shop")]}

    async def send(message: Any) -> None:
        return

    asyncio.run(application(scope, None, send))


def test_websocket_is_one_request_from_begin_to_end(span_list: Any) -> None:
    application = websocket(
        {"type": "websocket.accept"},
        {"type": "websocket.send", "text": "a"},
        {"type": "websocket.close", "code": 1000},
    )
    connect(ASGIMiddleware(application, exporter=span_list))

    *inside, span = span_list.spans
    assert [one.name for one in inside] == ["message"] * 3
    assert {one.parent_span_id for one in inside} == {span.span_id}
    assert span.attributes["http.status_code"] == 101
    assert span.attributes["http.url"] == "http://shop/feed"
    assert span_envelopes.request(span).success is True


def test_websocket_that_is_not_accepted_is_forbidden(span_list: Any) -> None:
    connect(ASGIMiddleware(websocket({"type": "websocket.close"}), exporter=span_list))

    (span,) = [one for one in span_list.spans if one.name == "GET"]
    assert span.attributes["http.status_code"] == 403
    assert "client.disconnected" not in span.attributes


def test_websocket_in_which_the_application_fails_has_the_exception(span_list: Any) -> None:
    application = websocket({"type": "websocket.accept"}, error=LookupError("no such feed"))
    with pytest.raises(LookupError):
        connect(ASGIMiddleware(application, exporter=span_list))

    assert span_list.spans[-1].attributes["error.message"] == "no such feed"


def test_request_that_is_cancelled_is_left_alone(span_list: Any) -> None:
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    async def cancel() -> None:
        task = asyncio.ensure_future(
            ask_asgi_async(ASGIMiddleware(slow, exporter=span_list), "/slow")
        )
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    (span,) = span_list.spans
    assert span.attributes["http.status_code"] == 499
    assert span.attributes["client.disconnected"] is True
    assert "error.message" not in span.attributes


def test_work_after_the_answer_is_in_the_request_and_not_in_its_duration(span_list: Any) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})
        with execution_context.get_opencensus_tracer().span(name="mail"):
            pass

    asyncio.run(ask_asgi_async(ASGIMiddleware(application, exporter=span_list), "/"))

    mail, span = span_list.spans
    assert mail.parent_span_id == span.span_id
    assert span.end_time <= mail.start_time


def test_address_is_put_together_from_the_scope(span_list: Any) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    async def send(message: Any) -> None:
        return

    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "https",
        "path": "/café 1",
        "root_path": "/shop",
        "query_string": b"a=%20b",
        "headers": [],
        "server": ("inside", 8080),
    }
    asyncio.run(ASGIMiddleware(application, exporter=span_list)(scope, None, send))  # type: ignore[arg-type]
    attributes = span_list.spans[0].attributes
    assert attributes["http.url"] == "https://inside:8080/shop/caf%C3%A9%201?a=%20b"
    assert attributes["http.path"] == "/shop/café 1"
    assert attributes["http.host"] == "inside:8080"


def test_only_exception_of_a_group_is_the_one_that_is_recorded(span_list: Any) -> None:
    class Group(Exception):
        """Stands in for the interpreter's, which Python 3.10 does not have."""

        exceptions = (LookupError("no such price"),)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        raise Group

    reply = asyncio.run(ask_asgi_async(ASGIMiddleware(application, exporter=span_list), "/"))

    assert isinstance(reply.error, Group)
    assert span_list.spans[0].attributes["error.name"] == "LookupError"
