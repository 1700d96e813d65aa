"""Time as an argument: nothing else in the server asks the operating system what time it is."""

from __future__ import annotations

import time
from datetime import date, datetime, timezone
from typing import Protocol

TICKS_PER_SECOND = 10_000_000
TICKS_PER_DAY = 864_000_000_000
UNIX_EPOCH_TICKS = 621_355_968_000_000_000
"""Ticks (100 ns since 0001-01-01T00:00:00Z) at 1970-01-01T00:00:00Z."""


class Clock(Protocol):
    """Tells the time of day and measures durations."""

    def now_ticks(self) -> int:
        """Return the current UTC time in 100 ns ticks since 0001-01-01T00:00:00Z."""

    def monotonic_s(self) -> float:
        """Return seconds on a clock that never goes back."""


class SystemClock:
    """The operating system's clock."""

    def now_ticks(self) -> int:
        """Return the current UTC time in ticks."""
        return UNIX_EPOCH_TICKS + time.time_ns() // 100

    def monotonic_s(self) -> float:
        """Return seconds on a clock that never goes back."""
        return time.monotonic()


def day_name(day: int) -> str:
    """Return the date of a day that is counted since 0001-01-01, as `2026-11-21`."""
    return date.fromordinal(day + 1).isoformat()


def day_number(name: str) -> int:
    """Return the number of the day that a date names.

    Raises:
        ValueError: it is no date.
    """
    return date.fromisoformat(name).toordinal() - 1


def to_datetime(ticks: int) -> datetime:
    """Return the aware UTC datetime of a tick count; the 100 ns digit is cut off."""
    seconds, rest = divmod(ticks - UNIX_EPOCH_TICKS, TICKS_PER_SECOND)
    return datetime.fromtimestamp(seconds, timezone.utc).replace(microsecond=rest // 10)
