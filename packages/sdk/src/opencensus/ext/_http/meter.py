"""How many requests this process served, and how long they took.

All web integrations count here; the standard metrics read it. A request that passes several
integrations, such as a framework on top of ``http.server``, counts once.
"""

from __future__ import annotations

import os
import threading
import time
from contextvars import ContextVar
from typing import NamedTuple

_is_counted: ContextVar[bool] = ContextVar("opencensus_request_is_counted", default=False)


class Served(NamedTuple):
    """Totals since the process started."""

    requests: int
    seconds: float


class RequestMeter:
    """Counts served requests. Safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests = 0
        self._seconds = 0.0

    def begin(self) -> float | None:
        """Note the begin of a request; None when an outer integration counts it already."""
        if _is_counted.get():
            return None
        _is_counted.set(True)
        return time.perf_counter()

    def end(self, began: float | None) -> None:
        """Count the request whose :meth:`begin` returned ``began``."""
        if began is None:
            return
        _is_counted.set(False)
        seconds = time.perf_counter() - began
        with self._lock:
            self._requests += 1
            self._seconds += seconds

    @property
    def served(self) -> Served:
        """The totals so far."""
        with self._lock:
            return Served(self._requests, self._seconds)

    def after_fork_in_child(self) -> None:
        """Start with a free lock: another thread may have held it in the parent."""
        self._lock = threading.Lock()


meter = RequestMeter()
"""The meter of this process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=meter.after_fork_in_child)
