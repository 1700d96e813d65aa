from __future__ import annotations

import asyncio
from typing import Any

import flask
import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route
from web_contract import ASGIContract, broken_pieces, here, pieces

from opencensus.ext.flask.flask_middleware import FlaskMiddleware
from opencensus.ext.starlette import StarletteMiddleware
from opencensus.trace import execution_context
from opencensus.trace.samplers import AlwaysOnSampler


async def order(request: Any) -> Any:
    await asyncio.sleep(0)
    return PlainTextResponse(here(request.path_params["number"]))


def broken(request: Any) -> Any:
    raise LookupError("no such price")


def away(request: Any) -> Any:
    return PlainTextResponse("away", 503)


def health(request: Any) -> Any:
    return PlainTextResponse("ok")


def stream(request: Any) -> Any:
    return StreamingResponse(in_order(pieces()))


def cut(request: Any) -> Any:
    return StreamingResponse(in_order(broken_pieces()))


async def in_order(made: Any) -> Any:
    for piece in made:
        yield piece


def later(request: Any) -> Any:
    return PlainTextResponse("sent", background=BackgroundTask(work, request.query_params))


def work(how: Any) -> None:
    with execution_context.get_opencensus_tracer().span(name="mail"):
        pass
    if "fail" in how:
        raise LookupError("no such mail")


ROUTES = [
    Route("/orders/{number}", order),
    Route("/broken", broken),
    Route("/away", away),
    Route("/_ah/health", health),
    Route("/stream", stream),
    Route("/stream-broken", cut),
    Route("/later", later),
]


class TestStarlette(ASGIContract):
    error_is_let_through = True

    def make(self, **settings: Any) -> Any:
        deep = Mount("/tenants/{tenant}", routes=[Mount("/shop", routes=ROUTES)])
        app = Starlette(
            routes=[*ROUTES, Mount("/mounted", routes=ROUTES), deep, Mount("/plain", health_app)]
        )
        app.add_middleware(StarletteMiddleware, **settings)
        return app

    def routes_of(self, application: Any, span_list: Any, *paths: str) -> list[Any]:
        for path in paths:
            self.ask(application, path)
        return [span.attributes.get("http.route") for span in span_list.spans]

    def test_route_below_mounts_has_the_whole_template(
        self, application: Any, span_list: Any
    ) -> None:
        assert self.routes_of(
            application,
            span_list,
            "/mounted/orders/7",
            "/tenants/7/shop/orders/7",
            "/plain/any/file.css",
        ) == ["/mounted/orders/{number}", "/tenants/{tenant}/shop/orders/{number}", "/plain/{path}"]

    def test_wrong_method_has_the_route(self, application: Any, span_list: Any) -> None:
        assert self.ask(application, "/orders/7", method="DELETE").status == 405
        assert span_list.spans[0].attributes["http.route"] == "/orders/{number}"

    def test_background_task_belongs_to_the_request(self, application: Any, span_list: Any) -> None:
        self.ask(application, "/later")

        mail, span = span_list.spans
        assert mail.parent_span_id == span.span_id
        assert span.end_time <= mail.start_time
        assert "error.message" not in span.attributes

    def test_background_task_that_fails_leaves_the_answer_what_it_was(
        self, application: Any, span_list: Any
    ) -> None:
        self.ask(application, "/later?fail")

        span = span_list.spans[-1]
        assert span.attributes["http.status_code"] == 200
        assert span.attributes["error.message"] == "no such mail"

    def test_middleware_with_tasks_of_its_own_keeps_the_trace(self, span_list: Any) -> None:
        class Passing(BaseHTTPMiddleware):
            async def dispatch(self, request: Any, call_next: Any) -> Any:
                return await call_next(request)

        app = Starlette(routes=ROUTES)
        app.add_middleware(Passing)
        app.add_middleware(StarletteMiddleware, exporter=span_list, sampler=AlwaysOnSampler())
        reply = self.ask(app, "/orders/7")

        (span,) = span_list.spans
        assert reply.text.split()[1] == span.span_id
        assert span.attributes["http.route"] == "/orders/{number}"

    def test_flask_inside_makes_one_span_with_its_route(self, span_list: Any) -> None:
        wsgi = pytest.importorskip("a2wsgi")
        inner = flask.Flask("inner", root_path=".")
        inner.add_url_rule("/items/<item>", view_func=lambda item: here(item), endpoint="here")
        FlaskMiddleware(inner, exporter=span_list, sampler=AlwaysOnSampler())
        app = Starlette(routes=[Mount("/old", wsgi.WSGIMiddleware(inner))])
        app.add_middleware(StarletteMiddleware, exporter=span_list)
        reply = self.ask(app, "/old/items/7")

        (span,) = span_list.spans
        assert reply.text.split()[1] == span.span_id
        assert span.attributes["http.route"] == "/old/items/<item>"


async def health_app(scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse("file")(scope, receive, send)
