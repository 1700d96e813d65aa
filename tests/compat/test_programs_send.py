"""Programs of our own that make the calls which the documents show."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAMS = Path(__file__).with_name("programs")
OWN_KEY = "11111111-2222-3333-4444-555555555555"
ZERO_KEY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def run(run_program: Callable[..., Any], recording_endpoint: Any) -> Callable[..., Any]:
    """Run one of our programs against the recording endpoint."""
    text = f"InstrumentationKey={OWN_KEY};IngestionEndpoint={recording_endpoint.endpoint}/"
    environment = {"APPLICATIONINSIGHTS_CONNECTION_STRING": text}

    def run_one(name: str, stdin: str = "", *, returncode: int = 0, **options: Any) -> Any:
        source = (PROGRAMS / name).read_text(encoding="utf-8")
        if not options.get("keep_placeholders"):
            source = source.replace("<your-key-here>", OWN_KEY)
        finished = run_program(source, name, stdin, environment, **options)
        assert finished.returncode == returncode, finished.stderr
        return finished

    return run_one


def base_data(item: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = item["data"]["baseData"]
    return data


def test_spans_arrive_as_dependencies_of_one_trace(
    run: Callable[..., Any], recording_endpoint: Any
) -> None:
    finished = run("spans.py", "ada\ngrace\n")

    assert finished.stdout == "priced for ada\npriced for grace\n"
    assert finished.stderr == ""
    items = recording_endpoint.accepted
    assert [base_data(item)["name"] for item in items] == ["price", "checkout"] * 2
    assert {item["iKey"] for item in items} == {ZERO_KEY}
    price, checkout = items[:2]
    assert price["tags"]["ai.operation.parentId"] == base_data(checkout)["id"]
    assert base_data(checkout)["properties"] == {"customer": "ada"}
    assert len({item["tags"]["ai.operation.id"] for item in items}) == 1


def test_printed_span_shows_no_status_when_all_went_well(run: Callable[..., Any]) -> None:
    finished = run("spans_local.py")

    lines = finished.stdout.splitlines()
    assert lines[0] == "priced"
    assert lines[1].startswith("[SpanData(name='checkout', context=SpanContext(trace_id=")
    assert ", status=None, same_process_as_parent_span=None, span_kind=0)]" in lines[1]


def test_logs_arrive_as_traces_and_exceptions(
    run: Callable[..., Any], recording_endpoint: Any
) -> None:
    run("logs.py")

    messages = recording_endpoint.of_type("MessageData")
    assert [base_data(item)["message"] for item in messages] == [
        "opened",
        "stock low",
        "ignored dimensions",
    ]
    assert [base_data(item)["severityLevel"] for item in messages] == [1, 2, 2]
    assert base_data(messages[1])["properties"]["left"] == "3"
    (failure,) = recording_endpoint.of_type("ExceptionData")
    (details,) = base_data(failure)["exceptions"]
    assert details["typeName"] == "KeyError"
    assert [frame["method"] for frame in details["parsedStack"]] == ["price", "<module>"]
    assert base_data(failure)["properties"]["product"] == "teapot"


def test_formatter_decides_the_message(run: Callable[..., Any], recording_endpoint: Any) -> None:
    run("logs_formatted.py")

    (item,) = recording_endpoint.accepted
    assert base_data(item)["message"] == "shop|ERROR|closed"
    assert item["iKey"] == OWN_KEY


def test_event_arrives_as_a_custom_event(run: Callable[..., Any], recording_endpoint: Any) -> None:
    run("events.py")

    (item,) = recording_endpoint.accepted
    assert base_data(item)["name"] == "order placed"
    assert base_data(item)["properties"] == {"product": "teapot"}
    assert base_data(item)["measurements"] == {"price": 64.5}


@pytest.mark.parametrize("name", ["events.py", "dict_config.py"])
def test_placeholder_left_in_place_is_named(run: Callable[..., Any], name: str) -> None:
    finished = run(name, returncode=1, keep_placeholders=True)

    assert re.search(r"ValueError: .*<your-key-here> is a placeholder", finished.stderr)


def test_metrics_arrive_by_dimension(run: Callable[..., Any], recording_endpoint: Any) -> None:
    finished = run("metrics.py")

    assert finished.stdout.startswith("Point(value=ValueLong(1), timestamp=")
    values = {
        (base_data(item)["metrics"][0]["name"], base_data(item)["properties"].get("issuer")): (
            base_data(item)["metrics"][0]["value"]
        )
        for item in recording_endpoint.accepted
    }
    assert values == {
        ("orders by issuer", "visa"): 2,
        ("orders by issuer", "amex"): 1,
        ("revenue", None): 16.0,
    }


def test_processors_change_and_drop(run: Callable[..., Any], recording_endpoint: Any) -> None:
    run("processors.py")

    (item,) = recording_endpoint.accepted
    assert base_data(item)["message"] == "no secret"
    assert item["tags"]["ai.cloud.role"] == "shop-frontend"
    assert base_data(item)["properties"]["deployment"] == "7"


def test_request_holds_its_calls_statements_and_logs_together(
    run: Callable[..., Any], recording_endpoint: Any
) -> None:
    finished = run("web.py")

    assert finished.stdout == "200 500\n"
    order, broken = recording_endpoint.of_type("RequestData")
    operation = order["tags"]["ai.operation.id"]
    assert base_data(order)["name"] == "GET /orders/<number>"
    assert base_data(broken)["success"] is False
    inside = [
        item
        for item in recording_endpoint.accepted
        if item["tags"].get("ai.operation.id") == operation and item is not order
    ]
    assert {item["tags"]["ai.operation.parentId"] for item in inside} == {base_data(order)["id"]}
    assert sorted(base_data(item).get("message") or base_data(item)["name"] for item in inside) == [
        "GET /payments",
        "order read",
        "payments are down",
        "sqlite3.query",
    ]
    (failure,) = recording_endpoint.of_type("ExceptionData")
    assert failure["tags"]["ai.operation.parentId"] == base_data(broken)["id"]
    (details,) = base_data(failure)["exceptions"]
    assert (details["typeName"], details["message"]) == ("RuntimeError", "no such page")
    assert details["parsedStack"][0]["method"] == "broken"


def test_logging_configured_as_in_django_projects(
    run: Callable[..., Any], recording_endpoint: Any
) -> None:
    finished = run("dict_config.py")

    assert finished.stdout == "tracked\n"
    (item,) = recording_endpoint.accepted
    assert base_data(item)["message"] == "WARNING tracked"
    assert item["iKey"] == OWN_KEY


def test_spans_opened_by_hand_print_as_they_always_did(run: Callable[..., Any]) -> None:
    finished = run("by_hand.py")

    trace_id = "0af7651916cd43dd8448eb211c80319c"
    assert finished.stderr == ""
    assert finished.stdout.splitlines() == [
        "step below 0 {} [] 0 [] 0",
        "work below 1 {} [] 0 [] 0",
        f"['traceparent'] {trace_id} True",
        f"['x-b3-sampled', 'x-b3-spanid', 'x-b3-traceid'] {trace_id} True",
        f"['X-Cloud-Trace-Context'] {trace_id} True",
        "['opencensus-trace-spanid', 'opencensus-trace-traceid', 'opencensus-trace-traceoptions']"
        " True",
        "request below 0 {'http.method': 'GET'} ['accepted'] 1 ['ffff'] 5",
        "decorated below 0 {} [] 0 [] 0",
        "42 None",
        "left open below 0 {} [] 0 [] 0",
    ]


def test_spans_go_to_files_and_logs(run: Callable[..., Any]) -> None:
    finished = run("files_and_logs.py")

    kept, logged = finished.stdout.splitlines()
    assert kept == "kept None"
    (span,) = ast.literal_eval(logged)["spans"]
    assert span["displayName"] == {"value": "logged", "truncated_byte_count": 0}
    assert finished.stderr == ""


def test_trace_goes_on_in_threads_pools_and_log_lines(run: Callable[..., Any]) -> None:
    finished = run("pools.py")

    *lines, trace_id = finished.stdout.splitlines()
    assert lines == [
        "['logging', 'threading']",
        f"{trace_id} True inside",
        f"{trace_id} True adapted",
        "True",
        "pool True",
        "thread [True]",
    ]


def test_gauges_and_cumulatives_arrive_each_interval_and_at_the_end(
    run: Callable[..., Any], recording_endpoint: Any
) -> None:
    finished = run("gauges.py")

    assert finished.stdout.splitlines() == [
        "heat ValueDouble(180.5)",
        "queue length ValueLong(3)",
        "sold ValueLong(5)",
    ]
    sent: dict[str, list[Any]] = {}
    for item in recording_endpoint.accepted:
        (point,) = base_data(item)["metrics"]
        sent.setdefault(point["name"], []).append(point["value"])
    assert sent == {"queue length": [3, 0], "heat": [180.5, 180.5], "sold": [5, 5]}
    (oven,) = {
        str(base_data(item)["properties"])
        for item in recording_endpoint.accepted
        if base_data(item)["metrics"][0]["name"] == "heat"
    }
    assert oven == "{'oven': 'left'}"


def test_flask_is_configured_by_texts(run: Callable[..., Any], recording_endpoint: Any) -> None:
    finished = run("flask_configured.py")

    assert finished.stdout.splitlines() == ["7 8", "AzureExporter 1.0 ['private']"]
    (item,) = recording_endpoint.accepted
    assert base_data(item)["name"] == "GET /orders/<number>"
    assert item["tags"]["ai.operation.id"] == "a" * 32
    assert item["tags"]["ai.operation.parentId"] == "b" * 16


def test_values_of_a_programs_own_live_in_the_context(run: Callable[..., Any]) -> None:
    finished = run("slots.py")

    assert finished.stdout.splitlines() == [
        "main ada {'test': True}",
        "thread nobody {}",
        "carried ada {'test': True}",
        "cleared nobody {}",
        "applied ada {'test': True}",
        "taken",
    ]


def test_django_is_configured_by_texts(run: Callable[..., Any], recording_endpoint: Any) -> None:
    finished = run("django_configured.py")

    assert finished.stdout.splitlines() == ["7 200"]
    (request,) = recording_endpoint.of_type("RequestData")
    assert base_data(request)["name"] == "GET /orders/<int:number>/"
    assert request["tags"]["ai.operation.id"] == "a" * 32
    assert request["tags"]["ai.operation.parentId"] == "b" * 16
    (statement,) = recording_endpoint.of_type("RemoteDependencyData")
    assert base_data(statement)["data"] == "select %s"
    (line,) = recording_endpoint.of_type("MessageData")
    assert {one["tags"]["ai.operation.parentId"] for one in (statement, line)} == {
        base_data(request)["id"]
    }


def test_fastapi_with_a_middleware_by_hand(
    run: Callable[..., Any], recording_endpoint: Any
) -> None:
    finished = run("fastapi_by_hand.py")

    assert finished.stdout == "7\n"
    (item,) = recording_endpoint.accepted
    assert base_data(item)["name"] == "main"
    assert base_data(item)["url"] == "http://shop/orders/7"
    assert base_data(item)["responseCode"] == "200"
