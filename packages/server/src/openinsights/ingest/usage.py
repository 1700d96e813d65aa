"""How much each resource sent, hour by hour, and the daily cap that follows from it.

Counts live in memory and are added to the kept ones every few seconds: what a crash loses of them is
seconds. Where several servers count, each learns of the others' when it adds its own: a cap may be
passed by what they take in these seconds.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from openinsights.clock import TICKS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openinsights.catalog.resource_settings import ResourceSettings

    Save = Callable[[list["HourOfUse"]], Iterable[tuple[str, int, int, int]] | None]

HOURS_PER_DAY = 24
TICKS_PER_HOUR = TICKS_PER_DAY // HOURS_PER_DAY
_TICKS_PER_S = TICKS_PER_HOUR // 3600


class HourOfUse(NamedTuple):
    """What one resource sent in one hour.

    Attributes:
        app_id: of the resource.
        hour: counted from 0001-01-01T00:00:00Z.
        items: accepted.
        bytes: of bodies, unpacked; of a body for several resources each has its share.
    """

    app_id: str
    hour: int
    items: int
    bytes: int


class UsageMeter:
    """Counts what is taken; `count` and `retry_after_s` belong to one thread, `save` to any.

    Args:
        known: the hours of the last two days, as they were saved.
        save: adds what was counted since the last time to the hours that are kept, and returns what
            these come to, if it knows.
    """

    def __init__(self, known: Iterable[HourOfUse], save: Save) -> None:
        self._hours = {(each.app_id, each.hour): each for each in known}
        self._save = save
        self._unsaved: dict[tuple[str, int], HourOfUse] = {}
        self._lock = threading.Lock()

    def count(self, app_id: str, items: int, size_bytes: int, now_ticks: int) -> None:
        """Count what was stored."""
        place = (app_id, now_ticks // TICKS_PER_HOUR)
        with self._lock:
            if place not in self._hours:
                self._forget_before(place[1] - 2 * HOURS_PER_DAY)
            counted = HourOfUse(*place, items, size_bytes)
            self._hours[place] = _sum(counted, self._hours.get(place))
            self._unsaved[place] = _sum(counted, self._unsaved.get(place))

    def items_since(self, app_id: str, hour: int) -> int:
        """Return how many items came in an hour and the two days after it; older ones are forgotten."""
        with self._lock:
            hours = (self._hours.get((app_id, hour + n)) for n in range(2 * HOURS_PER_DAY + 1))
            return sum(each.items for each in hours if each is not None)

    def retry_after_s(self, app_id: str, settings: ResourceSettings, now_ticks: int) -> int | None:
        """Return None while a resource is below its daily cap, else how long its day still lasts."""
        if not settings.daily_cap_bytes:
            return None
        hour = now_ticks // TICKS_PER_HOUR
        first = hour - (hour - settings.cap_reset_hour) % HOURS_PER_DAY
        with self._lock:
            hours = (self._hours.get((app_id, each)) for each in range(first, hour + 1))
            taken = sum(each.bytes for each in hours if each is not None)
        if taken < settings.daily_cap_bytes:
            return None
        ends = (first + HOURS_PER_DAY) * TICKS_PER_HOUR
        return max(1, -(-(ends - now_ticks) // _TICKS_PER_S))

    def save(self) -> None:
        """Keep what was counted since the last time; what could not be kept is tried again."""
        with self._lock:
            unsaved, self._unsaved = self._unsaved, {}
        if not unsaved:
            return
        try:
            totals = self._save(list(unsaved.values()))
        except BaseException:
            with self._lock:
                for place, each in unsaved.items():
                    self._unsaved[place] = _sum(each, self._unsaved.get(place))
            raise
        with self._lock:
            for total in totals or ():
                place = (total[0], total[1])
                self._hours[place] = _sum(HourOfUse(*total), self._unsaved.get(place))

    def _forget_before(self, hour: int) -> None:
        for place in [each for each in self._hours if each[1] < hour and each not in self._unsaved]:
            del self._hours[place]


def _sum(one: HourOfUse, other: HourOfUse | None) -> HourOfUse:
    if other is None:
        return one
    return one._replace(items=one.items + other.items, bytes=one.bytes + other.bytes)


def nowhere(_hours: list[HourOfUse]) -> None:
    """Keep nothing: counts live as long as the process."""
