"""Serves requests, calls things, fails now and then and logs, until its standard input ends.

Options, as words: `fork` goes on in a child too; `rename` has a telemetry processor that names the
role; `off` switches Live Metrics off; `slow` lets attempts to send take very long; `debug` prints
what the live client logs.
"""

import logging
import os
import sys
import threading
import time

from opencensus.ext.azure.log_exporter import AzureEventHandler, AzureLogHandler
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.span import SpanKind
from opencensus.trace.tracer import Tracer

words = sys.argv[1:]
options = {}
if "off" in words:
    options["enable_live_metrics"] = False
if "slow" in words:
    options["timeout"] = 600
if "debug" in words:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
    live = logging.getLogger("opencensus.ext.azure.live")
    live.setLevel(logging.DEBUG)
    live.addHandler(handler)

exporter = AzureExporter(**options)
log = logging.getLogger("busy")
log.setLevel(logging.INFO)
log.addHandler(AzureLogHandler(**options))
events = logging.getLogger("busy.events")
events.setLevel(logging.INFO)
events.propagate = False
events.addHandler(AzureEventHandler(**options))


def name_role(envelope):
    envelope.tags["ai.cloud.role"] = "renamed"
    return True


if "rename" in words:
    exporter.add_telemetry_processor(name_role)
    for each in (*log.handlers, *events.handlers):
        each.add_telemetry_processor(name_role)


def serve(number):
    tracer = Tracer(exporter=exporter, sampler=AlwaysOnSampler())
    with tracer.span(name="request") as request:
        request.span_kind = SpanKind.SERVER
        request.add_attribute("http.method", "GET")
        request.add_attribute("http.url", f"http://shop/cart?number={number}")
        request.add_attribute("http.route", "/cart" if number % 2 else "/order")
        request.add_attribute("http.status_code", 500 if number % 5 == 0 else 200)
        with tracer.span(name="SELECT cart"):
            time.sleep(0.002)
        log.info("basket %d loaded", number)
        if number % 5 == 0:
            events.info("order placed")
            try:
                raise KeyError(f"basket {number}")
            except KeyError:
                log.exception("cannot load the basket")


asked_to_end = threading.Event()


def wait_for_end():
    sys.stdin.read()
    asked_to_end.set()


serve(0)
child = 0
if "fork" in words:
    exporter.flush()
    child = os.fork()
threading.Thread(target=wait_for_end, daemon=True).start()
print("ready", flush=True)
number = 1
while not asked_to_end.wait(0.02):
    serve(number)
    number += 1
if child:
    os.waitpid(child, 0)
