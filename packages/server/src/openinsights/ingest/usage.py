"""How much each resource sent, hour by hour, and the daily cap that follows from it.

Counts live in memory and are saved every few seconds: what a crash loses of them is seconds.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from openinsights.clock import TICKS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openinsights.catalog.resource_settings import ResourceSettings

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
        save: keeps hours whose numbers are sums so far, replacing what it has of them.
    """

    def __init__(self, known: Iterable[HourOfUse], save: Callable[[list[HourOfUse]], None]) -> None:
        self._hours = {(each.app_id, each.hour): each for each in known}
        self._save = save
        self._changed: set[tuple[str, int]] = set()
        self._lock = threading.Lock()

    def count(self, app_id: str, items: int, size_bytes: int, now_ticks: int) -> None:
        """Count what was stored."""
        place = (app_id, now_ticks // TICKS_PER_HOUR)
        with self._lock:
            known = self._hours.get(place)
            if known is None:
                self._forget_before(place[1] - 2 * HOURS_PER_DAY)
                known = HourOfUse(*place, 0, 0)
            self._hours[place] = known._replace(
                items=known.items + items, bytes=known.bytes + size_bytes
            )
            self._changed.add(place)

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
        """Keep what has changed since the last time; what could not be kept is tried again."""
        with self._lock:
            changed = [self._hours[place] for place in self._changed if place in self._hours]
            self._changed.clear()
        if not changed:
            return
        try:
            self._save(changed)
        except BaseException:
            with self._lock:
                self._changed.update((each.app_id, each.hour) for each in changed)
            raise

    def _forget_before(self, hour: int) -> None:
        for place in [each for each in self._hours if each[1] < hour and each not in self._changed]:
            del self._hours[place]


def nowhere(_hours: list[HourOfUse]) -> None:
    """Keep nothing: counts live as long as the process."""
