"""Rules that share questions have the answers that each has alone; what reads the same is asked once."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from served import HandClock, Served
from watched_telemetry import availability_item, check, criteria, metric_item, request_item

from openinsights.alerts.evaluate import evaluate
from openinsights.alerts.questions import answers, questions
from openinsights.alerts.rules.filtered import filtered
from openinsights.alerts.rules.log import without_render
from openinsights.alerts.rules.understood import Identity, understood
from openinsights.clock import TICKS_PER_SECOND

MINUTE = 60 * TICKS_PER_SECOND
ROLE = [{"name": "cloud/roleName", "operator": "Include", "values": ["*"]}]
METRICS = "/providers/Microsoft.Insights/metricAlerts/r"
LOGS = "/providers/Microsoft.Insights/scheduledQueryRules/r"


@pytest.fixture(scope="module")
def busy(portal):
    """A server with ten minutes of requests, metrics and test results."""
    served = Served(HandClock(), portal)
    dice = random.Random(7)
    start = served.clock.now
    for minute in range(10):
        now = start + minute * MINUTE
        items = [
            request_item(
                now + dice.randrange(60) * TICKS_PER_SECOND,
                success=dice.random() > 0.3,
                role=dice.choice(["web", "api", "worker"]),
                name=dice.choice(["GET /", "POST /cart"]),
                ms=dice.randrange(1, 999),
            )
            for _ in range(30)
        ]
        items += [
            metric_item(now + n, name, dice.randrange(100), region=dice.choice("ab"))
            for n, name in enumerate(["prompt view", "queue", "queue", "other"])
        ]
        items += [
            availability_item(now, test, place, dice.random() > 0.5)
            for test in ("home", "shop")
            for place in ("west", "east")
        ]
        served.send(*items)
    served.clock.now = start + 10 * MINUTE
    yield served
    served.stop()


def metric(*checks, window="PT5M"):
    return METRICS, {"properties": {"windowSize": window, "criteria": criteria(*checks)}}


def log(query, **more):
    condition = {"query": query, "operator": "GreaterThan", "threshold": 0} | more
    return LOGS, {"properties": {"criteria": {"allOf": [condition]}}}


def documents():
    above = ("GreaterThan", 1)
    yield metric(check("requests/failed", "Count", *above))
    yield metric(check("requests/count", "Total", *above))
    yield metric(check("requests/rate", "Average", *above))
    for aggregation in ("Average", "Minimum", "Maximum", "Total", "Count"):
        yield metric(check("requests/duration", aggregation, *above))
        yield metric(check("requests/duration", aggregation, *above, dimensions=ROLE))
        for name in ("prompt view", "queue", "other", "nothing"):
            yield metric(check(name, aggregation, *above))
            yield metric(
                check(name, aggregation, *above, dimensions=[{"name": "region", "values": ["*"]}])
            )
    for name, operator, values in (
        ("operation/name", "Include", ["GET /"]),
        ("operation/name", "Include", ["POST /cart", "none"]),
        ("cloud/roleName", "Exclude", ["web"]),
        ("cloud/roleName", "StartsWith", ["W", "none"]),
        ("cloud/roleName", "Include", ["web"]),
    ):
        filtered = [{"name": name, "operator": operator, "values": values}]
        yield metric(check("requests/count", "Count", *above, dimensions=filtered))
    yield metric(check("users/count", "Count", *above), check("exceptions/count", "Count", *above))
    yield metric(check("availabilityResults/availabilityPercentage", "Average", *above))
    for test in ("home", "shop", "none"):
        criterion = {
            "odata.type": "Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria",
            "webTestId": f"/x/{test}",
            "failedLocationCount": 1,
        }
        yield METRICS, {"properties": {"criteria": criterion}}
    yield log("requests | where success == 'False'")
    yield log("requests", dimensions=[{"name": "name", "values": ["*"]}])
    yield log("requests", metricMeasureColumn="duration", timeAggregation="Average")
    yield log("requests | where timestamp > ago(2m)")


def rules_of(served):
    app_id = served.create().app_id
    return [
        understood(document, Identity(f"r{n}", path, (app_id,)))
        for n, (path, document) in enumerate(documents())
    ]


def test_rules_that_share_questions_have_the_answers_that_each_has_alone(busy):
    telemetry = busy.parts.alerts.engine._telemetry
    telemetry.settle()
    rules = rules_of(busy)
    measures = [each.measure for rule in rules for each in rule.checks]
    end = busy.clock.now
    together = telemetry.window(measures, end)
    assert together.problems == {}
    somewhere = 0
    for rule in rules:
        alone = telemetry.window([each.measure for each in rule.checks], end)
        values = [[found.values[c.measure] for c in rule.checks] for found in (alone, together)]
        assert values[0] == values[1]
        somewhere += any(values[0])
        outcomes = [evaluate(rule, {}, end, each, [{}] * len(each)).outcomes for each in values]
        assert outcomes[0] == outcomes[1]
    assert somewhere > len(rules) * 0.6


def test_what_reads_the_same_is_one_question(busy):
    rules = rules_of(busy)
    measures = [each.measure for rule in rules for each in rule.checks]
    asked = list(questions(measures))
    assert sum(len(each.measures) for each in asked) == len(set(measures))
    texts = [each.text for each in asked]
    assert len(set(texts)) == len(texts)
    custom = [text for text in texts if text.startswith("customMetrics")]
    assert len(custom) == 2  # with and without the region, of all names together
    named = [text for text in texts if "operation_Name" in text]
    assert len(named) == 1  # whichever operation they are about


def test_questions_name_no_times_so_that_they_stay_the_same(busy):
    for each in questions(c.measure for rule in rules_of(busy) for c in rule.checks):
        assert "datetime(" not in each.text


def test_many_keys_and_aggregates_are_asked_in_parts():
    app = ("app",)
    measures = [
        understood(
            metric(check(f"m{n}", "Average", "GreaterThan", 1))[1], Identity("", METRICS, app)
        )
        .checks[0]
        .measure
        for n in range(450)
    ]
    assert [len(each.measures) for each in questions(measures)] == [200, 200, 50]


CONDITIONS = some.recursive(
    some.sampled_from(
        [
            'success == "False"',
            'name == "GET /"',
            "duration > 500",
            "duration between (100 .. 700)",
            'cloud_RoleName in ("web", "api")',
            'cloud_RoleName startswith "w" // which begin so',
            "isnull(itemCount)",
            "toint(resultCode) >= 500",
            "timestamp > ago(2m)",
            'customDimensions.region == "a"',
            "todouble(performanceBucket) > 3",
            'iff(success == "True", duration, 0.0) < 200',
        ]
    ),
    lambda inner: some.one_of(
        some.lists(inner, min_size=2, max_size=3).map(
            lambda parts: " and ".join(f"({each}\n)" for each in parts)
        ),
        some.lists(inner, min_size=2, max_size=2).map(
            lambda parts: " or ".join(f"({each}\n)" for each in parts)
        ),
        inner.map(lambda each: f"not({each}\n)"),
    ),
    max_leaves=4,
)
SPLITS = [
    [],
    [{"name": "name", "values": ["*"]}],
    [{"name": "cloud_RoleName", "values": ["web", "none"]}],
    [{"name": "cloud_RoleName", "operator": "Exclude", "values": ["web"]}],
]


@some.composite
def log_rules(draw):
    """A rule on logs whose query only filters."""
    lines = ["requests", *draw(some.lists(CONDITIONS, max_size=2))]
    more = {"dimensions": draw(some.sampled_from(SPLITS))}
    aggregation = draw(some.sampled_from(["Count", "Average", "Minimum", "Maximum", "Total"]))
    if aggregation != "Count":
        column = draw(some.sampled_from(["duration", "itemCount"]))
        more |= {"timeAggregation": aggregation, "metricMeasureColumn": column}
    return log("\n| where ".join(lines), **more)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(documents=some.lists(log_rules(), min_size=2, max_size=8))
def test_log_rules_that_share_a_scan_have_the_answers_that_each_has_alone(busy, documents):
    telemetry = busy.parts.alerts.engine._telemetry
    app_ids = (busy.create().app_id,)
    end = busy.clock.now
    measures = [
        understood(document, Identity("r", path, app_ids)).checks[0].measure
        for path, document in documents
    ]

    def asked(apart):
        found = {}
        for each in questions(measures, apart):
            found |= answers(each, telemetry.ask(each.request(end - 5 * MINUTE, end, 30)))
        return found

    assert asked(frozenset()) == asked(frozenset(measures))


def test_log_rules_of_one_table_are_few_questions():
    rules = [log(f'requests | where name == "{n % 6}" and duration > {n}') for n in range(250)]
    apart = log("requests | where duration > 5 | take 3"), log("traces | where message == 'x'")
    measures = [
        understood(document, Identity("", path, ("app",))).checks[0].measure
        for path, document in (*rules, *apart)
    ]
    asked = list(questions(measures))
    assert [len(each.measures) for each in asked] == [50] * 5 + [1, 1]
    assert asked[-2].text.startswith("requests | where duration > 5 | take 3")


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("requests", ("requests", "")),
        ("requests | where a == 1 // why\n| where b > 2",
         ("requests", "(a == 1\n) and (b > 2\n)")),
        ("AppRequests | filter Success == false", ("AppRequests", "(Success == false\n)")),
        ("requests | where timestamp > ago(1m)", ("requests", "(timestamp > ago(1m)\n)")),
        ("requests | where(a == 1) or (b == 2)", ("requests", "((a == 1) or (b == 2)\n)")),
        ("requests | count", None),
        ("requests | where a == 1 | extend b = 2", None),
        ("requests | where rand() < 0.5", None),
        ("requests | where * has 'x'", None),
        ("requests | where is_ok", None),
        ("requests | where a == toscalar(traces | count)", None),
        ("requests | where a in ((traces | project b))", None),
        ("let x = 1; requests | where a == x", None),
        ("union requests, traces", None),
        ("app('shop').requests | where a == 1", None),
        ("requests | where (", None),
        ("'", None),
    ],
)  # fmt: skip
def test_only_queries_that_filter_one_table_are_put_together(query, meant):
    found = filtered(query)
    assert (None if found is None else (found.table, found.where)) == meant


def test_a_query_that_fails_stops_none_that_it_shares_a_scan_with(busy):
    telemetry = busy.parts.alerts.engine._telemetry
    app_ids = (busy.create().app_id,)
    queries = ["requests | where duration > 1", "requests | where nothing == 1", "requests"]
    measures = [
        understood(document, Identity("r", path, app_ids)).checks[0].measure
        for path, document in map(log, queries)
    ]
    for _ in range(2):  # the second time the one at fault is asked for alone at once
        found = telemetry.window(measures, busy.clock.now)
        assert list(found.problems) == [measures[1]]
        assert "nothing" in found.problems[measures[1]]
        assert found.values[measures[2]][()] >= found.values[measures[0]][()] > 0
    texts = [each.text for each in questions(measures, telemetry._now_apart())]
    assert len(texts) == 2


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("requests", "requests"),
        ("requests | render timechart", "requests"),
        ("requests\n| count;\n// the end", "requests\n| count"),
        ("let x = 1;\nrequests | where a == '| render b' | render barchart with (title='|')  ",
         "let x = 1;\nrequests | where a == '| render b'"),
        ("requests | join (traces | take 1) on name", "requests | join (traces | take 1) on name"),
        ("   ", ""),
        ("not (kql", "not (kql"),
    ],
)  # fmt: skip
def test_what_draws_a_query_is_left_out(text, left):
    assert without_render(text) == left
