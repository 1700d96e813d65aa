"""Exporters and tracing of a whole program, from its environment alone."""

from __future__ import annotations

import logging
import os
from functools import wraps
from typing import Any, Final

from opencensus.ext.patched import is_patched, marked

RATE_VARIABLE: Final = "OPENCENSUS_SAMPLING_RATE"
LOG_LEVEL_VARIABLE: Final = "OPENCENSUS_LOG_LEVEL"
METRICS_VARIABLE: Final = "OPENCENSUS_METRICS"
EVERYTHING: Final = 1.0


def start() -> None:
    """Trace what the program imports, and send its spans, log records and standard metrics.

    Raises:
        ValueError: a variable of the environment is not what it has to be; says which.
    """
    from opencensus.ext.auto.trace import trace_integration
    from opencensus.ext.azure.trace_exporter import AzureExporter
    from opencensus.trace.samplers import ProbabilitySampler
    from opencensus.trace.tracer import Tracer

    sampler = ProbabilitySampler(rate=sampling_rate())
    level = log_level()
    trace_integration(Tracer(exporter=AzureExporter(), sampler=sampler))
    if level is not None:
        _send_records(level)
    if os.environ.get(METRICS_VARIABLE, "true").lower() != "false":
        from opencensus.ext.azure import metrics_exporter

        metrics_exporter.new_metrics_exporter()


def sampling_rate() -> float:
    """Return the share of traces that is recorded, from 0 to 1."""
    text = os.environ.get(RATE_VARIABLE, "")
    try:
        rate = float(text) if text else EVERYTHING
        if not 0 <= rate <= 1:
            raise ValueError
    except ValueError:
        raise ValueError(f"{RATE_VARIABLE} is {text!r}: a number from 0 to 1 is expected") from None
    return rate


def log_level() -> int | None:
    """Return the level from which on log records are sent; None when none are."""
    text = os.environ.get(LOG_LEVEL_VARIABLE, "WARNING").upper()
    if text == "OFF":
        return None
    level = logging.getLevelName(text)
    if not isinstance(level, int):
        raise ValueError(
            f"{LOG_LEVEL_VARIABLE} is {text!r}: INFO, WARNING, ERROR or OFF is expected"
        )
    return level


def _send_records(level: int) -> None:
    """Send records beside whatever handlers there are.

    A handler of the root logger would keep `logging.basicConfig` from doing anything, and warnings
    from being printed where an application configures nothing.
    """
    from opencensus.ext.azure.log_exporter import AzureLogHandler

    handler: Any = AzureLogHandler()
    call_handlers = logging.Logger.callHandlers
    if is_patched(call_handlers):
        return

    @wraps(call_handlers)
    def with_ours(self: logging.Logger, record: logging.LogRecord) -> None:
        call_handlers(self, record)
        if record.levelno >= level:
            handler.handle(record)

    logging.Logger.callHandlers = marked(with_ours)  # type: ignore[method-assign]
