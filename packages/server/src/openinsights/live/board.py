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
from openinsights.live.counted import Counted, counted
from openinsights.live.errors import TooManyViewers
from openinsights.live.ring import ServerKey
from openinsights.live.room import Room
from openinsights_wire.live.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from openinsights.clock import Clock
    from openinsights.live.filters import View
    from openinsights.live.relay import Relay
    from openinsights_wire.envelope import Envelope
    from openinsights_wire.live.messages import Document, MetricPoint, MonitoringDataPoint

ELSEWHERE_HOLD_S = 6.0
"""What another server's viewers want is asked for so long without hearing of it again."""
POLL_HOLD_S = 10.0
"""A viewer who asks from time to time counts as watching for so long."""


class Board:
    """Everything live of all resources.

    Args:
        clock: the server's time.
        max_viewers: views that may be open at the same time, of all resources.

    Attributes:
        relay: tells other servers, and hears them; None where there are none.
    """

    def __init__(self, clock: Clock, max_viewers: int = 64) -> None:
        self.clock = clock
        self.relay: Relay | None = None
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
        self._say()
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
            is_new = view not in room.polled_until_s
            if is_new:
                if len(room.polled_until_s) >= self._max_viewers:
                    raise self._too_many()
                room.polled_until_s[view] = self.clock.monotonic_s() + POLL_HOLD_S
                room.ask()
            room.polled_until_s[view] = self.clock.monotonic_s() + POLL_HOLD_S
        if is_new:
            self._say()

    @property
    def has_viewers(self) -> bool:
        """Whether somebody views anything on this server."""
        return any(room.is_watched_here for room in list(self._rooms.values()))

    def wanted_here(self) -> dict[str, list[View]]:
        """Return what is viewed on this server, by resource."""
        with self._lock:
            found = {app_id: room.views_here() for app_id, room in self._rooms.items()}
        return {app_id: views for app_id, views in found.items() if views}

    def wanted_elsewhere(self, app_id: str, views: Iterable[View]) -> None:
        """Ask the resource's servers for what is viewed on another of ours, for some seconds."""
        until_s = self.clock.monotonic_s() + ELSEWHERE_HOLD_S
        with self._lock:
            room = self._room(app_id)
            before = len(room.elsewhere_until_s)
            for view in views:
                if view in room.elsewhere_until_s or before < self._max_viewers:
                    room.elsewhere_until_s[view] = until_s
            if len(room.elsewhere_until_s) != before:
                room.ask()

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

    def take_points(
        self, app_id: str, points: Sequence[MonitoringDataPoint], *, is_relayed: bool = False
    ) -> None:
        """Take the points of one post; those of a resource that nobody watches are dropped.

        Args:
            app_id: of the resource.
            points: in the order of their seconds.
            is_relayed: whether another server passed them on.
        """
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
        if self.relay is not None and not is_relayed and room.is_watched_elsewhere:
            self.relay.pass_points(app_id, points)

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
        return lambda: self._take(app_id, room, result)

    @contextmanager
    def looking(self, app_id: str) -> Iterator[Room | None]:
        """Hold still what is known of a resource; None when nobody watched it lately."""
        with self._lock:
            yield self._rooms.get(app_id)

    def take_relayed(
        self,
        app_id: str,
        counts: Iterable[tuple[ServerKey, int, list[MetricPoint]]],
        samples: Iterable[tuple[ServerKey, Document]],
    ) -> None:
        """Take what another server counted of items of servers that do not post themselves.

        Args:
            app_id: of the resource.
            counts: by server and second, as the points of what was counted.
            samples: of the items, by server.
        """
        room = self._rooms.get(app_id)
        if room is None:
            return
        tallies: dict[tuple[ServerKey, int], Tally] = {}
        for key, second, points in counts:
            tally = tallies.setdefault((key, second), Tally(room.configuration))
            tally.merge_points(points)
        self._hold(room, Counted(tallies, list(samples)))

    def _take(self, app_id: str, room: Room, result: Counted) -> None:
        if self.relay is not None and room.is_watched_elsewhere:
            self.relay.pass_counted(app_id, result)  # before its tallies become those of a ring
        self._hold(room, result)

    def _hold(self, room: Room, result: Counted) -> None:
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

    def _say(self) -> None:
        if self.relay is not None:
            self.relay.views_changed()

    def _too_many(self) -> TooManyViewers:
        return TooManyViewers(
            f"cannot open another live view: {self._max_viewers} are open; close one, or raise"
            " max_live_viewers"
        )
