"""azure-monitor-opentelemetry: Microsoft's distribution of OpenTelemetry for Python."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from tests.senders.watching import NUMBER, watched_while


@pytest.fixture(scope="module")
def sender(python_with):
    return python_with("azure-monitor-opentelemetry", "azure-monitor-opentelemetry==1.8.11")


def test_everything_it_sends_is_in_its_table(sender, application) -> None:
    sender.run("azure_monitor_distro.py", application.connection_string)
    request = application.row("requests")
    assert request["name"] == request["operation_Name"] == "GET /orders/{id}"
    assert (request["success"], request["resultCode"]) == ("True", "200")
    assert request["url"] == "http://shop.example/orders/5"
    assert (request["cloud_RoleName"], request["cloud_RoleInstance"]) == ("eu.shop", "one")
    assert "김치 · crème brûlée · 🎉" in request["customDimensions"]

    calls = application.rows("dependencies | order by type asc", 2)
    assert [(call["type"], call["name"]) for call in calls] == [
        ("HTTP", "GET /items/5"),
        ("InProc", "reckon"),
    ]
    logs = application.rows("traces", 1)
    assert [(log["message"], log["severityLevel"]) for log in logs] == [("재고 부족 5", 2)]
    event = application.row("customEvents")
    assert (event["name"], '"amount":"3"' in event["customDimensions"]) == ("purchase", True)
    caught = application.row("exceptions")
    assert (caught["type"], caught["outerMessage"]) == ("ZeroDivisionError", "could not divide")
    assert "print(1 / 0)" in caught["details"]

    for item in (*calls, *logs, event, caught):
        assert item["operation_Id"] == request["operation_Id"]
        assert item["operation_ParentId"] == request["id"]


def test_metrics_are_custom_metrics_and_bookkeeping_is_not(sender, application) -> None:
    sender.run("azure_monitor_distro.py", application.connection_string)
    found = application.rows("customMetrics | order by name asc", 2)
    shown = [
        (each["name"], each["valueSum"], each["valueCount"], each["valueMin"], each["valueMax"])
        for each in found
    ]
    assert shown == [("orders", 3, 1, 3, 3), ("seconds", 4, 2, 1.5, 2.5)]


def test_it_is_watched_live(sender, application, tmp_path) -> None:
    """Its seconds and its count of successes alone are evened out; it follows filters and numbers."""
    asked = f"filter={quote('requests where ResponseCode == 500')}&metric={quote(NUMBER)}"
    seen = watched_while(application, sender, "azure_monitor_live.py", asked, tmp_path / "stop")
    series = seen["sample"]["series"]
    rates = [
        (requests, failed, duration)
        for requests, failed, duration in zip(
            series["requests_per_second"],
            series["failed_requests_per_second"],
            series["request_duration_ms"],
            strict=True,
        )
        if requests and failed
    ]
    assert all(requests > failed for requests, failed, _ in rates), "failed ones are requests too"
    assert all(50 <= duration < 5_000 for _, _, duration in rates), "in milliseconds"
    (server,) = seen["sample"]["servers"]
    assert (server["role"], server["instance"], server["source"]) == ("shop", "one", "live")
    assert server["errors"] == []
    sampled = [each for each in seen["documents"] if each["type"] == "request"]
    assert {each["code"] for each in sampled} == {"500"}
    # the distribution names a request before it knows the route, or after
    assert {each["name"] for each in sampled} <= {"GET", "GET /주문"}
