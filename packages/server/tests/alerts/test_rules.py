"""What a rule may say, what it means, and that what cannot be used is said by name."""

from __future__ import annotations

import pytest
from watched_telemetry import check, criteria

from openinsights.alerts.errors import InvalidRule
from openinsights.alerts.rules.availability import failing_locations
from openinsights.alerts.rules.measure import Only
from openinsights.alerts.rules.threshold import Dynamic, Periods, Static
from openinsights.alerts.rules.understood import Identity, understood
from openinsights.clock import TICKS_PER_SECOND

METRIC = Identity("id", "/s/providers/Microsoft.Insights/metricAlerts/slow", ("app",))
LOG = Identity("id", "/s/providers/Microsoft.Insights/scheduledQueryRules/rows", ("app",))
FAILED = check("requests/failed", "Count", "GreaterThan", 5)


def metric(*checks, **properties):
    document = {"properties": {"criteria": criteria(*(checks or (FAILED,)))} | properties}
    return understood(document, METRIC)


def log(query="traces", *, outer=None, **more):
    condition = {"query": query, "operator": "GreaterThan", "threshold": 0} | more
    document = {"properties": {"criteria": {"allOf": [condition]}} | (outer or {})}
    return understood(document, LOG)


def test_what_a_metric_rule_does_not_say_is_as_in_azure():
    rule = metric()
    assert (rule.severity, rule.resolves, rule.name) == (3, True, "slow")
    assert (rule.every_ticks, rule.window_ticks, rule.delay_ticks) == (
        60 * TICKS_PER_SECOND,
        300 * TICKS_PER_SECOND,
        10 * TICKS_PER_SECOND,
    )
    assert rule.checks[0].threshold == Static("GreaterThan", 5.0)
    assert rule.checks[0].periods == Periods(1, 1)


def test_names_and_words_are_read_in_any_letter_case():
    odd = {"METRICNAME": "Requests/Failed", "timeaggregation": "count", "OPERATOR": "greaterthan"}
    rule = metric(odd | {"threshold": 5})
    assert rule.checks[0].threshold == Static("GreaterThan", 5.0)
    assert rule.checks[0].aggregation == "Count"


def test_a_dynamic_threshold_has_its_own_defaults():
    dynamic = check("requests/duration", "Average", "GreaterOrLessThan", None) | {
        "criterionType": "DynamicThresholdCriterion",
        "ignoreDataBefore": "2024-01-02T00:00:00Z",
    }
    (found,) = metric(dynamic).checks
    assert isinstance(found.threshold, Dynamic)
    assert (found.threshold.sensitivity, found.periods) == ("Medium", Periods(4, 4))
    assert found.threshold.ignore_before is not None
    fewer = dynamic | {
        "alertSensitivity": "low",
        "failingPeriods": {"numberOfEvaluationPeriods": 4, "minFailingPeriodsToAlert": 3},
    }
    (found,) = metric(fewer).checks
    assert (found.threshold.sensitivity, found.periods) == ("Low", Periods(3, 4))


def test_metrics_of_programs_are_named_with_and_without_a_namespace():
    texts = {
        metric(check(name, "Average", "GreaterThan", 1, **more)).checks[0].measure.source
        for name, more in (
            ("prompt view", {}),
            ("customMetrics/prompt view", {}),
            ("prompt view", {"metricNamespace": "Azure.ApplicationInsights"}),
            ("prompt view", {"metricNamespace": "log-based"}),
        )
    }
    assert {each.key for each in texts} == {("prompt view",)}


def test_performance_counters_are_named_by_metric_or_by_category_and_counter():
    for name in (
        "performanceCounters/processPrivateBytes",
        "performanceCounters/Process/Private Bytes",
    ):
        where = metric(check(name, "Average", "GreaterThan", 1)).checks[0].measure.source.rows.where
        assert '"Private Bytes"' in where


def test_a_metric_that_counts_has_a_count_and_a_total_and_users_a_count():
    for name, aggregation in (
        ("requests/count", "Count"),
        ("requests/count", "Total"),
        ("users/count", "Count"),
        ("billing/telemetryCount", "Total"),
    ):
        assert metric(check(name, aggregation, "GreaterThan", 1)).checks[0].measure.is_total


def test_values_of_dimensions_are_filtered_and_success_is_spelt_as_tables_do():
    split = check(
        "requests/count",
        "Count",
        "GreaterThan",
        1,
        dimensions=[
            {"name": "request/success", "operator": "Include", "values": ["0"]},
            {"name": "cloud/roleName", "operator": "Exclude", "values": ['a"b']},
            {"name": "tenant", "values": ["*"]},
        ],
    )
    rule = metric(split)
    only = rule.checks[0].measure.source.only
    assert only == (Only(0, frozenset(("False",)), True), Only(1, frozenset(('a"b',)), False))
    assert only[0].fits(["False", "x"])
    assert not only[1].fits(["False", 'a"b'])
    assert rule.dimensions == ("request/success", "cloud/roleName", "tenant")


