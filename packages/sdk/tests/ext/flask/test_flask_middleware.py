from __future__ import annotations

import uuid
from typing import Any

import flask
import pytest

from opencensus.ext._http.meter import served
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.ext.flask.flask_middleware import FlaskMiddleware
from opencensus.trace import execution_context, integrations
from opencensus.trace.samplers import AlwaysOffSampler, AlwaysOnSampler, ProbabilitySampler
from opencensus.trace.span import SpanKind

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
SPAN_ID = "b7ad6b7169203331"


@pytest.fixture
def app() -> flask.Flask:
    app = flask.Flask("shop", root_path=".")

    @app.get("/items/<item>")
    def items(item: str) -> str:
        span = execution_context.get_current_span()
        return f"{item} {span.span_id if span else None}"

    @app.get("/broken")
    def broken() -> str:
        raise LookupError("no such price")

    @app.get("/_ah/health")
    def health() -> str:
        return "ok"

    return app


def traced(app: flask.Flask, span_list: Any, **options: Any) -> Any:
    FlaskMiddleware(app, exporter=span_list, **{"sampler": AlwaysOnSampler(), **options})
    return app.test_client()


def test_request_becomes_a_server_span(app: flask.Flask, span_list: Any) -> None:
    reply = traced(app, span_list).get("/items/7?x=1")

    (span,) = span_list.spans
    assert reply.get_data(as_text=True) == f"7 {span.span_id}"
    assert span.name == "[GET]http://localhost/items/7?x=1"
    assert span.span_kind == SpanKind.SERVER
    assert dict(span.attributes) == {
        "http.host": "localhost",
        "http.method": "GET",
        "http.path": "/items/7",
        "http.url": "http://localhost/items/7?x=1",
        "http.route": "/items/<item>",
        "http.status_code": 200,
    }


def test_who_tests_availability_is_no_person(app: flask.Flask, span_list: Any) -> None:
    client = traced(app, span_list)
    parent = {"traceparent": f"00-{TRACE_ID}-{SPAN_ID}-01"}
    client.get("/items/7", headers={**parent, "SyntheticTest-RunId": TRACE_ID})
    client.get("/items/7", headers=parent)

    test, person = span_list.spans
    assert (
        test.attributes["http.synthetic_source"] == "Application Insights Availability Monitoring"
    )
    assert "http.synthetic_source" not in person.attributes
    exporter = AzureExporter(
        connection_string=f"InstrumentationKey={uuid.uuid4()};IngestionEndpoint=http://127.0.0.1:1"
    )
    tags = [exporter.span_data_to_envelopes(span)[0].tags for span in (test, person)]
    exporter.shutdown()
    assert [each.get("ai.operation.syntheticSource") for each in tags] == [
        "Application Insights Availability Monitoring",
        None,
    ]


def test_callers_trace_goes_on(app: flask.Flask, span_list: Any) -> None:
    headers = {"traceparent": f"00-{TRACE_ID}-{SPAN_ID}-01"}
    traced(app, span_list).get("/items/7", headers=headers)

    (span,) = span_list.spans
    assert span.context.trace_id == TRACE_ID
    assert span.parent_span_id == SPAN_ID


@pytest.mark.parametrize("header", ["", "rubbish", "00-" + "0" * 32 + "-1-01", "ff" * 40])
def test_unreadable_caller_starts_a_new_trace(
    app: flask.Flask, span_list: Any, header: str
) -> None:
    reply = traced(app, span_list).get("/items/7", headers={"traceparent": header})

    assert reply.status_code == 200
    assert len(span_list.spans) == 1


def test_unhandled_exception_is_on_the_span(app: flask.Flask, span_list: Any) -> None:
    reply = traced(app, span_list).get("/broken")

    (span,) = span_list.spans
    assert reply.status_code == 500
    assert span.attributes["http.status_code"] == 500
    assert span.attributes["error.name"] == "LookupError"
    assert span.attributes["error.message"] == "no such price"
    assert "in broken" in span.attributes["stacktrace"]
    assert span.status.code == 2
    assert span.stack_trace.stack_frames


def test_unknown_address_has_no_route(app: flask.Flask, span_list: Any) -> None:
    traced(app, span_list).get("/nowhere")

    (span,) = span_list.spans
    assert span.attributes["http.status_code"] == 404
    assert "http.route" not in span.attributes


def test_health_checks_and_excluded_paths_are_not_traced(app: flask.Flask, span_list: Any) -> None:
    traced(app, span_list).get("/_ah/health")
    assert span_list.spans == []

    other = flask.Flask("other", root_path=".")
    client = traced(other, span_list, excludelist_paths=["items"])
    client.get("/items/7")
    assert span_list.spans == []
    client.get("/other")
    assert len(span_list.spans) == 1


