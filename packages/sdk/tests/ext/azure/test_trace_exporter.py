from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.link import Link
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.span import SpanKind
from opencensus.trace.status import Status
from opencensus.trace.tracer import Tracer


@pytest.fixture
def exporter(track_server: Any, tmp_path: Any) -> Any:
    exporter = AzureExporter(
        connection_string=track_server.connection_string,
        storage_path=str(tmp_path / "storage"),
        export_interval=0.1,
    )
    yield exporter
    exporter.shutdown()


@pytest.fixture
def tracer(exporter: AzureExporter) -> Tracer:
    return Tracer(exporter=exporter, sampler=AlwaysOnSampler())


def only(items: list[dict[str, Any]]) -> dict[str, Any]:
    assert len(items) == 1
    return items[0]


def test_span_of_own_work_becomes_an_in_process_dependency(
    track_server: Any, exporter: AzureExporter, tracer: Tracer
) -> None:
    with tracer.span(name="test") as span:
        span.add_attribute("tries", 3)
    assert exporter.flush()

    item = only(track_server.accepted)
    data = item["data"]["baseData"]
    assert item["name"] == "Microsoft.ApplicationInsights.RemoteDependency"
    assert item["iKey"] == "11111111-2222-3333-4444-555555555555"
    assert item["time"].endswith("Z")
    assert item["tags"]["ai.operation.id"] == tracer.span_context.trace_id
    assert "ai.operation.parentId" not in item["tags"]
    assert (data["name"], data["type"], data["resultCode"], data["success"]) == (
        "test",
        "INPROC",
        "0",
        True,
    )
    assert data["id"] == span.span_id
    assert data["properties"] == {"tries": "3"}


def test_parent_id_is_the_bare_span_id(
    track_server: Any, exporter: AzureExporter, tracer: Tracer
) -> None:
    with tracer.span(name="outer") as outer, tracer.span(name="inner"):
        pass
    assert exporter.flush()

    inner = track_server.accepted[0]
    assert inner["tags"]["ai.operation.parentId"] == outer.span_id


def test_failed_own_work_is_no_success(
    track_server: Any, exporter: AzureExporter, tracer: Tracer
) -> None:
    with pytest.raises(KeyError), tracer.span(name="test"):
        raise KeyError("gone")
    assert exporter.flush()

    data = only(track_server.accepted)["data"]["baseData"]
    assert (data["resultCode"], data["success"]) == ("2", False)


@pytest.mark.parametrize("status", [float("inf"), float("nan"), "?", [], None])
def test_a_status_code_that_is_no_number_is_a_failure(
    track_server: Any, exporter: AzureExporter, tracer: Tracer, status: object
) -> None:
    with tracer.span(name="/pay") as span:
        span.span_kind = SpanKind.CLIENT
        span.attributes["http.status_code"] = status
    assert exporter.flush()

    assert only(track_server.accepted)["data"]["baseData"]["success"] is False


def test_outgoing_call_becomes_a_dependency_with_target(
    track_server: Any, exporter: AzureExporter, tracer: Tracer
) -> None:
    with tracer.span(name="/pay") as span:
        span.span_kind = SpanKind.CLIENT
        span.add_attribute("component", "HTTP")
        span.add_attribute("http.method", "POST")
        span.add_attribute("http.url", "http://payments:8080/pay?x=1")
        span.add_attribute("http.status_code", 503)
    assert exporter.flush()

    data = only(track_server.accepted)["data"]["baseData"]
    assert data["name"] == "POST /pay"
    assert data["type"] == "HTTP"
    assert data["target"] == "payments:8080"
    assert data["data"] == "http://payments:8080/pay?x=1"
    assert (data["resultCode"], data["success"]) == ("503", False)
    assert data["properties"] == {"component": "HTTP"}


def test_statement_becomes_data_of_a_database_dependency(
    track_server: Any, exporter: AzureExporter, tracer: Tracer
) -> None:
    with tracer.span(name="sqlite3.query") as span:
        span.span_kind = SpanKind.CLIENT
        span.add_attribute("component", "sqlite3")
        span.add_attribute("sqlite3.query", "select 1")
        span.add_attribute("db.instance", "shop.db")
    assert exporter.flush()

    data = only(track_server.accepted)["data"]["baseData"]
    assert (data["type"], data["data"], data["target"]) == ("sqlite3", "select 1", "shop.db")


def test_a_call_to_what_is_no_database_has_a_target_of_its_own(
    track_server: Any, exporter: AzureExporter, tracer: Tracer
) -> None:
    with tracer.span(name="send bill") as span:
        span.span_kind = SpanKind.CLIENT
        span.add_attribute("component", "celery")
        span.add_attribute("dependency.target", "broker:6379 | bills")
        span.add_attribute("dependency.data", "bill 7")
    assert exporter.flush()

    data = only(track_server.accepted)["data"]["baseData"]
    assert (data["type"], data["data"], data["target"]) == (
        "celery",
        "bill 7",
        "broker:6379 | bills",
    )
    assert data["properties"] == {"component": "celery"}


