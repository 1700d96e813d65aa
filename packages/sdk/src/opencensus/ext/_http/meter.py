"""How many requests this process served and how many calls it made, and how long they took.

All web integrations and HTTP clients count here; the standard metrics read it. What passes several
integrations, such as a request to a framework on top of ``http.server``, counts once.
"""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar
from typing import Any, NamedTuple

from opencensus.common import _forks


class Total(NamedTuple):
    """Totals since the process started."""

    requests: int
    seconds: float


class RequestMeter:
    """Counts requests of one direction. Safe for many threads.

    Args:
        name: Tells the meters of a process apart.
    """

    def __init__(self, name: str) -> None:
        self._counting: ContextVar[Any] = ContextVar(f"opencensus_{name}", default=False)
        """What is counted here: False, True, or what may end elsewhere and says when it is over."""
        self._lock = threading.RLock()
        # Programs know this mapping by the names that the retired client gave its entries.
        self.totals: dict[str, Any] = {"last_time": time.time()}

    def begin(self, holder: Any = True) -> float | None:
        """Note the begin of a request; None when an outer integration counts it already.

        Args:
            holder: What begins, where it may end in another context than this one: it MUST have
                `is_over`.
        """
        outer = self._counting.get()
        if outer is True or (outer is not False and not outer.is_over):
            return None
        self._counting.set(holder)
        return time.perf_counter()

    def end(self, began: float | None, holder: Any = True) -> None:
        """Count the request whose :meth:`begin` returned ``began``."""
        if began is None:
            return
        if holder is True or self._counting.get() is holder:
            self._counting.set(False)
        self.add(time.perf_counter() - began)

    def step_out(self, began: float | None) -> None:
        """Let other requests be counted here: the one that began goes on elsewhere, or later."""
        if began is not None:
            self._counting.set(False)

    def go_on(self, began: float | None) -> None:
        """Go on with the request that stepped out."""
        if began is not None:
            self._counting.set(True)

    def add(self, seconds: float) -> None:
        """Count a request that took this long."""
        with self._lock:
            totals = self.totals
            totals["count"] = totals.get("count", 0) + 1
            totals["duration"] = totals.get("duration", 0.0) + seconds

    @property
    def total(self) -> Total:
        """The totals so far."""
        with self._lock:
            return Total(self.totals.get("count", 0), self.totals.get("duration", 0.0))

    def per_second(self, now: float) -> float:
        """Return how many requests there were per second since the call before.

        Args:
            now: Seconds of a clock, the same one in each call. When it did not advance, the rate is
                the one before.
        """
        with self._lock:
            totals = self.totals
            elapsed_s = now - totals.get("last_time", now)
            if elapsed_s > 0:
                requests = totals.get("count", 0) - totals.get("last_rate_count", 0)
                totals["last_rate"] = requests / elapsed_s
                totals["last_rate_count"] = totals.get("count", 0)
            totals["last_time"] = now
            rate: float = totals.get("last_rate", 0)
            return rate

    def average_ms(self) -> float:
        """Return how long a request took on average since the call before; 0 when there was none."""
        with self._lock:
            totals = self.totals
            requests = totals.get("count", 0) - totals.get("last_count", 0)
            seconds: float = totals.get("duration", 0.0) - totals.get("last_duration", 0.0)
            totals["last_count"] = totals.get("count", 0)
            totals["last_duration"] = totals.get("duration", 0.0)
            return 1000 * seconds / requests if requests > 0 else 0

    def after_fork_in_child(self) -> None:
        """Begin again with a free lock: another thread may have held it in the parent."""
        self._lock = threading.RLock()
        self.totals.clear()
        self.totals["last_time"] = time.time()


served = RequestMeter("served_request")
"""The requests that this process served."""

called = RequestMeter("outgoing_call")
"""The calls that this process made over HTTP."""

_forks.call_in_child(served.after_fork_in_child)
_forks.call_in_child(called.after_fork_in_child)
