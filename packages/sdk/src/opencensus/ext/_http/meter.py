"""How many requests this process served and how many calls it made, and how long they took.

All web integrations and HTTP clients count here; the standard metrics read it. What passes several
integrations, such as a request to a framework on top of ``http.server``, counts once.
"""

from __future__ import annotations

import os
import threading
import time
from contextvars import ContextVar
from typing import NamedTuple


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
        self._is_counted: ContextVar[bool] = ContextVar(f"opencensus_{name}", default=False)
        self._lock = threading.Lock()
        self._requests = 0
        self._seconds = 0.0

    def begin(self) -> float | None:
        """Note the begin of a request; None when an outer integration counts it already."""
        if self._is_counted.get():
            return None
        self._is_counted.set(True)
        return time.perf_counter()

    def end(self, began: float | None) -> None:
        """Count the request whose :meth:`begin` returned ``began``."""
        if began is None:
            return
        self._is_counted.set(False)
        seconds = time.perf_counter() - began
        with self._lock:
            self._requests += 1
            self._seconds += seconds

    @property
    def total(self) -> Total:
        """The totals so far."""
        with self._lock:
            return Total(self._requests, self._seconds)

    def after_fork_in_child(self) -> None:
        """Start with a free lock: another thread may have held it in the parent."""
        self._lock = threading.Lock()


served = RequestMeter("served_request")
"""The requests that this process served."""

called = RequestMeter("outgoing_call")
"""The calls that this process made over HTTP."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=served.after_fork_in_child)
    os.register_at_fork(after_in_child=called.after_fork_in_child)
