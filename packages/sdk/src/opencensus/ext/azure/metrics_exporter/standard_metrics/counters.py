"""The performance counters as rows: their names on the wire and how each is read.

Rates and percentages are over the time since the same reader was read before, so each exporter
has a reader of its own. psutil is imported when a reader is made.
"""

from __future__ import annotations

import os
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from opencensus.ext._http.meter import RequestMeter, called, served

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

AVAILABLE_MEMORY = r"\Memory\Available Bytes"
PROCESSOR_TIME = r"\Processor(_Total)\% Processor Time"
PROCESS_CPU = r"\Process(??APP_WIN32_PROC??)\% Processor Time"
PRIVATE_BYTES = r"\Process(??APP_WIN32_PROC??)\Private Bytes"
REQUESTS_PER_SECOND = r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Requests/Sec"
OUTGOING_PER_SECOND = r"\ApplicationInsights\Dependency Calls/Sec"
REQUEST_EXECUTION_TIME = r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Request Execution Time"


MARK = MappingProxyType({"CustomPerfCounter": "true"})
"""Property that says that a metric is a performance counter where its name does not say so."""


class Counter(NamedTuple):
    """One performance counter."""

    name: str
    description: str
    unit: str
    read: Callable[[CounterReader], float]
    properties: Mapping[str, str] = MappingProxyType({})


class Rate:
    """What a meter counted between two readings."""

    def __init__(self, meter: RequestMeter, monotonic: Callable[[], float]) -> None:
        self._meter = meter
        self._monotonic = monotonic
        self._total = meter.total
        self._read_at = monotonic()
        self.per_second = 0.0
        self.average_ms = 0.0

    def update(self) -> None:
        """Read the meter; the rates are those since the reading before."""
        total, now = self._meter.total, self._monotonic()
        requests = total.requests - self._total.requests
        seconds = total.seconds - self._total.seconds
        elapsed_s = now - self._read_at
        self.per_second = requests / elapsed_s if elapsed_s > 0 else 0.0
        self.average_ms = 1000 * seconds / requests if requests else 0.0
        self._total, self._read_at = total, now


class CounterReader:
    """Reads the counters of this process and machine; not for several threads at once."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        import psutil

        self._psutil: Any = psutil
        self._process: Any = psutil.Process(os.getpid())
        self._process_count = psutil.cpu_count() or 1
        # The first reading of a percentage has nothing to compare with.
        self._process.cpu_percent()
        psutil.cpu_times_percent()
        self._served = Rate(served, monotonic)
        self._called = Rate(called, monotonic)

    def read_all(self) -> list[tuple[Counter, float]]:
        """Return every counter with its value; one that the system does not have is left out."""
        self._served.update()
        self._called.update()
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
        return self._served.per_second

    def request_execution_time(self) -> float:
        """Milliseconds that a request took on average; 0 when there was none."""
        return self._served.average_ms

    def outgoing_per_second(self) -> float:
        """Calls that were made over HTTP, per second."""
        return self._called.per_second


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
        OUTGOING_PER_SECOND,
        "Outgoing HTTP requests per second",
        "rps",
        CounterReader.outgoing_per_second,
        MARK,
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
