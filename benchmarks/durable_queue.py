"""What `durable_queue=True` adds to a span and to a log record, on the thread that records it.

Both exporters of a pair take the same items in turns, and nothing is sent meanwhile; of each the
turn with the lowest cost counts. Fails when an item costs more than 3 µs more.

    .venv/bin/python benchmarks/durable_queue.py
"""

from __future__ import annotations

import logging
import os
import platform
import sys
import tempfile
import time
from typing import Any

from opencensus.ext.azure.log_exporter import AzureLogHandler
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

ITEMS = 100
TURNS = 300
LIMIT_US = 3.0
KEY = "11111111-2222-3333-4444-555555555555"


def options(folder: str, is_durable: bool) -> dict[str, Any]:
    """Return options under which the sending thread leaves the queue alone."""
    return {
        "connection_string": f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:9",
        "durable_queue": is_durable,
        "export_interval": 3600.0,
        "max_batch_size": 10**6,
        "grace_period": 0.0,
        "storage_path": folder,
    }


def spans(exporter: AzureExporter) -> float:
    """Return the microseconds that one span with three attributes costs."""
    tracer = Tracer(exporter=exporter, sampler=AlwaysOnSampler())
    began = time.perf_counter()
    for number in range(ITEMS):
        with tracer.span(name="load basket") as span:
            span.add_attribute("items", number)
            span.add_attribute("shop", "east")
            span.add_attribute("http.url", "http://shop.example/basket/1")
    return (time.perf_counter() - began) / ITEMS * 1e6


def records(handler: AzureLogHandler) -> float:
    """Return the microseconds that one log record with an argument and a dimension costs."""
    logger = logging.Logger("shop.orders", logging.INFO)  # noqa: LOG001 - of no other handler's
    logger.addHandler(handler)
    extra = {"custom_dimensions": {"shop": "east"}}
    began = time.perf_counter()
    for number in range(ITEMS):
        logger.info("order %d placed", number, extra=extra)
    return (time.perf_counter() - began) / ITEMS * 1e6


def added(name: str, record: Any, plain: Any, durable: Any) -> float:
    """Measure in turns, print, and return what the durable queue adds."""
    times: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(TURNS):
        for is_durable, exporter in ((False, plain), (True, durable)):
            times[is_durable].append(record(exporter))
            sender = exporter._sender
            # The sending thread's part, on this thread: convert, and release what the ring holds.
            sender._envelopes(sender.ledger.take(sender._queue, ITEMS))
            sender._settle()
    without, with_it = min(times[False]), min(times[True])
    print(
        f"{name:12} lowest {without:6.2f} µs  durable {with_it:6.2f} µs"
        f"  added {with_it - without:5.2f} µs"
    )
    return with_it - without


def main() -> int:
    """Print the costs; return 1 when one is too high."""
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors, {TURNS} turns")
    with tempfile.TemporaryDirectory() as folder:
        exporters = [AzureExporter(**options(folder, is_durable)) for is_durable in (False, True)]
        handlers = [AzureLogHandler(**options(folder, is_durable)) for is_durable in (False, True)]
        costs = [added("span", spans, *exporters), added("log record", records, *handlers)]
        for one in (*exporters, *handlers):
            one.shutdown(0)
    return int(max(costs) > LIMIT_US)


if __name__ == "__main__":
    sys.exit(main())
