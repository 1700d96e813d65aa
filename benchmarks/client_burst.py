"""What telemetry costs the thread that makes it, and whether a sudden burst of it all arrives.

Logs, spans and measurements are made as fast as one thread can, against a server in another
process that accepts everything. Fails when a burst loses an item.

    .venv/bin/python benchmarks/client_burst.py --items 20000
"""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

from opencensus.ext.azure.log_exporter import AzureLogHandler
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "00000000-0000-0000-0000-000000000001"
SERVER = """
import http.server, json
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        count = len(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        body = json.dumps({"itemsReceived": count, "itemsAccepted": count, "errors": []}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self._headers_buffer.append(b"\\r\\n" + body)
        self.flush_headers()
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=20_000)
    count = parser.parse_args().items
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    endpoint = f"http://127.0.0.1:{int(server.stdout.readline())}"
    try:
        with tempfile.TemporaryDirectory() as folder:
            options = {"endpoint": endpoint, "instrumentation_key": KEY, "storage_path": folder}
            lost = burst_of_logs(count, options) + burst_of_spans(count, options)
    finally:
        server.kill()
        server.wait()
    print(json.dumps({"lost": lost}))
    return int(lost > 0)


def burst_of_logs(count: int, options: dict[str, Any]) -> int:
    handler = AzureLogHandler(**options)
    logger = logging.getLogger("burst")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    extra = {"custom_dimensions": {"customer": 7}}
    report("log record", count, lambda number: logger.info("message %d", number, extra=extra))
    return finish("log records", handler._sender)


def burst_of_spans(count: int, options: dict[str, Any]) -> int:
    exporter = AzureExporter(**options)
    tracer = Tracer(exporter=exporter, sampler=AlwaysOnSampler())

    def one(number: int) -> None:
        with tracer.span(name="work") as span:
            span.add_attribute("number", number)

    report("sampled span with an attribute", count, one)
    return finish("spans", exporter._sender)


def report(what: str, count: int, make: Callable[[int], None]) -> None:
    began = time.perf_counter()
    for number in range(count):
        make(number)
    took_s = time.perf_counter() - began
    print(f"{what:32} {took_s / count * 1e6:6.1f} us each on the caller's thread")


def finish(what: str, sender: Any) -> int:
    began = time.perf_counter()
    sender.close(60)
    lost: int = sum(sender.stats().dropped.values())
    print(f"{what:32} delivered {time.perf_counter() - began:.2f} s after the burst, lost {lost}")
    return lost


if __name__ == "__main__":
    sys.exit(main())
