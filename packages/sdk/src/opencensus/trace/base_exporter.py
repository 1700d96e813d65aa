"""What an exporter of spans has to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opencensus.trace.span_data import SpanData


class Exporter:
    """The interface of an exporter. A subclass MUST implement `emit` and `export`."""

    def emit(self, span_datas: Sequence[SpanData]) -> Any:
        """Deliver the spans now; called by the transport, possibly on its own thread."""
        raise NotImplementedError

    def export(self, span_datas: Sequence[SpanData]) -> None:
        """Take the spans that just ended. Called on the thread that ended them: MUST NOT block."""
        raise NotImplementedError
