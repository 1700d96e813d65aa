"""Each finding's KQL, run as people run it, gives the figures of the finding.

One resource is watched for a day and a half in which nothing happens; then everything that is
looked for happens to it at once, each to a unit of its own.
"""

from __future__ import annotations

import pytest
from conftest import NOON, HandClock, Served

from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND
from openinsights.detection.grid import TICKS_PER_STEP
from openinsights.detection.rows import DETECTORS
from openinsights.query.timespan import parse_instant
from openinsights.query.values import datetime_text

PER_STEP = 5
QUIET_STEPS = 36 * 12
FAULT_STEPS = 12
HOUR = TICKS_PER_DAY // 24
MB = 1024 * 1024
USUAL_MS, SLOW_MS = 40.0, 160.0
START = NOON - QUIET_STEPS * TICKS_PER_STEP


def item(kind, at, data, role="web", operation=""):
    name = kind.removesuffix("Data")
    return {
        "name": f"Microsoft.ApplicationInsights.{name}",
        "time": datetime_text(at),
        "tags": {
            "ai.cloud.role": role,
            "ai.cloud.roleInstance": f"{role}-1",
            "ai.operation.name": operation,
        },
        "data": {"baseType": kind, "baseData": {"ver": 2, **data}},
    }


def span(ms):
    return f"00:00:00.{int(ms * 10_000):07d}"


def request(at, name, ms=USUAL_MS, failed=False, role="web"):
    code = "500" if failed else "200"
    data = {"id": "1", "name": name, "duration": span(ms), "responseCode": code}
    return item("RequestData", at, data | {"success": not failed}, role, name)


def call(at, target, ms=USUAL_MS, failed=False):
    data = {"id": "2", "name": "GET /x", "type": "HTTP", "target": target, "duration": span(ms)}
    more = {"resultCode": "503" if failed else "200", "success": not failed}
    return item("RemoteDependencyData", at, data | more)


def view(at, ms):
    data = {"name": "Checkout", "url": "http://shop.example/checkout", "duration": span(ms)}
    return item("PageViewData", at, data)


def trace(at, severe):
    data = {"message": "worked", "severityLevel": 3 if severe else 1}
    return item("MessageData", at, data, "worker")


def exception(at):
    detail = {"id": 1, "typeName": "Declined", "message": "declined", "hasFullStack": False}
    return item("ExceptionData", at, {"exceptions": [detail]})


def memory(at, megabytes):
    name = r"\Process(??APP_WIN32_PROC??)\Private Bytes"
    metric = {"name": name, "value": megabytes * MB, "count": 1}
    return item("MetricData", at, {"metrics": [metric]})


def step_of(start, is_faulty):
    """Return the telemetry of five minutes."""
    items = []
    for number in range(PER_STEP):
        at = start + (number + 1) * TICKS_PER_STEP // (PER_STEP + 1)
        # durations vary, so that an average is no percentile
        ms = (SLOW_MS if is_faulty else USUAL_MS) * (0.8 + 0.1 * number)
        fails = is_faulty and number < 3
        items += [
            request(at, "GET /fails", failed=fails),
            request(at, "GET /slow", ms),
            call(at, "api.fails", failed=fails),
            call(at, "api.slow", ms),
            view(at, ms),
            trace(at, severe=fails),
        ]
        if is_faulty:
            items.append(exception(at))
        else:
            items.append(request(at, "GET /quiet", role="quiet"))
    return items


