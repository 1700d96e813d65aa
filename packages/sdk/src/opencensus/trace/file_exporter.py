"""Writes ended spans to a file as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from opencensus.common.transports import sync
from opencensus.trace import base_exporter, span_data

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opencensus.common.transports.base import Transport

DEFAULT_FILENAME = "opencensus-traces.json"


class FileExporter(base_exporter.Exporter):
    """Writes one JSON object per export.

    Args:
        file_name: The file.
        transport: Makes the way from `export` to `emit`; by default at once, on the same thread.
        file_mode: How the file is opened for each export. The default keeps only the last export;
            `"a"` keeps them all, one per line.
    """

    def __init__(
        self,
        file_name: str = DEFAULT_FILENAME,
        transport: Callable[[FileExporter], Transport] = sync.SyncTransport,
        file_mode: str = "w+",
    ) -> None:
        self.file_name = file_name
        self.transport = transport(self)
        self.file_mode = file_mode

    def emit(self, span_datas: Sequence[span_data.SpanData]) -> None:
        """Write the spans."""
        trace_json = json.dumps(span_data.format_legacy_trace_json(span_datas))
        with Path(self.file_name).open(self.file_mode, encoding="utf-8") as file:
            file.write(trace_json + "\n")

    def export(self, span_datas: Sequence[span_data.SpanData]) -> None:
        """Hand the spans to the transport."""
        self.transport.export(span_datas)
