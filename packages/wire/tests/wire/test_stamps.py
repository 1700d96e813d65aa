"""Points in time and durations. Rules W14 and W24."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openinsights_wire import stamps
from openinsights_wire.errors import WireError

DAY = stamps.TICKS_PER_DAY
NOON = 739_575 * DAY + 12 * 3600 * stamps.TICKS_PER_SECOND  # 2025-11-21T12:00Z

TIMES: dict[str, tuple[str, int]] = {
    "no digits": ("2025-11-21T12:00:01Z", 10_000_000),
    "one digit": ("2025-11-21T12:00:01.5Z", 15_000_000),
    "three digits": ("2025-11-21T12:00:01.125Z", 11_250_000),
    "six digits": ("2025-11-21T12:00:01.123456Z", 11_234_560),
    "seven digits": ("2025-11-21T12:00:01.1234567Z", 11_234_567),
    "nine digits": ("2025-11-21T12:00:01.123456789Z", 11_234_567),
    "a point without digits": ("2025-11-21T12:00:01.Z", 10_000_000),
    "a comma": ("2025-11-21T12:00:01,5Z", 15_000_000),
    "no zone": ("2025-11-21T12:00:01.5", 15_000_000),
    "no zone and no digits": ("2025-11-21T12:00:01", 10_000_000),
    "zone of zero": ("2025-11-21T12:00:01+00:00", 10_000_000),
    "zone east": ("2025-11-21T14:30:01+02:30", 10_000_000),
    "zone west": ("2025-11-21T04:00:01.5-0800", 15_000_000),
    "zone of hours": ("2025-11-21T13:00:01+01", 10_000_000),
    "lower case": ("2025-11-21t12:00:01z", 10_000_000),
    "a space between": ("2025-11-21 12:00:01", 10_000_000),
    "space around": (" 2025-11-21T12:00:01Z ", 10_000_000),
    "no seconds": ("2025-11-21T12:00Z", 0),
    "a leap second": ("2025-11-21T11:59:60.5Z", 5_000_000),
    "only a date": ("2025-11-21", -12 * 3600 * 10_000_000),
}


@pytest.mark.parametrize(("text", "offset"), TIMES.values(), ids=TIMES.keys())
def test_a_point_in_time_is_read(text: str, offset: int) -> None:
    """W14; read twice, since a minute once seen is read by another way."""
    assert stamps.parse_time("2025-11-21T12:00:00.000Z") == NOON
    assert stamps.parse_time(text) == NOON + offset
    assert stamps.parse_time(text) == NOON + offset


@pytest.mark.parametrize(
    "text",
    [
        "", "Z", "now", "2025", "2025-13-01T00:00:00Z", "2025-02-30T00:00:00Z",
        "2025-11-21T24:00:00Z", "2025-11-21T12:60:00Z", "2025-11-21T12:00:61Z",
        "2025-11-21T12:00:99.5Z", "2025-11-21T12:00:0xZ", "2025-11-21T12:00:01.+1Z",
        "2025-11-21T12:00:01.1_2Z", "2025-11-21T12:00:٠١Z", "2025-11-21T12:00:01+25:00",
        "2025-11-21T12:00:01+01:60", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00", "2025-11-21T12:00:01Z2025-11-21", "1700000000",
        "2025-11-21T12:00:01ZZ", "2025-11-21T12:00:1Z", "2025-11-21T12:00:", "\x00" * 30,
        "2025-11-21T12:00:01." + "1" * 100_000 + "Z",
    ],
)  # fmt: skip
def test_what_is_no_point_in_time_is_refused(text: str) -> None:
    """W14."""
    stamps.parse_time("2025-11-21T12:00:00Z")
    with pytest.raises(WireError, match="103: Field 'time' on type 'Envelope' is not a point"):
        stamps.parse_time(text)


@settings(deadline=None)
@given(st.integers(0, stamps.MAX_TICKS))
def test_ticks_survive_writing_and_reading(ticks: int) -> None:
    text = stamps.format_time(ticks)
    assert len(text) == 28
    assert stamps.parse_time(text) == ticks
    assert stamps.parse_time(text) == ticks


@settings(deadline=None)
@given(st.datetimes(timezones=st.just(timezone.utc)), st.integers(-14 * 60, 14 * 60))
def test_times_mean_what_the_standard_library_says(moment: datetime, offset: int) -> None:
    ticks = (moment - datetime(1, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1) * 10
    try:
        local = moment.astimezone(timezone(timedelta(minutes=offset)))
    except OverflowError:
        return
    assert stamps.parse_time(local.isoformat()) == ticks


@settings(deadline=None)
@given(st.text(max_size=40))
def test_reading_a_time_or_duration_raises_nothing_but_wire_errors(text: str) -> None:
    for read in (stamps.parse_time, stamps.parse_duration):
        try:
            read(text)
        except WireError:
            continue


def test_seen_minutes_are_bounded() -> None:
    for minute in range(5_000):
        stamps.parse_time(f"{1000 + minute}-01-01T00:00:00Z")
    assert len(stamps._minutes) <= 4_096


def test_unix_nanoseconds_become_ticks() -> None:
    assert stamps.ticks_from_unix_ns(0) == stamps.parse_time("1970-01-01T00:00:00Z")
    assert stamps.ticks_from_unix_ns(1_500_000_199) == stamps.parse_time(
        "1970-01-01T00:00:01.5000001Z"
    )


DURATIONS: dict[str, tuple[str | float | None, float]] = {
    "with days": ("0.00:00:00.022", 22.0),
    "without days": ("00:00:00.022", 22.0),
    "without a fraction": ("00:00:01", 1_000.0),
    "without a fraction but days": ("0.00:00:01", 1_000.0),
    "seven digits": ("00:00:00.1234567", 123.4567),
    "nine digits": ("00:00:00.123456789", 123.4567),
    "a minute and more": ("00:01:02.5", 62_500.0),
    "hours": ("01:02:03", 3_723_000.0),
    "one digit": ("1:2:3", 3_723_000.0),
    "more than a day of hours": ("25:00:00", 90_000_000.0),
    "days": ("1.02:03:04.0000005", 93_784_000.0005),
    "days with a colon": ("1:02:03:04", 93_784_000.0),
    "space around": (" 00:00:01 ", 1_000.0),
    "an int": (22, 22.0),
    "a float": (0.5, 0.5),
    "zero": (0, 0.0),
    "nothing": (None, 0.0),
    "an empty text": ("", 0.0),
    "ISO 8601": ("PT0.022S", 22.0),
    "ISO 8601 with all parts": ("P1DT2H3M4.5S", 93_784_500.0),
    "ISO 8601 of days": ("P2D", 172_800_000.0),
}


@pytest.mark.parametrize(("value", "expected"), DURATIONS.values(), ids=DURATIONS.keys())
def test_a_duration_is_read_as_milliseconds(value: str | float | None, expected: float) -> None:
    """W24."""
    assert stamps.parse_duration(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "-00:00:01", "-1.00:00:00", "abc", "22", "22.5", "00:00", "00:00:60", "00:00:99.5", "00:60:00",
        "00:00:1_0", "00:00:٠١", "00:00:0x", "0.00:00:", "99999999.00:00:00", "PT", "P", "P1Y",
        "PT99999999999H", "P99999999D", " ", "00:00:01.x", "00:00:01Z",
        -1, -0.001, float("nan"), float("inf"), True, 1e18,
    ],
)  # fmt: skip
def test_a_negative_or_unreadable_duration_is_refused(value: str | float) -> None:
    """W24."""
    with pytest.raises(WireError, match="102: Field 'duration'"):
        stamps.parse_duration(value)


def test_the_error_names_the_field_of_a_duration() -> None:
    """W24."""
    for value in ("-1", -1):
        with pytest.raises(
            WireError, match="102: Field 'perfTotal' on type 'PageViewPerfData' is not"
        ):
            stamps.parse_duration(value, "perfTotal", "PageViewPerfData")


@pytest.mark.parametrize(
    ("milliseconds", "expected"),
    [
        (0, "0.00:00:00.000"), (22, "0.00:00:00.022"), (0.5, "0.00:00:00.0005"),
        (1.25, "0.00:00:00.00125"), (999.9999, "0.00:00:00.9999999"), (999.99999, "0.00:00:01.000"),
        (59_999.9, "0.00:00:59.9999"), (93_784_000.0005, "1.02:03:04.0000005"),
    ],
)  # fmt: skip
def test_a_duration_is_written(milliseconds: float, expected: str) -> None:
    assert stamps.format_duration(milliseconds) == expected


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), 1e18])
def test_a_duration_that_none_can_be_is_not_written(value: float) -> None:
    with pytest.raises(WireError):
        stamps.format_duration(value)


@settings(deadline=None)
@given(st.integers(0, 10**15))
def test_a_duration_survives_writing_and_reading(ticks: int) -> None:
    milliseconds = ticks / 10_000
    assert stamps.parse_duration(stamps.format_duration(milliseconds)) == pytest.approx(
        milliseconds, abs=1e-4
    )
