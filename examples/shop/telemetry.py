"""What every process of the shop does first: say who it is, and report to its connection string.

`APPLICATIONINSIGHTS_CONNECTION_STRING` names the server. Nothing else is configured.
"""

from __future__ import annotations

import logging
import os
import signal
import sys

from flask import Flask

from opencensus.ext.azure.log_exporter import AzureEventHandler, AzureLogHandler
from opencensus.ext.azure.metrics_exporter import new_metrics_exporter
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.ext.flask.flask_middleware import FlaskMiddleware
from opencensus.trace import config_integration
from opencensus.trace.samplers import AlwaysOnSampler

EXPORT_INTERVAL_S = float(os.environ.get("SHOP_EXPORT_INTERVAL_S", "2"))


def named(role):
    """Return a telemetry processor that stamps the role's name on every envelope."""

    def stamp(envelope):
        envelope.tags["ai.cloud.role"] = role
        return True

    return stamp


def instrument(role: str, app: Flask | None = None) -> logging.Logger:
    """Instrument this process and return its logger; `logger.events` writes custom events.

    Args:
        role: the name under which the process appears, such as `orders`.
        app: the Flask application whose requests are traced, if the process has one.
    """
    config_integration.trace_integrations(["requests", "logging", "sqlite3"])

    spans = AzureExporter(export_interval=EXPORT_INTERVAL_S)
    spans.add_telemetry_processor(named(role))
    if app is not None:
        FlaskMiddleware(app, exporter=spans, sampler=AlwaysOnSampler())

    logs = AzureLogHandler(export_interval=EXPORT_INTERVAL_S)
    logs.add_telemetry_processor(named(role))
    logger = logging.getLogger(role)
    logger.setLevel(logging.INFO)
    logger.addHandler(logs)

    events = AzureEventHandler(export_interval=EXPORT_INTERVAL_S)
    events.add_telemetry_processor(named(role))
    event_logger = logging.getLogger(f"{role}.events")
    event_logger.setLevel(logging.INFO)
    event_logger.propagate = False
    event_logger.addHandler(events)

    metrics = new_metrics_exporter(export_interval=max(EXPORT_INTERVAL_S, 5.0))
    metrics.add_telemetry_processor(named(role))
    return logger


def serve(app: Flask) -> None:
    """Serve the application on loopback at the port that the environment names, until SIGTERM."""
    # without a handler SIGTERM would end the process before its exporters could send what they hold
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app.run(host="127.0.0.1", port=int(os.environ["SHOP_PORT"]), threaded=True, debug=False)
