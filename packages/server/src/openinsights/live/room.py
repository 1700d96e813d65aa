"""One watched resource: who views it, what they ask for, its servers and its newest samples."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from openinsights.clock import TICKS_PER_SECOND
from openinsights.live.filters import View, configuration_of
from openinsights.live.ring import WINDOW_S, Ring, ServerKey
from openinsights.live.samples import Samples
from openinsights_wire.live.configuration import Configuration, understood
from openinsights_wire.live.documents import Sampler
from openinsights_wire.live.messages import encode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openinsights.clock import Clock
    from openinsights_wire.live.messages import ConfigurationInfo

Joined = tuple[tuple[float | None, ...], tuple[float | None, ...]]
"""What all servers of a view did in a second: the metrics of every view, and its own."""

MAX_SERVERS = 500
"""Servers of one resource that are told apart; more are not shown."""
LIVE_HOLD_S = 20.0
"""A server that posted this recently is not counted from its stored telemetry too."""


class Room:
    """One watched resource.

    Attributes:
        info: what the viewers together ask for.
        asked: the ids of the metrics in it.
        configuration: the same, ready to be applied.
        known: by what a view narrows to, what was worked out of each second of the last minute.
    """

    def __init__(self, clock: Clock) -> None:
        self.rings: dict[ServerKey, Ring] = {}
        self.samples = Samples()
        self.views: Counter[View] = Counter()
        self.polled_until_s: dict[View, float] = {}
        self.elsewhere_until_s: dict[View, float] = {}
        self.left_at_s = clock.monotonic_s()
        self._clock = clock
        self.ask()

    @property
    def is_watched(self) -> bool:
        """Whether somebody views the resource now, on whichever server."""
        return self.is_watched_here or self.is_watched_elsewhere

    @property
    def is_watched_here(self) -> bool:
        """Whether somebody views the resource on this server."""
        return bool(self.views) or self._goes_on(self.polled_until_s)

    @property
    def is_watched_elsewhere(self) -> bool:
        """Whether somebody views the resource on another server."""
        return self._goes_on(self.elsewhere_until_s)

    def views_here(self) -> list[View]:
        """Return what is viewed on this server."""
        now = self._clock.monotonic_s()
        polled = [view for view, until in self.polled_until_s.items() if until > now]
        return list(dict.fromkeys((*self.views, *polled)))

    @property
    def is_forgotten(self) -> bool:
        """Whether the last viewer left more than a minute ago."""
        last = max(
            (self.left_at_s, *self.polled_until_s.values(), *self.elsewhere_until_s.values())
        )
        return not self.is_watched and self._clock.monotonic_s() - last > WINDOW_S

    def ask(self) -> None:
        """Work out what the viewers together ask for."""
        now = self._clock.monotonic_s()
        self.polled_until_s = {
            view: until for view, until in self.polled_until_s.items() if until > now
        }
        self.elsewhere_until_s = {
            view: until for view, until in self.elsewhere_until_s.items() if until > now
        }
        views = [*self.views, *self.polled_until_s, *self.elsewhere_until_s]
        self.info: ConfigurationInfo = configuration_of(views or [View()])
        self.asked = frozenset(metric.id for metric in self.info.metrics)
        self.known: dict[tuple[str, str, tuple[str, ...]], dict[int, Joined]] = {}
        self.encoded = encode(self.info)
        self.configuration: Configuration = understood(self.info)
        self.sampler = Sampler(self.configuration, self._clock.monotonic_s)

    def _goes_on(self, until_s: dict[View, float]) -> bool:
        now = self._clock.monotonic_s()
        return any(until > now for until in until_s.values())

    def ring(self, key: ServerKey) -> Ring | None:
        """Return the ring of a server; None when there are too many."""
        held = self.rings.get(key)
        if held is None and len(self.rings) < MAX_SERVERS:
            held = self.rings[key] = Ring(key)
        return held

    def forget_silent(self, now_ticks: int) -> None:
        """Forget servers that told nothing for a minute."""
        oldest = now_ticks - WINDOW_S * TICKS_PER_SECOND
        for key in [key for key, ring in self.rings.items() if ring.last_ticks < oldest]:
            del self.rings[key]
            self.changed()

    def changed(self, seconds: Iterable[int] | None = None) -> None:
        """Forget what was worked out of some seconds, or of all.

        A server that missed a second repeats the one before, so the next ones go too.
        """
        if seconds is None:
            self.known.clear()
            return
        for second in seconds:
            for known in self.known.values():
                known.pop(second, None)
                known.pop(second + 1, None)

    def posting_since(self, now_ticks: int) -> dict[tuple[str, str], int]:
        """Return role and instance of the servers that post, with the first second that they told."""
        since = now_ticks - int(LIVE_HOLD_S * TICKS_PER_SECOND)
        posting: dict[tuple[str, str], int] = {}
        for key, ring in self.rings.items():
            if ring.is_live and ring.last_ticks >= since:
                place = (key.role, key.instance)
                posting[place] = min(ring.first_second, posting.get(place, ring.first_second))
        return posting
