"""A rule over history tells what the live evaluation did, and what it would have done."""

from __future__ import annotations

import random

import pytest
from served import LOG_RULES
from watched_telemetry import availability_item, check, criteria, metric_item, request_item

from openinsights.alerts.rules.understood import Identity, understood
from openinsights.alerts.samples import Samples, sampled_ends
from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND
from openinsights.query.values import datetime_text

MINUTE = 60 * TICKS_PER_SECOND
HOUR = 60 * MINUTE
ROLE = [{"name": "cloud/roleName", "operator": "Include", "values": ["*"]}]


def traffic(served, minutes, seed=3):
    """Send a quarter of an hour of requests that fail now and then."""
    dice = random.Random(seed)
    start = served.clock.now
    for minute in range(minutes):
        now = start + minute * MINUTE
        bad = dice.random() < 0.4
        yield [
            request_item(
                now + n * TICKS_PER_SECOND, success=not bad or n % 2 == 0, role=role, ms=50 + n
            )
            for n in range(dice.randrange(1, 9))
            for role in ("web", "api")
            if dice.random() > 0.2
        ] + [
            availability_item(now, "home", place, dice.random() > 0.4) for place in ("west", "east")
        ]


def rules():
    timing = {"evaluationFrequency": "PT1M", "windowSize": "PT1M"}
    wide = {"evaluationFrequency": "PT1M", "windowSize": "PT3M"}
    above = ("GreaterThan", 1)
    yield (
        "count",
        "metric",
        timing | {"criteria": criteria(check("requests/failed", "Count", *above))},
    )
    yield "wide", "metric", wide | {"criteria": criteria(check("requests/failed", "Count", *above))}
    yield (
        "split",
        "metric",
        wide
        | {
            "criteria": criteria(
                check("requests/duration", "Maximum", "GreaterThan", 55, dimensions=ROLE)
            )
        },
    )
    yield (
        "rows",
        "log",
        wide
        | {
            "criteria": {
                "allOf": [
                    {
                        "query": "requests | where success == 'False'",
                        "operator": "GreaterThan",
                        "threshold": 2,
                        "dimensions": [{"name": "cloud_RoleName"}],
                        "failingPeriods": {
                            "numberOfEvaluationPeriods": 2,
                            "minFailingPeriodsToAlert": 1,
                        },
                    }
                ]
            }
        },
    )
    yield (
        "anew",
        "log",
        timing
        | {"autoMitigate": False, "muteActionsDuration": "PT2M"}
        | {
            "criteria": {
                "allOf": [{"query": "requests", "operator": "GreaterThan", "threshold": 2}]
            }
        },
    )
    yield (
        "home",
        "metric",
        wide
        | {
            "criteria": {
                "odata.type": "Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria",
                "webTestId": "/x/home",
                "failedLocationCount": 1,
            }
        },
    )


def outcome(served, rule, start, end):
    body = {"rule": rule, "start": datetime_text(start), "end": datetime_text(end)}
    reply = served.ask("POST", "/portal/api/alerts/shop/backtest", body)
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_the_back_test_of_a_rule_tells_what_the_live_rule_did(served):
    kept = {name: served.put_rule(name, properties, kind) for name, kind, properties in rules()}
    start = served.clock.now
    served.clock.now += 10 * TICKS_PER_SECOND
    for items in traffic(served, 15):
        served.send(*items)
        served.tick()
    alerts = served.alerts()
    assert len(alerts) > 6
    for name, rule in kept.items():
        found = outcome(served, rule, start, served.clock.now)
        live = {
            (each["firedAt"], str(each["split"])): each["resolvedAt"]
            for each in alerts
            if each["rule"] == name
        }
        told = {(each["start"], str(each["split"])): each["end"] for each in found["firings"]}
        assert told == live, name
        assert found["until"] == datetime_text(start + 15 * MINUTE)
        assert not found["isPartial"]


def test_windows_are_told_with_their_values_and_the_threshold(served):
    now = served.clock.now
    served.send(*(request_item(now + n, success=False) for n in range(3)))
    served.clock.now += 5 * MINUTE
    rule = {
        "properties": {
            "evaluationFrequency": "PT1M",
            "windowSize": "PT1M",
            "criteria": criteria(check("requests/failed", "Count", "GreaterThan", 2)),
        }
    }
    found = outcome(served, rule, now, served.clock.now)
    assert [each["value"] for each in found["windows"]] == [3.0, 0.0, 0.0, 0.0, 0.0]
    assert [each["fires"] for each in found["windows"]] == [True] + [False] * 4
    assert (found["threshold"], found["windowS"]) == (2.0, 60)
    (firing,) = found["firings"]
    assert firing == {
        "start": datetime_text(now + MINUTE),
        "end": datetime_text(now + 4 * MINUTE),
        "split": [],
        "value": 3.0,
    }


