"""The exporter of spans for programs that keep OpenTelemetry's SDK."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import export as sdk

from opencensus.ext.azure.finished_span import FinishedSpan
from opencensus.ext.opentelemetry import reported
from opencensus.ext.opentelemetry.resources import tags_of
from opencensus.ext.opentelemetry.sending import Sending
from opencensus.ext.opentelemetry.spans import annotate, fill, link_to
from opencensus.trace import _opentelemetry
from opencensus.trace import span as span_module
from opencensus.trace.tracers import base

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan

SAMPLE_RATE = "_MS.sampleRate"
"""The attribute in which samplers for Application Insights say which percentage is recorded."""


class SpanExporter(Sending, sdk.SpanExporter):
    """Sends spans of OpenTelemetry's SDK as requests and dependencies.

    Exceptions and events of spans become rows of their own. The role is `service.namespace` and
    `service.name` of the resource, unless the options name one.

    Args:
        options: Those of all exporters, see `common.options`.

    Raises:
        ValueError: An option is missing or wrong.
    """

    _item = "a span"

    def export(self, spans: Sequence[ReadableSpan]) -> sdk.SpanExportResult:
        """Send spans; return when they were sent or kept, after the grace period at most.

        It waits: use a processor that batches. Never raises; one that cannot be converted fails the
        call.
        """
        return sdk.SpanExportResult.SUCCESS if self._send(spans) else sdk.SpanExportResult.FAILURE

    def _take(self, theirs: ReadableSpan) -> None:
        ids = theirs.get_span_context()
        assert ids is not None  # noqa: S101 - only a span that was never started has none
        attributes = dict(theirs.attributes or {})
        above = theirs.parent
        parent = base.NullContextManager(f"{above.span_id:016x}" if above is not None else None)
        span = span_module.Span(theirs.name, parent, span_id=f"{ids.span_id:016x}")
        span._start_ns, span._end_ns = theirs.start_time or 0, theirs.end_time or 0
        context = SimpleNamespace(
            trace_id=f"{ids.trace_id:032x}",
            tracestate=_opentelemetry._tracestate(ids.trace_state),
            sample_rate=attributes.pop(SAMPLE_RATE, None),
        )
        fill(span, theirs.kind, attributes, theirs.status.status_code, theirs.status.description)
        for link in theirs.links:
            link_to(span, link.context, link.attributes)
        tags = tags_of(theirs.resource, self.exporter.options)
        for event in theirs.events:
            said = dict(event.attributes or {})
            if event.name == reported.EXCEPTION and reported.TYPE in said:
                reported.report(
                    self.exporter,
                    reported.details_said(said),
                    said,
                    event.timestamp,
                    (context.trace_id, span.span_id),
                    context.sample_rate,
                    tags,
                )
            else:
                annotate(span, event.name, said, event.timestamp)
        for envelope in self.exporter.span_data_to_envelopes(FinishedSpan(span, context)):
            envelope.tags.update(tags)
            self.exporter._sender.put(envelope)
