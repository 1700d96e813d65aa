"""What was not taken of a resource's telemetry lately, and why, for people who look for it.

Kept in memory and bounded: an hour of sums by reason and the last few refusals of each resource.
Items of which nobody can tell whose they are stand under `NOBODYS`.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from openinsights.clock import TICKS_PER_SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODYS: Final = ""
"""Stands for the resource of items that name none that there is."""
WINDOW_S: Final = 3600
_RECENT: Final = 50
_TICKS_PER_MINUTE = 60 * TICKS_PER_SECOND
_MAX_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Refusal:
    """Items of one body that were not taken for one reason.

    Attributes:
        at_ticks: when.
        reason: in few words, see `ingest.measured.REASONS`.
        message: as the sender was told.
        items: how many; 0 for a body that could not be read.
        sender: role and SDK as the item tells them, "" when it tells neither.
    """

    at_ticks: int
    reason: str
    message: str
    items: int
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """What was refused of one resource.

    Attributes:
        reasons: items of the last hour by reason, the most first.
        recent: the last refusals, newest first.
    """

    reasons: tuple[tuple[str, int], ...]
    recent: tuple[Refusal, ...]


@dataclass(slots=True)
class _Kept:
    minutes: dict[int, Counter[str]] = field(default_factory=dict)
    recent: deque[Refusal] = field(default_factory=lambda: deque(maxlen=_RECENT))


class Refusals:
    """Keeps them; safe to use from any thread."""

    def __init__(self) -> None:
        self._by_app: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    def note(self, app_id: str, refusal: Refusal) -> None:
        """Keep a refusal of a resource, or of `NOBODYS`; equal ones of a minute become one."""
        minute = refusal.at_ticks // _TICKS_PER_MINUTE
        message = refusal.message[:_MAX_MESSAGE]
        with self._lock:
            kept = self._by_app.setdefault(app_id, _Kept())
            for old in [each for each in kept.minutes if each <= minute - WINDOW_S // 60]:
                del kept.minutes[old]
            kept.minutes.setdefault(minute, Counter())[refusal.reason] += max(1, refusal.items)
            items = refusal.items
            if kept.recent:
                last = kept.recent[-1]
                is_same = (last.message, last.sender) == (message, refusal.sender)
                if is_same and last.at_ticks // _TICKS_PER_MINUTE == minute:
                    items += kept.recent.pop().items
            kept.recent.append(
                Refusal(refusal.at_ticks, refusal.reason, message, items, refusal.sender)
            )

    def of(self, app_id: str, now_ticks: int) -> Refused:
        """Return what was refused of a resource, or of `NOBODYS`."""
        with self._lock:
            kept = self._by_app.get(app_id)
            if kept is None:
                return Refused((), ())
            sums = Counter[str]()
            for counts in self._within(kept, now_ticks):
                sums.update(counts)
            recent = tuple(reversed(kept.recent))
        return Refused(tuple(sorted(sums.items(), key=lambda each: (-each[1], each[0]))), recent)

    def forget(self, app_id: str) -> None:
        """Forget a resource, which is being deleted."""
        with self._lock:
            self._by_app.pop(app_id, None)

    @staticmethod
    def _within(kept: _Kept, now_ticks: int) -> Iterator[Counter[str]]:
        newest = now_ticks // _TICKS_PER_MINUTE
        for minute, counts in kept.minutes.items():
            if newest - WINDOW_S // 60 < minute <= newest:
                yield counts
