"""opencensus-ext-azure 1.1.15: what applications run until they change to ours."""

from __future__ import annotations

import json

import pytest


@pytest.fixture(scope="module")
def sender(python_with):
    return python_with(
        "opencensus-ext-azure",
        "opencensus==0.11.4",
        "opencensus-ext-azure==1.1.15",
        "opencensus-ext-logging==0.1.1",
    )


def test_everything_it_sends_is_in_its_table(sender, application) -> None:
    sender.run("opencensus_retired.py", application.connection_string)
    request = application.row("requests")
    assert (request["name"], request["success"], request["resultCode"]) == (
        "GET /orders",
        "False",
        "500",
    )
    inner = application.row("dependencies")
    assert (inner["name"], inner["type"]) == ("reckon", "INPROC")
    log = application.row("traces")
    assert (log["message"], log["severityLevel"]) == ("재고 부족", 2)
    assert json.loads(log["customDimensions"])["item"] == "crème brûlée 🎉"
    event = application.row("customEvents")
    assert event["name"] == "purchase"
    caught = application.row("exceptions")
    assert caught["type"] == "ZeroDivisionError"

    for item in (inner, log, event, caught):
        assert item["operation_Id"] == request["operation_Id"]
        assert item["operation_ParentId"] == request["id"]


def test_its_views_are_custom_metrics_and_its_counters_performance_counters(
    sender, application
) -> None:
    sender.run("opencensus_retired.py", application.connection_string)
    metric = application.rows("customMetrics", 1)[0]
    assert (metric["name"], metric["value"]) == ("prompt view", 1)
    assert json.loads(metric["customDimensions"]) == {"kind": "sync"}
    counters = application.rows("performanceCounters | distinct counter", 4)
    assert {each["counter"] for each in counters} >= {
        "Available Bytes",
        "% Processor Time",
        "Private Bytes",
        "Requests/Sec",
    }
