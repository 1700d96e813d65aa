"""A program that only OpenTelemetry's instrumentations trace: it serves, calls and queries.

It prints its port and ends when its input does.
"""

import sqlite3
import sys
import threading

import flask
import urllib3
from opentelemetry import _logs, metrics, trace
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
from werkzeug.serving import make_server

from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace import config_integration
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

tracer = Tracer(exporter=AzureExporter(role_name="bridged"), sampler=AlwaysOnSampler())
assert config_integration.trace_integrations(["opentelemetry", "sqlite3"], tracer) == [
    "opentelemetry",
    "sqlite3",
]
URLLib3Instrumentor().instrument()
application = flask.Flask("shop")
FlaskInstrumentor().instrument_app(application)
asked = metrics.get_meter("shop").create_counter("asked")
calls = urllib3.PoolManager()


@application.get("/orders/<int:number>")
def order(number: int) -> str:
    with trace.get_tracer("shop").start_as_current_span("price") as span:
        asked.add(1, {"number": number})
        span.add_event("asked", {"number": number})
        reply = calls.request("GET", f"{flask.request.host_url}prices/{number}")
        return reply.data.decode()


@application.get("/prices/<int:number>")
def price(number: int) -> str:
    database = sqlite3.connect(":memory:")
    ((found,),) = database.execute(f"select {number} * 2").fetchall()
    database.close()
    _logs.get_logger("shop").emit(body="told", attributes={"price": found})
    return str(found)


@application.get("/broken")
def broken() -> str:
    raise LookupError("no such price")


server = make_server("127.0.0.1", 0, application, threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
server.shutdown()
