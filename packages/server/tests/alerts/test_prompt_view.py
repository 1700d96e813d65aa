"""A program that counts prompts with a view, and the rule that watches it, by the real client."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from watched_telemetry import check, criteria

from opencensus.ext.azure.metrics_exporter.exporter import MetricsExporter
from opencensus.stats.aggregation import CountAggregation
from opencensus.stats.measure import MeasureInt
from opencensus.stats.measure_to_view_map import MeasureToViewMap
from opencensus.stats.measurement_map import MeasurementMap
from opencensus.stats.view import View
from opencensus.tags.tag_map import TagMap
from openinsights.clock import TICKS_PER_SECOND, to_datetime
from openinsights.query.values import datetime_text

PROMPTS = MeasureInt("prompts", "number of prompts", "prompts")
VIEW = View("prompt view", "number of prompts", [], PROMPTS, CountAggregation())


@pytest.fixture
def endpoint(served):
    """A port of this machine that hands to the server what it is sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {
                name: self.headers[name]
                for name in ("content-type", "content-encoding")
                if name in self.headers
            }
            reply = served.hand_over(self.path, body, headers)
            self.send_response(reply.status_code)
            self.send_header("content-length", str(len(reply.content)))
            self.end_headers()
            self.wfile.write(reply.content)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Program:
    """What the program does between its start and its end."""

    def __init__(self, served, endpoint):
        key = served.create().instrumentation_key
        self._served = served
        self._exporter = MetricsExporter(
            connection_string=f"InstrumentationKey={key};IngestionEndpoint={endpoint}",
            enable_standard_metrics=False,
            enable_local_storage=False,
        )
        self._views = MeasureToViewMap()
        self._views.register_view(VIEW, datetime_text(served.clock.now))

    def prompt(self):
        measurements = MeasurementMap(self._views)
        measurements.measure_int_put(PROMPTS, 1)
        measurements.record(TagMap())

    def export(self):
        now = to_datetime(self._served.clock.now).replace(tzinfo=None)
        self._exporter.export_metrics(list(self._views.get_metrics(now)))

    def end(self):
        self._exporter.shutdown()


def test_the_prompt_view_of_a_program_fires_and_resolves(served, endpoint):
    served.put_rule(
        "prompts",
        {
            "evaluationFrequency": "PT1M",
            "windowSize": "PT1M",
            "criteria": criteria(check("prompt view", "Maximum", "GreaterThan", 3)),
        },
    )
    served.clock.now += 10 * TICKS_PER_SECOND
    program = Program(served, endpoint)
    fired = []
    for _ in range(5):
        program.prompt()
        program.export()
        served.tick()
        fired.append(len(served.alerts("fired")))
    assert fired == [0, 0, 0, 1, 1]
    assert served.alerts("fired")[0]["value"] == 5.0
    program.end()
    again = Program(served, endpoint)  # a view counts from the program's start
    again.prompt()
    states = []
    for _ in range(3):
        again.export()
        served.tick()
        states.append(served.alerts()[0]["condition"])
    again.end()
    assert states == ["Fired", "Fired", "Resolved"]
