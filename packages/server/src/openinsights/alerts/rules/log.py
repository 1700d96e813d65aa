"""Rules on logs: the criteria of `Microsoft.Insights/scheduledQueryRules`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.alerts.rules.criterion import threshold_of
from openinsights.alerts.rules.dimensions import (
    MOST_DIMENSIONS,
    Dimension,
    only_of,
    values_of,
)
from openinsights.alerts.rules.filtered import filtered
from openinsights.alerts.rules.measure import Measure, Source, Typed
from openinsights.alerts.rules.rule import Check
from openinsights.alerts.rules.threshold import LAST_WINDOW
from openinsights.alerts.rules.timing import LONGEST_TICKS, periods_of
from openinsights.kql.lexer import read
from openinsights.kql.tokens import END, NAME, SYMBOL
from openinsights.query.literals import literal
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openinsights.alerts.rules.properties import Properties
    from openinsights.alerts.rules.timing import Timing

_AGGREGATES: Final[Mapping[str, str]] = {
    "Count": "count()",
    "Average": "avg({0})",
    "Minimum": "min({0})",
    "Maximum": "max({0})",
    "Total": "sum({0})",
}
RESOURCE: Final = "resourceId"
"""What a split by the column of resources is called."""
_OPENING, _CLOSING = "([{", ")]}"


def log_checks(
    properties: Properties, timing: Timing, app_ids: tuple[str, ...], is_workspace: bool
) -> tuple[tuple[Check, ...], tuple[str, ...]]:
    """Return the criteria of a rule, and what it is split by.

    Args:
        properties: of the rule.
        timing: of the rule.
        app_ids: of the resources whose rows are read.
        is_workspace: whether only the App* tables are there.

    Raises:
        InvalidRule: one of them cannot be used; the message says which and what to do.
    """
    criteria = properties.part("criteria")
    parts = criteria.parts("allOf")
    if len(parts) != 1:
        raise criteria.wrong("allOf", "one criterion is needed: join conditions in its query")
    range_ticks = timing.window
    if properties.has("overrideQueryTimeRange"):
        range_ticks = properties.duration("overrideQueryTimeRange")
        if not timing.window <= range_ticks <= LONGEST_TICKS:
            raise properties.wrong(
                "overrideQueryTimeRange", "at least windowSize is needed, and at most P2D"
            )
    check = _check(parts[0], timing, range_ticks, app_ids, is_workspace)
    return (check,), check.dimensions


def _check(
    part: Properties,
    timing: Timing,
    range_ticks: int,
    app_ids: tuple[str, ...],
    is_workspace: bool,
) -> Check:
    text = part.text("query")
    kql = without_render(text)
    if not kql.strip():
        raise part.wrong("query", "a query is needed")
    column = part.text("metricMeasureColumn", "")
    aggregation = part.choice("timeAggregation", _AGGREGATES, "Total" if column else "Count")
    if aggregation != "Count" and not column:
        raise part.wrong("timeAggregation", "metricMeasureColumn has to name a column of numbers")
    value = _AGGREGATES[aggregation].format(f"toreal({_column(column)})")
    dimensions = _dimensions(part)
    by = tuple((each.name, each.kql) for each in dimensions)
    rows = Typed(kql, is_workspace, filtered(kql))
    return Check(
        Measure(
            Source(app_ids, rows, range_ticks, by, only=only_of(dimensions)),
            value,
            is_total=aggregation in ("Count", "Total"),
        ),
        threshold_of(part, timing),
        periods_of(part, timing, LAST_WINDOW),
        column or part.text("metricName", ""),
        "",
        aggregation,
        tuple(name for name, _ in by),
    )


def _dimensions(part: Properties) -> list[Dimension]:
    parts = part.parts("dimensions")
    if len(parts) > MOST_DIMENSIONS:
        raise part.wrong("dimensions", f"at most {MOST_DIMENSIONS} are possible")
    found = []
    resources = part.text("resourceIdColumn", "")
    if resources:
        found.append(Dimension(RESOURCE, f"tostring({_column(resources)})"))
    for each in parts:
        name = each.text("name")
        found.append(Dimension(name, f"tostring({_column(name)})", *values_of(each)))
    if len({each.name for each in found}) < len(found):
        raise part.wrong("dimensions", "one of them is named twice")
    return found


def _column(name: str) -> str:
    return f"[{literal(KqlType.STRING, name)}]"


def without_render(text: str) -> str:
    """Return a query without what draws its rows, and without a closing semicolon.

    A text that is no KQL is returned as it is; whoever runs it says what is wrong.
    """
    tokens = [each for each in read(text)[0] if each.kind != END]
    while tokens and (tokens[-1].kind, tokens[-1].text) == (SYMBOL, ";"):
        tokens.pop()
    if not tokens:
        return ""
    end = tokens[-1].end
    depth = 0
    for number in range(len(tokens) - 1, -1, -1):
        token = tokens[number]
        if token.kind != SYMBOL:
            continue
        depth += (token.text in _CLOSING) - (token.text in _OPENING)
        if depth == 0 and token.text in ("|", ";"):
            after = tokens[number + 1 : number + 2]
            if token.text == "|" and after and after[0].kind == NAME and after[0].text == "render":
                end = tokens[number - 1].end if number else 0
            break
    return text[:end]
