"""What came out of an evaluation as what the book of alerts takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openinsights.alerts.alert import Criterion, Evidence, Fired
from openinsights.alerts.evaluate import Event
from openinsights.alerts.rules.measure import Rows
from openinsights.alerts.rules.rule import RESOURCE
from openinsights.alerts.rules.threshold import Dynamic, Static
from openinsights.query.literals import literal
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    import sqlalchemy as sa

    from openinsights.alerts.alert import Split
    from openinsights.alerts.book import AlertBook
    from openinsights.alerts.evaluate import Measured, Outcome
    from openinsights.alerts.rules.measure import Source
    from openinsights.alerts.rules.rule import Rule


def note(
    book: AlertBook, connection: sa.Connection, rule: Rule, end: int, outcome: Outcome
) -> None:
    """Write into the book what an evaluation changes of an alert."""
    if outcome.event is None:
        return
    if outcome.event is Event.RESOLVE:
        book.resolve(
            watched_app_id(rule, outcome.split), rule.rule_id, outcome.split, end, connection
        )
        return
    fired = fired_by(rule, end, outcome)
    book.fire(fired, connection, anew=outcome.event is Event.ANEW)


def fired_by(rule: Rule, end: int, outcome: Outcome) -> Fired:
    """Return that a rule is met for one combination in the window that ends at `end`."""
    first = outcome.measured[0]
    source = first.check.measure.source
    return Fired(
        app_id=watched_app_id(rule, outcome.split),
        rule_id=rule.rule_id,
        rule_name=rule.name,
        signal=rule.signal,
        severity=rule.severity,
        at_ticks=end,
        window_ticks=rule.window_ticks,
        evidence=Evidence(evidence_kql(first), end - source.range_ticks, end),
        criteria=tuple(_criterion(each) for each in outcome.measured),
        split=outcome.split,
        description=rule.description,
        action_groups=rule.action_groups,
        auto_resolves=rule.resolves,
        properties=rule.properties,
        context=_context(first) | dict(rule.context),
    )


def watched_app_id(rule: Rule, split: Split) -> str:
    """Return the resource that a combination is about: a rule may watch several."""
    return dict(split).get(RESOURCE, rule.app_id)


def evidence_kql(measured: Measured) -> str:
    """Return the query whose rows show what was measured."""
    source = measured.check.measure.source
    lines = [_rows_kql(source)]
    values = dict(measured.split)
    for name, kql in source.by:
        if name in values:
            lines.append(f"| where {kql} == {literal(KqlType.STRING, values[name])}")
    return "\n".join(lines)


def _rows_kql(source: Source) -> str:
    rows = source.rows
    if not isinstance(rows, Rows):
        return rows.kql
    lines = [rows.tables]
    if rows.where:
        lines.append(f"| where {rows.where}")
    for name, value in zip(rows.keys, source.key, strict=True):
        lines.append(f"| where {name} == {literal(KqlType.STRING, value)}")
    return "\n".join(lines)


def _criterion(measured: Measured) -> Criterion:
    check = measured.check
    value = measured.value
    return Criterion(
        check.metric,
        check.namespace,
        check.aggregation,
        check.threshold.operator,
        check.threshold.edge(0.0 if value is None else value, measured.band),
        value,
        measured.split,
        measured.band,
    )


def _context(measured: Measured) -> dict[str, Any]:  # JSON of the common alert schema
    check = measured.check
    context: dict[str, Any] = {}
    if check.periods.of > 1:
        is_static_metric = isinstance(check.measure.source.rows, Rows) and isinstance(
            check.threshold, Static
        )
        name = "staticThresholdFailingPeriods" if is_static_metric else "failingPeriods"
        context[name] = {
            "numberOfEvaluationPeriods": check.periods.of,
            "minFailingPeriodsToAlert": check.periods.failing,
        }
    if isinstance(check.threshold, Dynamic):
        context["alertSensitivity"] = check.threshold.sensitivity
    return context