def test_context_is_restored_after_each_request(app: flask.Flask, span_list: Any) -> None:
    before = execution_context.get_opencensus_full_context()
    client = traced(app, span_list)
    client.get("/items/7")
    client.get("/broken")

    assert execution_context.get_opencensus_full_context() == before
    assert len({span.context.trace_id for span in span_list.spans}) == 2


def test_unsampled_request_is_served_and_not_exported(app: flask.Flask, span_list: Any) -> None:
    reply = traced(app, span_list, sampler=AlwaysOffSampler()).get("/items/7")

    assert reply.status_code == 200
    assert span_list.spans == []


def test_settings_come_from_the_applications_configuration(app: flask.Flask) -> None:
    app.config["OPENCENSUS"] = {
        "TRACE": {
            "SAMPLER": "opencensus.trace.samplers.ProbabilitySampler(rate=0.5)",
            "EXPORTER": "opencensus.trace.print_exporter.PrintExporter()",
            "BLACKLIST_PATHS": ["private"],
            "EXCLUDELIST_HOSTNAMES": ["metrics.local"],
        }
    }
    middleware = FlaskMiddleware()
    middleware.init_app(app)

    assert isinstance(middleware.sampler, ProbabilitySampler)
    assert middleware.sampler.rate == 0.5
    assert middleware.excludelist_paths == ["private"]
    assert middleware.excludelist_hostnames == ["metrics.local"]


def test_requests_are_counted(app: flask.Flask, span_list: Any) -> None:
    client = traced(app, span_list)
    before = served.total
    for _ in range(3):
        client.get("/items/7")
    client.get("/broken")

    assert served.total.requests - before.requests == 4
    assert served.total.seconds > before.seconds


def test_broken_propagator_costs_no_request(app: flask.Flask, span_list: Any) -> None:
    class Broken:
        def from_headers(self, headers: object) -> None:
            raise RuntimeError("of the host")

    reply = traced(app, span_list, propagator=Broken()).get("/items/7")

    assert reply.status_code == 200
    assert len(span_list.spans) == 1


def test_context_without_a_request_ends_quietly(app: flask.Flask, span_list: Any) -> None:
    traced(app, span_list)
    with app.test_request_context("/items/7"):
        pass
    assert span_list.spans == []


def test_exception_that_the_application_lets_through_is_a_server_error(
    app: flask.Flask, span_list: Any
) -> None:
    app.testing = True
    with pytest.raises(LookupError):
        traced(app, span_list).get("/broken")

    assert span_list.spans[0].attributes["http.status_code"] == 500


@pytest.mark.parametrize("part", ["sampler", "exporter"])
def test_broken_parts_of_the_host_cost_no_request(
    app: flask.Flask, span_list: Any, part: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def should_sample(self, span_context: object) -> bool:
            raise RuntimeError("of the host")

        def export(self, span_datas: object) -> None:
            raise RuntimeError("of the host")

    options = {"sampler": AlwaysOnSampler(), "exporter": span_list, part: Broken()}
    FlaskMiddleware(app, **options)
    before = served.total.requests
    client = app.test_client()

    assert client.get("/items/7").status_code == 200
    assert client.get("/items/8").status_code == 200
    assert served.total.requests - before == 2
    assert "cannot" in caplog.text


def test_what_is_left_alone_is_read_from_the_configuration_first(app: flask.Flask) -> None:
    app.config["OPENCENSUS"] = {"TRACE": {"EXCLUDELIST_PATHS": ["private"], "SAMPLER": "unread"}}
    sampler = AlwaysOffSampler()
    middleware = FlaskMiddleware(app, excludelist_paths=["ours"], sampler=sampler)

    assert middleware.excludelist_paths == ["private"]
    assert middleware.sampler is sampler


def test_settings_may_be_changed_later(app: flask.Flask, span_list: Any) -> None:
    middleware = FlaskMiddleware()
    assert (middleware.app, middleware.sampler, middleware.exporter) == (None, None, None)
    middleware.init_app(app)
    middleware.sampler, middleware.exporter = AlwaysOnSampler(), span_list
    client = app.test_client()
    client.get("/items/7")
    middleware.excludelist_paths = ["items"]
    client.get("/items/8")

    assert [span.attributes["http.path"] for span in span_list.spans] == ["/items/7"]
    assert integrations.get_integrations() & integrations._Integrations.FLASK


def test_subclass_decides_what_the_application_calls(app: flask.Flask, span_list: Any) -> None:
    class Silent(FlaskMiddleware):
        def setup_trace(self) -> None:
            assert self.app is app

    Silent(app, sampler=AlwaysOnSampler(), exporter=span_list)
    assert app.test_client().get("/items/7").status_code == 200
    assert span_list.spans == []
