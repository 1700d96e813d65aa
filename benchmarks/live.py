"""What Live Metrics cost a process: per item while somebody watches, and per second while nobody does.

    python benchmarks/live.py

Items are counted on the exporters' sending threads, so the first figures are no time of the host's
threads. The second ones come from two processes that do nothing for a while, with and without.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opencensus.ext.azure.live.collector import Collector
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer
from openinsights.live.filters import View, configuration_of
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.live.configuration import Configuration, understood
from openinsights_wire.stamps import format_time, ticks_from_unix_ns
from openinsights_wire.types.dependency import RemoteDependencyData
from openinsights_wire.types.message import MessageData
from openinsights_wire.types.request import RequestData

BATCH = 99
ROUNDS = 50
IDLE_S = 30
ASKED = {
    "nothing is asked for": None,
    "a view without filters": View(),
    "a filter and a metric": View(
        filters=("request where Url contains /cart",),
        metrics=("count() of request where Duration > 500ms",),
    ),
}


def batch() -> list[Envelope]:
    now = format_time(ticks_from_unix_ns(time.time_ns()))
    properties = {"tier": "gold"}
    kinds = (
        Data(
            "RequestData",
            RequestData("1", "0.00:00:00.100", "200", True, "GET /", None, "http://x/", properties),
        ),
        Data("RemoteDependencyData", RemoteDependencyData("n", "0.00:00:00.020")),
        Data("MessageData", MessageData("hello", 1, properties)),
    )
    return [
        Envelope(time=now, data=kinds[number % 3], tags={"ai.cloud.role": "shop"})
        for number in range(BATCH)
    ]


def per_item_us(view: View | None) -> float:
    configuration = Configuration() if view is None else understood(configuration_of([view]))
    best = float("inf")
    for _ in range(ROUNDS):
        collector = Collector(time.time_ns, time.monotonic)
        collector.configure(configuration)
        items = batch()
        began = time.perf_counter()
        collector.observe(items)
        best = min(best, time.perf_counter() - began)
    return best / BATCH * 1e6


class Unwatched(BaseHTTPRequestHandler):
    """Takes telemetry, and says that nobody watches."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"itemsReceived":1,"itemsAccepted":1,"errors":[]}'
        self.send_response(200)
        self.send_header("x-ms-qps-subscribed", "false")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        return


def idle(url: str, is_on: bool) -> None:
    """Send one span, then do nothing; print the processor time per second and the memory."""
    text = f"InstrumentationKey=11111111-2222-3333-4444-555555555555;IngestionEndpoint={url}"
    exporter = AzureExporter(
        connection_string=f"{text};LiveEndpoint={url}", enable_live_metrics=is_on
    )
    with Tracer(exporter=exporter, sampler=AlwaysOnSampler()).span(name="work"):
        pass
    exporter.flush()
    time.sleep(2)
    before = resource.getrusage(resource.RUSAGE_SELF)
    time.sleep(IDLE_S)
    after = resource.getrusage(resource.RUSAGE_SELF)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"{used / IDLE_S * 1000:.2f} ms of a processor per second, {after.ru_maxrss / 1024:.1f} MiB"
    )


def main() -> None:
    for label, view in ASKED.items():
        print(f"watched, {label:<24} {per_item_us(view):5.1f} µs per item")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Unwatched)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    programs = {
        label: subprocess.Popen(
            [sys.executable, __file__, url, label], stdout=subprocess.PIPE, text=True
        )
        for label in ("on", "off")
    }
    for label, program in programs.items():
        print(f"nobody watches, {label:<4} {program.communicate()[0].strip()}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        idle(sys.argv[1], sys.argv[2] == "on")
    else:
        main()
