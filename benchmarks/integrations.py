"""What tracing adds to a request of Flask and FastAPI, beside OpenTelemetry's instrumentation.

    python benchmarks/integrations.py            # all; about two minutes
    python benchmarks/integrations.py --quick    # two rounds: a first look
    python benchmarks/integrations.py --check    # exit with 1 unless both bars are held

The application is one handler that makes one call over HTTP with requests and one query to SQLite.
It is asked in this process, without a socket: the figure is what its own thread spends. Three sides
take turns, each in a fresh process: nothing, ours (`FlaskMiddleware` or `FastAPIMiddleware`, `requests`
and `sqlite3`, exported by `AzureExporter`), and OpenTelemetry's instrumentations of the same
four, exported by Azure's exporter through its batch processor. All that is recorded goes to one
sink on this machine. What is added is the difference to nothing, of the best of many batches in each
process, round by round; processor time of the calling thread, and beside it of the whole process.

The environment with OpenTelemetry's packages is made on first use, from the Python that runs this
file, and kept in `--peers`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import client_sink

HERE = Path(__file__).resolve().parent
SOURCES = tuple(HERE.parent / "packages" / name / "src" for name in ("wire", "sdk"))
VERSION, INSTRUMENTATION = "1.45.1", "0.66b1"
REQUIREMENTS = (
    "flask>=3",
    "fastapi",
    "requests",
    "urllib3",
    "psutil",
    "wrapt<2",
    "msgspec",
    f"opentelemetry-sdk=={VERSION}",
    *(
        f"opentelemetry-instrumentation-{name}=={INSTRUMENTATION}"
        for name in ("flask", "fastapi", "requests", "sqlite3")
    ),
    "azure-monitor-opentelemetry-exporter==1.0.0b58",
)

SIDES = ("nothing", "ours", "opentelemetry")
FRAMEWORKS = ("flask", "fastapi")
BATCH = 100
GOAL_US = 40.0
GOAL_RATIO = 3.0
KEY = "11111111-2222-3333-4444-555555555555"

QUIET = {
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "true",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
    "OTEL_SEMCONV_STABILITY_OPT_IN": "",
}


class Answering(BaseHTTPRequestHandler):
    """What the application calls."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body leave apart, and the second would wait 40 ms

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        return


