"""Conversions between types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.lexer import TIMESPAN_UNITS
from openinsights.kql.sql.clickhouse_functions.json import scalar_text, text_at
from openinsights.kql.sql.clickhouse_functions.numbers_text import real_text
from openinsights.kql.sql.clickhouse_functions.spelling import failing, named, quoted
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openinsights.kql.bound import Bound
    from openinsights.kql.functions.row import Lowering

_SPACE: Final = r"[\s\x0b]*"
_WHOLE: Final = quoted(rf"^{_SPACE}([+-]?[0-9]+){_SPACE}$")
_HEX: Final = quoted(rf"^{_SPACE}0[xX]0*([0-9a-fA-F]{{1,16}}){_SPACE}$")
_DIGITS: Final = "[0-9]+(?:_[0-9]+)*"
_REAL: Final = quoted(
    rf"^{_SPACE}([+-]?(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][+-]?[0-9]+)?){_SPACE}$"
)
_NO_NUMBER: Final = quoted(rf"^{_SPACE}([+-]?)(?:nan|inf|infinity){_SPACE}$".replace("^", "(?i)^"))
_UUID: Final = quoted("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_PERHAPS_UUID: Final = quoted(r"^\{?[0-9a-fA-F-]{32,}\}?$")
EPOCH_MICROSECONDS: Final = 62_135_596_800_000_000
DATETIME: Final = f"fromUnixTimestamp64Micro(intDiv({{0}}, 10) - {EPOCH_MICROSECONDS}, 'UTC')"
"""Ticks as the engine's own datetime; the last digit is lost."""
_ISO: Final = quoted(
    r"^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt ](\d\d?):(\d\d?)(?::(\d\d?)(?:\.(\d{1,9}))?)?"
    r"[ ]?(Z|z|[+-]\d\d:?\d\d)?|[Zz])?$"
)
_PERHAPS_DATETIME: Final = quoted(
    r"^\s*(\d{4}(\s*$|\s*[-/.TtZz])|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{8}\s*$"
    r"|([A-Za-z]{3,9},?\s+)?\d{1,2}[\s-][A-Za-z]{3,9}[\s-]\d{2,4})"
)
"""What may be a datetime in one of the other spellings."""


def one(write: Callable[[str], str]) -> Lowering:
    """The lowering of a function of one argument."""

    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        return write(arguments[0])

    return lower


def long_of_text(text: str) -> str:
    """A whole number out of a text; null for what is none."""

    def write(v: str) -> str:
        digits = f"nullIf(extract({v}, {_HEX}), '')"
        hexadecimal = f"reinterpretAsUInt64(reverse(unhex(leftPad({digits}, 16, '0'))))"
        return (
            f"if(position({v}, 'x') + position({v}, 'X') = 0,"
            f" toInt64OrNull(extract({v}, {_WHOLE})), accurateCastOrNull({hexadecimal}, 'Int64'))"
        )

    return named(text, write, "s")


def real_of_text(text: str) -> str:
    """A real out of a text; null for what is none."""

    def write(v: str) -> str:
        number = f"toFloat64OrNull(replaceAll(extract({v}, {_REAL}), '_', ''))"
        infinite = f"if(position({v}, '-') > 0, -inf, inf)"
        special = f"if(match({v}, {_NO_NUMBER}), if(position(lower({v}), 'nan') > 0, nan, {infinite}), NULL)"
        return f"if(match({v}, '[0-9]'), {number}, {special})"

    # Most texts are read at once; what a name stands for is computed for all rows.
    quick = f"toFloat64OrNull({text})"
    return f"if({quick} IS NOT NULL, {quick}, {named(text, write, 's')})"


def bool_of_text(text: str) -> str:
    """A bool out of a text; null for what is none."""
    return named(
        text,
        lambda v: (
            f"multiIf(lower({v}) IN ('true', '1'), true, lower({v}) IN ('false', '0'), false, NULL)"
        ),
        "s",
    )


def uuid_of_text(text: str) -> str:
    """A guid out of a text; null for what is none."""

    def write(v: str) -> str:
        odd = f"NOT match({v}, {_UUID}) AND match({v}, {_PERHAPS_UUID})"
        found = f"if(match({v}, {_UUID}), toUUIDOrNull({v}), NULL)"
        return failing(odd, "a guid's text has dashes in their places and no braces", found)

    return named(text, write, "s")