def live_through(served, days):
    """Let days pass with a metric that goes up and down with the hours, once an hour."""
    dice = random.Random(5)
    for _ in range(days):
        items = []
        for hour in range(24):
            level = 100 if 8 <= (12 + hour) % 24 < 18 else 10
            items.append(
                metric_item(served.clock.now + hour * HOUR, "load", level + dice.gauss(0, 2))
            )
        served.clock.now += TICKS_PER_DAY
        served.send(*items)


LEARNED = {
    "evaluationFrequency": "PT5M",
    "windowSize": "PT1H",
    "criteria": criteria(
        check("load", "Average", "GreaterThan", None)
        | {
            "criterionType": "DynamicThresholdCriterion",
            "alertSensitivity": "Medium",
            "failingPeriods": {"numberOfEvaluationPeriods": 1, "minFailingPeriodsToAlert": 1},
        }
    ),
}


def test_a_dynamic_threshold_learns_first_and_then_knows_the_hours(served):
    rule = served.put_rule("load", LEARNED)
    served.clock.now += 10 * TICKS_PER_SECOND
    served.tick(5 * MINUTE)
    assert served.rules()["load"]["hint"].startswith("learning what is usual: 3 days")
    assert served.alerts() == []
    live_through(served, 6)
    served.clock.now += 13 * HOUR  # it is one in the morning, when little is usual
    served.send(metric_item(served.clock.now - 30 * MINUTE, "load", 60))
    served.tick(5 * MINUTE)
    assert served.rules()["load"]["hint"] == ""
    (alert,) = served.alerts("fired")
    low, high = alert["criteria"][0]["band"]
    assert (alert["value"], alert["threshold"]) == (60.0, high)
    assert 0 <= low < 10 < high < 30
    at = served.clock.now
    found = outcome(served, rule, at - TICKS_PER_DAY, at)
    assert found["threshold"] is None
    noon = next(each for each in found["windows"] if each["end"].endswith("T12:00:00Z"))
    assert noon["low"] > 50
    assert found["firings"][-1]["value"] == 60.0


def learned_of_logs(served, query):
    since = datetime_text(served.clock.now - TICKS_PER_DAY)
    condition = {
        "query": query,
        "metricMeasureColumn": "value",
        "timeAggregation": "Average",
        "operator": "GreaterThan",
        "criterionType": "DynamicThresholdCriterion",
        "alertSensitivity": "Medium",
        "ignoreDataBefore": since,
    }
    times = {"evaluationFrequency": "PT5M", "windowSize": "PT1H"}
    return times | {"criteria": {"allOf": [condition]}}


LOADS = {
    "filtered": "customMetrics | where name == 'load'",
    "sampled": "customMetrics | where name == 'load' | project value, shop = appName",
}


def test_a_log_rule_learns_what_is_usual_from_one_question_or_from_samples(served):
    for name, query in LOADS.items():
        rule = served.put_rule(name, learned_of_logs(served, query), kind="log")
        (shown,) = rule["properties"]["criteria"]["allOf"]
        assert shown["criterionType"] == "DynamicThresholdCriterion"
    served.clock.now += 10 * TICKS_PER_SECOND
    served.tick(5 * MINUTE)
    hints = {name: each["hint"] for name, each in served.rules().items()}
    assert all(hint.startswith("learning what is usual: 3 days") for hint in hints.values())
    live_through(served, 6)
    served.clock.now += 13 * HOUR
    served.send(metric_item(served.clock.now - 30 * MINUTE, "load", 60))
    served.tick(5 * MINUTE)
    fired = {each["rule"]: each for each in served.alerts("fired")}
    assert sorted(fired) == ["filtered", "sampled"]
    bands = [each["criteria"][0]["band"] for each in fired.values()]
    assert bands[0] == bands[1]
    assert bands[0][0] < 10 < bands[0][1] < 30
    assert [each["value"] for each in fired.values()] == [60.0, 60.0]
    at = served.clock.now
    for name in LOADS:
        rule = served.ask("GET", f"{LOG_RULES}/{name}").json()
        found = outcome(served, rule, at - HOUR, at)
        assert found["threshold"] is None
        assert found["firings"][-1]["value"] == 60.0
        assert found["windows"][-1]["high"] == bands[0][1]


