"""The exporter of log records for programs that keep OpenTelemetry's SDK."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk._logs import export as sdk

# Imported before a program makes a provider: of exit handlers the last comes first, so that providers
# export a last time while senders are still there.
from opencensus.ext.azure.common import lifetime  # noqa: F401
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.ext.opentelemetry.records import envelope_of
from opencensus.ext.opentelemetry.resources import tags_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk._logs import ReadableLogRecord

if not hasattr(sdk, "LogRecordExporter"):
    raise ImportError("log records of OpenTelemetry's SDK need opentelemetry-sdk 1.39 or later")

log = logging.getLogger(__name__)


class LogRecordExporter(sdk.LogRecordExporter):
    """Sends log records of OpenTelemetry's SDK as traces, exceptions and custom events.

    Args:
        options: Those of all exporters, see `common.options`.

    Raises:
        ValueError: An option is missing or wrong.
    """

    def __init__(self, **options: Any) -> None:
        self.exporter = AzureExporter(**options)
        """What sends."""

    def export(self, batch: Sequence[ReadableLogRecord]) -> sdk.LogRecordExportResult:
        """Send records; return when they were sent or kept, after the grace period at most.

        OpenTelemetry's processors flush by exporting alone, so it waits: use one that batches. Never
        raises; one that cannot be converted fails the call.
        """
        result = sdk.LogRecordExportResult.SUCCESS
        for one in batch:
            try:
                self._take(one)
            except Exception:
                # Bodies and attributes may hold objects of the host.
                log.warning("a log record of OpenTelemetry cannot be exported", exc_info=True)
                result = sdk.LogRecordExportResult.FAILURE
        self.exporter.flush()
        return result

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what was exported before; return whether that was done within the time."""
        return self.exporter.flush(timeout_millis / 1000)

    def shutdown(self) -> None:
        """Send what waits within the grace period, and end the thread."""
        self.exporter.shutdown()

    def _take(self, one: ReadableLogRecord) -> None:
        record, scope, options = one.log_record, one.instrumentation_scope, self.exporter.options
        self.exporter._sender.put(
            envelope_of(
                record,
                "" if scope is None else scope.name,
                (
                    f"{record.trace_id:032x}" if record.trace_id else None,
                    f"{record.span_id:016x}" if record.span_id else None,
                ),
                options.instrumentation_key,
                {**self.exporter._tags, **tags_of(one.resource, options)},
            )
        )
