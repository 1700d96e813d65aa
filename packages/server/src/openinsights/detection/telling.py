"""A finding in words and figures: for people, for the book of alerts, and by Azure's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from openinsights.alerts.alert import Criterion, Evidence, Fired, Signal
from openinsights.clock import to_datetime
from openinsights.detection.detectors.memory import GROWING
from openinsights.detection.grid import TICKS_PER_STEP
from openinsights.detection.look import confidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openinsights.catalog.findings import KeptFinding
    from openinsights.detection.look import Look
    from openinsights.detection.rows import DetectorRow

RULE: Final = "smart:"
"""Before the detector's name it is the rule id of its alerts."""
_UNITS: Final = {
    "failed_requests": "requests",
    "failed_dependencies": "calls",
    "response_time": "requests",
    "dependency_duration": "calls",
    "page_load": "views",
    "trace_severity": "traces",
    "exception_volume": "exceptions",
    "memory_leak": "bytes",
    "silence": "items",
}
KINDS: Final = {
    "failed_requests": "share",
    "failed_dependencies": "share",
    "trace_severity": "share",
    "response_time": "ms",
    "dependency_duration": "ms",
    "page_load": "ms",
    "exception_volume": "count",
    "memory_leak": "bytes",
    "silence": "count",
}
"""In what a detector's values are."""
_MB: Final = 1024.0 * 1024.0


def figures_of(row: DetectorRow, look: Look, place: int) -> dict[str, Any]:  # JSON
    """Return the figures of a look at one unit."""
    score, days = float(look.score[place]), float(look.days[place])
    value, expected = float(look.value[place]), float(look.expected[place])
    return {
        "kind": KINDS[row.id],
        "value": _short(value),
        "expected": _short(expected),
        "low": _short(float(look.low[place])),
        "high": _short(float(look.high[place])),
        "score": round(min(score, 1e6), 2),
        "days": round(days, 1),
        "confidence": confidence(score, days).value,
        "count": _short(float(look.count[place])),
        "hits": _short(float(look.hits[place])),
        "window_minutes": round(float(look.steps[place]) * 5),
        "effect": effect(row, value, expected, float(look.hits[place])),
    }


def effect(row: DetectorRow, value: float, expected: float, hits: float) -> str:
    """Return how large the change is, such as `+4.3 pt`, `2.1 times`."""
    kind = KINDS[row.id]
    if kind == "share":
        return f"+{100 * (value - expected):.3g} pt"
    if row.id == "silence":
        return f"{expected:,.0f} missing"
    if row.id == "memory_leak":
        return f"+{hits / _MB:,.3g} MB a day"
    return "never seen before" if expected < 0.5 else f"{value / expected:.3g} times"


def summary(row: DetectorRow, about: str, facts: Mapping[str, Any]) -> str:
    """Return a finding as one sentence."""
    what = about or "all of them"
    value, expected = float(facts["value"]), float(facts["expected"])
    kind, unit = KINDS[row.id], _UNITS[row.id]
    if kind == "share":
        verb = "are warnings or worse" if row.id == "trace_severity" else "failed"
        return (
            f"{rate_text(value, facts['hits'], facts['count'], unit)} of {what} {verb};"
            f" {percent(expected)} is usual at this time"
        )
    if kind == "ms":
        return (
            f"{what} takes {_ms(value)}; {_ms(expected)} is usual at this time"
            f" ({facts['count']:,.0f} {unit})"
        )
    if row.id == "exception_volume":
        return (
            f"{facts['hits']:,.0f} exceptions of {what} in {facts['window_minutes']} minutes;"
            f" {expected:,.1f} are usual for so much traffic"
        )
    if row.id == "memory_leak":
        return (
            f"{what} grew from {expected / _MB:,.0f} MB to {value / _MB:,.0f} MB, by"
            f" {facts['hits'] / _MB:,.0f} MB a day"
        )
    return (
        f"{what} has sent nothing for {facts['window_minutes']} minutes, in which at least"
        f" {expected:,.0f} items are usual"
    )


def percent(share: float) -> str:
    """Return a share as text; never 0 % of something."""
    value = 100.0 * share
    return "< 0.1 %" if 0 < value < 0.1 else f"{value:.1f} %"


def rate_text(share: float, hits: float, count: float, unit: str) -> str:
    """Return a rate in Azure's form: `50.0% (200/400 requests)`."""
    return f"{100.0 * share:.1f}% ({hits:.0f}/{count:.0f} {unit})"


def azure_of(row: DetectorRow, finding: KeptFinding) -> dict[str, Any]:  # JSON
    """Return a finding by the names of Azure's alert context."""
    facts = finding.facts
    began, until = to_datetime(finding.first_ticks), to_datetime(finding.last_ticks)
    context: dict[str, Any] = {
        "DetectionSummary": facts["summary"],
        "FormattedOccurrenceTime": f"{began:%m/%d/%Y %H:%M:%S} - {until:%H:%M:%S} UTC",
    }
    if KINDS[row.id] == "share":
        chart = [point for point in facts.get("chart", ()) if point[1] is not None]
        unit = _UNITS[row.id]
        context |= {
            "DetectedFailureRate": rate_text(facts["value"], facts["hits"], facts["count"], unit),
            "NormalFailureRate": f"{100.0 * facts['expected']:.1f}% (over the last"
            f" {max(1, round(facts['days']))} days)",
            "FailureRateChart": [[point[0], round(100.0 * point[1], 3)] for point in chart],
        }
    return context


def fired_of(
    row: DetectorRow,
    finding: KeptFinding,
    resource_name: str,
    action_groups: Sequence[str] = (),
) -> Fired:
    """Return a finding as the book of alerts takes it."""
    facts = finding.facts
    window = (
        GROWING * 12 * TICKS_PER_STEP
        if row.id == "memory_leak"
        else int(facts["window_minutes"]) // 5 * TICKS_PER_STEP
    )
    split = ((row.about, finding.about),) if finding.about else ()
    return Fired(
        finding.app_id,
        RULE + row.id,
        f"{row.title} - {resource_name}",
        Signal.SMART,
        row.severity,
        finding.last_ticks,
        window,
        Evidence(facts["kql"], facts["kql_start"], finding.last_ticks),
        (
            Criterion(
                row.id,
                "",
                "Average",
                "LessThan" if row.id == "silence" else "GreaterThan",
                float(facts["low"] if row.id == "silence" else facts["high"]),
                float(facts["value"]),
                split,
            ),
        ),
        split,
        facts["summary"],
        tuple(action_groups),
        context=azure_of(row, finding),
    )


def _short(value: float) -> float:
    return float(f"{value:.6g}") if value == value and abs(value) < 1e300 else 0.0


def _ms(value: float) -> str:
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.2g} ms"
