"""What is computed while compiling is what the engine computes: the same values from columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openinsights.kql.errors import KqlError

if TYPE_CHECKING:
    from engine import Engine

VALUES = {
    "whole": ("long", "3"),
    "other": ("long", "4"),
    "least": ("int", "int(-2147483648)"),
    "part": ("real", "2.5"),
    "even": ("real", "3.0"),
    "exact": ("decimal", "decimal(12.345)"),
    "nothing": ("decimal", "decimal(null)"),
    "never": ("timespan", "timespan(null)"),
    "tick": ("timespan", "1tick"),
    "first": ("datetime", "datetime(0001-01-01)"),
    "last": ("datetime", "datetime(9999-12-31 23:59:59.9999999)"),
    "day": ("datetime", "datetime(2020-01-01)"),
    "text": ("string", "'3'"),
    "numbers": ("dynamic", "dynamic([3, 1, 2.5])"),
    "texts": ("dynamic", "dynamic(['3', '2020-01-01', '01:00:00'])"),
    "alone": ("dynamic", "dynamic(3)"),
    "largest": ("long", "9223372036854775807"),
    "yes": ("bool", "true"),
}
EXPRESSIONS = (
    "whole in (numbers)", "even in (numbers)", "part !in (numbers)", "exact in (numbers)",
    "text in (numbers)", "whole in (texts)", "day in (texts)", "tick !in (texts)",
    "whole in (alone)", "other in (alone)", "text in (alone)", "whole in (nothing, other)",
    "whole !in (nothing, other)", "nothing in (nothing)", "text in (never, day)",
    "text !in (never)", "least in (part, nothing)",
    "startofweek(first)", "endofweek(first)", "startofweek(last)", "endofweek(last)",
    "endofday(last)", "endofmonth(last)", "endofyear(last)", "endofyear(last, 1)",
    "endofmonth(first, -1)", "startofyear(first, -1)", "startofweek(day)", "endofweek(day)", "todatetime(-part)",
    "make_datetime(least)", "unixtime_nanoseconds_todatetime(nothing)",
    "unixtime_seconds_todatetime(exact)", "tick * part", "tick * -part", "-tick", "-part",
    "round(exact, whole - 2)", "round(exact, -1)", "extract('(3)', whole - 2, text)",
    "extract('3', whole, text)", "whole % largest", "-whole % other", "whole % -largest",
    "part == true", "part in (yes)", "even != yes", "whole in (yes)",
)  # fmt: skip


def constants(expression: str) -> str:
    """The expression with the values themselves."""
    lets = "".join(f"let {name} = {value[1]}; " for name, value in VALUES.items())
    return f"{lets}print r = {expression}"


def columns(expression: str) -> str:
    """The expression of columns that hold the values."""
    schema = ", ".join(f"{name}: {type_}" for name, (type_, _) in VALUES.items())
    row = ", ".join(value for _, value in VALUES.values())
    return f"datatable({schema})[{row}] | project r = {expression}"


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_known_in_advance_is_what_the_engine_computes(
    kql_engine: Engine, expression: str
) -> None:
    of_constants, of_columns = (kql_engine.run(write(expression)) for write in (constants, columns))
    assert of_constants == of_columns


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("even in (numbers)", True),
        ("day in (texts)", True),
        ("whole in (alone)", True),
        ("whole !in (nothing, other)", True),
        ("nothing in (nothing)", False),
        ("part == yes", False),
        ("whole % largest", 3),
        ("startofweek(first)", None),
        ("endofweek(last)", None),
        ("endofyear(last)", "9999-12-31T23:59:59.9999999Z"),
        ("-least", 2147483648),
        ("tick * part", "00:00:00.0000003"),
        ("extract('(a)(3)', 5, text)", ""),
    ],
)
def test_values_on_the_edge(kql_engine: Engine, expression: str, value: object) -> None:
    for write in (constants, columns):
        assert kql_engine.run(write(expression))[1] == [(value,)]


def test_a_sum_of_datetimes_beyond_the_calendar_is_null(kql_engine: Engine) -> None:
    times = "datatable(t: datetime)[datetime(9000-01-01), datetime(9000-01-01)]"
    assert kql_engine.run(f"{times} | summarize sum(t)")[1] == [(None,)]


@pytest.mark.parametrize("call", ["-datetime(2020-01-01)", "-first"])
def test_a_datetime_has_no_negative(kql_engine: Engine, call: str) -> None:
    with pytest.raises(KqlError, match="cannot negate a datetime"):
        kql_engine.run(columns(call))


def test_countif_takes_a_condition_alone(kql_engine: Engine) -> None:
    with pytest.raises(KqlError, match="takes 1 argument"):
        kql_engine.run("datatable(x: long)[1] | summarize countif(x > 0, x)")
