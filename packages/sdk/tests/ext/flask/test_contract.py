from __future__ import annotations

from typing import Any

import flask
from web_contract import Reply, WebContract, ask_wsgi, broken_pieces, here, pieces

from opencensus.ext.flask.flask_middleware import FlaskMiddleware


class TestFlask(WebContract):
    template = "/orders/<number>"

    def make(self, **settings: Any) -> Any:
        app = flask.Flask("shop", root_path=".")
        app.add_url_rule("/orders/<number>", view_func=here, endpoint="here")
        app.add_url_rule("/broken", view_func=broken)
        app.add_url_rule("/away", view_func=lambda: ("away", 503), endpoint="away")
        app.add_url_rule("/stream", view_func=lambda: flask.Response(pieces()), endpoint="stream")
        app.add_url_rule(
            "/stream-broken", view_func=lambda: flask.Response(broken_pieces()), endpoint="cut"
        )
        app.add_url_rule("/_ah/health", view_func=lambda: "ok", endpoint="health")
        app.add_url_rule("/stream-with-context", view_func=with_context)
        FlaskMiddleware(app, **settings)
        return app

    def ask(self, application: Any, path: str, **options: Any) -> Reply:
        return ask_wsgi(application, path, **options)

    def test_body_with_the_requests_context_belongs_to_the_request(
        self, application: Any, span_list: Any
    ) -> None:
        reply = self.ask(application, "/stream-with-context")

        inside, span = span_list.spans
        assert reply.text == f"/stream-with-context {span.span_id} {span.context.trace_id}"
        assert inside.parent_span_id == span.span_id

    def test_two_middlewares_make_one_span(self, application: Any, span_list: Any) -> None:
        from opencensus.trace.samplers import AlwaysOnSampler

        FlaskMiddleware(application, exporter=span_list, sampler=AlwaysOnSampler())
        self.ask(application, "/orders/7")

        assert len(span_list.spans) == 1


def broken() -> str:
    raise LookupError("no such price")


def with_context() -> Any:
    @flask.stream_with_context
    def body() -> Any:
        from opencensus.trace import execution_context

        yield here(flask.request.path)
        with execution_context.get_opencensus_tracer().span(name="inside"):
            pass

    return flask.Response(body())
