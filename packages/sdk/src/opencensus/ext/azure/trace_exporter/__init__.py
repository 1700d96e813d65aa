"""The exporter of spans: they wait as they are and become envelopes on the sending thread."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from opencensus.ext.azure import span_envelopes
from opencensus.ext.azure.common.keeping import Keeping
from opencensus.ext.azure.common.options import resolve
from opencensus.ext.azure.common.passed_on import passing_on
from opencensus.ext.azure.common.processors import ProcessorMixin
from opencensus.ext.azure.common.tags import exporter_tags
from opencensus.ext.azure.finished_span import FinishedSpan
from opencensus.trace import base_exporter
from opencensus.trace.attributes_helper import COMMON_ATTRIBUTES
from opencensus.trace.span import Span, SpanKind  # noqa: F401
from openinsights_wire import tags as tag_names
from openinsights_wire.envelope import Envelope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from opencensus.ext.azure.common.durable_queue import Form
    from opencensus.ext.azure.common.ledger import Stats
    from opencensus.trace.span_data import SpanData

logger = logging.getLogger(__name__)

__all__ = ["AzureExporter"]

__getattr__ = passing_on(__name__)

# Older code reads the names of attributes here.
HTTP_METHOD = COMMON_ATTRIBUTES["HTTP_METHOD"]
HTTP_PATH = COMMON_ATTRIBUTES["HTTP_PATH"]
HTTP_ROUTE = COMMON_ATTRIBUTES["HTTP_ROUTE"]
HTTP_URL = COMMON_ATTRIBUTES["HTTP_URL"]
HTTP_STATUS_CODE = COMMON_ATTRIBUTES["HTTP_STATUS_CODE"]
ERROR_MESSAGE = COMMON_ATTRIBUTES["ERROR_MESSAGE"]
ERROR_NAME = COMMON_ATTRIBUTES["ERROR_NAME"]
STACKTRACE = COMMON_ATTRIBUTES["STACKTRACE"]


def _made_again(kind: Any, options: dict[str, Any], processors: Iterable[Any]) -> Any:
    exporter = kind(**options)
    for processor in processors:
        exporter.add_telemetry_processor(processor)
    return exporter


class AzureExporter(base_exporter.Exporter, ProcessorMixin, Keeping):
    """Sends spans in the background. Accepts the options of all exporters.

    Raises:
        ValueError: An option is missing or wrong; see ``common.options``.
    """

    def __init__(self, **options: Any) -> None:
        ProcessorMixin.__init__(self)
        self._given = options
        self.options = resolve(options, os.environ)
        self.export_interval = self.options.export_interval
        self.max_batch_size = self.options.max_batch_size
        self._tags = exporter_tags(self.options)
        # Whoever only imports an exporter does without all that sends.
        from opencensus.ext.azure.common.assembly import make_sender

        self._has_own_form = (
            type(self).span_data_to_envelope is not AzureExporter.span_data_to_envelope
        )
        self._sender = make_sender(
            "AzureExporter Worker",
            self.options,
            self.apply_telemetry_processors,
            convert=self._convert,
            make_form=self._form,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to a worker process as what is made of the same options there.

        Raises:
            Exception: Options or processors hold something that cannot be pickled.
        """
        return _made_again, (type(self), self._given, self._telemetry_processors)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "export" in cls.__dict__ and "take_span" not in cls.__dict__:
            # Such a class wants to see the records.
            cls.take_span = None  # type: ignore[assignment, method-assign]

    def take_span(self, span: Span) -> None:
        """Queue a span that just ended; never blocks and never raises."""
        # Hot path, once per sampled span.
        self._sender.put(span)

    def export(self, items: Iterable[SpanData]) -> None:
        """Queue the spans that just ended; never blocks and never raises."""
        for span_data in items:
            self._sender.put(span_data)

    def emit(self, batch: Iterable[SpanData], event: Any = None) -> None:
        """Send spans now: wait until they are sent or kept, for at most the grace period.

        A span that cannot be converted is reported and counted as lost; nothing is raised.

        Args:
            batch: Spans that ended.
            event: Set when that is done, whatever became of them.
        """
        try:
            for span_data in batch:
                for item in self._converted_or_reported(span_data):
                    self._sender.put(item)
            self.flush()
        finally:
            if event is not None:
                event.set()

    def _converted_or_reported(self, span_data: SpanData) -> list[Any]:
        try:
            return list(self.span_data_to_envelopes(span_data))
        except Exception:
            # Spans hold objects of the host, with any way to fail. The sender counts the loss.
            logger.exception("span cannot be exported")
            return [span_data]

    def flush(self, timeout: float | None = None) -> bool:
        """Send the spans that ended before; return whether that was done within the time.

        Args:
            timeout: Seconds; None means the grace period.
        """
        return self._sender.flush(timeout)

    def shutdown(self, timeout: float | None = None) -> None:
        """Send what waits within the grace period, keep the rest on disk, and end the thread."""
        self._sender.close(timeout)
        self._close_storage()

    def stats(self) -> Stats:
        """Return what became of all spans in this process."""
        return self._sender.stats()

    def _stop(self, timeout: float | None = None) -> None:
        # The name under which older code ends the exporter.
        self.shutdown(timeout)

    def span_data_to_envelope(self, sd: SpanData | FinishedSpan) -> Iterator[Envelope]:
        """Yield the request or the dependency that a span stands for, after its exception if any."""
        return span_envelopes.envelopes_of(sd, self.options.instrumentation_key, self._tags)

    def span_data_to_envelopes(self, span_data: SpanData | FinishedSpan) -> list[Envelope]:
        """Return all that is sent for a span."""
        envelopes = list(self.span_data_to_envelope(span_data))
        for one in envelopes if len(envelopes) > 1 else ():
            if one.name == span_envelopes.EXCEPTION_NAME:
                # It happened inside the request and ended it: so it stands below it in the tree.
                one.tags[tag_names.OPERATION_PARENT_ID] = span_data.span_id
                one.time = span_data.end_time or one.time
        if span_data.annotations or span_data.message_events:
            envelopes += span_envelopes.events_of(
                span_data, self.options.instrumentation_key, self._tags
            )
        return envelopes

    def _form(self) -> Form:
        from opencensus.ext.azure import frozen_span

        return frozen_span.form(self._convert, self._tags, is_own=self._has_own_form)

    def _convert(self, item: Any) -> list[Envelope]:
        # Hot path, once per sampled span: nearly all have no children of their own making.
        if not isinstance(item, Span):
            return [item] if isinstance(item, Envelope) else self.span_data_to_envelopes(item)
        tracer = item.context_tracer
        if not self._has_own_form and not item._children:
            return self.span_data_to_envelopes(FinishedSpan(item, tracer.span_context))
        records = tracer.get_span_datas(item)
        return [one for record in records for one in self.span_data_to_envelopes(record)]
