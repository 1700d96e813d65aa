"""Rules over a whole server on a clock of the test: what fires, what resolves, and what it survives."""

from __future__ import annotations

from watched_telemetry import check, criteria, metric_item, request_item

from openinsights.clock import TICKS_PER_SECOND

MINUTE = 60 * TICKS_PER_SECOND
FAILURES = {
    "severity": 2,
    "evaluationFrequency": "PT1M",
    "windowSize": "PT1M",
    "criteria": criteria(check("requests/failed", "Count", "GreaterThan", 2)),
}


def minute_of(served, *, failures=0, successes=1, role="web"):
    """Send a minute's requests and evaluate it."""
    now = served.clock.now
    served.send(
        *(request_item(now + TICKS_PER_SECOND, success=False, role=role) for _ in range(failures)),
        *(request_item(now + TICKS_PER_SECOND, role=role) for _ in range(successes)),
    )
    served.tick()


def test_a_metric_rule_fires_once_and_resolves_after_three_healthy_windows(served):
    served.put_rule("failures", FAILURES)
    served.clock.now += 10 * TICKS_PER_SECOND  # windows close so long after their end
    minute_of(served)
    assert served.alerts() == []
    assert served.rules()["failures"]["state"] == "healthy"
    for _ in range(2):
        minute_of(served, failures=3)
        (alert,) = served.alerts("fired")
    assert served.rules()["failures"]["state"] == "fired"
    assert (alert["value"], alert["threshold"], alert["severity"]) == (3.0, 2.0, 2)
    assert (alert["rule"], alert["signal"], alert["userState"]) == ("failures", "Metric", "New")
    rows = served.ask(
        "POST",
        "/v1/apps/shop/query",
        {
            "query": alert["evidence"]["kql"],
            "timespan": f"{alert['evidence']['start']}/{alert['evidence']['end']}",
        },
    ).json()["tables"][0]["rows"]
    assert len(rows) == 3
    for healthy in range(3):
        minute_of(served)
        assert bool(served.alerts("resolved")) is (healthy == 2)
    assert served.alerts("fired") == []
    minute_of(served, failures=3)
    assert len(served.alerts()) == 2


def test_the_prompt_view_fires_and_resolves(served):
    """A measure with a view, as programs record it: a custom metric with a tag's value."""
    served.put_rule(
        "prompts",
        {
            "evaluationFrequency": "PT1M",
            "windowSize": "PT1M",
            "criteria": criteria(
                check(
                    "prompt view",
                    "Maximum",
                    "GreaterThanOrEqual",
                    3,
                    metricNamespace="azure.applicationinsights",
                )
            ),
        },
    )
    served.clock.now += 10 * TICKS_PER_SECOND
    served.send(metric_item(served.clock.now, "prompt view", 2))
    served.tick()
    assert served.alerts() == []
    served.send(metric_item(served.clock.now, "prompt view", 4))
    served.tick()
    (alert,) = served.alerts("fired")
    assert alert["value"] == 4.0
    for _ in range(5):
        served.tick()  # nothing is sent: a maximum of nothing neither fires nor heals
    assert [each["id"] for each in served.alerts("fired")] == [alert["id"]]
    for _ in range(3):
        served.send(metric_item(served.clock.now, "prompt view", 1))
        served.tick()
    assert served.alerts("fired") == []
