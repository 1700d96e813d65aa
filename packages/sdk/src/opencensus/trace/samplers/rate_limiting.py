"""The sampler that records a number of traces per second, however many there are."""

from __future__ import annotations

import math
import random
import threading
import time
import weakref
from collections import deque
from typing import TYPE_CHECKING

from opencensus.common import _forks
from opencensus.trace.samplers._base import Sampler

if TYPE_CHECKING:
    from collections.abc import Callable

    from opencensus.trace.span_context import SpanContext

_MEMORY_S = 2.0
"""Traces that came longer ago than about this hardly count as traffic any more."""

_SHORTEST_PAST_S = 1.0
"""At the very beginning, traffic is measured as if this much time had gone by."""


class RateLimitingSampler(Sampler):
    """Records at most so many traces per second that begin in this process.

    Chance picks the traces, at a probability that follows the traffic, so that all kinds of
    traces have their share; no second sees more than the limit, not even in a burst. Each recorded trace knows
    how many it stands for (`sample_rate`): itself and all that came since the recorded one before it.
    So these numbers add up to all that came.

    A trace that its caller recorded is recorded too, so that traces stay whole; it does not count
    against the limit. Each process has a limit of its own, forked ones too. Threads may share it.

    Args:
        traces_per_second: The limit; 0 records only what callers recorded.
        clock: Seconds that only grow.
        random_source: Returns numbers from 0 to below 1; by default a generator of its own.

    Raises:
        ValueError: The limit is no number of at least 0.
    """

    def __init__(
        self,
        traces_per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        random_source: Callable[[], float] | None = None,
    ) -> None:
        if not 0 <= traces_per_second < math.inf:
            raise ValueError("traces_per_second must be a number of at least 0.")
        self.traces_per_second = traces_per_second
        self._clock = clock
        self._random_source = random_source
        # For 5: 5 in any second. For 0.1: 1 in any 10 seconds.
        allowed_at_once = max(1, int(traces_per_second))
        self._recorded_at: deque[float] = deque(maxlen=allowed_at_once)
        self._window_s = allowed_at_once / traces_per_second if traces_per_second else math.inf
        self._began = self._last = clock()
        self._recent = 0.0
        self._decided = threading.local()
        self._start_alone()
        _all.add(self)

    def _start_alone(self) -> None:
        """Share nothing with the process that this one was forked from."""
        self._lock = threading.Lock()
        self._unrecorded = 0
        self._random = self._random_source or random.Random().random  # noqa: S311 (a sample)

    def should_sample(self, span_context: SpanContext) -> bool:
        """Return whether the caller recorded the trace, or chance picks it within the limit."""
        if span_context.trace_options.get_enabled():
            return True
        with self._lock:
            stands_for = self._pick()
        self._decided.by_id = (span_context.trace_id, stands_for)
        return stands_for > 0

    def sample_rate(self, span_context: SpanContext) -> float | None:
        """Return 100 divided by how many traces this one stands for; None for itself alone."""
        trace_id, stands_for = getattr(self._decided, "by_id", (None, 0))
        if trace_id != span_context.trace_id or stands_for <= 1:
            return None
        return 100 / stands_for

    def _pick(self) -> int:
        """Count one trace; return how many it stands for, 0 when it is not recorded."""
        now = max(self._clock(), self._last)
        self._recent = self._recent * math.exp((self._last - now) / _MEMORY_S) + 1
        self._last = now
        self._unrecorded += 1
        recorded_at = self._recorded_at
        if len(recorded_at) == recorded_at.maxlen and now - recorded_at[0] < self._window_s:
            return 0
        # Traffic is recent traces / memory, of which only a part was known at the very beginning.
        known = -math.expm1(-max(_SHORTEST_PAST_S, now - self._began) / _MEMORY_S)
        if self._random() * self._recent >= self.traces_per_second * _MEMORY_S * known:
            return 0
        recorded_at.append(now)
        stands_for, self._unrecorded = self._unrecorded, 0
        return stands_for


_all: weakref.WeakSet[RateLimitingSampler] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    # Another thread may have held the lock, and what came before is counted by the parent.
    for sampler in list(_all):
        sampler._start_alone()


_forks.call_in_child(_after_fork_in_child)
