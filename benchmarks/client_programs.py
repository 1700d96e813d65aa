"""The programs that `client.py` measures: the same work, as each client's documents write it.

`client.py` runs this file with the Python of each side's environment, a fresh process for each
measurement, and reads one line of JSON:

    python benchmarks/client_programs.py --side ours --case span --port PORT

What is fair here:

- All sides send to the same sink with the options that they have by default, among them those of
  batches and of storage on disk (an empty folder of its own). The exceptions: what would leave the
  machine is off (`client.py` sets the variables), and OpenTelemetry's exporter may send as fast
  as it can (`max_envelopes_per_second=0`): with its default of 10,000 a second it would drop.
- Work comes in bursts that fit the smallest queue of the three (2,048), and after each burst all of it
  is sent before the next one begins, so nothing is dropped and nobody is ahead by postponing.
- `thread_us` is processor time of the calling thread within the bursts, `wall_us` the time that passed
  there, with the sending thread at work beside it as in life, and `process_us` is the processor time
  of the whole process from the first call until the last byte was answered, per operation.
- The collector of garbage is on, as in life.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import statistics
import sys
import tempfile
import threading
import time
import tracemalloc
import warnings
from collections import deque
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "00000000-0000-0000-0000-000000000001"
BURST = 1_000
WARM_BURSTS = 3
MANY = 1_000_000
"""Items that a queue holds when nothing shall be sent while the measurement lasts."""
LONG_S = 3_600.0
HELD_OPERATIONS = 2_000
THREADS = 8
THREADED_OPERATIONS = 24_000
REPEATS = 7


@dataclass(frozen=True)
class Work:
    """One kind of telemetry.

    Attributes:
        run: Makes so much of it, on the calling thread.
        drain: Returns when all that was made has been sent.
        plain: The same calls without a client, where there is such a thing.
        is_sent: Whether each operation is an item that the sink must receive.
    """

    run: Callable[[int], None]
    drain: Callable[[], object] = lambda: None
    plain: Callable[[int], None] | None = None
    is_sent: bool = True


@dataclass(frozen=True)
class Place:
    """Where a program sends, and whether it holds everything back until it is drained."""

    port: int
    folder: str
    is_held: bool

    @property
    def connection_string(self) -> str:
        return f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:{self.port}/"


# The retired packages and ours: one program for both, which is the point of ours.


def opencensus_options(place: Place) -> dict[str, Any]:
    options: dict[str, Any] = {
        "connection_string": place.connection_string,
        "storage_path": place.folder,
    }
    if place.is_held:
        options |= {"queue_capacity": MANY, "max_batch_size": MANY, "export_interval": LONG_S}
    return options


def opencensus_spans(place: Place, sampler_name: str) -> Work:
    from opencensus.ext.azure.trace_exporter import AzureExporter
    from opencensus.trace import samplers
    from opencensus.trace.tracer import Tracer

    exporter = AzureExporter(**opencensus_options(place))
    tracer = Tracer(exporter=exporter, sampler=getattr(samplers, sampler_name)())

    def run(count: int) -> None:
        for number in range(count):
            with tracer.span("work") as span:
                span.add_attribute("customer", number)
                span.add_attribute("region", "eu-north")
                span.add_attribute("tier", "gold")

    # The retired exporter has no flush of its own: its queue has.
    drain = exporter.flush if hasattr(exporter, "flush") else exporter._queue.flush
    return Work(run, drain, is_sent=sampler_name == "AlwaysOnSampler")


def opencensus_span(place: Place) -> Work:
    return opencensus_spans(place, "AlwaysOnSampler")


def opencensus_unsampled(place: Place) -> Work:
    return opencensus_spans(place, "AlwaysOffSampler")


def opencensus_log(place: Place) -> Work:
    from opencensus.ext.azure.log_exporter import AzureLogHandler

    handler = AzureLogHandler(**opencensus_options(place))
    return Work(*logging_through(handler))


def opencensus_record(place: Place) -> Work:
    from opencensus.ext.azure import metrics_exporter
    from opencensus.stats import aggregation, measure, stats, view
    from opencensus.tags import tag_key, tag_map, tag_value

    latency = measure.MeasureFloat("latency", "how long a request took", "ms")
    route = tag_key.TagKey("route")
    total = view.View("latency", "total", [route], latency, aggregation.SumAggregation())
    stats.stats.view_manager.register_view(total)
    metrics_exporter.new_metrics_exporter(
        enable_standard_metrics=False, **opencensus_options(place)
    )
    measurements = stats.stats.stats_recorder.new_measurement_map()
    tags = tag_map.TagMap()
    tags.insert(route, tag_value.TagValue("/orders"))

    def run(count: int) -> None:
        for _ in range(count):
            measurements.measure_float_put(latency, 12.5)
            measurements.record(tags)

    return Work(run, is_sent=False)


# OpenTelemetry with the exporter for the same servers.


def opentelemetry_options(place: Place) -> dict[str, Any]:
    return {
        "connection_string": place.connection_string,
        "storage_directory": place.folder,
        "max_envelopes_per_second": 0,
    }


def opentelemetry_batches(place: Place) -> dict[str, Any]:
    if not place.is_held:
        return {}
    return {
        "max_queue_size": MANY,
        "max_export_batch_size": MANY,
        "schedule_delay_millis": LONG_S * 1_000,
    }


def opentelemetry_spans(place: Place, sampler_name: str) -> Work:
    from azure.monitor.opentelemetry.exporter import AzureMonitorTraceExporter
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider, sampling
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(sampler=getattr(sampling, sampler_name))
    exporter = AzureMonitorTraceExporter(**opentelemetry_options(place))
    provider.add_span_processor(BatchSpanProcessor(exporter, **opentelemetry_batches(place)))
    # The exporter reads the resource of the global provider, and logs a traceback without one.
    trace.set_tracer_provider(provider)
    tracer = provider.get_tracer("benchmark")

    def run(count: int) -> None:
        for number in range(count):
            with tracer.start_as_current_span("work") as span:
                span.set_attribute("customer", number)
                span.set_attribute("region", "eu-north")
                span.set_attribute("tier", "gold")

    return Work(run, provider.force_flush, is_sent=sampler_name == "ALWAYS_ON")


def opentelemetry_span(place: Place) -> Work:
    return opentelemetry_spans(place, "ALWAYS_ON")


def opentelemetry_unsampled(place: Place) -> Work:
    return opentelemetry_spans(place, "ALWAYS_OFF")


def opentelemetry_log(place: Place) -> Work:
    from azure.monitor.opentelemetry.exporter import AzureMonitorLogExporter
    from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

    provider = LoggerProvider()
    exporter = AzureMonitorLogExporter(**opentelemetry_options(place))
    processor = BatchLogRecordProcessor(exporter, **opentelemetry_batches(place))
    provider.add_log_record_processor(processor)
    run, _, plain = logging_through(LoggingHandler(logger_provider=provider))
    return Work(run, provider.force_flush, plain)


def opentelemetry_record(place: Place) -> Work:
    from azure.monitor.opentelemetry.exporter import AzureMonitorMetricExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    exporter = AzureMonitorMetricExporter(**opentelemetry_options(place))
    provider = MeterProvider([PeriodicExportingMetricReader(exporter)])
    latency = provider.get_meter("benchmark").create_counter("latency", "ms")
    attributes = {"route": "/orders"}

    def run(count: int) -> None:
        for _ in range(count):
            latency.add(12.5, attributes)

    return Work(run, is_sent=False)


def logging_through(
    handler: logging.Handler,
) -> tuple[Callable[[int], None], Callable[[], object], Callable[[int], None]]:
    """Return what logs through a handler, what flushes it, and what logs to nothing."""

    def logs(name: str, target: logging.Handler) -> Callable[[int], None]:
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.setLevel(logging.INFO)
        logger.addHandler(target)

        def run(count: int) -> None:
            for number in range(count):
                logger.info("order %d was paid by %s", number, "card")

        return run

    return logs("measured", handler), handler.flush, logs("plain", logging.NullHandler())


FAMILIES = {"ours": "opencensus", "opencensus": "opencensus", "opentelemetry": "opentelemetry"}
KINDS = ("span", "unsampled", "log", "record")


def open_work(side: str, kind: str, port: int, *, is_held: bool = False) -> Work:
    """Return the program of a side for a kind of telemetry."""
    make: Callable[[Place], Work] = globals()[f"{FAMILIES[side]}_{kind}"]
    return make(Place(port, tempfile.mkdtemp(prefix="client-benchmark-"), is_held))


def burst_costs(work: Work, bursts: int) -> dict[str, float]:
    """Return what an operation costs, as the median and the best of the bursts."""
    for _ in range(WARM_BURSTS):
        work.run(BURST)
        work.drain()
        if work.plain:
            work.plain(BURST)
    thread_ns, wall_ns, plain_ns, process_ns = [], [], [], 0
    for _ in range(bursts):
        process = time.process_time_ns()
        thread, wall = time.thread_time_ns(), time.perf_counter_ns()
        work.run(BURST)
        thread_ns.append(time.thread_time_ns() - thread)
        wall_ns.append(time.perf_counter_ns() - wall)
        work.drain()
        process_ns += time.process_time_ns() - process
        if work.plain:
            thread = time.thread_time_ns()
            work.plain(BURST)
            plain_ns.append(time.thread_time_ns() - thread)
    costs = {
        "thread_us": statistics.median(thread_ns) / BURST / 1e3,
        "thread_best_us": min(thread_ns) / BURST / 1e3,
        "wall_us": statistics.median(wall_ns) / BURST / 1e3,
        "process_us": process_ns / bursts / BURST / 1e3,
        "sent": (WARM_BURSTS + bursts) * BURST if work.is_sent else 0,
    }
    if work.plain:
        costs["plain_us"] = statistics.median(plain_ns) / BURST / 1e3
        costs["plain_best_us"] = min(plain_ns) / BURST / 1e3
    return costs


def held_memory(work: Work) -> dict[str, float]:
    """Return the blocks and bytes that an operation still holds when its call has returned.

    The least of some repeats: an exporter's thread may import something meanwhile.
    """
    work.run(BURST)
    work.drain()
    gc.collect()
    blocks = min(_grown(sys.getallocatedblocks, work) for _ in range(REPEATS))
    tracemalloc.start()
    traced = min(_grown(lambda: tracemalloc.get_traced_memory()[0], work) for _ in range(REPEATS))
    return {"blocks": blocks / HELD_OPERATIONS, "bytes": traced / HELD_OPERATIONS}


def _grown(size: Callable[[], int], work: Work) -> int:
    before = size()
    work.run(HELD_OPERATIONS)
    return size() - before


def thread_slowdown(work: Work) -> dict[str, float]:
    """Return how much more the same amount of work costs when eight threads share it.

    Nothing is sent meanwhile, so that only those who record compete. `control` is the same for
    plain Python that shares nothing: switching threads costs it too, and that is the share of the
    interpreter's lock. Processor time is what counts: to wait for a lock of ours a thread is put to
    sleep and woken, which costs some, while time as such passes for other programs too.
    """
    work.run(BURST)
    work.drain()
    costs: dict[str, list[tuple[float, float]]] = {}
    for _ in range(REPEATS):
        for name, run in (("control", _control), ("work", work.run)):
            for threads in (1, THREADS):
                # What is held back is no garbage: going through it again and again would be timed.
                gc.collect()
                gc.freeze()
                cost = _together(run, threads, THREADED_OPERATIONS // threads)
                costs.setdefault(f"{name}{threads}", []).append(cost)
    best = {name: [min(part) for part in zip(*runs, strict=True)] for name, runs in costs.items()}
    answer = {}
    for name in ("control", "work"):
        cpu, passed = (best[f"{name}{THREADS}"][part] / best[f"{name}1"][part] for part in (0, 1))
        answer |= {name: cpu, f"{name}_passed": passed}
    return answer


def _together(run: Callable[[int], None], threads: int, count: int) -> tuple[float, float]:
    """Return the processor time and the time that passed while threads ran at once."""
    ready = threading.Barrier(threads + 1)

    def one() -> None:
        ready.wait()
        run(count)

    running = [threading.Thread(target=one) for _ in range(threads)]
    for thread in running:
        thread.start()
    cpu, passed = time.process_time(), time.perf_counter()
    ready.wait()
    for thread in running:
        thread.join()
    return time.process_time() - cpu, time.perf_counter() - passed


_control_slot: ContextVar[object] = ContextVar("control")


def _control(count: int) -> None:
    """Make about as many objects and calls as a span needs."""
    kept: deque[object] = deque(maxlen=BURST)
    for number in range(count):
        before = _control_slot.get(None)
        values = {"customer": number}
        _control_slot.set(values)
        for name in ("region", "tier", "started", "ended"):
            values[name] = time.time_ns()
        values["id"] = f"{number:016x}"
        kept.append(values)
        _control_slot.set(before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--side", choices=FAMILIES, required=True)
    parser.add_argument("--kind", choices=KINDS, required=True)
    parser.add_argument("--measure", choices=("cost", "memory", "threads"), default="cost")
    parser.add_argument("--port", type=int, required=True, help="where the sink listens")
    parser.add_argument("--bursts", type=int, default=30)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    is_held = asked.measure != "cost"
    work = open_work(asked.side, asked.kind, asked.port, is_held=is_held)
    if asked.measure == "cost":
        answer = burst_costs(work, asked.bursts)
    else:
        answer = held_memory(work) if asked.measure == "memory" else thread_slowdown(work)
    print(json.dumps(answer), flush=True)
    # What is held back is nobody's to send, and an exporter's own exit is not what is measured.
    os._exit(0)


if __name__ == "__main__":
    main()