def test_served_request_becomes_a_request_with_operation_name(
    track_server: Any, exporter: AzureExporter, tracer: Tracer
) -> None:
    with tracer.span(name="[GET]http://shop/items/7") as span:
        span.span_kind = SpanKind.SERVER
        span.add_attribute("http.method", "GET")
        span.add_attribute("http.route", "/items/<id>")
        span.add_attribute("http.url", "http://shop/items/7")
        span.add_attribute("http.status_code", 204)
    assert exporter.flush()

    item = only(track_server.accepted)
    data = item["data"]["baseData"]
    assert item["name"] == "Microsoft.ApplicationInsights.Request"
    assert item["tags"]["ai.operation.name"] == "GET /items/<id>"
    assert data["name"] == "GET /items/<id>"
    assert (data["responseCode"], data["success"]) == ("204", True)
    assert data["url"] == "http://shop/items/7"
    assert data["properties"] == {
        "request.name": "GET /items/<id>",
        "request.url": "http://shop/items/7",
    }


def test_request_that_failed_sends_its_exception_as_a_child(
    track_server: Any, exporter: AzureExporter, tracer: Tracer
) -> None:
    with tracer.span(name="request") as span:
        span.span_kind = SpanKind.SERVER
        span.set_status(Status(2, "division by zero"))
        span.add_attribute("error.name", "ZeroDivisionError")
        span.add_attribute("error.message", "division by zero")
        span.add_attribute("stacktrace", "Traceback ...")
    assert exporter.flush()

    failure, request = track_server.accepted
    details = failure["data"]["baseData"]["exceptions"][0]
    assert failure["tags"]["ai.operation.parentId"] == span.span_id
    assert (details["typeName"], details["message"]) == ("ZeroDivisionError", "division by zero")
    assert details["stack"] == "Traceback ..."
    assert request["data"]["baseData"]["success"] is False
    assert "stacktrace" not in request["data"]["baseData"]["properties"]


def test_links_are_kept(track_server: Any, exporter: AzureExporter, tracer: Tracer) -> None:
    with tracer.span(name="test") as span:
        span.add_link(Link("a" * 32, "b" * 16))
    assert exporter.flush()

    properties = only(track_server.accepted)["data"]["baseData"]["properties"]
    assert json.loads(properties["_MS.links"]) == [{"operation_Id": "a" * 32, "id": "b" * 16}]


def test_items_carry_contiguous_ids_of_one_source(
    track_server: Any, exporter: AzureExporter, tracer: Tracer
) -> None:
    for _ in range(250):
        with tracer.span(name="test"):
            pass
    assert exporter.flush()

    ids = [item["seq"].split(".") for item in track_server.wait_for_items(250)]
    assert len({source for _, source, _ in ids}) == 1
    assert [int(number) for _, _, number in ids] == list(range(250))
    assert max(len(post.items) for post in track_server.posts) <= 100


def test_connection_is_reused(track_server: Any, exporter: AzureExporter, tracer: Tracer) -> None:
    for _ in range(3):
        with tracer.span(name="test"):
            pass
        assert exporter.flush()

    assert len(track_server.posts) == 3
    assert len({post.connection for post in track_server.posts}) == 1


def test_processors_change_and_drop_envelopes(
    track_server: Any, exporter: AzureExporter, tracer: Tracer
) -> None:
    def rename(envelope: Any) -> None:
        envelope.tags["ai.cloud.role"] = "orders"
        envelope.data.baseData.properties["attempt"] = 7
        envelope.data.baseData["name"] = envelope.data.baseData.name.upper()

    def drop_secret(envelope: Any) -> bool:
        return envelope.data.baseData.name != "SECRET"

    def broken(envelope: Any) -> None:
        raise RuntimeError("processor of the host")

    for processor in (rename, broken, drop_secret):
        exporter.add_telemetry_processor(processor)
    for name in ("secret", "open"):
        with tracer.span(name=name):
            pass
    assert exporter.flush()

    item = only(track_server.accepted)
    assert item["tags"]["ai.cloud.role"] == "orders"
    assert item["data"]["baseData"]["name"] == "OPEN"
    assert item["data"]["baseData"]["properties"] == {"attempt": "7"}
    assert item["seq"].endswith(".0")


def test_value_that_cannot_be_read_costs_only_itself(
    track_server: Any, exporter: AzureExporter, tracer: Tracer
) -> None:
    class Unprintable:
        def __str__(self) -> str:
            raise RuntimeError("of the host")

    with tracer.span(name="test") as span:
        span.add_attribute("value", Unprintable())
        span.add_attribute("other", "fine")
    assert exporter.flush()

    assert only(track_server.accepted)["data"]["baseData"]["properties"] == {
        "value": "<Unprintable without a text>",
        "other": "fine",
    }


def test_spans_emitted_by_hand_are_sent_before_emit_returns(
    track_server: Any, exporter: AzureExporter, tracer: Tracer, caplog: pytest.LogCaptureFixture
) -> None:
    with tracer.span(name="by hand") as span:
        pass
    assert exporter.flush()
    before = len(track_server.accepted)
    done = threading.Event()
    exporter.emit([*tracer.tracer.get_span_datas(span), object()], done)

    assert done.is_set()
    assert "span cannot be exported" in caplog.text
    (item,) = track_server.accepted[before:]
    assert item["data"]["baseData"]["name"] == "by hand"
