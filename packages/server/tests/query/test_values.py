from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openinsights.query.result import ResultTable
from openinsights.query.timespan import MAX_TICKS
from openinsights.query.values import (
    FROM_TEXT,
    TO_PYTHON,
    TO_TEXT,
    converted,
    datetime_text,
    parse_datetime_text,
    parse_timespan_text,
    timespan_text,
)
from openinsights.schema.types import KqlType

DAY = 864_000_000_000


@pytest.mark.parametrize(
    ("ticks", "text"),
    [
        (0, "0001-01-01T00:00:00Z"),
        (DAY, "0001-01-02T00:00:00Z"),
        (1, "0001-01-01T00:00:00.0000001Z"),
        (5_000_000, "0001-01-01T00:00:00.5Z"),
        (636_188_255_999_999_999, "2016-12-31T23:59:59.9999999Z"),
        (MAX_TICKS, "9999-12-31T23:59:59.9999999Z"),
    ],
)
def test_datetime_keeps_every_tick(ticks, text):
    assert text == datetime_text(ticks)
    assert ticks == parse_datetime_text(text)


@pytest.mark.parametrize(
    ("ticks", "text"),
    [
        (0, "00:00:00"),
        (5_000_000, "00:00:00.5000000"),
        (DAY + 2 * 36_000_000_000 + 3 * 600_000_000 + 40_000_005, "1.02:03:04.0000005"),
        (-(10_000_000), "-00:00:01"),
        (-(100 * DAY + 1), "-100.00:00:00.0000001"),
    ],
)
def test_timespan_keeps_every_tick(ticks, text):
    assert text == timespan_text(ticks)
    assert ticks == parse_timespan_text(text)


@given(st.integers(0, MAX_TICKS))
def test_datetime_text_is_read_back(ticks):
    assert ticks == parse_datetime_text(datetime_text(ticks))


@given(st.integers(-(2**63), 2**63 - 1))
def test_timespan_text_is_read_back(ticks):
    assert ticks == parse_timespan_text(timespan_text(ticks))


@pytest.mark.parametrize("text", ["", "2016-12-31", "2016-12-31T23:59:59", "x"])
def test_other_datetime_text_is_refused(text):
    with pytest.raises(ValueError, match="cannot read datetime"):
        parse_datetime_text(text)


@pytest.mark.parametrize("text", ["", "1:2:3", "x"])
def test_other_timespan_text_is_refused(text):
    with pytest.raises(ValueError, match="cannot read timespan"):
        parse_timespan_text(text)


def test_python_values_are_cut_to_microseconds():
    to_datetime, to_timespan = TO_PYTHON[KqlType.DATETIME], TO_PYTHON[KqlType.TIMESPAN]
    assert to_datetime(636_188_255_999_999_999) == datetime(
        2016, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone.utc
    )
    assert to_timespan(19) == timedelta(microseconds=1)
    assert to_timespan(-19) == timedelta(microseconds=-1)
    assert to_timespan(9_223_372_036_854_775_807) == timedelta(microseconds=922_337_203_685_477_580)


def test_rows_convert_by_column_and_null_stays_null():
    types = (KqlType.DATETIME, KqlType.DYNAMIC, KqlType.STRING)
    rows = [(0, '{"a":[1,"x"]}', "s"), (None, None, "")]
    expected = [(datetime(1, 1, 1, tzinfo=timezone.utc), {"a": [1, "x"]}, "s"), (None, None, "")]
    assert expected == converted(rows, types, TO_PYTHON)
    assert converted([], types, TO_PYTHON) == []


def test_reply_form_is_read_back_whole():
    types = tuple(KqlType)
    values = {
        KqlType.BOOL: True,
        KqlType.INT: 1,
        KqlType.LONG: 2**62,
        KqlType.REAL: -math.inf,
        KqlType.DECIMAL: Decimal("0.1000"),
        KqlType.STRING: "s",
        KqlType.DATETIME: 636_188_255_999_999_999,
        KqlType.TIMESPAN: -5,
        KqlType.GUID: UUID("2f1d3c5e-7a9b-4c1d-8e2f-3a4b5c6d7e8f"),
        KqlType.DYNAMIC: '{"a":1}',
    }
    raw = [tuple(values[kind] for kind in types)]
    text = converted(raw, types, TO_TEXT)
    assert text == [
        (
            True,
            1,
            2**62,
            "-Infinity",
            "0.1",
            "s",
            "2016-12-31T23:59:59.9999999Z",
            "-00:00:00.0000005",
            "2f1d3c5e-7a9b-4c1d-8e2f-3a4b5c6d7e8f",
            '{"a":1}',
        )
    ]
    assert raw == converted(text, types, FROM_TEXT)


def test_reals_without_a_json_literal_become_text():
    to_text = TO_TEXT[KqlType.REAL]
    assert [to_text(v) for v in (math.nan, math.inf, 1.5)] == ["NaN", "Infinity", 1.5]
    assert math.isnan(FROM_TEXT[KqlType.REAL]("NaN"))
    assert FROM_TEXT[KqlType.REAL](1) == 1.0


def test_a_dynamic_text_has_quotes_only_where_exactness_is_asked_for() -> None:
    table = ResultTable(
        "PrimaryResult", (("d", KqlType.DYNAMIC),), [('"5"',), ("5",), ('{"a":"b"}',), (None,)]
    )

    assert table.rows_text() == [("5",), ("5",), ('{"a":"b"}',), (None,)]
    assert table.rows_exact() == [('"5"',), ("5",), ('{"a":"b"}',), (None,)]
    assert table.rows == [("5",), (5,), ({"a": "b"},), (None,)]


@pytest.mark.parametrize(
    ("held", "text"),
    [("1.500000000000000000", "1.5"), ("100.000", "100"), ("0.00", "0"), ("-0.10", "-0.1")],
)
def test_decimal_has_no_zeros_of_its_column_s_scale(held, text):
    assert text == TO_TEXT[KqlType.DECIMAL](Decimal(held))
    assert text == str(TO_PYTHON[KqlType.DECIMAL](Decimal(held)))