def test_a_log_rule_reads_its_window_or_the_range_that_it_names():
    assert log().checks[0].measure.source.range_ticks == 300 * TICKS_PER_SECOND
    wide = log(outer={"overrideQueryTimeRange": "PT2H"})
    assert wide.checks[0].measure.source.range_ticks == 7200 * TICKS_PER_SECOND
    split = log(resourceIdColumn="_ResourceId", dimensions=[{"name": "a b"}])
    assert split.checks[0].measure.source.by == (
        ("resourceId", 'tostring(["_ResourceId"])'),
        ("a b", 'tostring(["a b"])'),
    )
    assert (log(outer={"displayName": "Rows"}).name, log().name) == ("Rows", "rows")
    assert log(outer={"muteActionsDuration": "PT1H"}).resolves is False
    assert log(outer={"actions": {"actionGroups": ["/g"], "customProperties": {"a": "b"}}}) == (
        log(outer={"actions": {"actionGroups": ["/g"], "customProperties": {"a": "b"}}})
    )


@pytest.mark.parametrize(
    ("locations", "failing"), [(1, 1), (2, 1), (3, 1), (4, 2), (5, 3), (16, 14)]
)
def test_all_locations_but_two_and_at_least_one_have_to_fail(locations, failing):
    assert failing_locations(locations) == failing


REFUSED = [
    (lambda: metric({}), "cannot find properties.criteria.allOf[0].metricName: a text is needed"),
    (lambda: metric(severity=5), "properties.severity '5': a whole number from 0 to 4"),
    (lambda: metric(severity=True), "severity 'True': a number is needed"),
    (lambda: metric(windowSize="5m"), "no ISO 8601 duration; write it as in PT5M"),
    (lambda: metric(windowSize="PT5S", evaluationFrequency="PT5S"), "from PT10S to P2D"),
    (lambda: metric(windowSize="PT1M", evaluationFrequency="PT5M"), "shorter than evaluationFreq"),
    (lambda: metric(*[FAILED] * 6), "1 to 5 criteria are needed"),
    (lambda: metric(criteria={"allOf": "x"}), "properties.criteria.allOf 'x': a list of objects"),
    (lambda: metric(criteria={"odata.type": "x"}), "one of Microsoft.Azure.Monitor.SingleResource"),
    (lambda: metric(FAILED | {"operator": "Above"}), "one of GreaterThan, GreaterThanOrEqual"),
    (lambda: metric(FAILED | {"threshold": "many"}), "threshold 'many': a number is needed"),
    (lambda: metric(FAILED | {"threshold": None}), "cannot find properties.criteria.allOf[0].thres"),
    (lambda: metric(FAILED | {"timeAggregation": "Average"}), "requests/failed has Total, Count"),
    (
        lambda: metric(FAILED | {"metricName": "no/such", "metricNamespace": "Microsoft.Insights/components"}),
        "there is no such standard metric",
    ),
    (lambda: metric(FAILED | {"dimensions": [{"name": "request/nope"}]}), "cannot find the field"),
    (lambda: metric(FAILED | {"dimensions": [{"name": "a"}] * 2}), "one of them is named twice"),
    (
        lambda: metric(FAILED | {"dimensions": [{"name": "a", "operator": "Exclude"}]}),
        "every value is excluded",
    ),
    (
        lambda: metric(FAILED | {"dimensions": [{"name": "a"}]}, FAILED | {"dimensions": [{"name": "b"}]}),
        "one criterion has to be split by all of a, b",
    ),
    (
        lambda: metric(FAILED | {"alertSensitivity": "High"}, windowSize="PT30S", evaluationFrequency="PT30S"),
        "needs a windowSize of at least PT1M",
    ),
    (lambda: metric(OpenInsights={"windowClosesAfter": "P2D"}), "a day is the longest"),
    (lambda: log(""), "query is needed"),
    (lambda: log(timeAggregation="Average"), "metricMeasureColumn has to name a column"),
    (
        lambda: log(criterionType="DynamicThresholdCriterion", operator="Equals"),
        "one of GreaterThan, LessThan, GreaterOrLessThan is needed",
    ),
    (lambda: log(outer={"overrideQueryTimeRange": "PT1M"}), "at least windowSize is needed"),
    (
        lambda: log(outer={"muteActionsDuration": "PT1H", "autoMitigate": True}),
        "tells once; set autoMitigate to false",
    ),
    (
        lambda: log(
            outer={"windowSize": "PT10M", "evaluationFrequency": "PT3M"},
            failingPeriods={"numberOfEvaluationPeriods": 2},
        ),
        "windows lie side by side only if",
    ),
    (lambda: log(failingPeriods={"numberOfEvaluationPeriods": 7}), "from 1 to 6 is needed"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "told"), REFUSED, ids=[told for _, told in REFUSED])
def test_what_cannot_be_used_is_named_with_what_to_do(make, told):
    with pytest.raises(InvalidRule) as raised:
        make()
    assert told in raised.value.message
    assert raised.value.status == 400