def whole(value: str, bits: int) -> str:
    """A number without its fraction; null where it does not fit."""
    return f"accurateCastOrNull(trunc({value}), 'Int{bits}')"


def datetime_text(value: str) -> str:
    """A datetime as text."""
    return named(
        value,
        lambda v: (
            f"concat(formatDateTime({DATETIME.format(v)}, '%Y-%m-%dT%H:%i:%S.'),"
            f" leftPad(toString({v} % 10000000), 7, '0'), 'Z')"
        ),
        "d",
    )


def timespan_text(value: str) -> str:
    """A timespan as text."""

    def write(v: str) -> str:
        ticks = f"abs({v})"

        def two(unit: int, most: int) -> str:
            return f"leftPad(toString(intDiv({ticks}, {unit}) % {most}), 2, '0')"

        days = f"intDiv({ticks}, 864000000000)"
        return (
            f"concat(if({v} < 0, '-', ''), if({days} > 0, concat(toString({days}), '.'), ''),"
            f" {two(36_000_000_000, 24)}, ':', {two(600_000_000, 60)}, ':', {two(10_000_000, 60)},"
            f" if({ticks} % 10000000 > 0,"
            f" concat('.', leftPad(toString({ticks} % 10000000), 7, '0')), ''))"
        )

    return named(value, write, "p")


def json_real(value: str) -> str:
    """A real as JSON text; what JSON has no number for is a text."""
    return named(
        value,
        lambda v: f"if(isFinite({v}), {real_text(v)}, concat('\"', {real_text(v)}, '\"'))",
        "n",
    )


def days_before(year: str, month: str, day: str) -> str:
    """Days from 0001-01-01 to a date that there is; `year` and the rest are whole numbers."""
    y = f"({year} - if({month} <= 2, 1, 0))"
    of_year = f"(intDiv(153 * ({month} + if({month} > 2, -3, 9)) + 2, 5) + {day} - 1)"
    return f"({y} * 365 + intDiv({y}, 4) - intDiv({y}, 100) + intDiv({y}, 400) + {of_year} - 306)"


def days_in_month(year: str, month: str) -> str:
    """How many days a month has."""
    leap = f"({year} % 4 = 0 AND ({year} % 100 != 0 OR {year} % 400 = 0))"
    return f"multiIf({month} = 2, if({leap}, 29, 28), {month} IN (4, 6, 9, 11), 30, 31)"


def datetime_of_text(text: str) -> str:
    """A datetime out of a text after ISO 8601; other spellings that there are, are refused."""

    def of_groups(g: str) -> str:
        year, month, day, hour, minute, second = (
            f"toInt64OrZero({g}[{place}])" for place in range(1, 7)
        )
        fraction = f"toInt64OrZero(substring(rightPad({g}[7], 9, '0'), 1, 7))"
        zone = f"replaceAll({g}[8], ':', '')"
        offset = (
            f"if(length({zone}) = 5, (toInt64OrZero(substring({zone}, 2, 2)) * 60"
            f" + toInt64OrZero(substring({zone}, 4, 2))) * if(startsWith({zone}, '-'), -1, 1), 0)"
        )
        ticks = (
            f"{days_before(year, month, day)} * 864000000000"
            f" + ({hour} * 3600 + {minute} * 60 + {second}) * 10000000 + {fraction}"
            f" - {offset} * 600000000"
        )
        is_there = (
            f"{year} >= 1 AND {month} BETWEEN 1 AND 12 AND {day} >= 1"
            f" AND {day} <= {days_in_month(year, month)}"
            f" AND {hour} <= 24 AND {minute} <= 59 AND {second} <= 60"
        )
        found = "if(t BETWEEN 0 AND 3155378975999999999, t, NULL)"
        return f"if({is_there}, arrayMap(t -> {found}, [{ticks}])[1], NULL)"

    def write(v: str) -> str:
        trimmed = f"trimBoth({v})"
        groups = f"extractGroups({trimmed}, {_ISO})"
        found = f"arrayMap(g -> {of_groups('g')}, [{groups}])[1]"
        odd = f"NOT match({trimmed}, {_ISO}) AND match({v}, {_PERHAPS_DATETIME})"
        none = failing(
            odd, "a datetime's text is written after ISO 8601", "CAST(NULL AS Nullable(Int64))"
        )
        return f"if(match({trimmed}, {_ISO}), {found}, {none})"

    return named(text, write, "s")


