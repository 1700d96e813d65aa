"""What stands beside a finding: its chart, what its items have in common, what else went wrong."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND, UNIX_EPOCH_TICKS
from openinsights.detection.cluster import Item, cluster
from openinsights.detection.detectors.memory import HOURS
from openinsights.detection.grid import (
    SLOTS_PER_DAY,
    STEPS_PER_SLOT,
    TICKS_PER_SLOT,
    TICKS_PER_STEP,
)
from openinsights.detection.questions import asked
from openinsights.query.values import datetime_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openinsights.detection.asking import Row
    from openinsights.detection.rows import DetectorRow
    from openinsights.detection.watched import Watched

    Ask = Callable[[str], list[Row]]

_CHART_SLOTS: Final = SLOTS_PER_DAY
_SAMPLED: Final = 600
_MOST_SAMPLES: Final = 5
_MOST_PROPERTIES: Final = 40
_HOUR_TICKS: Final = TICKS_PER_DAY // 24
_NEW_VERSION_TICKS: Final = 2 * _HOUR_TICKS
_DIMENSIONS: Final = {
    5: "operation",
    6: "resultCode",
    7: "cloud_RoleName",
    8: "cloud_RoleInstance",
    9: "application_Version",
}
_HIT, _WEIGHT, _PROPERTIES = 1, 2, 10
_TABLES: Final = {
    "requests": "requests",
    "dependencies": "dependencies",
    "pages": "pages",
    "traces": "traces",
    "exceptions": "exceptions",
}


def chart_of(row: DetectorRow, watched: Watched, about: str) -> list[list[float | None]]:
    """Return [ms since 1970, value, expected, low, high] of the last day (eight of memory)."""
    if row.id == "memory_leak":
        return _chart_of_hours(watched, about)
    history, watch = watched.history_of(row), watched.watch_of(row)
    if watch is None or watch.usual is None or about not in watch.units:
        return []
    sums = history.slots_of(about, row.columns, _CHART_SLOTS).T
    end = (watched.step + 1) // STEPS_PER_SLOT
    slots = np.arange(end - sums.shape[0], end)
    there = np.flatnonzero(sums[:, 0] > 0)
    if there.size:  # what was before the first telemetry is nothing
        slots, sums = slots[there[0] :], sums[there[0] :]
    band = watch.detector.band(
        watch.usual,
        watch.units.index(about),
        sums,
        (slots % SLOTS_PER_DAY).astype(np.float64),
    )
    return [
        [
            _ms(slot * TICKS_PER_SLOT),
            *(_number(each[place]) for each in (band.value, band.expected, band.low, band.high)),
        ]
        for place, slot in enumerate(slots.tolist())
    ]


def question_of(row: DetectorRow, about: str, first_ticks: int, end_ticks: int) -> tuple[str, int]:
    """Return the KQL that shows a finding, and the start of its range."""
    hours = HOURS if row.id == "memory_leak" else 24
    start = min(first_ticks, end_ticks) - hours * _HOUR_TICKS
    values: dict[str, str | int | float] = {"about": about}
    return asked(f"seen.{row.id}", start, end_ticks, values), start


def what_changed(
    row: DetectorRow, ask: Ask, about: str, first: int, end: int, above: float
) -> dict[str, Any]:
    """Return facts: values in common, versions that came, what else failed, samples.

    Args:
        row: the detector.
        ask: answers a question about the resource.
        about: the unit.
        first: ticks at which it began.
        end: ticks of the newest step's end.
        above: milliseconds above which an item is slow, for detectors of durations.
    """
    facts: dict[str, Any] = {"changed": [], "joined": [], "samples": [], "related": []}
    rows: list[Row] = []
    if row.question in _TABLES:
        by_duration = "total_ms" in row.detector_columns
        values: dict[str, str | int | float] = {"about": about, "most": _SAMPLED}
        if row.question in ("requests", "dependencies"):
            values |= {"by_duration": by_duration, "above": float(above)}
        elif by_duration:
            values["above"] = float(above)
        earlier = {"earlier": first - 6 * _HOUR_TICKS} if row.question == "exceptions" else {}
        rows = ask(asked(f"rows.{row.question}", first, end, values, earlier))
        found = cluster([_item(each, about, row) for each in rows])
        facts["changed"] = [
            {
                "key": each.key,
                "value": each.value,
                "support": round(each.support, 4),
                "in_rest": round(each.in_rest, 4),
                "lift": round(each.lift, 2),
                "points": round(each.points, 1),
            }
            for each in found.common
        ]
        facts["joined"] = [list(each) for each in found.joined]
        facts["joined_support"] = round(found.support, 4)
        facts["samples"] = _samples(rows)
    operation = about if row.about == "operation" else ""
    if row.question in _TABLES:
        related = ask(asked("related", first, end, {"operation": operation}))
        facts["related"] = [
            {"kind": kind, "name": name, "items": items, "detail": str(detail or "")[:200]}
            for kind, name, items, detail in related
            if not (kind == "exception" and row.id == "exception_volume" and name == about)
        ]
    facts["versions"] = _versions(
        ask(asked("versions", first, end, instants={"earlier": first - TICKS_PER_DAY})), first
    )
    return facts


def _chart_of_hours(watched: Watched, about: str) -> list[list[float | None]]:
    _, hours = watched.hours(about)
    known = hours[0]
    end = (watched.step + 1) * TICKS_PER_STEP
    usual = _number(float(np.nanmedian(known[:24]))) if np.isfinite(known[:24]).any() else None
    return [
        [_ms(end - (HOURS - place) * _HOUR_TICKS), _number(value), usual, None, None]
        for place, value in enumerate(known.tolist())
    ]


def _item(row: Row, about: str, detector: DetectorRow) -> Item:
    values = {
        name: str(row[place])
        for place, name in _DIMENSIONS.items()
        if row[place] and not (row[place] == about and name in ("operation", "cloud_RoleName"))
    }
    if detector.question == "pages":
        values.pop("operation", None)
    text = row[_PROPERTIES]
    properties: Mapping[str, Any] = json.loads(str(text)) if text else {}
    for key, value in list(properties.items())[:_MOST_PROPERTIES]:
        if isinstance(value, (str, int, float, bool)) and str(value) != about:
            values.setdefault(str(key), str(value))
    return Item(bool(row[_HIT]), float(str(row[_WEIGHT] or 1)), values)


def _samples(rows: list[Row]) -> list[dict[str, Any]]:
    hits = sorted((each for each in rows if each[_HIT]), key=lambda each: str(each[0]))
    return [
        {
            "time": datetime_text(int(str(each[0]))),
            "item_id": each[3],
            "operation_id": each[4],
            "name": each[5],
            "code": each[6],
            "duration_ms": each[11],
        }
        for each in hits[-_MOST_SAMPLES:][::-1]
    ]


def _versions(rows: list[Row], first: int) -> list[dict[str, Any]]:
    """Return versions that came shortly before the finding began, where there were others."""
    roles = [row[0] for row in rows]
    return [
        {"role": role, "version": version, "first_seen": datetime_text(int(str(seen)))}
        for role, version, seen, _ in rows
        if abs(first - int(str(seen))) <= _NEW_VERSION_TICKS and roles.count(role) > 1
    ]


def _ms(ticks: int) -> float:
    return (ticks - UNIX_EPOCH_TICKS) / (TICKS_PER_SECOND / 1000)


def _number(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None
