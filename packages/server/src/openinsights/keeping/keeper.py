"""Lets telemetry go in the background: what nobody keeps, what the cap has no room for, purges.

One thread, which does a round at the start, every few seconds for the cap, every hour for
retention, and when it is told that something changed. Every step may be repeated: after a crash
the next round does what is left.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from openinsights.catalog.turns import ALWAYS
from openinsights.clock import TICKS_PER_DAY, day_name
from openinsights.errors import OpenInsightsError
from openinsights.keeping.purge import InvalidPurge, selection_of
from openinsights.keeping.retention import expired
from openinsights.store.errors import SelectionError, StoreFull, StoreUnavailable

if TYPE_CHECKING:
    from openinsights.catalog.purges import PurgeStore
    from openinsights.catalog.resources import ResourceStore
    from openinsights.catalog.turns import Turn
    from openinsights.clock import Clock
    from openinsights.keeping.believed_day import BelievedDay
    from openinsights.keeping.retention import Expired
    from openinsights.store.api import Store
    from openinsights.store.selection import Selection

logger = logging.getLogger(__name__)

_LOOKS_EVERY_S = 5.0
_RETENTION_EVERY_S = 3600.0
_SETTLE_S = 30.0
_LATE_DAYS = 3
"""Days that may still get telemetry are looked at again."""
_ROOM = 0.05
"""The part of the cap that is kept free, so that senders are not refused before a day is dropped."""


@dataclass(frozen=True, slots=True)
class KeepingLimits:
    """Bounds of what is kept; the composition root fills them from the settings.

    Attributes:
        default_days: retention of resources that say nothing.
        max_disk_bytes: what telemetry may take on the disk; 0 means no bound.
        drops_days: whether the oldest days are dropped at that bound; otherwise telemetry is
            refused there.
    """

    default_days: int = 90
    max_disk_bytes: int = 0
    drops_days: bool = True


class Keeper:
    """Lets go of telemetry. `keep` may be called from any thread, one call at a time.

    Args:
        store: holds the telemetry.
        resources: say how long they keep theirs.
        purges: that were asked for.
        clock: tells which day it is.
        limits: bounds.
        believed: the day that retention goes by.
        turn: whether this server is the one that lets go of what several servers share.
    """

    def __init__(
        self,
        store: Store,
        resources: ResourceStore,
        purges: PurgeStore,
        clock: Clock,
        limits: KeepingLimits,
        believed: BelievedDay,
        turn: Turn = ALWAYS,
    ) -> None:
        self._store = store
        self._resources = resources
        self._purges = purges
        self._clock = clock
        self._limits = limits
        self._believed = believed
        self._whose = turn
        self._done: dict[int, Expired] = {}
        self._seen_purges: set[str] = set()
        self._turn = threading.Lock()
        self._woken = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None
        turn.watch(self.wake, lambda: None)

    def start(self) -> None:
        """Begin to keep in the background."""
        self._thread = threading.Thread(target=self._run, name="openinsights-keeper", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Do a round soon: a retention was changed, or a purge asked for."""
        self._done = {}
        self._woken.set()

    def close(self) -> None:
        """End the thread; a step under way is finished."""
        self._closing = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join()

    def keep(self) -> None:
        """Do a whole round: purges, retention, cap.

        Raises:
            OpenInsightsError: the store cannot do it now; the next round tries again.
        """
        with self._turn:
            self._purge()
            self._expire()
            self._make_room()

    def _run(self) -> None:
        next_retention = 0.0
        while not self._closing:
            now = self._clock.monotonic_s()
            everything = self._woken.is_set() or now >= next_retention
            self._woken.clear()
            try:
                everything = everything or self._is_asked_elsewhere()
                if not self._whose.is_ours:
                    next_retention = 0.0
                elif everything:
                    self.keep()
                    next_retention = now + _RETENTION_EVERY_S
                else:
                    with self._turn:
                        self._make_room()
            except OpenInsightsError as error:
                logger.error("cannot let telemetry go: %s", error)
            except Exception:
                logger.exception("BUG: keeping failed")
            self._woken.wait(_LOOKS_EVERY_S)

    def _is_asked_elsewhere(self) -> bool:
        """Whether another server was asked for a purge that this one has not seen yet."""
        if self._whose is ALWAYS or not self._whose.is_ours:
            return False
        asked = {purge.id for purge in self._purges.unfinished()}
        new, self._seen_purges = asked - self._seen_purges, asked
        return bool(new)

    def _purge(self) -> None:
        for purge in self._purges.unfinished():
            try:
                selection = selection_of(purge)
            except (InvalidPurge, SelectionError) as error:
                # another release took it; it must not stand in the way of those behind it
                logger.error("cannot purge id=%s: %s", purge.id, error)
            else:
                self._settle()  # a day may be known from acknowledged telemetry alone
                is_erased = True
                for day in self._store.stored_days():
                    if self._closing:
                        return
                    self._purge_day(purge.id, day.day, selection)
                    is_erased = self._erase(day.day) and is_erased
                if not is_erased:
                    continue
            self._purges.finish(purge.id)
            rows = self._purges.get(purge.id).deleted_rows
            logger.warning("purged id=%s rows=%s", purge.id, rows)

    def _settle(self) -> None:
        if not self._store.settle(_SETTLE_S):
            raise StoreUnavailable(
                "cannot purge: telemetry that came before is still being written", retry_after_s=30
            )

    def _purge_day(self, purge_id: str, day: int, selection: Selection) -> None:
        first = day * TICKS_PER_DAY
        part = replace(selection, time_from=first, time_to=first + TICKS_PER_DAY - 1)
        rows = self._store.delete(part, to_erase=True)
        if rows:
            self._purges.count(purge_id, rows)

    def _erase(self, day: int) -> bool:
        """Whether no byte of what was purged is left; otherwise another round tries again."""
        try:
            self._store.erase(day)
        except StoreFull as error:
            logger.error("%s", error)
            return False
        return True

    def _expire(self) -> None:
        today = self._believed.day()
        # a day may be known from acknowledged telemetry alone; if it is not written now, another
        # round finds it
        self._store.settle(_SETTLE_S)
        days = [each.day for each in self._store.stored_days()]
        resources = self._resources.list()
        for gone in expired(days, today, resources, self._limits.default_days):
            if self._closing:
                return
            if self._done.get(gone.day) == gone:
                continue
            self._let_go(gone)
            if today - gone.day > _LATE_DAYS:
                self._done[gone.day] = gone

    def _let_go(self, gone: Expired) -> None:
        rows = sum(self._store.delete(part) for part in gone.selections)
        if gone.whole:
            rows = self._store.drop_day(gone.day)
            logger.warning("retention: day=%s dropped rows=%s", day_name(gone.day), rows)
            return
        self._store.drop_day_if_empty(gone.day)
        if rows:
            logger.warning("retention: day=%s deleted rows=%s", day_name(gone.day), rows)

    def _make_room(self) -> None:
        cap = self._limits.max_disk_bytes
        if not cap or not self._limits.drops_days:
            return
        today = self._clock.now_ticks() // TICKS_PER_DAY
        for day in self._store.stored_days():
            used = self._store.health().used_disk_bytes or 0
            if used <= cap * (1 - _ROOM) or self._closing:
                return
            if day.day >= today or not any(self._store.counts(day.day).values()):
                continue
            rows = self._store.drop_day(day.day)
            logger.warning(
                "cap: day=%s dropped rows=%s bytes=%s: telemetry took %s of %s bytes",
                day_name(day.day),
                rows,
                day.size_bytes,
                used,
                cap,
            )