_CLOCK: Final = quoted(r"^(-)?(?:(\d{1,7})\.)?(\d\d?):(\d\d?)(?::(\d\d?)(?:\.(\d{1,7})\d*)?)?$")
_DAYS: Final = quoted(r"^-?\d{1,6}$")
_PERHAPS_TIMESPAN: Final = quoted(
    rf"^\s*-?(\d+|[\d.]*:[\d.:]*|\d+(\.\d+)?\s*({'|'.join(TIMESPAN_UNITS)}))\s*$"
)
"""What may be a timespan in one of the other spellings."""


def timespan_of_text(text: str) -> str:
    """A timespan out of a text such as `1.02:03:04.5` or a number of days.

    Other spellings that there are, such as `5m`, are refused.
    """

    def of_groups(g: str) -> str:
        days, hours, minutes, seconds = (f"toInt64OrZero({g}[{place}])" for place in range(2, 6))
        fraction = f"toInt64OrZero(rightPad({g}[6], 7, '0'))"
        ticks = (
            f"(({days} * 24 + {hours}) * 3600 + {minutes} * 60 + {seconds}) * 10000000 + {fraction}"
        )
        return (
            f"if({hours} <= 24 AND {minutes} <= 59 AND {seconds} <= 59,"
            f" ({ticks}) * if({g}[1] = '-', -1, 1), NULL)"
        )

    def write(v: str) -> str:
        trimmed = f"trimBoth({v})"
        found = f"arrayMap(g -> {of_groups('g')}, [extractGroups({trimmed}, {_CLOCK})])[1]"
        odd = (
            f"NOT match({trimmed}, {_CLOCK}) AND NOT match({trimmed}, {_DAYS})"
            f" AND match({v}, {_PERHAPS_TIMESPAN})"
        )
        none = failing(
            odd, "a timespan's text is days or a clock's time", "CAST(NULL AS Nullable(Int64))"
        )
        return (
            f"multiIf(match({trimmed}, {_CLOCK}), {found},"
            f" match({trimmed}, {_DAYS}), toInt64OrNull({trimmed}) * 864000000000, {none})"
        )

    return named(text, write, "s")


_DECIMAL: Final = quoted(rf"^{_SPACE}([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)){_SPACE}$")
_PERHAPS_DECIMAL: Final = quoted(r"[0-9][eE][-+]?[0-9]|[0-9]_[0-9]|\.[0-9]{18}")


def _decimal_of_text(text: str) -> str:
    """A decimal of ten digits after the point out of a text; null for what is none."""

    def write(v: str) -> str:
        found = f"round(toDecimal128OrNull(extract({v}, {_DECIMAL}), 18), 10)"
        odd = f"match({v}, {_PERHAPS_DECIMAL}) AND {real_of_text(v)} IS NOT NULL"
        return failing(odd, "a decimal is written without an exponent", found)

    return named(text, write, "s")


def _text(value: str) -> str:
    return text_at(value, ())


def _dynamic_whole(bits: int) -> Lowering:
    def write(v: str) -> str:
        real = f"accurateCastOrNull(trunc(JSONExtract({v}, 'Nullable(Float64)')), 'Int{bits}')"
        text = long_of_text(f"ifNull({scalar_text(v)}, '')")
        if bits == 32:
            text = f"accurateCastOrNull({text}, 'Int32')"
        return f"if(JSONType({v}) = 'Double', {real}, {text})"

    return one(lambda value: named(value, write, "y"))


