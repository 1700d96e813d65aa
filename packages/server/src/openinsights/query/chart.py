"""From a result and its `render` to what is drawn: one x axis and named series of numbers.

The same choices as the portal makes: the x axis is what `xcolumn` names, else the first time, else
the first column; numbers are the values; what is left splits them into series.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from openinsights.query.result import Render, ResultTable

LINES: Final = frozenset(
    ("timechart", "linechart", "anomalychart", "areachart", "stackedareachart", "scatterchart")
)
"""Charts over an axis of times or numbers."""
BARS: Final = frozenset(("columnchart", "barchart", "piechart"))
"""Charts of one bar for each value."""
MAX_SERIES: Final = 12
MAX_CATEGORIES: Final = 60
MAX_POINTS: Final = 5_000
_NUMBERS: Final = frozenset((KqlType.INT, KqlType.LONG, KqlType.REAL, KqlType.DECIMAL))
_EMPTY: Final = "(empty)"


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers of one name, one for each place of the x axis; None where there is none."""

    name: str
    values: list[float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn.

    Attributes:
        kind: `timechart`, `barchart`, …
        title: or "".
        x: places of the x axis in order: datetimes, numbers or texts.
        series: at most `MAX_SERIES`.
        is_stacked: whether the values of one place stand on each other.
        low: what `ymin` says, or None.
        high: what `ymax` says, or None.
        dropped: series and places that are left out because there are too many to tell apart.
    """

    kind: str
    title: str
    x: list[datetime | float | str]
    series: list[Series]
    is_stacked: bool = False
    low: float | None = None
    high: float | None = None
    dropped: int = 0


def chart_of(table: ResultTable, render: Render) -> Chart | str:
    """Return what is drawn of a table, or a sentence that says why nothing is."""
    kind = render.visualization
    if kind not in LINES | BARS:
        return f"a {kind} is not drawn here"
    columns, rows = _spread(table)
    properties = {name.lower(): str(value) for name, value in render.properties.items()}
    x = _x_column(columns, properties, kind)
    y = _chosen(columns, properties.get("ycolumns")) or [
        at for at, (_, type_) in enumerate(columns) if type_ in _NUMBERS and at != x
    ]
    if x is None or not y:
        return f"a {kind} needs a column of numbers beside the one for its x axis"
    split = _chosen(columns, properties.get("series")) or [
        at
        for at, (_, type_) in enumerate(columns)
        if at != x and at not in y and type_ not in (*_NUMBERS, KqlType.DATETIME, KqlType.DYNAMIC)
    ]
    is_axis = kind in LINES and columns[x][1] in (*_NUMBERS, KqlType.DATETIME, KqlType.TIMESPAN)
    places, values = _filled(columns, rows, x, y, split, is_axis=is_axis)
    most = MAX_POINTS if is_axis else MAX_CATEGORIES
    return Chart(
        kind,
        properties.get("title", ""),
        places[:most],
        [
            Series(name, [by_place.get(place) for place in places[:most]])
            for name, by_place in list(values.items())[:MAX_SERIES]
        ],
        is_stacked=kind == "stackedareachart" or properties.get("kind", "").startswith("stacked"),
        low=_limit(properties.get("ymin")),
        high=_limit(properties.get("ymax")),
        dropped=max(0, len(values) - MAX_SERIES) + max(0, len(places) - most),
    )


_Columns = list[tuple[str, KqlType]]
_Place = datetime | float | str


def _spread(table: ResultTable) -> tuple[_Columns, list[tuple[object, ...]]]:
    """The rows; those of make-series, whose cells are arrays, with a row for each element."""
    columns, rows = list(table.columns), table.rows
    arrays = [
        at
        for at, (_, type_) in enumerate(columns)
        if type_ is KqlType.DYNAMIC and rows and all(isinstance(row[at], list) for row in rows)
    ]
    if len(arrays) < 2:
        return columns, rows
    spread = []
    for row in rows:
        longest = max(len(_listed(row[at])) for at in arrays)
        for number in range(longest):
            cells = list(row)
            for at in arrays:
                values = _listed(row[at])
                cells[at] = _element(values[number]) if number < len(values) else None
            spread.append(tuple(cells))
    for at in arrays:
        first = next((row[at] for row in spread if row[at] is not None), None)
        type_ = KqlType.DATETIME if isinstance(first, datetime) else KqlType.REAL
        columns[at] = (columns[at][0], type_)
    return columns, spread


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _element(value: object) -> object:
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return value


def _chosen(columns: _Columns, names: str | None) -> list[int]:
    wanted = [name.strip() for name in (names or "").split(",")]
    return [at for name in wanted for at, column in enumerate(columns) if column[0] == name]


def _x_column(columns: _Columns, properties: Mapping[str, str], kind: str) -> int | None:
    named = _chosen(columns, properties.get("xcolumn"))
    if named:
        return named[0]
    times = [at for at, (_, type_) in enumerate(columns) if type_ is KqlType.DATETIME]
    if times and kind not in ("barchart", "piechart"):
        return times[0]
    if kind == "scatterchart" and columns:
        return 0
    others = [at for at, (_, type_) in enumerate(columns) if type_ not in _NUMBERS]
    return others[0] if others and kind in BARS else 0 if columns else None


def _filled(
    columns: _Columns,
    rows: Sequence[tuple[object, ...]],
    x: int,
    y: Sequence[int],
    split: Sequence[int],
    *,
    is_axis: bool,
) -> tuple[list[_Place], dict[str, dict[_Place, float]]]:
    places: dict[_Place, None] = {}
    series: dict[str, dict[_Place, float]] = {}
    for row in rows:
        place = _axis_place(row[x]) if is_axis else _text(row[x])
        if place is None:
            continue
        places.setdefault(place)
        group = " · ".join(_text(row[at]) for at in split)
        for at in y:
            value = _number(row[at])
            name = columns[at][0]
            label = name if not split else f"{group}: {name}" if len(y) > 1 else group
            values = series.setdefault(label, {})
            if value is not None:
                values[place] = value
    ordered = list(places)
    return (sorted(ordered, key=_order) if is_axis else ordered), series


def _order(place: _Place) -> float:
    return place.timestamp() if isinstance(place, datetime) else float(place)


def _axis_place(value: object) -> _Place | None:
    return value if isinstance(value, datetime) else _number(value)


def _number(value: object) -> float | None:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        number = float(value)
        return number if math.isfinite(number) else None
    return None


def _text(value: object) -> str:
    if value is None or value == "":
        return _EMPTY
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M" if value.time() != value.min.time() else "%Y-%m-%d")
    if isinstance(value, (list, dict)):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _limit(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def extent(
    values: Iterable[float | None], low: float | None, high: float | None
) -> tuple[float, float]:
    """Return the bounds of the y axis: zero and the highest value, unless told or below zero."""
    known = [value for value in values if value is not None] or [0.0]
    bottom = min(0.0, *known) if low is None else low
    top = max(0.0, *known) if high is None else high
    return (bottom, top) if top > bottom else (bottom, bottom + 1.0)
