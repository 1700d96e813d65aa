"""Datetimes and timespans. Each row: an expression and its value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from engine import Engine

VALUES = [
    ("format_datetime(datetime(2009-06-15 13:45:30), 'y/yy/yyyy')", "9/09/2009"),
    ("format_datetime(datetime(0900-01-01), 'y yy')", "0 00"),
    ("format_datetime(datetime(2009-06-15 13:45:30.05), 'f ff F FF|FFFFFFF')", "0 05  05|05"),
    ("datetime_diff('year',datetime(2017-01-01),datetime(2000-12-31))", 17),
    ("datetime_diff('quarter',datetime(2017-07-01),datetime(2017-03-30))", 2),
    ("datetime_diff('month',datetime(2017-01-01),datetime(2015-12-30))", 13),
    ("datetime_diff('week',datetime(2017-10-29 00:00),datetime(2017-09-30 23:59))", 5),
    ("datetime_diff('day',datetime(2017-10-29 00:00),datetime(2017-09-30 23:59))", 29),
    ("datetime_diff('hour',datetime(2017-10-31 01:00),datetime(2017-10-30 23:59))", 2),
    ("datetime_diff('minute',datetime(2017-10-30 23:05:01),datetime(2017-10-30 23:00:59))", 5),
    (
        "datetime_diff('second',datetime(2017-10-30 23:00:10.100),datetime(2017-10-30 23:00:00.900))",
        10,
    ),
    (
        "datetime_diff('millisecond',datetime(2017-10-30 23:00:00.200100),datetime(2017-10-30 23:00:00.100900))",
        100,
    ),
    (
        "datetime_diff('microsecond',datetime(2017-10-30 23:00:00.1009001),datetime(2017-10-30 23:00:00.1008009))",
        100,
    ),
    (
        "datetime_diff('nanosecond',datetime(2017-10-30 23:00:00.0000000),datetime(2017-10-30 23:00:00.0000007))",
        -700,
    ),
    ('datetime_part("year", datetime(2017-10-30 01:02:03.7654321))', 2017),
    ('datetime_part("week_of_year", datetime(2017-10-30 01:02:03.7654321))', 44),
    ('datetime_part("millisecond", datetime(2017-10-30 01:02:03.7654321))', 765),
    ('datetime_part("microsecond", datetime(2017-10-30 01:02:03.7654321))', 765432),
    ('datetime_part("nanosecond", datetime(2017-10-30 01:02:03.7654321))', 765432100),
    ('datetime_part("weekOfYear", datetime(2017-10-30 01:02:03.7654321))', 44),
    ('datetime_part("dayOfYear", datetime(2017-10-30))', 303),
    ("format_datetime(datetime(2017-01-29 09:00:05), 'yy-MM-dd HH:mm:ss')", "17-01-29 09:00:05"),
    (
        "format_datetime(datetime(2017-01-29 09:00:05.1234567), 'd/M/yyyy h:m:s.fff tt')",
        "29/1/2017 9:0:5.123 AM",
    ),
    ("format_datetime(datetime(2017-01-29 09:00:05.12), 'FFFFFFF')", "12"),
    ("format_datetime(datetime(2017-01-29), 'y M')", "17 1"),
    ("format_timespan(time(14.02:03:04.12345), 'h:m:s.fffffff')", "2:3:4.1234500"),
    ("format_timespan(time(29.09:00:05.12345), 'dd.hh:mm:ss [FF]')", "29.09:00:05 [12]"),
    ("format_timespan(time(-1d), 'd')", "1"),
    ("week_of_year(datetime(2020-12-31))", 53),
    ("week_of_year(datetime(1970-01-01))", 1),
    ("week_of_year(datetime(2000-01-01))", 52),
    ("dayofyear(datetime(2015-12-14))", 348),
    ("endofweek(datetime(2017-01-01 10:10:17), -1)", "2016-12-31T23:59:59.9999999Z"),
    ("endofmonth(datetime(2017-01-01 10:10:17),1)", "2017-02-28T23:59:59.9999999Z"),
    ("endofyear(datetime(2017-01-01),-1)", "2016-12-31T23:59:59.9999999Z"),
    ("startofyear(datetime(2017-06-01), 1)", "2018-01-01T00:00:00.0000000Z"),
    ("unixtime_seconds_todatetime(1546300800)", "2019-01-01T00:00:00.0000000Z"),
    ("unixtime_milliseconds_todatetime(1546300800000)", "2019-01-01T00:00:00.0000000Z"),
    ("unixtime_microseconds_todatetime(1546300800000000)", "2019-01-01T00:00:00.0000000Z"),
    ("unixtime_nanoseconds_todatetime(1546300800000000000)", "2019-01-01T00:00:00.0000000Z"),
    ("unixtime_seconds_todatetime(1546300800.5)", "2019-01-01T00:00:00.5000000Z"),
    ("make_timespan(1,12)", "01:12:00"),
    ("make_timespan(1,12,30)", "01:12:30"),
    ("make_timespan(1,12,30,55.123)", "1.12:30:55.1230000"),
    ("make_timespan(12, 30,55)", "12:30:55"),
    ('totimespan("0.00:01:00")', "00:01:00"),
    ('totimespan("02:00:00")', "02:00:00"),
    ('totimespan("1:02:00:00")', "1.02:00:00"),
    ('totimespan("1.12:30:55.123")', "1.12:30:55.1230000"),
    ("totimespan(5)", "00:00:00.0000005"),
    ('totimespan("abc")', None),
    ('totimespan("12:30")', "12:30:00"),
    ('totimespan("5h")', "05:00:00"),
    ('todatetime("2015-12-31 23:59:59.9")', "2015-12-31T23:59:59.9000000Z"),
    ('todatetime("abc")', None),
    ("todatetime(12345)", "0001-01-01T00:00:00.0012345Z"),
    ("make_datetime(2017,10,01)", "2017-10-01T00:00:00.0000000Z"),
    ("make_datetime(2017,10,01,12,10)", "2017-10-01T12:10:00.0000000Z"),
    ("make_datetime(2017,13,01)", None),
    ('make_datetime("2017-10-01")', "2017-10-01T00:00:00.0000000Z"),
    (
        "datetime_utc_to_local(datetime(2022-06-01 12:00), 'US/Pacific')",
        "2022-06-01T05:00:00.0000000Z",
    ),
    (
        "datetime_local_to_utc(datetime(2022-06-01 12:00), 'Europe/Brussels')",
        "2022-06-01T10:00:00.0000000Z",
    ),
    ("bin(4.5,1)", 4.0),
    ("bin(datetime(1970-05-11 13:45:07), 1d)", "1970-05-11T00:00:00.0000000Z"),
    ("bin(time(16d),7d)", "14.00:00:00"),
    ("bin(-3,2)", -4),
    ("bin(5, -1)", None),
    ("bin(5,0)", None),
    ("bin(1.5, 0.4)", 1.2000000000000002),
    ("bin(datetime(null),1d)", None),
    ("datetime_add('month',1,datetime(2017-01-31))", "2017-02-28T00:00:00.0000000Z"),
    ("datetime_add('YEAR',-1,datetime(2016-02-29))", "2015-02-28T00:00:00.0000000Z"),
    ("datetime_add('day',int(null),datetime(2017-01-31))", None),
    ("datetime_add('months',1,datetime(2017-01-31))", "2017-02-28T00:00:00.0000000Z"),
    ("hourofday(datetime(2015-12-14 18:54))", 18),
    ("monthofyear(datetime(2015-12-14))", 12),
    ("getmonth(datetime(2015-10-14))", 10),
    ("getyear(datetime(2015-10-12))", 2015),
    ("dayofmonth(datetime(2015-12-14))", 14),
    ("dayofweek(datetime(1947-11-30 10:00:05))", "00:00:00"),
    ("dayofweek(datetime(null))", None),
    ("startofday(datetime(null))", None),
    ("format_datetime(datetime(null),'yyyy')", ""),
    ("getyear(datetime(null))", None),
    ("format_timespan(timespan(null),'d')", ""),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=lambda v: str(v)[:60])
def test_value_of_an_expression(kql_engine: Engine, expression: str, expected: object) -> None:
    found = kql_engine.run(f"print x = {expression}")[1][0][0]
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)
