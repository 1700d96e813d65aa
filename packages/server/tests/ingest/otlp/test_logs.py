"""Log records become traces, exceptions, events and availability results. Rules O60 to O63."""

from __future__ import annotations

import pytest


def record(otlp, records, body=None, severity=9, **attributes):
    one = records.add()
    one.time_unix_nano = otlp.now_ns
    one.severity_number = severity
    if body is not None:
        one.body.string_value = body
    for name, value in attributes.items():
        otlp.put(one.attributes, name.replace("__", "."), value)
    return one


@pytest.mark.parametrize("as_json", [False, True])
def test_log_record_is_a_trace_of_its_span(otlp, as_json):
    request, records = otlp.logs(service__name="shop")
    one = record(otlp, records, "  declined 한국어 ", 13, code__lineno=40)
    one.trace_id, one.span_id = otlp.trace_id, otlp.span_id
    otlp.send(request, as_json=as_json)
    row = otlp.row("traces")
    assert (row["message"], row["severityLevel"]) == ("declined 한국어", 2)
    assert row["customDimensions"] == {"code.lineno": "40", "logger_name": "shop.payments"}
    assert row["operation_Id"] == "000102030405060708090a0b0c0d0e0f"
    assert row["operation_ParentId"] == "0001020304050607"


@pytest.mark.parametrize(
    ("number", "level"),
    [(0, 0), (1, 0), (8, 0), (9, 1), (12, 1), (13, 2), (16, 2), (17, 3), (20, 3), (21, 4), (24, 4)],
)
def test_severities(otlp, number, level):
    request, records = otlp.logs()
    record(otlp, records, "x", number)
    otlp.send(request)
    assert otlp.row("traces")["severityLevel"] == level


def test_bodies_that_are_no_text(otlp):
    request, records = otlp.logs()
    record(otlp, records).body.int_value = 7
    record(otlp, records).body.bool_value = True
    otlp.put(record(otlp, records).body.kvlist_value.values, "a", [1, "b"])
    record(otlp, records, "   ")
    record(otlp, records, "").event_name = "user.signed_in"
    otlp.send(request)
    messages = {row["message"] for row in otlp.rows("traces")}
    assert messages == {"7", "true", '{"a":[1,"b"]}', "n/a", "user.signed_in"}


def test_without_a_trace_the_ids_are_zeros_and_without_a_time_it_is_now(otlp):
    request, records = otlp.logs()
    record(otlp, records, "x").time_unix_nano = 0
    record(otlp, records, "y").observed_time_unix_nano = otlp.now_ns - 5_000_000_000
    records[1].time_unix_nano = 0
    otlp.send(request)
    earlier, now = sorted(otlp.rows("traces"), key=lambda row: row["timestamp"])
    assert (now["operation_Id"], now["operation_ParentId"]) == ("0" * 32, "0" * 16)
    assert (earlier["message"], now["message"]) == ("y", "x")
    assert now["timestamp"] - earlier["timestamp"] == 50_000_000


def test_exceptions_events_and_availability_results(otlp):
    request, records = otlp.logs()
    record(
        otlp,
        records,
        "it failed",
        17,
        exception__type="KeyError",
        exception__message="k",
        exception__stacktrace="Traceback",
        note="kept",
    )
    named = {"microsoft.custom_event.name": "coupon used", "coupon": "AUTUMN"}
    record(otlp, records, "ignored", **named)
    record(
        otlp,
        records,
        "probe",
        **{
            f"microsoft.availability.{part}": value
            for part, value in {
                "id": "run-1",
                "name": "front page",
                "duration": "00:00:00.640",
                "success": False,
                "runLocation": "north",
            }.items()
        },
    )
    otlp.send(request)
    failed = otlp.row("exceptions")
    assert (failed["type"], failed["outerMessage"], failed["severityLevel"]) == (
        "KeyError",
        "it failed",
        3,
    )
    assert failed["customDimensions"] == {"note": "kept", "logger_name": "shop.payments"}
    event = otlp.row("customEvents")
    assert event["name"] == "coupon used"
    assert event["customDimensions"] == {"coupon": "AUTUMN", "logger_name": "shop.payments"}
    probe = otlp.row("availabilityResults")
    assert (probe["name"], probe["success"], probe["duration"]) == ("front page", "0", 640.0)
    assert (probe["location"], probe["message"]) == ("north", "probe")
    assert otlp.rows("traces") == []
