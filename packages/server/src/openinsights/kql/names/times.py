"""Functions of datetimes and timespans."""

from __future__ import annotations

from typing import Final

from openinsights.kql.names.name import Name

NAMES: Final = (
    Name("ago", "ago(timespan)", "print ago(1h)"),
    Name(
        "around",
        "around(value, center, delta)",
        "print around(timespan(10s), timespan(12s), timespan(3s))",
    ),
    Name("datepart", "datepart(part, date)", "print datepart('day', datetime(2026-01-15))"),
    Name(
        "datetime_add",
        "datetime_add(part, value, datetime)",
        "print datetime_add('month', 1, datetime(2026-01-31))",
    ),
    Name(
        "datetime_diff",
        "datetime_diff(part, datetime1, datetime2)",
        "print datetime_diff('hour', datetime(2026-01-15 12:00), datetime(2026-01-15 09:30))",
    ),
    Name("datetime_list_timezones", "datetime_list_timezones()", "print datetime_list_timezones()"),
    Name(
        "datetime_local_to_utc",
        "datetime_local_to_utc(from, timezone)",
        "print datetime_local_to_utc(datetime(2026-07-01 12:00), 'Europe/Brussels')",
    ),
    Name(
        "datetime_part",
        "datetime_part(part, date)",
        "print datetime_part('hour', datetime(2026-01-15 09:30))",
    ),
    Name(
        "datetime_utc_to_local",
        "datetime_utc_to_local(from, timezone)",
        "print datetime_utc_to_local(datetime(2026-07-01 12:00), 'Europe/Brussels')",
    ),
    Name("dayofmonth", "dayofmonth(date)", "print dayofmonth(datetime(2026-01-15))"),
    Name("dayofweek", "dayofweek(date)", "print dayofweek(datetime(2026-01-15))"),
    Name("dayofyear", "dayofyear(date)", "print dayofyear(datetime(2026-02-01))"),
    Name("endofday", "endofday(date, [offset])", "print endofday(datetime(2026-01-15))"),
    Name("endofmonth", "endofmonth(date, [offset])", "print endofmonth(datetime(2026-02-01))"),
    Name("endofweek", "endofweek(date, [offset])", "print endofweek(datetime(2026-01-15))"),
    Name("endofyear", "endofyear(date, [offset])", "print endofyear(datetime(2026-01-15))"),
    Name(
        "format_datetime",
        "format_datetime(date, format)",
        "print format_datetime(datetime(2026-01-15 09:30), 'yyyy-MM-dd HH:mm')",
    ),
    Name(
        "format_timespan",
        "format_timespan(timespan, format)",
        "print format_timespan(timespan(1.02:03:04), 'd.hh:mm')",
    ),
    Name("getmonth", "getmonth(date)", "print getmonth(datetime(2026-01-15))"),
    Name("getyear", "getyear(date)", "print getyear(datetime(2026-01-15))"),
    Name("hourofday", "hourofday(date)", "print hourofday(datetime(2026-01-15 09:30))"),
    Name(
        "make_datetime",
        "make_datetime(year, [month], [day], [hour], [minute], [second])",
        "print make_datetime(2026, 1, 15, 9, 30)",
    ),
    Name(
        "make_timespan",
        "make_timespan(days, [hours], [minutes], [seconds])",
        "print make_timespan(1, 30)",
    ),
    Name("monthofyear", "monthofyear(date)", "print monthofyear(datetime(2026-01-15))"),
    Name("now", "now([offset])", "print now(-1d)"),
    Name(
        "startofday", "startofday(date, [offset])", "print startofday(datetime(2026-01-15 09:30))"
    ),
    Name(
        "startofmonth", "startofmonth(date, [offset])", "print startofmonth(datetime(2026-01-15))"
    ),
    Name("startofweek", "startofweek(date, [offset])", "print startofweek(datetime(2026-01-15))"),
    Name("startofyear", "startofyear(date, [offset])", "print startofyear(datetime(2026-01-15))"),
    Name(
        "unixtime_microseconds_todatetime",
        "unixtime_microseconds_todatetime(number)",
        "print unixtime_microseconds_todatetime(1768469400000000)",
    ),
    Name(
        "unixtime_milliseconds_todatetime",
        "unixtime_milliseconds_todatetime(number)",
        "print unixtime_milliseconds_todatetime(1768469400000)",
    ),
    Name(
        "unixtime_nanoseconds_todatetime",
        "unixtime_nanoseconds_todatetime(number)",
        "print unixtime_nanoseconds_todatetime(1768469400000000000)",
    ),
    Name(
        "unixtime_seconds_todatetime",
        "unixtime_seconds_todatetime(number)",
        "print unixtime_seconds_todatetime(1768469400)",
    ),
    Name("week_of_year", "week_of_year(date)", "print week_of_year(datetime(2026-01-15))"),
    Name("weekofyear", "weekofyear(date)", "print weekofyear(datetime(2026-01-15))"),
)
