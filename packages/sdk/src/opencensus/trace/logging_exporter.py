"""Writes ended spans to the log."""

from __future__ import annotations

import itertools
import logging
from typing import TYPE_CHECKING

from opencensus.common.transports import sync
from opencensus.trace import base_exporter, span_data

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opencensus.common.transports.base import Transport


_numbers = itertools.count(1)


class LoggingExporter(base_exporter.Exporter):
    """Logs one record per export, at the level INFO, to the handlers of the root logger.

    The level of the root logger stays as it is.

    Args:
        handler: Added to the root logger. By default one is added that prints the spans, and
            nothing else, on the standard error stream.
        transport: Makes the way from `export` to `emit`; by default at once, on the same thread.
    """

    def __init__(
        self,
        handler: logging.Handler | None = None,
        transport: Callable[[LoggingExporter], Transport] = sync.SyncTransport,
    ) -> None:
        root = logging.getLogger()
        # A logger of its own, outside of the tree, so that no logger of the program changes.
        self.logger = logging.Logger(f"{__name__}.{next(_numbers)}", logging.INFO)  # noqa: LOG001
        self.logger.parent = root
        if handler is None:
            handler = logging.StreamHandler()
            handler.addFilter(logging.Filter(self.logger.name))
        self.handler = handler
        root.addHandler(handler)
        self.transport = transport(self)

    def emit(self, span_datas: Sequence[span_data.SpanData]) -> None:
        """Log the spans."""
        self.logger.info(span_data.format_legacy_trace_json(span_datas))

    def export(self, span_datas: Sequence[span_data.SpanData]) -> None:
        """Hand the spans to the transport."""
        self.transport.export(span_datas)