def test_the_back_test_of_a_query_that_filters_asks_once_and_tells_what_windows_one_by_one_do(
    served,
):
    start = served.clock.now
    for items in traffic(served, 20):
        served.send(*items)
    served.clock.now += 20 * MINUTE

    def rule(query):
        condition = {
            "query": query,
            "operator": "GreaterThan",
            "threshold": 2,
            "dimensions": [{"name": "cloud_RoleName"}],
        }
        times = {"evaluationFrequency": "PT1M", "windowSize": "PT3M"}
        return {
            "id": f"{LOG_RULES}/rows",
            "properties": times | {"criteria": {"allOf": [condition]}},
        }

    queries = (
        "requests | where success == 'False'",
        "requests | where success == 'False' | extend kind = 1",
        "AppRequests | where Success == false | project-rename cloud_RoleName = AppRoleName",
    )
    found = [outcome(served, rule(query), start, served.clock.now) for query in queries]
    assert found[0]["firings"] == found[1]["firings"] == found[2]["firings"]
    assert len(found[0]["firings"]) > 1
    assert found[0]["windows"] == found[1]["windows"]


def test_samples_are_one_window_an_hour_at_places_that_differ():
    noon = 739_000 * TICKS_PER_DAY + 12 * HOUR
    ends = sampled_ends(5 * MINUTE, noon - 12 * HOUR, noon)
    assert len(ends) == 12
    assert [(each - 1) // HOUR for each in ends] == list(
        range((noon - 12 * HOUR) // HOUR, noon // HOUR)
    )
    assert len({each % HOUR for each in ends}) == 12
    assert ends[1:] == sampled_ends(5 * MINUTE, noon - 12 * HOUR + MINUTE, noon)
    assert sampled_ends(3 * HOUR, noon - 12 * HOUR, noon) == [
        noon - 9 * HOUR,
        noon - 6 * HOUR,
        noon - 3 * HOUR,
        noon,
    ]


def test_what_was_not_asked_for_in_time_is_asked_for_the_next_time(served):
    served.send(*(metric_item(served.clock.now - n * HOUR - 1, "load", n) for n in range(48)))
    identity = Identity("r", f"{LOG_RULES}/r", (served.create().app_id,))
    rule = understood({"properties": learned_of_logs(served, LOADS["sampled"])}, identity)
    measure = rule.checks[0].measure
    end = served.clock.now - served.clock.now % HOUR
    now_s, asked = 0.0, []

    def ask(request):
        nonlocal now_s
        now_s += 3.0
        asked.append(request)
        return telemetry.ask(request)

    telemetry = served.parts.alerts.engine._telemetry
    telemetry.settle()
    samples = Samples(ask, lambda: now_s)
    first = samples.between(measure, HOUR, end - TICKS_PER_DAY, end, 10.0)
    assert (first.is_whole, len(first.by_end), max(first.by_end)) == (False, 4, end)
    second = samples.between(measure, HOUR, end - TICKS_PER_DAY, end, 1_000.0)
    assert (second.is_whole, len(second.by_end)) == (True, 24)
    assert len(asked) == 24
    assert second.by_end[end] == {(): 0.0}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"start": "yesterday"}, "cannot use 'start'"),
        ({"start": "2024-06-01", "end": "2024-01-01"}, "start has to lie before end"),
        ({"start": "2020-01-01"}, "at most 31 days"),
        ({"rule": {"properties": {"criteria": {}}}}, "1 to 5 criteria are needed"),
        ({"rule": {"properties": {"criteria": {"allOf": [{"query": "nope", "operator": "GreaterThan", "threshold": 1}]}}}}, "nope"),
    ],
)  # fmt: skip
def test_what_cannot_be_tested_is_said(served, change, told):
    served.create()
    body = {
        "rule": {"properties": LEARNED},
        "start": datetime_text(served.clock.now - MINUTE),
        "end": datetime_text(served.clock.now),
    }
    reply = served.ask("POST", "/portal/api/alerts/shop/backtest", body | change)
    assert reply.status_code == 400
    assert told in reply.json()["error"]["message"]
