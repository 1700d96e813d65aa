"""A Flask application that its authors instrumented with OpenTelemetry's API; serves until its input ends."""

import sys
import threading

from flask import Flask
from opentelemetry import trace
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from werkzeug.serving import make_server

tracer = trace.get_tracer("shop")
app = Flask("shop")
FlaskInstrumentor().instrument_app(app)


@tracer.start_as_current_span("at start")
def warm_up():
    return 2


@app.get("/orders/<int:number>")
def order(number):
    with tracer.start_as_current_span("price") as span:
        span.set_attribute("number", number)
        return f"order {number}: {number * warm_up()}"


server = make_server("127.0.0.1", 0, app, threaded=True)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
server.shutdown()
