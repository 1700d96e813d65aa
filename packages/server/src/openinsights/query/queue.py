"""The turnstile of queries: a few run at the same time, some wait, more are turned away."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from openinsights.query.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.query.limits import QueryLimits

_Answer = TypeVar("_Answer")
RETRY_AFTER_S = 5
"""What a caller that was turned away is told to wait."""


class TooManyQueries(QueryError):
    """As many queries as allowed wait already."""

    code = "TooManyRequests"


class QueryQueue:
    """Runs work on a bounded number of threads; safe to use from any thread."""

    def __init__(self, limits: QueryLimits) -> None:
        self._capacity = limits.at_once + limits.max_waiting
        self._admitted = 0
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(limits.at_once, thread_name_prefix="query")

    def submit(self, work: Callable[[], _Answer]) -> Future[_Answer]:
        """Run the work when its turn comes.

        Raises:
            TooManyQueries: the queue is full.
        """
        with self._lock:
            if self._admitted >= self._capacity:
                raise TooManyQueries(
                    f"cannot run the query: {self._capacity} are running or waiting; try again in"
                    f" {RETRY_AFTER_S} s"
                )
            self._admitted += 1
        future = self._threads.submit(work)
        future.add_done_callback(self._leave)
        return future

    @property
    def waiting(self) -> int:
        """How many queries run or wait."""
        return self._admitted

    def close(self) -> None:
        """Drop what waits and wait for what runs."""
        self._threads.shutdown(cancel_futures=True)

    def _leave(self, _future: Future[_Answer]) -> None:
        with self._lock:
            self._admitted -= 1
