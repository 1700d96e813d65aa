"""What the envelopes of this process amount to, second by second, while somebody watches."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights_wire.live.configuration import Configuration
from openinsights_wire.live.documents import Sampler
from openinsights_wire.live.items import item_of
from openinsights_wire.live.tally import Tally
from openinsights_wire.stamps import (
    TICKS_PER_MILLISECOND,
    TICKS_PER_SECOND,
    parse_time,
    ticks_from_unix_ns,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openinsights_wire.envelope import Envelope
    from openinsights_wire.live.items import Item
    from openinsights_wire.live.messages import Document, MetricPoint

logger = logging.getLogger(__name__)

LAG_S = 1.25
"""A second is told this long after it is over: its items come through a queue that is emptied once
a second. What comes later counts in the oldest second that was not told yet."""
MOST_SECONDS = 5
"""Seconds that wait to be told; when posts take longer, the oldest are dropped."""


@dataclass(frozen=True)
class Slice:
    """One second of this process.

    Attributes:
        second: Seconds since the year 1.
        metrics: What happened in it.
        documents: Sample items.
        is_quota_reached: Whether there would have been more samples.
    """

    second: int
    metrics: list[MetricPoint]
    documents: list[Document]
    is_quota_reached: bool


class Collector:
    """Counts the items of all exporters of a resource; any thread may tell it of some.

    Args:
        time_ns: The time of day, in nanoseconds since 1970.
        monotonic: A clock for quotas, in seconds.
    """

    _since: int
    _first: int
    _tallies: dict[int, Tally]
    _documents: dict[int, list[Document]]

    def __init__(self, time_ns: Callable[[], int], monotonic: Callable[[], float]) -> None:
        self._time_ns = time_ns
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self.configuration = Configuration()
        self._start()

    def configure(self, configuration: Configuration) -> None:
        """Count from now on what this configuration asks for."""
        with self._lock:
            self.configuration = configuration
            self._sampler = Sampler(configuration, self._monotonic)

    def restart(self) -> None:
        """Forget everything and begin with the present second; nobody asks for anything yet."""
        with self._lock:
            self.configuration = Configuration()
            self._start()

    def observe(self, envelopes: Sequence[Envelope]) -> None:
        """Count a batch; what cannot be read is left out, as it is not ours to report."""
        for envelope in envelopes:
            try:
                item = item_of(envelope)
                if item is not None:
                    self._take(item)
            except Exception:
                # Telemetry processors may leave anything in an envelope.
                logger.debug("item not counted for Live Metrics", exc_info=True)

    def take(self) -> list[Slice]:
        """Return the seconds that are over, oldest first; each is returned once."""
        with self._lock:
            last = self._now_s(LAG_S) - 1
            if last < self._first - MOST_SECONDS:
                self._start()  # the clock was set back
            first = max(self._first, last - MOST_SECONDS + 1)
            self._first = max(self._first, last + 1)
            slices = [self._slice(second) for second in range(first, last + 1)]
            for second in [each for each in self._tallies if each <= last]:
                self._tallies.pop(second, None)
                self._documents.pop(second, None)
            return slices

    def _start(self) -> None:
        self._sampler = Sampler(self.configuration, self._monotonic)
        self._since = self._first = self._now_s()
        self._tallies = {}
        self._documents = {}

    def _now_s(self, before_s: float = 0.0) -> int:
        return ticks_from_unix_ns(self._time_ns() - int(before_s * 1e9)) // TICKS_PER_SECOND

    def _take(self, item: Item) -> None:
        ended = parse_time(item.time) + int(item.duration_ms * TICKS_PER_MILLISECOND)
        with self._lock:
            if ended // TICKS_PER_SECOND < self._since:
                return  # it waited in a queue since before anybody watched
            # a clock that was set makes no second wait for hours
            second = min(max(ended // TICKS_PER_SECOND, self._first), self._now_s())
            tally = self._tallies.get(second)
            if tally is None:
                tally = self._tallies[second] = Tally(self.configuration)
            tally.add(item)
            document = self._sampler.take(item)
            if document is not None:
                self._documents.setdefault(second, []).append(document)

    def _slice(self, second: int) -> Slice:
        tally = self._tallies.get(second) or Tally(self.configuration)
        return Slice(
            second, tally.points(), self._documents.get(second, []), self._sampler.is_exhausted
        )
