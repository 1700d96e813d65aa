"""Writes ended spans to the log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from opencensus.common.transports import sync
from opencensus.trace import base_exporter, span_data

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opencensus.common.transports.base import Transport


class LoggingExporter(base_exporter.Exporter):
    """Logs one record per export, at the level INFO.

    The records also reach the handlers of the root logger, whose level stays as it is.

    Args:
        handler: Receives the records; by default they are printed on the standard error stream.
        transport: Makes the way from `export` to `emit`; by default at once, on the same thread.
    """

    def __init__(
        self,
        handler: logging.Handler | None = None,
        transport: Callable[[LoggingExporter], Transport] = sync.SyncTransport,
    ) -> None:
        self.handler = logging.StreamHandler() if handler is None else handler
        # A logger of its own, so that no other logger of the program changes.
        self.logger = logging.Logger(__name__, logging.INFO)  # noqa: LOG001
        self.logger.parent = logging.getLogger()
        self.logger.addHandler(self.handler)
        self.transport = transport(self)

    def emit(self, span_datas: Sequence[span_data.SpanData]) -> None:
        """Log the spans."""
        self.logger.info(span_data.format_legacy_trace_json(span_datas))

    def export(self, span_datas: Sequence[span_data.SpanData]) -> None:
        """Hand the spans to the transport."""
        self.transport.export(span_datas)
