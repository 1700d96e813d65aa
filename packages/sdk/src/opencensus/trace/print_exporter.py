"""Prints ended spans on the standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opencensus.common.transports import sync
from opencensus.trace import base_exporter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opencensus.common.transports.base import Transport
    from opencensus.trace.span_data import SpanData


class PrintExporter(base_exporter.Exporter):
    """Prints one list of spans per export.

    Args:
        transport: Makes the way from `export` to `emit`; by default at once, on the same thread.
    """

    def __init__(
        self, transport: Callable[[PrintExporter], Transport] = sync.SyncTransport
    ) -> None:
        self.transport = transport(self)

    def emit(self, span_datas: Sequence[SpanData]) -> None:
        """Print the spans."""
        print(span_datas)

    def export(self, span_datas: Sequence[SpanData]) -> None:
        """Hand the spans to the transport."""
        self.transport.export(span_datas)
