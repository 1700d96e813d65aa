"""When a window of silence is open, by the clock on its own wall."""

from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest

from openinsights.alerts.notify.time_zones import WINDOWS, zone_named
from openinsights.alerts.notify.windows import check_window, is_open
from openinsights.catalog.errors import InvalidProcessingRule
from openinsights.catalog.processing_rules import Recurrence, Window
from openinsights.clock import UNIX_EPOCH_TICKS


def utc(text):
    at = datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
    return UNIX_EPOCH_TICKS + round(at.timestamp() * 10_000_000)


AMSTERDAM = "Europe/Amsterdam"
ONCE = Window("2026-11-21T18:00:00", "2026-11-21T20:00:00", AMSTERDAM)
NIGHTS = Window(time_zone=AMSTERDAM, recurrences=(Recurrence("Daily", "22:00:00", "06:00:00"),))
WEEKENDS = Window(
    time_zone="W. Europe Standard Time",
    recurrences=(Recurrence("Weekly", days=("Saturday", "Sunday")),),
)
LATE_ON_FRIDAYS = Window(recurrences=(Recurrence("Weekly", "23:00:00", "01:00:00", ("Friday",)),))
FIRSTS = Window(
    "2026-01-01T00:00:00",
    "",
    "UTC",
    (
        Recurrence("Monthly", "06:00:00", "07:00:00", ("1", "31")),
        Recurrence("Daily", "12:00:00", "12:30:00"),
    ),
)


@pytest.mark.parametrize(
    ("window", "at", "open_"),
    [
        (Window(), "2026-11-21T17:00:00", True),
        # once; Amsterdam is an hour ahead
        (ONCE, "2026-11-21T16:59:59", False),
        (ONCE, "2026-11-21T17:00:00", True),
        (ONCE, "2026-11-21T18:59:59", True),
        (ONCE, "2026-11-21T19:00:00", False),
        # daily, over midnight
        (NIGHTS, "2026-11-21T20:59:59", False),
        (NIGHTS, "2026-11-21T21:00:00", True),
        (NIGHTS, "2026-11-22T04:59:59", True),
        (NIGHTS, "2026-11-22T05:00:00", False),
        # in summer two hours ahead
        (NIGHTS, "2026-07-21T20:00:00", True),
        (NIGHTS, "2026-07-22T04:00:00", False),
        # the night in which the clock goes forward, and the one in which it goes back
        (NIGHTS, "2026-03-29T03:59:59", True),
        (NIGHTS, "2026-03-29T04:00:00", False),
        (NIGHTS, "2026-10-25T04:59:59", True),
        (NIGHTS, "2026-10-25T05:00:00", False),
        # weekly: 2026-11-21 is a Saturday
        (WEEKENDS, "2026-11-20T22:59:59", False),
        (WEEKENDS, "2026-11-20T23:00:00", True),
        (WEEKENDS, "2026-11-22T22:59:59", True),
        (WEEKENDS, "2026-11-22T23:00:00", False),
        (LATE_ON_FRIDAYS, "2026-11-20T22:59:59", False),
        (LATE_ON_FRIDAYS, "2026-11-21T00:59:59", True),
        (LATE_ON_FRIDAYS, "2026-11-21T23:30:00", False),
        # monthly beside daily
        (FIRSTS, "2026-02-01T06:30:00", True),
        (FIRSTS, "2026-02-02T06:30:00", False),
        (FIRSTS, "2026-03-31T06:59:59", True),
        (FIRSTS, "2026-03-31T07:00:00", False),
        (FIRSTS, "2026-03-30T12:29:59", True),
        (FIRSTS, "2025-02-01T06:30:00", False),
    ],
)
def test_a_window_is_open(window, at, open_):
    check_window(window)
    assert is_open(window, utc(at)) is open_


@pytest.mark.parametrize(
    ("window", "why"),
    [
        (Window(time_zone="Mars/Phobos"), "time zone 'Mars/Phobos'"),
        (Window("yesterday"), "effectiveFrom 'yesterday'"),
        (Window("", "2026-13-01T00:00:00"), "effectiveUntil"),
        (Window("2026-11-21T20:00:00", "2026-11-21T20:00:00"), "not behind"),
        (Window(recurrences=(Recurrence("Yearly"),)), "recurrence 'Yearly'"),
        (Window(recurrences=(Recurrence("Daily", "25:00:00"),)), "time '25:00:00'"),
        (Window(recurrences=(Recurrence("Weekly"),)), "daysOfWeek"),
        (Window(recurrences=(Recurrence("Weekly", days=("Caturday",)),)), "'Caturday'"),
        (Window(recurrences=(Recurrence("Monthly", days=("32",)),)), "daysOfMonth '32'"),
    ],
)
def test_a_window_that_cannot_be_is_refused(window, why):
    with pytest.raises(InvalidProcessingRule, match=why):
        check_window(window)


def test_every_name_of_windows_means_a_zone():
    for name, zone in WINDOWS.items():
        assert zone_named(name.upper()) == ZoneInfo(zone)


def test_names_of_iana_mean_themselves_and_paths_mean_nothing():
    assert zone_named("Asia/Tokyo") == ZoneInfo("Asia/Tokyo")
    for name in ("", "../../etc/passwd", "/etc/localtime", "a\0b", "nowhere"):
        assert zone_named(name) is None