def leak(start, end):
    """Return the private bytes of an instance that grows by three megabytes an hour since START."""
    times = range(start, end, HOUR // 2)
    return [memory(at, 200 + 3 * (at - START) / HOUR + (at // HOUR) % 3) for at in times]


@pytest.fixture(scope="module")
def shop(portal):
    """A server that has found what there is to find."""
    served = Served(HandClock(), portal)
    quiet = [
        each
        for step in range(QUIET_STEPS)
        for each in step_of(START + step * TICKS_PER_STEP, is_faulty=False)
    ]
    served.send(quiet + leak(START, NOON))
    found = {}
    for _ in range(FAULT_STEPS):
        served.step(lambda now: step_of(now, is_faulty=True) + leak(now, now + TICKS_PER_STEP)[:1])
        for each in served.findings():
            # its figures are those of the worst moment: at first, of this one
            found.setdefault((each["detector"], each["about"]), (each, rows_of(served, each)))
    yield found
    served.stop()


def rows_of(served, finding):
    """Return the rows of a finding's KQL as (ticks, figures by name)."""
    reply = served.ask("POST", "/v1/apps/shop/query", {"query": finding["kql"]})
    assert reply.status_code == 200, reply.text
    (table,) = reply.json()["tables"]
    names = [column["name"] for column in table["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in table["rows"]]
    return [(parse_instant(row["timestamp"]), row) for row in rows]


@pytest.fixture
def found(shop, request):
    """The finding of a detector, and the rows of its KQL."""
    (one,) = [seen for (detector, _), seen in shop.items() if detector == request.param]
    return one


def of(*ids):
    return pytest.mark.parametrize("found", ids, indirect=True)


def in_window(finding, rows):
    """Return the rows of the window that the finding is about."""
    end = parse_instant(finding["end"])
    start = end - finding["windowMinutes"] * 60 * TICKS_PER_SECOND
    return [row for at, row in rows if start <= at < end]


def before_fault(rows):
    return [row for at, row in rows if at < NOON]


def test_everything_is_found_once_where_it_happened(shop):
    assert dict(shop.keys()) == {
        "failed_requests": "GET /fails",
        "failed_dependencies": "api.fails",
        "response_time": "GET /slow",
        "dependency_duration": "api.slow",
        "page_load": "Checkout",
        "trace_severity": "worker",
        "exception_volume": "Declined",
        "memory_leak": "web / web-1",
        "silence": "quiet",
    }
    assert len(shop) == len(DETECTORS)


@of("failed_requests", "failed_dependencies", "trace_severity")
def test_shares(found):
    finding, rows = found
    hit = "severe" if finding["detector"] == "trace_severity" else "failed"
    window = in_window(finding, rows)
    hits, total = sum(row[hit] for row in window), sum(row["total"] for row in window)
    assert (hits, total) == (finding["hits"], finding["count"])
    assert hits / total == pytest.approx(finding["value"], rel=1e-4)
    assert window[-1][f"{hit}_percent"] == pytest.approx(60)
    usual = before_fault(rows)
    assert sum(row[hit] for row in usual) == 0
    assert finding["expected"] < 0.02


@of("response_time", "dependency_duration", "page_load")
def test_durations(found):
    finding, rows = found
    items = "views" if finding["detector"] == "page_load" else "calls"
    window = in_window(finding, rows)
    total = sum(row[items] for row in window)
    assert total == finding["count"]
    average = sum(row["average_ms"] * row[items] for row in window) / total
    ninety = sum(row["p90_ms"] * row[items] for row in window) / total
    # a finding goes by the one of the two that rose further
    assert any(finding["value"] == pytest.approx(each, rel=0.02) for each in (average, ninety))
    usual = before_fault(rows)
    figures = [(row["average_ms"], row["p90_ms"]) for row in usual]
    assert {round(each) for each, _ in figures} == {round(USUAL_MS)}
    assert any(finding["expected"] == pytest.approx(each, rel=0.05) for each in figures[-1])


@of("exception_volume")
def test_volumes(found):
    finding, rows = found
    assert sum(row["exceptions"] for row in in_window(finding, rows)) == finding["value"]
    assert finding["hits"] == finding["value"]
    assert before_fault(rows) == []
    assert finding["expected"] < 0.5
    assert finding["effect"] == "never seen before"


@of("memory_leak")
def test_memory(found):
    finding, rows = found
    level = [row["private_bytes"] for _, row in rows]
    assert len(level) >= 36
    assert level[-1] == pytest.approx(finding["value"], rel=0.03)
    assert level[0] == pytest.approx(finding["expected"], rel=0.03)
    assert finding["hits"] == pytest.approx(24 * 3 * MB, rel=0.05)


@of("silence")
def test_silence(found):
    finding, rows = found
    assert in_window(finding, rows) == []
    assert finding["value"] == 0
    assert finding["windowMinutes"] >= 15
    usual = [row["items"] for row in before_fault(rows)]
    assert set(usual[1:]) == {PER_STEP}
    assert finding["expected"] == pytest.approx(PER_STEP * finding["windowMinutes"] / 5, rel=0.05)
