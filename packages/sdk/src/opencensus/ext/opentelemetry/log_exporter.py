"""The exporter of log records for programs that keep OpenTelemetry's SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.sdk._logs import export as sdk

from opencensus.ext.opentelemetry.records import envelope_of
from opencensus.ext.opentelemetry.resources import tags_of
from opencensus.ext.opentelemetry.sending import Sending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk._logs import ReadableLogRecord

if not hasattr(sdk, "LogRecordExporter"):
    raise ImportError("log records of OpenTelemetry's SDK need opentelemetry-sdk 1.39 or later")


class LogRecordExporter(Sending, sdk.LogRecordExporter):
    """Sends log records of OpenTelemetry's SDK as traces, exceptions and custom events.

    Args:
        options: Those of all exporters, see `common.options`.

    Raises:
        ValueError: An option is missing or wrong.
    """

    _item = "a log record"

    def export(self, batch: Sequence[ReadableLogRecord]) -> sdk.LogRecordExportResult:
        """Send records; return when they were sent or kept, after the grace period at most.

        It waits: use a processor that batches. Never raises; one that cannot be converted fails the
        call.
        """
        return (
            sdk.LogRecordExportResult.SUCCESS
            if self._send(batch)
            else sdk.LogRecordExportResult.FAILURE
        )

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
