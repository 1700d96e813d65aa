"""Whether a processing rule's window is open at an instant: pure, in the window's own zone.

A window that comes again is one of the clock on the wall: where the clock is put forward or back in
it, it is an hour shorter or longer.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from openinsights.alerts.notify.time_zones import zone_named
from openinsights.catalog.errors import InvalidProcessingRule
from openinsights.catalog.processing_rules import DAILY, DAYS, RECURRENCES, WEEKLY
from openinsights.clock import to_datetime

if TYPE_CHECKING:
    from datetime import date

    from openinsights.catalog.processing_rules import Recurrence, Window

_UTC: Final = ZoneInfo("UTC")
_ONE_DAY: Final = timedelta(days=1)


def is_open(window: Window, now_ticks: int) -> bool:
    """Return whether a window is open.

    Args:
        window: one that `check_window` accepts.
        now_ticks: the instant.
    """
    zone = zone_named(window.time_zone) or _UTC
    now = to_datetime(now_ticks)
    if window.effective_from and now < _instant(window.effective_from, zone):
        return False
    if window.effective_until and now >= _instant(window.effective_until, zone):
        return False
    if not window.recurrences:
        return True
    on_the_wall = now.astimezone(zone).replace(tzinfo=None)
    return any(_covers(each, on_the_wall) for each in window.recurrences)


def check_window(window: Window) -> None:
    """Raise unless a window can be used.

    Raises:
        InvalidProcessingRule: a part of it is not understood, or it is never open.
    """
    zone = zone_named(window.time_zone)
    if zone is None:
        raise InvalidProcessingRule(
            f"cannot use the time zone {window.time_zone[:80]!r}: name one of IANA's, such as"
            " Europe/Paris, or Windows', such as Romance Standard Time"
        )
    ends = [
        _read_instant(text, name, zone) if text else None
        for name, text in (
            ("effectiveFrom", window.effective_from),
            ("effectiveUntil", window.effective_until),
        )
    ]
    if ends[0] is not None and ends[1] is not None and ends[0] >= ends[1]:
        raise InvalidProcessingRule(
            "cannot use the schedule: its effectiveUntil is not behind its effectiveFrom"
        )
    for each in window.recurrences:
        _check_recurrence(each)


def _check_recurrence(recurrence: Recurrence) -> None:
    if recurrence.kind not in RECURRENCES:
        raise InvalidProcessingRule(
            f"cannot use the recurrence {recurrence.kind[:40]!r}: use {', '.join(RECURRENCES)}"
        )
    for text in (recurrence.start, recurrence.end):
        try:
            time.fromisoformat(text or "00:00:00")
        except ValueError:
            raise InvalidProcessingRule(
                f"cannot use the time {text[:40]!r} of a recurrence: HH:MM:SS is needed"
            ) from None
    if recurrence.kind == DAILY:
        return
    known = DAYS if recurrence.kind == WEEKLY else tuple(map(str, range(1, 32)))
    bad = next((day for day in recurrence.days if day not in known), None)
    if bad is not None or not recurrence.days:
        what = "daysOfWeek" if recurrence.kind == WEEKLY else "daysOfMonth"
        raise InvalidProcessingRule(
            f"cannot use {what} {'' if bad is None else repr(bad[:40])}: name at least one of"
            f" {known[0]} to {known[-1]}"
        )


def _covers(recurrence: Recurrence, now: datetime) -> bool:
    """Whether a window that began today, or the day before, covers a time of the wall's clock."""
    start = time.fromisoformat(recurrence.start or "00:00:00")
    end = time.fromisoformat(recurrence.end or "00:00:00")
    return any(
        _is_of(recurrence, day) and begin <= now < _end_of(day, begin, end)
        for day in (now.date(), now.date() - _ONE_DAY)
        for begin in (datetime.combine(day, start),)
    )


def _end_of(day: date, begin: datetime, end: time) -> datetime:
    same_day = datetime.combine(day, end)
    return same_day if same_day > begin else same_day + _ONE_DAY


def _is_of(recurrence: Recurrence, day: date) -> bool:
    if recurrence.kind == DAILY:
        return True
    name = DAYS[day.weekday()] if recurrence.kind == WEEKLY else str(day.day)
    return name in recurrence.days


def _instant(text: str, zone: ZoneInfo) -> datetime:
    # as UTC: two times of one zone are compared by what the wall's clock says
    said = datetime.fromisoformat(text)
    return (said if said.tzinfo else said.replace(tzinfo=zone)).astimezone(timezone.utc)


def _read_instant(text: str, name: str, zone: ZoneInfo) -> datetime:
    try:
        return _instant(text, zone)
    except ValueError:
        raise InvalidProcessingRule(
            f"cannot use {name} {text[:40]!r}: a date and time such as 2026-11-21T18:00:00 is"
            " needed"
        ) from None
