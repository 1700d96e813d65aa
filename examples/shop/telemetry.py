"""What every process of the shop does first: say who it is, and report to its connection string.

`APPLICATIONINSIGHTS_CONNECTION_STRING` names the server. Nothing else is configured.
"""

from __future__ import annotations

import logging
import os
from typing import Any, NamedTuple

from opencensus.ext.azure.log_exporter import AzureEventHandler, AzureLogHandler
from opencensus.ext.azure.metrics_exporter import new_metrics_exporter
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace import config_integration
from opencensus.trace.samplers import AlwaysOnSampler

EXPORT_INTERVAL_S = float(os.environ.get("SHOP_EXPORT_INTERVAL_S", "2"))
METRICS_INTERVAL_S = max(EXPORT_INTERVAL_S, 5.0)


class Telemetry(NamedTuple):
    """Where a process reports."""

    log: logging.Logger
    events: logging.Logger
    """Each record is a custom event."""
    traced: dict[str, Any]
    """The exporter and the sampler that middlewares and tracers take."""


def instrument(role: str, *libraries: str) -> Telemetry:
    """Instrument this process and return where it reports.

    Args:
        role: the name under which the process appears, such as `orders`.
        libraries: what the process calls others with, such as `requests` and `sqlite3`; before the
            first connection is opened.
    """
    given = {"role_name": role, "export_interval": EXPORT_INTERVAL_S}
    config_integration.trace_integrations(["logging", *libraries])
    new_metrics_exporter(role_name=role, export_interval=METRICS_INTERVAL_S)
    log = _logger(role, AzureLogHandler(**given))
    events = _logger(f"{role}.events", AzureEventHandler(**given))
    events.propagate = False
    return Telemetry(
        log, events, {"exporter": AzureExporter(**given), "sampler": AlwaysOnSampler()}
    )


def _logger(name: str, handler: logging.Handler) -> logging.Logger:
    logger = logging.getLogger(name)
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    return logger
