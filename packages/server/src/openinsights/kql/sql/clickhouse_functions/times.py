"""Scalar functions of datetimes and timespans; times are ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.functions.times import PART_TICKS, format_pieces, span_format_pieces
from openinsights.kql.source import MAX_DATETIME
from openinsights.kql.sql.clickhouse_functions.conversion import (
    DATETIME,
    EPOCH_MICROSECONDS,
    days_before,
    days_in_month,
    one,
)
from openinsights.kql.sql.clickhouse_functions.spelling import known_text, named, quoted
from openinsights.kql.sql.dialect import LOWERED, Impossible
from openinsights.schema.types import INT, LONG, REAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openinsights.kql.bound import Bound
    from openinsights.kql.functions.row import Lowering

_DAY: Final = 864_000_000_000
_EPOCH: Final = EPOCH_MICROSECONDS * 10
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


def _days(ticks: str) -> str:
    return f"intDiv({ticks}, {_DAY})"


def _ranged(ticks: str) -> str:
    return named(ticks, lambda t: f"if({t} BETWEEN 0 AND {MAX_DATETIME}, {t}, NULL)", "t")


def _wide(ticks: str, offset: str, unit: int) -> str:
    """So many units later, whatever the number; null outside of the calendar."""
    return _ranged(f"accurateCastOrNull(toInt128({ticks}) + toInt128({offset}) * {unit}, 'Int64')")


def _month_index(ticks: str) -> str:
    return (
        f"(toInt64(toYear({DATETIME.format(ticks)})) * 12 + toMonth({DATETIME.format(ticks)}) - 1)"
    )


def _month_start(index: str) -> str:
    """Ticks of the first of a month, given as its number since the year 0."""
    year, month = f"intDiv({index}, 12)", f"({index} % 12 + 1)"
    return f"{days_before(year, month, '1')} * {_DAY}"


def _start_of_months(ticks: str, offset: str, step: int) -> str:
    """The first day of a month or year, so many later; null outside of the calendar."""
    index = f"toInt128({_month_index(ticks)})"
    if step == 12:
        index = f"intDiv({index}, 12) * 12"
    found = f"if(m BETWEEN 12 AND 119999, {_month_start('toInt64(m)')}, NULL)"
    return f"arrayMap(m -> {found}, [{index} + toInt128({offset}) * {step}])[1]"


def _start(unit: str) -> Callable[[str, str], str]:
    def of_day(ticks: str, offset: str) -> str:
        return _wide(f"{_days(ticks)} * {_DAY}", offset, _DAY)

    def of_week(ticks: str, offset: str) -> str:
        days = _days(ticks)
        return _wide(f"({days} - ({days} + 1) % 7) * {_DAY}", offset, 7 * _DAY)

    if unit in ("month", "year"):
        return lambda ticks, offset: _start_of_months(ticks, offset, _MONTHS[unit])
    return of_day if unit == "day" else of_week


def _boundary(unit: str, *, is_end: bool) -> Lowering:
    start = _start(unit)

    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        ticks = arguments[0]
        offset = arguments[1] if len(arguments) > 1 else "toInt64(0)"
        if not is_end:
            return named(ticks, lambda t: start(t, offset), "d")
        # The calendar ends with a day, a month and a year, in the middle of a week.
        last = f"{MAX_DATETIME}" if unit != "week" else "NULL"

        def write(t: str) -> str:
            following, this = start(t, f"toInt128({offset}) + 1"), start(t, offset)
            return (
                f"multiIf({t} IS NULL OR {offset} IS NULL, NULL,"
                f" {following} IS NOT NULL, if({following} > 0, {following} - 1, NULL),"
                f" {this} IS NOT NULL, {last}, NULL)"
            )

        return named(ticks, write, "d")

    return lower


def _part_of(bound: Bound, what: str) -> str:
    known = known_text(bound)
    if known is None:
        raise Impossible(f"{what} with a part that is not known in advance", LOWERED)
    return known.lower()


def _datetime_add(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    _, count, ticks = arguments
    written = _part_of(bound[0], "datetime_add")
    part = written.rstrip("s") if written != "s" else written
    if part in PART_TICKS:
        return _wide(ticks, count, PART_TICKS[part])
    if part == "nanosecond":
        hundredths = f"intDiv({count} - positiveModulo({count}, 100), 100)"
        return _wide(ticks, hundredths, 1)
    if part not in _MONTHS:
        return "CAST(NULL AS Nullable(Int64))"

    def write(t: str) -> str:
        day = f"toDayOfMonth({DATETIME.format(t)})"
        most = days_in_month("intDiv(toInt64(m), 12)", "(toInt64(m) % 12 + 1)")
        moved = f"{_month_start('toInt64(m)')} + (least(toInt64({day}), {most}) - 1) * {_DAY}"
        found = f"if(m BETWEEN 12 AND 119999, {moved} + {t} % {_DAY}, NULL)"
        index = f"toInt128({_month_index(t)}) + toInt128({count}) * {_MONTHS[part]}"
        return f"arrayMap(m -> {found}, [{index}])[1]"

    return named(ticks, write, "d")


def _datetime_diff(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    _, left, right = arguments
    part = _part_of(bound[0], "datetime_diff")
    if part == "week":
        return f"(intDiv({_days(left)} + 1, 7) - intDiv({_days(right)} + 1, 7))"
    if part in PART_TICKS:
        return f"(intDiv({left}, {PART_TICKS[part]}) - intDiv({right}, {PART_TICKS[part]}))"
    if part == "nanosecond":
        return f"accurateCastOrNull((toInt128({left}) - {right}) * 100, 'Int64')"
    if part not in _MONTHS:
        return "CAST(NULL AS Nullable(Int64))"
    step = _MONTHS[part]
    return f"(intDiv({_month_index(left)}, {step}) - intDiv({_month_index(right)}, {step}))"


_FIELDS: Final = {
    "year": f"toYear({DATETIME})",
    "quarter": f"toQuarter({DATETIME})",
    "month": f"toMonth({DATETIME})",
    "weekofyear": f"toISOWeek({DATETIME})",
    "day": f"toDayOfMonth({DATETIME})",
    "dayofyear": f"toDayOfYear({DATETIME})",
    "hour": "(intDiv({0}, 36000000000) % 24)",
    "minute": "(intDiv({0}, 600000000) % 60)",
    "second": "(intDiv({0}, 10000000) % 60)",
    "millisecond": "(intDiv({0}, 10000) % 1000)",
    "microsecond": "(intDiv({0}, 10) % 1000000)",
    "nanosecond": "({0} % 10000000 * 100)",
}


def _field(name: str) -> Lowering:
    return f"toInt64({_FIELDS[name]})"


def _datetime_part(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    found = _FIELDS.get(_part_of(bound[0], "datetime_part").replace("_", ""))
    if found is None:
        return "CAST(NULL AS Nullable(Int64))"
    return f"toInt64({found.format(arguments[1])})"


_MONTH_NAMES: Final = (
    "['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September',"
    " 'October', 'November', 'December']"
)
_DAY_NAMES: Final = "['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']"


def _padded(number: str, size: int) -> str:
    """A number with zeros before it, as long as it is shorter."""
    if size <= 1:
        return f"toString({number})"
    return named(
        f"toString({number})",
        lambda t: f"if(length({t}) < {size}, leftPad({t}, {size}, '0'), {t})",
        "t",
    )


def _date_piece(piece: str, t: str) -> str:
    letter, size = piece[0], len(piece)
    day, month, year = (_FIELDS[part].format(t) for part in ("day", "month", "year"))
    hour, fraction = _FIELDS["hour"].format(t), f"leftPad(toString({t} % 10000000), 7, '0')"
    weekday = f"toInt64({_days(t)} % 7 + 1)"
    if letter == "d":
        name = f"{_DAY_NAMES}[{weekday}]"
        return [f"toString({day})", _padded(day, 2), f"substring({name}, 1, 3)", name][size - 1]
    if letter == "M":
        name = f"{_MONTH_NAMES}[{month}]"
        return [f"toString({month})", _padded(month, 2), f"substring({name}, 1, 3)", name][size - 1]
    if letter == "y":
        return _padded(f"{year} % 100", size) if size <= 2 else _padded(year, 4)
    if letter == "f":
        return f"substring({fraction}, 1, {size})"
    if letter == "F":
        return f"replaceRegexpOne(substring({fraction}, 1, {size}), '0+$', '')"
    if letter == "t":
        return f"substring(if({hour} < 12, 'AM', 'PM'), 1, {size})"
    if letter == "H":
        return _padded(hour, size)
    if letter == "h":
        return _padded(f"if({hour} % 12 = 0, 12, {hour} % 12)", size)
    if letter in "ms":
        return _padded(_FIELDS["minute" if letter == "m" else "second"].format(t), size)
    return quoted(piece)


def _written(pieces: Sequence[str], write: Callable[[str], str]) -> str:
    texts = [write(piece) for piece in pieces]
    if not texts:
        return "''"
    return f"concat({', '.join(texts)})" if len(texts) > 1 else texts[0]


def _format_datetime(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    pattern = known_text(bound[1])
    if pattern is None:
        raise Impossible("format_datetime with a pattern that is not known in advance", LOWERED)
    pieces = format_pieces(pattern)
    return named(arguments[0], lambda t: _written(pieces, lambda p: _date_piece(p, t)), "d")


def _span_piece(piece: str, t: str) -> str:
    letter, size = piece[0], len(piece)
    rest = f"({t} % {_DAY})"
    fraction = f"leftPad(toString({t} % 10000000), 7, '0')"
    numbers = {
        "d": _days(t),
        "h": f"intDiv({rest}, 36000000000)",
        "H": f"intDiv({rest}, 36000000000)",
        "m": f"(intDiv({rest}, 600000000) % 60)",
        "s": f"(intDiv({rest}, 10000000) % 60)",
    }
    if letter == "f":
        return f"substring({fraction}, 1, {size})"
    if letter == "F":
        return f"replaceRegexpOne(substring({fraction}, 1, {size}), '0+$', '')"
    return _padded(numbers[letter], size) if letter in numbers else quoted(piece)


def _format_timespan(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    pattern = known_text(bound[1])
    if pattern is None:
        raise Impossible("format_timespan with a pattern that is not known in advance", LOWERED)
    pieces = span_format_pieces(pattern)
    ticks = f"abs({arguments[0]})"
    made = _written(pieces, lambda p: _span_piece(p, "d"))
    return f"arrayMap(d -> {made}, [{ticks}])[1]"


def _nearest_even(value: str) -> str:
    return f"accurateCastOrNull(roundBankers({value}), 'Int64')"


def _make_datetime(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    year, month, day, *rest = arguments
    hour, minute, second = (f"ifNull({text}, 0)" for text in [*rest, *["NULL"] * (3 - len(rest))])
    is_there = (
        f"{year} BETWEEN 1 AND 9999 AND {month} BETWEEN 1 AND 12 AND {day} >= 1"
        f" AND {day} <= {days_in_month(year, month)} AND {hour} BETWEEN 0 AND 23"
        f" AND {minute} BETWEEN 0 AND 59 AND {second} >= 0 AND {second} < 60"
    )
    ticks = (
        f"{days_before(year, month, day)} * {_DAY} + ({hour} * 60 + {minute}) * 600000000"
        f" + {_nearest_even(f'{second} * 10000000e0')}"
    )
    return f"if(ifNull({is_there}, false), {ticks}, NULL)"


def _make_timespan(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    days, hours, minutes, seconds = "0e0", "0e0", "0e0", "0e0"
    if len(arguments) == 4:
        days, hours, minutes, seconds = arguments
    elif len(arguments) == 3:
        hours, minutes, seconds = arguments
    else:
        hours, minutes = arguments
    is_there = (
        f"{hours} >= 0 AND {hours} < 24 AND {minutes} >= 0 AND {minutes} < 60"
        f" AND {seconds} >= 0 AND {seconds} < 60 AND {days} >= 0"
    )
    whole = (
        f"((accurateCastOrNull(trunc({days}), 'Int32') * 24 + toInt64(trunc({hours}))) * 60"
        f" + toInt64(trunc({minutes})))"
    )
    ticks = f"{whole} * 600000000 + {_nearest_even(f'{seconds} * 10000000e0')}"
    return f"if(ifNull({is_there}, false), {ticks}, NULL)"


def _unix(factor: int, divisor: int = 1) -> Lowering:
    lowest, highest = -_EPOCH * divisor // factor, (MAX_DATETIME - _EPOCH) * divisor // factor

    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        value = arguments[0]
        if bound[0].type in (INT, LONG):
            moved = f"toInt64({value}) * {factor}"
            moved = f"intDiv({moved}, {divisor})" if divisor > 1 else moved
        else:
            value = value if bound[0].type is REAL else f"toFloat64({value})"
            moved = f"accurateCastOrNull(floor({value} * {factor} / {divisor}), 'Int64')"
        return f"if({value} BETWEEN {lowest} AND {highest}, {_EPOCH} + {moved}, NULL)"

    return lower


FUNCTIONS: Final[dict[str, Lowering]] = {
    **{
        f"startof{unit}": _boundary(unit, is_end=False) for unit in ("day", "week", "month", "year")
    },
    **{f"endof{unit}": _boundary(unit, is_end=True) for unit in ("day", "week", "month", "year")},
    "dayofweek": f"(((intDiv({{0}}, {_DAY}) + 1) % 7) * {_DAY})",
    "dayofmonth": _field("day"),
    "dayofyear": _field("dayofyear"),
    "hourofday": _field("hour"),
    "monthofyear": _field("month"),
    "getyear": _field("year"),
    "week_of_year": _field("weekofyear"),
    "datetime_add": _datetime_add,
    "datetime_diff of parts": _datetime_diff,
    "datetime_part": _datetime_part,
    "format_datetime": _format_datetime,
    "format_timespan": _format_timespan,
    "make_datetime of fields": _make_datetime,
    "make_timespan of fields": _make_timespan,
    "unixtime_seconds_todatetime": _unix(10_000_000),
    "unixtime_milliseconds_todatetime": _unix(10_000),
    "unixtime_microseconds_todatetime": _unix(10),
    "unixtime_nanoseconds_todatetime": _unix(1, 100),
    "days": one(lambda v: f"accurateCastOrNull(trunc({v} * {_DAY}), 'Int64')"),
}
"""The family's rows."""
