"""The transport that emits at once, on the calling thread."""

from __future__ import annotations

from typing import Any

from opencensus.common.transports import base
from opencensus.trace import execution_context


class SyncTransport(base.Transport):
    """Calls the exporter's `emit` while no call of this context is traced."""

    def __init__(self, exporter: Any) -> None:
        self.exporter = exporter

    def export(self, datas: Any) -> None:
        """Emit the data now."""
        before = execution_context.is_exporter()
        execution_context.set_is_exporter(True)
        try:
            self.exporter.emit(datas)
        finally:
            execution_context.set_is_exporter(before)