_MINUS_ONE: Final = "CASE WHEN {0} THEN 'true' WHEN NOT {0} THEN 'false'"
_ROWS: Final[dict[str, Lowering]] = {
    "bool to int": "toInt32({0})",
    "bool to long": "toInt64({0})",
    "bool to real": "toFloat64({0})",
    "bool to decimal": "CAST(toInt32({0}) AS Nullable(Decimal(38, 18)))",
    "bool to string": _MINUS_ONE + " ELSE '' END",
    "bool to dynamic": _MINUS_ONE + " END",
    "int to bool": "({0} <> 0)",
    "int to long": "toInt64({0})",
    "int to real": "toFloat64({0})",
    "int to decimal": "CAST({0} AS Nullable(Decimal(38, 18)))",
    "int to string": "toString({0})",
    "int to datetime": "toInt64({0})",
    "int to timespan": "toInt64({0})",
    "int to dynamic": "toString({0})",
    "long to bool": "({0} <> 0)",
    "long to int": "accurateCastOrNull({0}, 'Int32')",
    "long to real": "toFloat64({0})",
    "long to decimal": "CAST({0} AS Nullable(Decimal(38, 18)))",
    "long to string": "toString({0})",
    "long to datetime": "{0}",
    "long to timespan": "{0}",
    "long to dynamic": "toString({0})",
    "real to bool": "({0} <> 0)",
    "real to int": one(lambda v: whole(v, 32)),
    "real to long": one(lambda v: whole(v, 64)),
    "real to string": one(real_text),
    "real to datetime": one(lambda v: whole(v, 64)),
    "real to timespan": one(lambda v: whole(v, 64)),
    "real to dynamic": one(json_real),
    "decimal to bool": "({0} <> 0)",
    "decimal to int": one(lambda v: whole(v, 32)),
    "decimal to long": one(lambda v: whole(v, 64)),
    "decimal to real": "toFloat64({0})",
    "decimal to string": "toString({0})",
    "decimal to datetime": one(lambda v: whole(v, 64)),
    "decimal to timespan": one(lambda v: whole(v, 64)),
    "decimal to dynamic": "concat('\"', toString({0}), '\"')",
    "string to bool": one(bool_of_text),
    "string to int": one(lambda v: f"accurateCastOrNull({long_of_text(v)}, 'Int32')"),
    "string to long": one(long_of_text),
    "string to real": one(real_of_text),
    "string to datetime": one(datetime_of_text),
    "string to timespan": one(timespan_of_text),
    "string to guid": one(uuid_of_text),
    "string to dynamic": "toJSONString({0})",
    "datetime to long": "{0}",
    "datetime to int": "accurateCastOrNull({0}, 'Int32')",
    "datetime to real": "toFloat64({0})",
    "datetime to string": one(datetime_text),
    "datetime to timespan": "{0}",
    "datetime to dynamic": one(lambda v: f"concat('\"', {datetime_text(v)}, '\"')"),
    "timespan to long": "{0}",
    "timespan to int": "accurateCastOrNull({0}, 'Int32')",
    "timespan to real": "toFloat64({0})",
    "timespan to string": one(timespan_text),
    "timespan to datetime": "{0}",
    "timespan to dynamic": one(lambda v: f"concat('\"', {timespan_text(v)}, '\"')"),
    "guid to string": "toString({0})",
    "guid to dynamic": "concat('\"', toString({0}), '\"')",
    "dynamic to bool": one(lambda v: bool_of_text(scalar_text(v))),
    "dynamic to int": _dynamic_whole(32),
    "dynamic to long": _dynamic_whole(64),
    "dynamic to real": one(lambda v: real_of_text(f"ifNull({scalar_text(v)}, '')")),
    "dynamic to string": one(_text),
    "dynamic to datetime": one(lambda v: datetime_of_text(f"ifNull({scalar_text(v)}, '')")),
    "dynamic to timespan": one(lambda v: timespan_of_text(f"ifNull({scalar_text(v)}, '')")),
    "dynamic to guid": one(lambda v: uuid_of_text(f"ifNull({scalar_text(v)}, '')")),
    "dynamic as number": one(lambda v: _decimal_of_text(f"ifNull({_text(v)}, '')")),
    "json of string": "toJSONString({0})",
    "json of dynamic": "ifNull({0}, 'null')",
    "string as number": one(
        lambda v: (
            f"ifNull({real_of_text(v)}, multiIf(lower({v}) = 'true', 1e0, lower({v}) = 'false', 0e0,"
            " NULL))"
        )
    ),
}


def _json_of(type_: KqlType) -> Lowering | None:
    lowering = _ROWS.get(f"{type_} to dynamic")
    if lowering is None:
        return None

    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        text = (
            lowering.format(*arguments) if isinstance(lowering, str) else lowering(arguments, bound)
        )
        return f"ifNull({text}, 'null')"

    return lower


FUNCTIONS: Final[dict[str, Lowering]] = {
    **{
        f"json of {type_}": lowering
        for type_ in KqlType
        if type_ not in (KqlType.STRING, KqlType.DYNAMIC)
        for lowering in [_json_of(type_)]
        if lowering is not None
    },
    **_ROWS,
}
"""The family's rows."""