def answer():
    """Answer calls until the process is ended; prints the port first."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    print(server.server_port, flush=True)
    server.serve_forever()


def handler(called):
    """Return what both applications do for a request."""
    import sqlite3

    import requests

    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.execute("create table orders (number integer primary key, state text)")
    database.execute("insert into orders values (7, 'paid')")
    session = requests.Session()
    session.trust_env = False

    def order(number):
        session.get(called, timeout=5)
        cursor = database.cursor()
        row = cursor.execute("select state from orders where number = ?", (number,)).fetchone()
        return {"number": number, "state": row[0]}

    return order


def switch_on(side, framework, app, connection_string):
    """Trace an application; return what sends the rest."""
    if side == "ours":
        from opencensus.ext.azure.trace_exporter import AzureExporter
        from opencensus.trace.samplers import AlwaysOnSampler

        exporter = AzureExporter(connection_string=connection_string)
        given = {"exporter": exporter, "sampler": AlwaysOnSampler()}
        if framework == "flask":
            from opencensus.ext.flask.flask_middleware import FlaskMiddleware

            FlaskMiddleware(app, **given)
        else:
            from opencensus.ext.fastapi.fastapi_middleware import FastAPIMiddleware

            app.add_middleware(FastAPIMiddleware, **given)
        return exporter.flush
    if side == "opentelemetry":
        from azure.monitor.opentelemetry.exporter import AzureMonitorTraceExporter
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider = TracerProvider()
        exporter = AzureMonitorTraceExporter(
            connection_string=connection_string, disable_offline_storage=True
        )
        provider.add_span_processor(
            BatchSpanProcessor(exporter, max_queue_size=100_000, schedule_delay_millis=1000)
        )
        trace.set_tracer_provider(provider)
        if framework == "flask":
            from opentelemetry.instrumentation.flask import FlaskInstrumentor

            FlaskInstrumentor().instrument_app(app)
        else:
            from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

            FastAPIInstrumentor.instrument_app(app)
        return provider.force_flush
    return lambda: None


def patch_libraries(side):
    """Trace calls and statements; before the application connects."""
    if side == "ours":
        from opencensus.trace import config_integration

        assert len(config_integration.trace_integrations(["requests", "sqlite3"])) == 2
    if side == "opentelemetry":
        from opentelemetry.instrumentation.requests import RequestsInstrumentor
        from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor

        RequestsInstrumentor().instrument()
        SQLite3Instrumentor().instrument()


def flask_asker(side, called, connection_string):
    """Return a function that asks once, and what sends the rest."""
    from flask import Flask, jsonify

    app = Flask("bench")
    order = handler(called)
    app.add_url_rule("/orders/<int:number>", view_func=lambda number: jsonify(order(number)))
    flush = switch_on(side, "flask", app, connection_string)
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/orders/7",
        "QUERY_STRING": "full=1",
        "SERVER_NAME": "shop",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "shop",
        "HTTP_ACCEPT": "*/*",
        "HTTP_USER_AGENT": "bench",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": None,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }

    def ask():
        statuses = []
        body = app(dict(environ), lambda status, headers, exc_info=None: statuses.append(status))
        b"".join(body)
        body.close()
        assert statuses[0].startswith("200"), statuses

    return ask, flush


def fastapi_asker(side, called, connection_string):
    """Return a function that asks once, and what sends the rest."""
    import asyncio

    from fastapi import FastAPI

    app = FastAPI()
    order = handler(called)

    @app.get("/orders/{number}")
    async def read(number: int):
        return order(number)

    flush = switch_on(side, "fastapi", app, connection_string)
    loop = asyncio.new_event_loop()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/orders/7",
        "raw_path": b"/orders/7",
        "query_string": b"full=1",
        "root_path": "",
        "headers": [(b"host", b"shop"), (b"accept", b"*/*"), (b"user-agent", b"bench")],
        "server": ("shop", 80),
        "client": ("127.0.0.1", 5),
    }

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def ask_once():
        messages = []

        async def send(message):
            messages.append(message)

        await app(dict(scope), receive, send)
        assert messages[0]["status"] == 200

    return lambda: loop.run_until_complete(ask_once()), flush


def measure(side, framework, called, port, batches):
    """Print what a request costs, in microseconds, as JSON."""
    patch_libraries(side)
    text = f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:{port}/"
    asker = flask_asker if framework == "flask" else fastapi_asker
    ask, flush = asker(side, called, text)
    for _ in range(BATCH):
        ask()
    thread, whole = [], []
    for _ in range(batches):
        began, began_whole = time.thread_time(), time.process_time()
        for _ in range(BATCH):
            ask()
        thread.append((time.thread_time() - began) / BATCH * 1e6)
        whole.append((time.process_time() - began_whole) / BATCH * 1e6)
    flush()
    print(
        json.dumps(
            {
                "best": min(thread),
                "median": statistics.median(thread),
                "whole": statistics.median(whole),
                "requests": BATCH * (batches + 1),
            }
        ),
        flush=True,
    )
    os._exit(0)


def prepare(peers):
    """Return the Python of the environment with all sides."""
    environment = peers / "integrations"
    python = environment / "bin" / "python"
    stamp = environment / "installed"
    if not (stamp.exists() and stamp.read_text() == repr(REQUIREMENTS)):
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *REQUIREMENTS], check=True)
        stamp.write_text(repr(REQUIREMENTS))
    return python


def run(python, side, framework, called, sink, batches):
    """Return the figures of one side in a process of its own."""
    before = sink.received()["items"]
    environ = {**os.environ, **QUIET, "PYTHONPATH": os.pathsep.join(map(str, SOURCES))}
    done = subprocess.run(
        [python, __file__, "measure", side, framework, called, str(sink.port), str(batches)],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{side}, {framework}: {done.stderr[-2000:]}")
    figures = json.loads(done.stdout)
    spans = (sink.received()["items"] - before) / figures["requests"]
    return figures | {"spans": spans}


def compare(asked):
    """Measure and print; return the exit status."""
    python = prepare(asked.peers)
    results = {(side, framework): [] for side in SIDES for framework in FRAMEWORKS}
    called = subprocess.Popen(
        [python, __file__, "answer"], stdout=subprocess.PIPE, text=True, cwd=HERE
    )
    try:
        url = f"http://127.0.0.1:{called.stdout.readline().strip()}/stock"
        with client_sink.running() as sink:
            for number in range(asked.rounds):
                for framework in FRAMEWORKS:
                    for index in range(len(SIDES)):
                        side = SIDES[(index + number) % len(SIDES)]
                        results[side, framework].append(
                            run(python, side, framework, url, sink, asked.batches)
                        )
    finally:
        called.kill()
        called.wait()
    is_held = True
    print(
        f"{'us per request, added':24}{'thread':>10}{'(lowest':>10}{'highest)':>10}{'process':>10}{'spans':>8}"
    )
    for framework in FRAMEWORKS:
        bare = results["nothing", framework]
        added = {}
        for side in SIDES[1:]:
            pairs = list(zip(results[side, framework], bare, strict=True))
            added[side] = [one["best"] - nothing["best"] for one, nothing in pairs]
            whole = statistics.median(one["whole"] - nothing["whole"] for one, nothing in pairs)
            spans = statistics.median(one["spans"] for one, _ in pairs)
            print(
                f"{framework + ', ' + side:24}{statistics.median(added[side]):10.1f}"
                f"{min(added[side]):10.1f}{max(added[side]):10.1f}{whole:10.1f}{spans:8.2f}"
            )
        ours, theirs = (statistics.median(added[side]) for side in SIDES[1:])
        ratio = theirs / ours
        held = ours <= GOAL_US and ratio >= GOAL_RATIO
        is_held = is_held and held
        print(
            f"{framework}: at most {GOAL_US:g} us: {ours:.1f}; OpenTelemetry's at least"
            f" {GOAL_RATIO:g} times as much: {ratio:.1f} {'held' if held else 'NOT HELD'}"
        )
    return int(asked.check and not is_held)


def main():
    """Read the command line."""
    if sys.argv[1:2] == ["answer"]:
        answer()
    if sys.argv[1:2] == ["measure"]:
        side, framework, called, port, batches = sys.argv[2:]
        measure(side, framework, called, int(port), int(batches))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, default=15, help=f"batches of {BATCH} requests")
    parser.add_argument("--quick", action="store_true", help="two rounds")
    parser.add_argument(
        "--check", action="store_true", help="exit with 1 unless both bars are held"
    )
    parser.add_argument("--peers", type=Path, default=HERE / ".peers")
    asked = parser.parse_args()
    asked.rounds = 2 if asked.quick else asked.rounds
    return compare(asked)


if __name__ == "__main__":
    sys.exit(main())
