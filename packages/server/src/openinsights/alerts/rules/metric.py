"""Rules on metrics: the criteria of `Microsoft.Insights/metricAlerts` as measures and thresholds.

The metrics are those of the metrics endpoint (`query/metrics.py`), under the same names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openinsights.alerts.rules.criterion import threshold_of
from openinsights.alerts.rules.dimensions import Dimension, dimensions_of, only_of
from openinsights.alerts.rules.measure import Measure, Rows, Source
from openinsights.alerts.rules.rule import RESOURCE, Check
from openinsights.alerts.rules.threshold import LAST_WINDOW, Dynamic, Periods
from openinsights.alerts.rules.timing import periods_of
from openinsights.clock import TICKS_PER_SECOND
from openinsights.query.errors import BadQueryArgument
from openinsights.query.literals import literal
from openinsights.query.metrics import CUSTOM, Metric, metric_named, rows_of
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openinsights.alerts.rules.properties import Properties
    from openinsights.alerts.rules.timing import Timing

STANDARD_NAMESPACE: Final = "microsoft.insights/components"
CUSTOM_NAMESPACE: Final = "azure.applicationinsights"
MOST_CHECKS: Final = 5
DYNAMIC_PERIODS: Final = Periods(4, 4)
"""What holds for a dynamic threshold that does not say."""

_AGGREGATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "Average": ("avg",),
    "Minimum": ("min",),
    "Maximum": ("max",),
    "Total": ("sum", "count"),
    "Count": ("count", "sum", "unique"),
}
"""For each aggregation of rules, those of the metrics endpoint that mean it: the first that the
metric has. A metric that only counts has one, which is its Count and its Total."""
_TOTALS: Final = ("Total", "Count")
_COUNTER: Final = re.compile(r"performanceCounters/(?P<category>[^/]+)/(?P<counter>.+)", re.I)


def metric_checks(
    criteria: Properties, timing: Timing, app_ids: tuple[str, ...]
) -> tuple[tuple[Check, ...], tuple[str, ...]]:
    """Return the criteria of a rule, and what it is split by.

    Args:
        criteria: the property of that name.
        timing: of the rule.
        app_ids: of the resources whose rows are measured.

    Raises:
        InvalidRule: one of them cannot be used; the message says which and what to do.
    """
    parts = criteria.parts("allOf")
    if not 1 <= len(parts) <= MOST_CHECKS:
        raise criteria.wrong("allOf", f"1 to {MOST_CHECKS} criteria are needed")
    checks = tuple(_check(each, timing, app_ids) for each in parts)
    return checks, whole_split(criteria, checks)


def whole_split(criteria: Properties, checks: tuple[Check, ...]) -> tuple[str, ...]:
    """Return the dimensions of all checks.

    Raises:
        InvalidRule: no check has all of them, so that no values belong together.
    """
    names = tuple(dict.fromkeys(name for check in checks for name in check.dimensions))
    if any(check.dimensions == names for check in checks):
        return names
    raise criteria.wrong(
        "allOf",
        f"one criterion has to be split by all of {', '.join(names)} in this order, else it is not"
        " known which values of the criteria belong together",
    )


def _check(part: Properties, timing: Timing, app_ids: tuple[str, ...]) -> Check:
    metric = _metric(part)
    aggregation = part.choice("timeAggregation", _AGGREGATIONS, _default_aggregation(metric))
    value = _value(part, metric, aggregation, timing)
    dimensions = dimensions_of(part, metric.kind)
    if len(app_ids) > 1:
        dimensions = (Dimension(RESOURCE, "tostring(appId)"), *dimensions)
    rows, key = _rows_of(metric)
    by = tuple((each.name, each.kql) for each in dimensions)
    source = Source(app_ids, rows, timing.window, by, key, only_of(dimensions))
    threshold = threshold_of(part, timing)
    is_dynamic = isinstance(threshold, Dynamic)
    return Check(
        Measure(source, value, is_total=aggregation in _TOTALS),
        threshold,
        periods_of(part, timing, DYNAMIC_PERIODS if is_dynamic else LAST_WINDOW),
        part.text("metricName"),
        part.text("metricNamespace", ""),
        aggregation,
        tuple(each.name for each in dimensions),
    )


def _metric(part: Properties) -> Metric:
    name = part.text("metricName")
    namespace = part.text("metricNamespace", "").lower()
    is_custom = namespace not in ("", STANDARD_NAMESPACE)
    if is_custom and not name.lower().startswith(CUSTOM.lower()):
        return metric_named(f"{CUSTOM}{name}")
    counter = _COUNTER.fullmatch(name)
    if counter is not None:
        return _counter(name, counter["category"], counter["counter"])
    try:
        return metric_named(name)
    except BadQueryArgument:
        if namespace == STANDARD_NAMESPACE and not part.flag("skipMetricValidation", False):
            raise part.wrong(
                "metricName",
                "there is no such standard metric: GET /v1/apps/<app>/metrics/metadata lists them;"
                f" for one of a program leave out metricNamespace, or name it {CUSTOM}<name>",
            ) from None
        return metric_named(f"{CUSTOM}{name}")


def _counter(id_: str, category: str, counter: str) -> Metric:
    text = KqlType.STRING
    where = f"category == {literal(text, category)} and counter == {literal(text, counter)}"
    like = metric_named("performanceCounters/processPrivateBytes")
    return Metric(id_, counter, like.tables, like.aggregations, where)


def _default_aggregation(metric: Metric) -> str:
    first = next(iter(metric.aggregations))
    return next(
        name for name, meant in _AGGREGATIONS.items() if meant[0] == first or first in meant
    )


def _value(part: Properties, metric: Metric, aggregation: str, timing: Timing) -> str:
    for name in _AGGREGATIONS[aggregation]:
        if name in metric.aggregations:
            return metric.aggregations[name].format(seconds=timing.window / TICKS_PER_SECOND)
    there = [
        name
        for name, meant in _AGGREGATIONS.items()
        if any(m in metric.aggregations for m in meant)
    ]
    raise part.wrong("timeAggregation", f"{metric.id} has {', '.join(there)}")


def _rows_of(metric: Metric) -> tuple[Rows, tuple[str, ...]]:
    """Return the rows of a metric, and which of them when others of the same table are asked for.

    Metrics of programs differ in their name alone: all of them are one question.
    """
    if metric.tables == ("customMetrics",):
        return Rows(rows_of(metric), keys=("name",)), (metric.title,)
    return Rows(rows_of(metric), metric.where), ()
