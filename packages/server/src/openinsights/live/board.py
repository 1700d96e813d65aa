"""Who watches which resource, and what its servers told during the last minute.

Ingestion may count from several threads, so what is held changes under one lock, in short steps.
Nothing is held for a resource that nobody watches.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from openinsights.clock import TICKS_PER_SECOND
from openinsights.live.counted import counted
from openinsights.live.errors import TooManyViewers
from openinsights.live.ring import ServerKey
from openinsights.live.room import Room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from openinsights.clock import Clock
    from openinsights.live.counted import Counted
    from openinsights.live.filters import View
    from openinsights_wire.envelope import Envelope
    from openinsights_wire.live.messages import MonitoringDataPoint

POLL_HOLD_S = 10.0
"""A viewer who asks from time to time counts as watching for so long."""


class Board:
    """Everything live of all resources.

    Args:
        clock: the server's time.
        max_viewers: views that may be open at the same time, of all resources.
    """

    def __init__(self, clock: Clock, max_viewers: int = 64) -> None:
        self.clock = clock
        self._max_viewers = max_viewers
        self._viewers = 0
        self._lock = threading.Lock()
        self._rooms: dict[str, Room] = {}

    @contextmanager
    def watching(self, app_id: str, view: View) -> Iterator[None]:
        """Count as a viewer of a resource for as long as the context lasts.

        Raises:
            TooManyViewers: no further view can be open now.
        """
        with self._lock:
            if self._viewers >= self._max_viewers:
                raise self._too_many()
            self._viewers += 1
            room = self._room(app_id)
            room.views[view] += 1
            room.ask()
        try:
            yield
        finally:
            with self._lock:
                self._viewers -= 1
                room.views[view] -= 1
                room.views += Counter()  # drops what is 0
                room.left_at_s = self.clock.monotonic_s()
                room.ask()

    def polled(self, app_id: str, view: View) -> None:
        """Count as a viewer of a resource for the next seconds.

        Raises:
            TooManyViewers: too many different views are being asked for.
        """
        with self._lock:
            room = self._room(app_id)
            if view not in room.polled_until_s:
                if len(room.polled_until_s) >= self._max_viewers:
                    raise self._too_many()
                room.polled_until_s[view] = self.clock.monotonic_s() + POLL_HOLD_S
                room.ask()
            room.polled_until_s[view] = self.clock.monotonic_s() + POLL_HOLD_S

    def is_watched(self, app_id: str) -> bool:
        """Whether somebody views the resource now, so that its servers should post."""
        room = self._rooms.get(app_id)
        if room is None:
            return False
        with self._lock:
            if room.is_forgotten:
                self._rooms.pop(app_id, None)
            return room.is_watched

    def configuration(self, app_id: str) -> tuple[str, bytes]:
        """Return the version and the JSON of what servers of a watched resource are asked for."""
        room = self._rooms.get(app_id)
        if room is None:
            return "", b""
        return room.info.e_tag, room.encoded

    def take_points(self, app_id: str, points: Sequence[MonitoringDataPoint]) -> None:
        """Take the points of one post; those of a resource that nobody watches are dropped."""
        room = self._rooms.get(app_id)
        if room is None or not points:
            return
        newest = points[-1]
        stream = newest.stream_id or newest.machine_name or "unnamed"
        key = ServerKey(newest.role_name, newest.instance or newest.machine_name, stream)
        now = self.clock.now_ticks()
        with self._lock:
            room.forget_silent(now)
            ring = room.ring(key)
            if ring is None:
                return
            room.changed(ring.take_points(points, now, room.asked))
            for point in points:
                for document in point.documents or ():
                    room.samples.add(document, key.role, key.instance, newest.version, now)

    def count(self, app_id: str, envelopes: Iterable[Envelope]) -> Callable[[], None] | None:
        """Count accepted items for servers that do not post themselves.

        Returns:
            What is to be called once the items are stored; None when nobody watches, which is
            found out before any item is looked at.
        """
        if not self.is_watched(app_id):
            return None
        room = self._rooms.get(app_id)
        if room is None:
            return None
        with self._lock:
            posting = room.posting_since(self.clock.now_ticks())
            configuration, sampler = room.configuration, room.sampler
        result = counted(envelopes, configuration, sampler, posting)
        return lambda: self._take(room, result)

    @contextmanager
    def looking(self, app_id: str) -> Iterator[Room | None]:
        """Hold still what is known of a resource; None when nobody watched it lately."""
        with self._lock:
            yield self._rooms.get(app_id)

    def _take(self, room: Room, result: Counted) -> None:
        now = self.clock.now_ticks()
        with self._lock:
            room.forget_silent(now)
            for (key, second), tally in result.tallies.items():
                ring = room.ring(key)
                if ring is not None:
                    ring.take_tally(second * TICKS_PER_SECOND, tally, now)
            # a second without items between two with some is told by both of them
            room.changed()
            for key, document in result.documents:
                room.samples.add(document, key.role, key.instance, "", now)

    def _room(self, app_id: str) -> Room:
        for other in [key for key, room in self._rooms.items() if room.is_forgotten]:
            del self._rooms[other]
        room = self._rooms.get(app_id)
        if room is None:
            room = self._rooms[app_id] = Room(self.clock)
        return room

    def _too_many(self) -> TooManyViewers:
        return TooManyViewers(
            f"cannot open another live view: {self._max_viewers} are open; close one, or raise"
            " max_live_viewers"
        )
