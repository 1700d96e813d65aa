"""The performance counters as rows: their names on the wire and how each is read.

Rates and percentages are over the time since the same reader was read before, so each exporter
has a reader of its own. psutil is imported when a reader is made.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from opencensus.ext._http.meter import meter

if TYPE_CHECKING:
    from collections.abc import Callable

AVAILABLE_MEMORY = r"\Memory\Available Bytes"
PROCESSOR_TIME = r"\Processor(_Total)\% Processor Time"
PROCESS_CPU = r"\Process(??APP_WIN32_PROC??)\% Processor Time"
PRIVATE_BYTES = r"\Process(??APP_WIN32_PROC??)\Private Bytes"
REQUESTS_PER_SECOND = r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Requests/Sec"
REQUEST_EXECUTION_TIME = r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Request Execution Time"


class Counter(NamedTuple):
    """One performance counter."""

    name: str
    description: str
    unit: str
    read: Callable[[CounterReader], float]


class CounterReader:
    """Reads the counters of this process and machine; not for several threads at once."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        import psutil

        self._psutil: Any = psutil
        self._monotonic = monotonic
        self._process: Any = psutil.Process(os.getpid())
        self._process_count = psutil.cpu_count() or 1
        # The first reading of a percentage has nothing to compare with.
        self._process.cpu_percent()
        psutil.cpu_times_percent()
        self._served = meter.served
        self._read_at = monotonic()
        self._requests = 0
        self._request_seconds = 0.0
        self._elapsed_s = 0.0

    def read_all(self) -> list[tuple[Counter, float]]:
        """Return every counter with its value; one that the system does not have is left out."""
        self._update_requests()
        values: list[tuple[Counter, float]] = []
        for counter in COUNTERS:
            try:
                values.append((counter, counter.read(self)))
            except (self._psutil.Error, OSError, AttributeError, NotImplementedError):
                continue
        return values

    def available_memory(self) -> float:
        """Bytes that can be had without swapping."""
        return float(self._psutil.virtual_memory().available)

    def processor_time(self) -> float:
        """Percent of all processors' time that was not idle."""
        return min(100.0, max(0.0, 100.0 - float(self._psutil.cpu_times_percent().idle)))

    def process_cpu(self) -> float:
        """Percent of all processors' time that this process used."""
        return float(self._process.cpu_percent()) / self._process_count

    def private_bytes(self) -> float:
        """Bytes of memory that this process has resident."""
        return float(self._process.memory_info().rss)

    def requests_per_second(self) -> float:
        """Requests that were served, per second."""
        return self._requests / self._elapsed_s if self._elapsed_s > 0 else 0.0

    def request_execution_time(self) -> float:
        """Milliseconds that a request took on average; 0 when there was none."""
        return 1000 * self._request_seconds / self._requests if self._requests else 0.0

    def _update_requests(self) -> None:
        served, now = meter.served, self._monotonic()
        self._requests = served.requests - self._served.requests
        self._request_seconds = served.seconds - self._served.seconds
        self._elapsed_s = now - self._read_at
        self._served, self._read_at = served, now


COUNTERS: tuple[Counter, ...] = (
    Counter(
        AVAILABLE_MEMORY,
        "Amount of available memory in bytes",
        "byte",
        CounterReader.available_memory,
    ),
    Counter(
        PROCESSOR_TIME,
        "Processor time of the machine as a percentage",
        "percentage",
        CounterReader.processor_time,
    ),
    Counter(
        REQUESTS_PER_SECOND,
        "Incoming requests per second",
        "rps",
        CounterReader.requests_per_second,
    ),
    Counter(
        REQUEST_EXECUTION_TIME,
        "Average time that incoming requests took",
        "ms",
        CounterReader.request_execution_time,
    ),
    Counter(
        PROCESS_CPU,
        "Processor time of this process as a percentage",
        "percentage",
        CounterReader.process_cpu,
    ),
    Counter(
        PRIVATE_BYTES,
        "Memory of this process in bytes",
        "byte",
        CounterReader.private_bytes,
    ),
)
