"""Charts drawn with the letters of a terminal: lines in Braille dots, bars in blocks.

Without colours, several lines stand above each other, each with an axis of its own name, so that
they are told apart in a file and by a screen reader too.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from openinsights.query.chart import BARS, Chart, Series, extent
from openinsights.query.text_table import cut, harmless, text_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HEIGHT: Final = 14
"""Lines of the plot."""
_LOWEST: Final = 4
_COLOURS: Final = (36, 33, 35, 32, 34, 31, 96, 93, 95, 92, 94, 91)
_FILLS: Final = "█▓▒░"
_EIGHTHS: Final = " ▏▎▍▌▋▊▉"
_RISING: Final = " ▁▂▃▄▅▆▇"
_LONGEST_NAME: Final = 32
_BRAILLE: Final = 0x2800
# The bit of each dot of a Braille letter, by column and row.
_DOTS: Final = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_SECONDS: Final = timedelta(seconds=20)
"""Times that are no further apart are shown with their milliseconds."""
_UNITS: Final = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def text_chart(chart: Chart, *, width: int, has_colours: bool, height: int = HEIGHT) -> list[str]:
    """Return a chart as lines of text.

    Args:
        chart: what is drawn.
        width: how wide a line may be, colours not counted.
        has_colours: whether the terminal shows colours.
        height: lines of the plot.
    """
    paint = _Paint(has_colours)
    lines = [cut(harmless(chart.title), width)] if chart.title else []
    if not chart.x or not chart.series:
        return [*lines, "(nothing to draw: no rows)"]
    if chart.kind == "columnchart":
        lines += _columns(chart, width, height, paint)
    elif chart.kind in BARS:
        lines += _bars(chart, width, paint)
    else:
        lines += _plots(chart, width, height, paint)
    if chart.dropped:
        lines.append(f"({chart.dropped} more series or places are left out)")
    return lines


class _Paint:
    """Colours of series, or none."""

    def __init__(self, has_colours: bool) -> None:
        self.is_on = has_colours

    def __call__(self, text: str, number: int) -> str:
        if not self.is_on or not text.strip():
            return text
        return f"\x1b[{_COLOURS[number % len(_COLOURS)]}m{text}\x1b[0m"


def _name(series: Series, width: int) -> str:
    return cut(harmless(series.name), min(_LONGEST_NAME, width - 2))


def number_text(value: float) -> str:
    """Return a number in few letters: `1.2k`, `340`, `0.05`."""
    for size, unit in _UNITS:
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}" if value != int(value) else str(int(value))


def _legend(chart: Chart, width: int, paint: _Paint, marks: str) -> Iterator[str]:
    line, used = "", 0
    for number, series in enumerate(chart.series):
        mark, name = marks[number % len(marks)], _name(series, width)
        size = text_width(name) + 2
        if used and used + 2 + size > width:
            yield line
            line, used = "", 0
        line += ("  " if used else "") + f"{paint(mark, number)} {name}"
        used += size + (2 if used else 0)
    yield line


def _plots(chart: Chart, width: int, height: int, paint: _Paint) -> Iterator[str]:
    series = _stacked(chart.series) if chart.is_stacked else chart.series
    if len(series) == 1 or paint.is_on:
        if len(series) > 1:
            yield from _legend(chart, width, paint, "━")
        yield from _plot(chart, series, width, height, paint, has_axis=True)
        return
    each = max(_LOWEST, height // len(series))
    for number, one in enumerate(series):
        yield _name(one, width)
        yield from _plot(chart, [one], width, each, paint, has_axis=number == len(series) - 1)


def _stacked(series: Sequence[Series]) -> list[Series]:
    sums: list[float] = []
    found = []
    for one in series:
        sums = sums or [0.0] * len(one.values)
        sums = [total + (value or 0.0) for total, value in zip(sums, one.values, strict=True)]
        found.append(Series(one.name, list(sums)))
    return found


def _plot(
    chart: Chart,
    series: Sequence[Series],
    width: int,
    height: int,
    paint: _Paint,
    *,
    has_axis: bool,
) -> Iterator[str]:
    low, high = extent((value for one in series for value in one.values), chart.low, chart.high)
    labels = {0: number_text(high), height // 2: "", height - 1: number_text(low)}
    labels[height // 2] = number_text(high - (high - low) * (height // 2) / (height - 1))
    gutter = max(map(len, labels.values()))
    across = max(8, width - gutter - 2)
    canvas = _Canvas(across, height)
    places = _positions(chart.x, across * 2 - 1)
    rows = height * 4 - 1
    for number, one in enumerate(series):
        before: tuple[int, int] | None = None
        for place, value in zip(places, one.values, strict=True):
            if value is None:
                before = None
                continue
            bounded = min(max(value, low), high)
            dot = (place, round((high - bounded) / (high - low) * rows))
            start = dot if before is None or chart.kind == "scatterchart" else before
            canvas.line(start, dot, number, is_filled="area" in chart.kind and not chart.is_stacked)
            before = dot
    for row in range(height):
        mark = "┤" if row in labels else "│"
        yield f"{labels.get(row, ''):>{gutter}} {mark}{canvas.row(row, paint)}".rstrip()
    if has_axis:
        yield f"{'':>{gutter}} └{'─' * across}"
        yield f"{'':>{gutter}}  {_axis(chart.x, across)}".rstrip()


def _positions(x: Sequence[datetime | float | str], last: int) -> list[int]:
    """Return where each place stands between 0 and `last`."""
    if isinstance(x[0], str):
        keys = [float(at) for at in range(len(x))]
    else:
        keys = [one.timestamp() if isinstance(one, datetime) else float(one) for one in x]
    low, high = keys[0], keys[-1]
    if high == low:
        return [last // 2] * len(keys)
    return [round((key - low) / (high - low) * last) for key in keys]


class _Canvas:
    """Dots, two across and four down in each letter; a letter has the colour of its last dot."""

    def __init__(self, width: int, height: int) -> None:
        self._bits = [[0] * width for _ in range(height)]
        self._colours = [[0] * width for _ in range(height)]

    def dot(self, x: int, y: int, colour: int) -> None:
        self._bits[y // 4][x // 2] |= _DOTS[x % 2][y % 4]
        self._colours[y // 4][x // 2] = colour

    def line(
        self, start: tuple[int, int], end: tuple[int, int], colour: int, *, is_filled: bool
    ) -> None:
        steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
        for step in range(steps + 1):
            x = round(start[0] + (end[0] - start[0]) * step / steps)
            y = round(start[1] + (end[1] - start[1]) * step / steps)
            for below in range(y, len(self._bits) * 4 if is_filled else y + 1):
                self.dot(x, below, colour)

    def row(self, number: int, paint: _Paint) -> str:
        return "".join(
            paint(chr(_BRAILLE + bits), colour) if bits else " "
            for bits, colour in zip(self._bits[number], self._colours[number], strict=True)
        )


def _axis(x: Sequence[datetime | float | str], width: int) -> str:
    """Return the first, some middle and the last place, each below where it stands."""
    texts = _place_texts(x)
    places = [place // 2 for place in _positions(x, width * 2 - 1)]
    line = [" "] * width
    taken = -2
    last = len(x) - 1
    final = max(0, width - text_width(texts[last]))
    wanted = max(1, width // (max(map(text_width, texts)) + 4))
    step = max(1, (len(x) + wanted - 1) // wanted)
    for at in range(0, len(x), step):
        text = texts[at]
        start = min(max(0, places[at] - text_width(text) // 2), width - text_width(text))
        is_clear = start > taken + 1 and (at == last or start + text_width(text) + 1 < final)
        if start >= 0 and is_clear:
            line[start : start + len(text)] = text
            taken = start + len(text)
    if len(x) > 1 and final > taken:
        line[final : final + len(texts[last])] = texts[last]
    return "".join(line)


def _place_texts(x: Sequence[datetime | float | str]) -> list[str]:
    first, last = x[0], x[-1]
    if isinstance(first, datetime) and isinstance(last, datetime):
        times = [one for one in x if isinstance(one, datetime)]
        form = _time_form(last - first, times)
        if last - first < _SECONDS and any(one.microsecond for one in times):
            return [f"{one:%H:%M:%S}.{one.microsecond // 1000:03d}" for one in times]
        return [one.strftime(form) for one in times]
    return [
        cut(harmless(one), 20) if isinstance(one, str) else number_text(float(one))  # type: ignore[arg-type]
        for one in x
    ]


def _time_form(length: timedelta, times: Sequence[datetime]) -> str:
    has_seconds = any(one.second for one in times)
    if length < timedelta(days=1) and times[0].date() == times[-1].date():
        return "%H:%M:%S" if has_seconds else "%H:%M"
    if all(one.time() == one.min.time() for one in times):
        return "%Y-%m-%d"
    return "%m-%d %H:%M"


def _bars(chart: Chart, width: int, paint: _Paint) -> Iterator[str]:
    """Yield a bar for each value, from left to right; those of a pie with their shares."""
    is_pie = chart.kind == "piechart"
    places = [cut(harmless(str(place)), min(_LONGEST_NAME, width // 3)) for place in chart.x]
    wide = max(map(text_width, places))
    several = len(chart.series) > 1
    if several:
        yield from _legend(chart, width, paint, _FILLS if not paint.is_on else "█")
    total = sum(max(0.0, value) for one in chart.series for value in one.values if value)
    rows = [[one.values[at] for one in chart.series] for at in range(len(places))]
    sums = [sum(value or 0.0 for value in row) for row in rows]
    _, high = extent(
        sums if chart.is_stacked else [value for row in rows for value in row], 0.0, chart.high
    )
    room = max(4, width - wide - 3 - (16 if is_pie else 9))
    for at, row in enumerate(rows):
        label = places[at] + " " * (wide - text_width(places[at]))
        if chart.is_stacked and several:
            yield f"{label} │{_stack(row, room, high, paint)} {number_text(sums[at])}"
            continue
        for number, value in enumerate(row):
            fill = _FILLS[number % len(_FILLS)] if several and not paint.is_on else ""
            bar = paint(_bar(value or 0.0, high, room, fill), number if several else 0)
            text = "" if value is None else number_text(value)
            share = f" ({(value or 0.0) / total:.1%})" if is_pie and total > 0 else ""
            yield f"{label} │{bar} {text}{share}".rstrip()
            label = " " * wide


def _bar(value: float, high: float, room: int, fill: str) -> str:
    eighths = round(min(max(value, 0.0), high) / high * room * 8)
    if fill and fill != "█":
        return fill * max(eighths // 8, 1 if eighths else 0)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _stack(row: Sequence[float | None], room: int, high: float, paint: _Paint) -> str:
    parts, total, drawn = "", 0.0, 0
    for number, value in enumerate(row):
        total += max(0.0, value or 0.0)
        end = round(min(total, high) / high * room)
        fill = "█" if paint.is_on else _FILLS[number % len(_FILLS)]
        parts += paint(fill * (end - drawn), number)
        drawn = end
    return parts


def _columns(chart: Chart, width: int, height: int, paint: _Paint) -> Iterator[str]:
    """Yield bars from the bottom up, or from left to right where they do not fit side by side."""
    series = chart.series
    values = [value for one in series for value in one.values]
    low, high = extent(values, chart.low, chart.high)
    gutter = max(len(number_text(high)), len(number_text(low)))
    across = width - gutter - 2
    bars = 1 if chart.is_stacked else len(series)
    slot = across // len(chart.x)
    texts = [harmless(str(place)) for place in chart.x]
    wanted = max(bars + 1, min(max(map(text_width, texts)) + 1, 12))
    if slot < wanted or low < 0 or chart.is_stacked:
        yield from _bars(chart, width, paint)
        return
    slot = min(slot, wanted + 4)
    thick = max(1, (slot - 1) // bars)
    if len(series) > 1:
        yield from _legend(chart, width, paint, _FILLS if not paint.is_on else "█")
    for row in range(height):
        label = {0: number_text(high), height - 1: number_text(low)}.get(row, "")
        line = f"{label:>{gutter}} {'┤' if label else '│'}"
        for at in range(len(chart.x)):
            for number, one in enumerate(series):
                line += paint(
                    _piece(one.values[at], low, high, row, height, number, paint) * thick, number
                )
            line += " " * (slot - thick * bars)
        yield line.rstrip()
    yield f"{'':>{gutter}} └{'─' * (slot * len(texts))}"
    names = "".join(_padded(cut(text, slot - 1), slot) for text in texts)
    yield f"{'':>{gutter}}  {names}".rstrip()


def _piece(
    value: float | None, low: float, high: float, row: int, height: int, number: int, paint: _Paint
) -> str:
    """Return the letter of a bar in a row, counted from the top."""
    eighths = round((min(max(value or 0.0, low), high) - low) / (high - low) * height * 8)
    left = eighths - (height - 1 - row) * 8
    fill = "█" if paint.is_on else _FILLS[number % len(_FILLS)]
    if left >= 8:
        return fill
    return _RISING[max(0, left)] if fill == "█" else (fill if left >= 4 else " ")


def _padded(text: str, width: int) -> str:
    return text + " " * (width - text_width(text))
