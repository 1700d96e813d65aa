"""Scalar functions of datetimes and timespans. Weeks start on Sunday; times are ticks."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from openinsights.kql.functions.row import Function, Kind, Naming, Null, Udf
from openinsights.kql.functions.strings import quoted
from openinsights.kql.source import MAX_DATETIME, TICKS_PER_DAY
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openinsights.kql.bound import Bound

_T, _P, _L, _S = KqlType.DATETIME, KqlType.TIMESPAN, KqlType.LONG, KqlType.STRING
_WHEN, _SPAN, _INT, _REAL = Kind.DATETIME, Kind.TIMESPAN, Kind.INTEGER, Kind.REAL
_FIRST: Final = dt.datetime(1, 1, 1)  # noqa: DTZ001 - zones are applied by hand
_EPOCH: Final = 621_355_968_000_000_000
TIMESTAMP: Final = "make_timestamp({0} // 10 - 62135596800000000)"
"""A datetime as the engine's timestamp; the last digit of the ticks is lost."""
_BIG: Final = "BIGINT"


def _date(ticks: int) -> dt.date:
    return dt.date.fromordinal(ticks // TICKS_PER_DAY + 1)


def _midnight(day: dt.date) -> int:
    return (day.toordinal() - 1) * TICKS_PER_DAY


def _add_months(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = [31, 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28, 31, 30, 31, 30,
            31, 31, 30, 31, 30, 31][month]  # fmt: skip
    return dt.date(year, month + 1, min(day.day, last))


def _ranged(ticks: int) -> int | None:
    return ticks if 0 <= ticks <= MAX_DATETIME else None


def start_of_day(ticks: int, offset: int = 0) -> int | None:
    """Midnight of the day, so many days later."""
    return _ranged((ticks // TICKS_PER_DAY + offset) * TICKS_PER_DAY)


def start_of_week(ticks: int, offset: int = 0) -> int | None:
    """Midnight of the Sunday on or before the day, so many weeks later."""
    days = ticks // TICKS_PER_DAY
    return _ranged((days - (days + 1) % 7 + offset * 7) * TICKS_PER_DAY)


def start_of_month(ticks: int, offset: int = 0) -> int | None:
    """Midnight of the first day of the month, so many months later."""
    return _midnight(_add_months(_date(ticks).replace(day=1), offset))


def start_of_year(ticks: int, offset: int = 0) -> int | None:
    """Midnight of 1 January, so many years later."""
    return _midnight(dt.date(_date(ticks).year + offset, 1, 1))


def _end(start: Callable[[int, int], int | None]) -> Callable[..., int | None]:
    def end(ticks: int, offset: int = 0) -> int | None:
        following = _there(start, ticks, offset + 1)
        if following is not None:
            return _ranged(following - 1)
        # The calendar ends with a day, a month and a year, in the middle of a week.
        is_last = start is not start_of_week and _there(start, ticks, offset) is not None
        return MAX_DATETIME if is_last else None

    return end


def _there(start: Callable[[int, int], int | None], ticks: int, offset: int) -> int | None:
    try:
        return start(ticks, offset)
    except (ValueError, OverflowError):
        return None


_STARTS: Final = {
    "day": start_of_day,
    "week": start_of_week,
    "month": start_of_month,
    "year": start_of_year,
}

_TRUNCATED: Final = "((epoch_us(date_trunc('{unit}', " + TIMESTAMP + ")) + 62135596800000000) * 10)"
_START_SQL: Final = {
    "day": "({0} - {0} % 864000000000)",
    # The calendar begins on a Monday.
    "week": "(CASE WHEN {0} >= 5184000000000 THEN"
    " ({0} // 864000000000 - ({0} // 864000000000 + 1) % 7) * 864000000000 END)",
    "month": _TRUNCATED.replace("{unit}", "month"),
    "year": _TRUNCATED.replace("{unit}", "year"),
}

# The calendar ends on a Friday.
_END_SQL: Final = {
    "day": "({0} - {0} % 864000000000 + 863999999999)",
    "week": f"(CASE WHEN {{0}} <= {MAX_DATETIME - 6 * TICKS_PER_DAY} THEN"
    " ({0} // 864000000000 - ({0} // 864000000000 + 1) % 7) * 864000000000 + 6047999999999 END)",
}


def _boundary(unit: str, *, is_end: bool) -> Function:
    start = _STARTS[unit]
    fold = _end(start) if is_end else start
    name = f"{'endof' if is_end else 'startof'}{unit}"

    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        if len(arguments) == 1 and not is_end:
            return _START_SQL[unit].format(arguments[0])
        if len(arguments) == 1 and unit in _END_SQL:
            return _END_SQL[unit].format(arguments[0])
        offset = arguments[1] if len(arguments) > 1 else "0"
        return f"kql_{name}({arguments[0]}, CAST({offset} AS BIGINT))"

    return Function(
        name, (_WHEN, _INT), _T, lower, optional=1, fold=fold, null=Null.PROPAGATES,
        naming=Naming.FIRST if name == "startofday" else Naming.NONE,
        python=Udf(fold, (_BIG, _BIG), _BIG),
    )  # fmt: skip


PART_TICKS: Final = {
    "week": 7 * TICKS_PER_DAY,
    "day": TICKS_PER_DAY,
    "hour": 36_000_000_000,
    "minute": 600_000_000,
    "second": 10_000_000,
    "millisecond": 10_000,
    "microsecond": 10,
}
"""The ticks of each part of a datetime that is always as long."""


def datetime_add(part: str, count: int, ticks: int) -> int | None:
    """A datetime so many calendar units later."""
    part = part.lower().rstrip("s") if part.lower() != "s" else part
    if part in PART_TICKS:
        return _ranged(ticks + count * PART_TICKS[part])
    if part == "nanosecond":
        return _ranged(ticks + count // 100)
    months = {"year": 12, "quarter": 3, "month": 1}.get(part)
    if months is None:
        return None
    day = _add_months(_date(ticks), count * months)
    return _midnight(day) + ticks % TICKS_PER_DAY


def datetime_diff(part: str, left: int, right: int) -> int | None:
    """How many boundaries of a calendar unit lie between two datetimes."""
    part = part.lower()
    if part == "week":
        return _week(left) - _week(right)
    if part in PART_TICKS:
        return left // PART_TICKS[part] - right // PART_TICKS[part]
    if part == "nanosecond":
        return (left - right) * 100
    a, b = _date(left), _date(right)
    years = a.year - b.year
    if part == "year":
        return years
    if part == "quarter":
        return years * 4 + (a.month - 1) // 3 - (b.month - 1) // 3
    if part == "month":
        return years * 12 + a.month - b.month
    return None


def _week(ticks: int) -> int:
    return (ticks // TICKS_PER_DAY + 1) // 7


def week_of_year(ticks: int) -> int:
    """The week's number by ISO 8601."""
    return _date(ticks).isocalendar().week


def datetime_part(part: str, ticks: int) -> int | None:
    """One calendar field of a datetime."""
    day, rest = _date(ticks), ticks % TICKS_PER_DAY
    values: dict[str, int] = {
        "year": day.year,
        "quarter": (day.month - 1) // 3 + 1,
        "month": day.month,
        "weekofyear": day.isocalendar().week,
        "day": day.day,
        "dayofyear": day.timetuple().tm_yday,
        "hour": rest // 36_000_000_000,
        "minute": rest // 600_000_000 % 60,
        "second": rest // 10_000_000 % 60,
        "millisecond": rest // 10_000 % 1_000,
        "microsecond": rest // 10 % 1_000_000,
        "nanosecond": rest % 10_000_000 * 100,
    }
    return values.get(part.lower().replace("_", ""))


def make_datetime(
    year: int, month: int, day: int, hour: int | None, minute: int | None, second: float | None
) -> int | None:
    """A datetime of its fields; null when there is none."""
    try:
        days = dt.date(year, month, day).toordinal() - 1
    except (ValueError, OverflowError):
        return None
    hour, minute, second = hour or 0, minute or 0, second or 0.0
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        return None
    return days * TICKS_PER_DAY + (hour * 60 + minute) * 600_000_000 + round(second * 10_000_000)


def make_timespan(*given: float | None) -> int | None:
    """A timespan of days, hours, minutes and seconds, as many as are given."""
    parts = [part for part in given if part is not None]
    if len(parts) < len(given):
        return None
    days, hours, minutes, seconds = 0.0, 0.0, 0.0, 0.0
    if len(parts) == 4:
        days, hours, minutes, seconds = parts
    elif len(parts) == 3:
        hours, minutes, seconds = parts
    elif len(parts) == 2:
        hours, minutes = parts
    if not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 60 and days >= 0):
        return None
    whole = (int(days) * 24 + int(hours)) * 60 + int(minutes)
    return whole * 600_000_000 + round(seconds * 10_000_000)


_FORMAT: Final = re.compile(
    r"d{1,4}|f{1,7}|F{1,7}|h{1,2}|H{1,2}|m{1,2}|M{1,4}|s{1,2}|tt?|y{1,4}|.", re.S
)
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def format_pieces(pattern: str) -> list[str]:
    """The pieces of a datetime's pattern: fields, and characters that stand for themselves."""
    return _FORMAT.findall(pattern)


def format_datetime(ticks: int, pattern: str) -> str:
    """A datetime written after a pattern such as `yyyy-MM-dd HH:mm:ss.fff`."""
    day, rest = _date(ticks), ticks % TICKS_PER_DAY
    return "".join(_date_piece(piece, day, rest) for piece in _FORMAT.findall(pattern))


def _date_piece(piece: str, day: dt.date, rest: int) -> str:
    hour, minute = rest // 36_000_000_000, rest // 600_000_000 % 60
    second, fraction = rest // 10_000_000 % 60, f"{rest % 10_000_000:07d}"
    size, letter = len(piece), piece[0]
    if letter == "d":
        name = _DAYS[day.weekday()]
        return [str(day.day), f"{day.day:02d}", name[:3], name][size - 1]
    if letter == "M":
        name = _MONTHS[day.month - 1]
        return [str(day.month), f"{day.month:02d}", name[:3], name][size - 1]
    if letter == "y":
        return f"{day.year % 100:0{size}d}" if size <= 2 else f"{day.year:04d}"
    if letter == "f":
        return fraction[:size]
    if letter == "F":
        return fraction[:size].rstrip("0")
    if letter == "t":
        return ("AM" if hour < 12 else "PM")[:size]
    numbers = {"H": hour, "h": hour % 12 or 12, "m": minute, "s": second}
    if letter in numbers:
        return f"{numbers[letter]:0{size}d}"
    return piece


_STRFTIME: Final = {
    "yyyy": "%Y", "yy": "%y", "MM": "%m", "MMM": "%b", "MMMM": "%B", "dd": "%d", "ddd": "%a",
    "dddd": "%A", "HH": "%H", "hh": "%I", "mm": "%M", "ss": "%S", "fff": "%g", "ffffff": "%f",
    "tt": "%p",
}  # fmt: skip
"""Pieces of a pattern that the engine's own strftime writes the same way."""


def _format_sql(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    pattern = getattr(bound[1], "value", None)
    if isinstance(pattern, str):
        pieces = _FORMAT.findall(pattern)
        letters = [piece for piece in pieces if piece[0].isalpha()]
        if all(piece in _STRFTIME for piece in letters):
            written = "".join(_STRFTIME.get(piece, piece.replace("%", "%%")) for piece in pieces)
            return f"strftime({TIMESTAMP.format(arguments[0])}, {quoted(written)})"
    return f"kql_format_datetime({arguments[0]}, {arguments[1]})"


_SPAN_FORMAT: Final = re.compile(r"d{1,8}|f{1,7}|F{1,7}|h{1,2}|H{1,2}|m{1,2}|s{1,2}|.", re.S)


def span_format_pieces(pattern: str) -> list[str]:
    """The pieces of a timespan's pattern: fields, and characters that stand for themselves."""
    return _SPAN_FORMAT.findall(pattern)


def format_timespan(ticks: int, pattern: str) -> str:
    """A timespan written after a pattern such as `d.hh:mm:ss`."""
    ticks = abs(ticks)
    days, rest = divmod(ticks, TICKS_PER_DAY)
    numbers = {
        "d": days,
        "h": rest // 36_000_000_000,
        "H": rest // 36_000_000_000,
        "m": rest // 600_000_000 % 60,
        "s": rest // 10_000_000 % 60,
    }
    fraction = f"{rest % 10_000_000:07d}"
    written = []
    for piece in _SPAN_FORMAT.findall(pattern):
        letter, size = piece[0], len(piece)
        if letter == "f":
            written.append(fraction[:size])
        elif letter == "F":
            written.append(fraction[:size].rstrip("0"))
        elif letter in numbers:
            written.append(f"{numbers[letter]:0{size}d}")
        else:
            written.append(piece)
    return "".join(written)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def local_to_utc(ticks: int, zone: str) -> int | None:
    """A zone's wall time in UTC; a time that the clocks skip is moved back by the skip."""
    info = _zone(zone)
    if info is None:
        return None
    naive = _FIRST + dt.timedelta(microseconds=ticks // 10)
    offset = naive.replace(tzinfo=info, fold=0).utcoffset() or dt.timedelta()
    utc = naive - offset
    back = utc.replace(tzinfo=dt.UTC).astimezone(info).replace(tzinfo=None)
    if back != naive:
        # The wall clock never showed this time: the skipped hour counts from before the skip.
        later = naive.replace(tzinfo=info, fold=1).utcoffset() or dt.timedelta()
        utc = naive - max(offset, later)
    return ((utc - _FIRST) // dt.timedelta(microseconds=1)) * 10 + ticks % 10


def utc_to_local(ticks: int, zone: str) -> int | None:
    """A UTC time as a zone's wall time."""
    info = _zone(zone)
    if info is None:
        return None
    utc = (_FIRST + dt.timedelta(microseconds=ticks // 10)).replace(tzinfo=dt.UTC)
    local = utc.astimezone(info).replace(tzinfo=None)
    return ((local - _FIRST) // dt.timedelta(microseconds=1)) * 10 + ticks % 10


def _field(name: str, sql: str, fold: Callable[..., object], **more: object) -> Function:
    return Function(name, (_WHEN,), _L, f"CAST({sql} AS BIGINT)", fold=fold, **more)  # type: ignore[arg-type]  # keywords of the row


def _unix(unit: str, factor: int, divisor: int = 1) -> Function:
    """Ticks of a number of units since 1970; null outside of the calendar."""
    lowest, highest = -_EPOCH * divisor // factor, (MAX_DATETIME - _EPOCH) * divisor // factor

    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        value = arguments[0]
        if bound[0].type in (KqlType.INT, KqlType.LONG):
            moved = f"CAST({value} AS BIGINT) * {factor} // {divisor}"
        else:
            value = value if bound[0].type is KqlType.REAL else f"CAST({value} AS DOUBLE)"
            moved = f"CAST(floor({value} * {factor} / {divisor}) AS BIGINT)"
        return f"CASE WHEN {value} BETWEEN {lowest} AND {highest} THEN {_EPOCH} + {moved} END"

    name = f"unixtime_{unit}_todatetime"
    return Function(name, (Kind.NUMBER,), _T, lower, null=Null.MAKES)


FUNCTIONS: Final = (
    *(_boundary(unit, is_end=False) for unit in _STARTS),
    *(_boundary(unit, is_end=True) for unit in _STARTS),
    Function("dayofweek", (_WHEN,), _P, "((({0} // 864000000000 + 1) % 7) * 864000000000)",
             fold=lambda ticks: (ticks // TICKS_PER_DAY + 1) % 7 * TICKS_PER_DAY),
    _field("dayofmonth", f"day({TIMESTAMP})", lambda ticks: _date(ticks).day),
    _field("dayofyear", f"dayofyear({TIMESTAMP})", lambda ticks: _date(ticks).timetuple().tm_yday),
    _field("hourofday", "({0} // 36000000000 % 24)", lambda ticks: ticks // 36_000_000_000 % 24),
    _field("monthofyear", f"month({TIMESTAMP})", lambda ticks: _date(ticks).month,
           aliases=("getmonth",)),
    _field("getyear", f"year({TIMESTAMP})", lambda ticks: _date(ticks).year),
    _field("week_of_year", f"week({TIMESTAMP})", week_of_year, aliases=("weekofyear",)),
    Function("datetime_add", (Kind.STRING, _INT, _WHEN), _T, "kql_datetime_add({0}, {1}, {2})",
             fold=datetime_add, null=Null.PROPAGATES,
             python=Udf(datetime_add, ("VARCHAR", _BIG, _BIG), _BIG)),
    Function("datetime_diff of parts", (Kind.STRING, _WHEN, _WHEN), _L,
             "kql_datetime_diff_of_parts({0}, {1}, {2})", fold=datetime_diff,
             python=Udf(datetime_diff, ("VARCHAR", _BIG, _BIG), _BIG)),
    Function("datetime_part", (Kind.STRING, _WHEN), _L, "kql_datetime_part({0}, {1})",
             aliases=("datepart",), fold=datetime_part,
             python=Udf(datetime_part, ("VARCHAR", _BIG), _BIG)),
    Function("format_datetime", (_WHEN, Kind.STRING), _S, _format_sql,
             naming=Naming.FIRST, fold=format_datetime,
             python=Udf(format_datetime, (_BIG, "VARCHAR"), "VARCHAR")),
    Function("format_timespan", (_SPAN, Kind.STRING), _S, "kql_format_timespan({0}, {1})",
             naming=Naming.FIRST, fold=format_timespan,
             python=Udf(format_timespan, (_BIG, "VARCHAR"), "VARCHAR")),
    Function("make_datetime of fields", (_INT, _INT, _INT, _INT, _INT, _REAL), _T,
             lambda a, b: "kql_make_datetime_of_fields("
             + ", ".join([*a, "NULL", "NULL", "NULL"][:6]) + ")",
             optional=3, null=Null.MAKES,
             python=Udf(make_datetime, (_BIG, _BIG, _BIG, _BIG, _BIG, "DOUBLE"), _BIG)),
    Function("make_timespan of fields", (_REAL, _REAL, _REAL, _REAL), _P,
             lambda a, b: f"kql_make_timespan_of_fields([{', '.join(a)}])", optional=2,
             null=Null.MAKES, fold=make_timespan,
             python=Udf(lambda parts: make_timespan(*parts), ("DOUBLE[]",), _BIG)),
    Function("datetime_local_to_utc", (_WHEN, Kind.STRING), _T,
             "kql_datetime_local_to_utc({0}, {1})", null=Null.MAKES,
             python=Udf(local_to_utc, (_BIG, "VARCHAR"), _BIG)),
    Function("datetime_utc_to_local", (_WHEN, Kind.STRING), _T,
             "kql_datetime_utc_to_local({0}, {1})", null=Null.MAKES,
             python=Udf(utc_to_local, (_BIG, "VARCHAR"), _BIG)),
    _unix("seconds", 10_000_000),
    _unix("milliseconds", 10_000),
    _unix("microseconds", 10),
    _unix("nanoseconds", 1, 100),
)  # fmt: skip
"""The family's rows."""
