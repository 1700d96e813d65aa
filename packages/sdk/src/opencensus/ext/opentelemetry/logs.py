"""The provider of loggers for OpenTelemetry's API: its records go where spans go."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from opentelemetry import _logs as api

from opencensus.ext.azure.log_operation import current_operation
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.ext.opentelemetry.records import envelope_of
from opencensus.trace import execution_context

if TYPE_CHECKING:
    from opentelemetry.util.types import Attributes

log = logging.getLogger(__name__)


class LoggerProvider(api.LoggerProvider):
    """Gives instrumentations a logger whose records become traces, exceptions and custom events.

    Args:
        exporter: Sends them: an `AzureExporter`. With another one, nothing is sent.
    """

    def __init__(self, exporter: Any = None) -> None:
        self.exporter = exporter

    def get_logger(
        self,
        name: str,
        version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> api.Logger:
        """Return a logger of this name."""
        return BridgedLogger(self, name)


class BridgedLogger(api.Logger):
    """Sends records. Never raises.

    Args:
        provider: Says where they go.
        name: The dimension `logger_name` of what it sends.
    """

    def __init__(self, provider: LoggerProvider, name: str) -> None:
        super().__init__(name)
        self._provider = provider

    def emit(self, record: Any = None, **fields: Any) -> None:
        """Send a record, or one of these fields; it belongs to the span of its context.

        Where that has none, it belongs to the current span of ours.
        """
        exporter = self._provider.exporter
        if not isinstance(exporter, AzureExporter) or execution_context.is_exporter():
            return
        try:
            one: Any = api.LogRecord(**fields) if record is None else record
            exporter._sender.put(
                envelope_of(
                    one,
                    self._name,
                    _ids(one),
                    exporter.options.instrumentation_key,
                    exporter._tags,
                )
            )
        except Exception:
            # What instrumentations hand over may be anything.
            log.warning("a log record of OpenTelemetry cannot be sent", exc_info=True)

    def enabled(self, **_: Any) -> bool:
        """Return whether records are sent at all."""
        return isinstance(self._provider.exporter, AzureExporter)


def _ids(record: Any) -> tuple[str | None, str | None]:
    if record.trace_id:
        return f"{record.trace_id:032x}", f"{record.span_id:016x}" if record.span_id else None
    operation = current_operation()
    return operation.trace_id, operation.span_id
