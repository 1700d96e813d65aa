"""The span that instrumentations of OpenTelemetry fill, recorded as one of ours."""

from __future__ import annotations

import logging
import threading
import traceback
from time import time_ns
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace as api
from opentelemetry.trace import SpanKind, StatusCode

from opencensus.common.utils import iso_text
from opencensus.ext._http import meter
from opencensus.ext.opentelemetry import reported
from opencensus.ext.opentelemetry.conventions import rpc_status, translated
from opencensus.trace import span as span_module
from opencensus.trace.attributes import Attributes
from opencensus.trace.link import Link
from opencensus.trace.status import Status
from opencensus.trace.time_event import Annotation
from opencensus.trace.tracers import base

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from opentelemetry.util.types import AnyValue
    from opentelemetry.util.types import Attributes as TheirAttributes

log = logging.getLogger(__name__)

MOST: Final = 128
"""How many attributes, events and links a span keeps: as many as OpenTelemetry's SDK."""
SERVED: Final = frozenset({SpanKind.SERVER, SpanKind.CONSUMER})
CALLING: Final = frozenset({SpanKind.CLIENT, SpanKind.PRODUCER})
_HTTP_METHODS: Final = frozenset({"http.method", "http.request.method"})
"""The attribute of every request and call over HTTP, in old and new semantic conventions."""
STATUS_CODE: Final = "http.status_code"
BAD_REQUEST: Final = 400
ANSWERED: Final = "response.status_code"
"""HTTP's status of an answer that failed all the same."""
UNKNOWN: Final = 2
"""The canonical code of an error of which nothing more is known."""


class BridgedSpan(api.Span):
    """A span of OpenTelemetry's API that our exporters receive when it ends.

    Args:
        tracer: Ours, of the trace that it belongs to.
        name: Its name.
        above: The ids of the span above it; invalid ones where there is none.
        kind: OpenTelemetry's kind.
        start_ns: When it began; now where it is None.
        records_exceptions: Whether `with` notes an exception that ends it.
        fails_with_exceptions: Whether `with` lets such an exception be its status.
    """

    _meter: meter.RequestMeter | None = None
    _began: float | None = None

    def __init__(
        self,
        tracer: Any,
        name: str,
        above: api.SpanContext,
        kind: SpanKind,
        start_ns: int | None,
        *,
        records_exceptions: bool,
        fails_with_exceptions: bool,
    ) -> None:
        self.tracer = tracer
        self.kind = kind
        self._above = above
        self._records_exceptions = records_exceptions
        self._fails_with_exceptions = fails_with_exceptions
        self._lock = threading.Lock()
        self._status = StatusCode.UNSET
        self._description: str | None = None
        self._attributes: dict[str, Any] = {}
        parent = base.NullContextManager(f"{above.span_id:016x}" if above.is_valid else None)
        self._span = span_module.Span(name, parent, context_tracer=tracer.tracer)
        self._span._start_ns = time_ns() if start_ns is None else start_ns
        ours = tracer.span_context
        self._context = api.SpanContext(
            int(ours.trace_id, 16),
            int(self._span.span_id, 16),
            is_remote=False,
            trace_flags=api.TraceFlags(api.TraceFlags.SAMPLED),
            trace_state=api.TraceState(list(ours.tracestate.items())) if ours.tracestate else None,
        )

    def count(self) -> None:
        """Count it from now on in the standard metrics, if it is a request or a call over HTTP."""
        if _HTTP_METHODS.isdisjoint(self._attributes):
            return
        if self.kind is SpanKind.SERVER:
            self._meter = meter.served
        elif self.kind is SpanKind.CLIENT:
            self._meter = meter.called
        if self._meter is not None:
            self._began = self._meter.begin(self)

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return bool(self._span._end_ns)

    # Instrumentations read what follows although only the SDK's spans promise it.

    @property
    def name(self) -> str:
        """Its name."""
        return self._span.name

    @property
    def context(self) -> api.SpanContext:
        """What `get_span_context` returns."""
        return self._context

    @property
    def parent(self) -> api.SpanContext | None:
        """The ids of the span above it; None where there is none."""
        return self._above if self._above.is_valid else None

    @property
    def attributes(self) -> Mapping[str, Any]:
        """Its attributes under OpenTelemetry's names, as they are now; they cannot be changed."""
        return MappingProxyType(self._attributes)

    @property
    def status(self) -> api.Status:
        """How it ended, as far as that was said."""
        return api.Status(self._status, self._description)

    @property
    def start_time(self) -> int:
        """When it began, in nanoseconds since 1970."""
        return self._span._start_ns

    @property
    def end_time(self) -> int | None:
        """When it ended, in nanoseconds since 1970; None before."""
        return self._span._end_ns or None

    def get_span_context(self) -> api.SpanContext:
        """Return the ids, which are the same in our telemetry."""
        return self._context

    def is_recording(self) -> bool:
        """Return whether it has not ended."""
        return not self._span._end_ns

    def set_attribute(self, key: str, value: AnyValue) -> None:
        """Attach a named value; beyond `MOST` names, new ones are left out."""
        self.set_attributes({key: value})

    def set_attributes(self, attributes: Mapping[str, AnyValue]) -> None:
        """Attach named values."""
        if not attributes or not self.is_recording():
            return
        with self._lock:
            kept = self._attributes
            for key, value in attributes.items():
                if len(kept) < MOST or key in kept:
                    kept[key] = value

    def add_event(
        self, name: str, attributes: TheirAttributes = None, timestamp: int | None = None
    ) -> None:
        """Note what happened; a trace below the span, or an exception where it is one."""
        if not self.is_recording():
            return
        said = dict(attributes or {})
        if name == reported.EXCEPTION and reported.TYPE in said:
            self._except(reported.details_said(said), said, timestamp)
        else:
            annotate(self._span, name, said, timestamp)

    def add_link(self, context: api.SpanContext, attributes: TheirAttributes = None) -> None:
        """Refer to a related span, also of another trace; one without ids is left out."""
        if not self.is_recording() or not context.is_valid:
            return
        link_to(self._span, context, attributes)

    def update_name(self, name: str) -> None:
        """Give it another name."""
        if self.is_recording():
            self._span.name = name

    def set_status(self, status: api.Status | StatusCode, description: str | None = None) -> None:
        """Say how it ended. That it went well is the last word; that nobody knows is none."""
        code = status.status_code if isinstance(status, api.Status) else status
        if isinstance(status, api.Status):
            description = status.description
        if not self.is_recording() or self._status is StatusCode.OK or code is StatusCode.UNSET:
            return
        self._status = code
        self._description = description if code is StatusCode.ERROR else None

    def record_exception(
        self,
        exception: BaseException,
        attributes: TheirAttributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """Report an exception: a row of `exceptions` below the span, with what caused it."""
        if not self.is_recording():
            return
        said = dict(attributes or {})
        self._except(reported.details_of(exception, said), said, timestamp, exception)

    def end(self, end_time: int | None = None) -> None:
        """End it and give it to the exporter; once. Never raises."""
        with self._lock:
            if self._span._end_ns:
                return
            self._span._end_ns = time_ns() if end_time is None else end_time
        if self._meter is not None:
            self._meter.end(self._began, self)
        try:
            fill(self._span, self.kind, self._attributes, self._status, self._description)
            self.tracer.tracer._export(self._span)
        except Exception:
            # What instrumentations attach may fail in any way.
            log.warning("a span of OpenTelemetry cannot be exported", exc_info=True)

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """End it; an exception is noted as the tracer was told, and goes on."""
        if isinstance(exc_val, Exception) and self.is_recording():
            if self._records_exceptions:
                self.record_exception(exc_val, escaped=True)
            if self._fails_with_exceptions:
                self.set_status(StatusCode.ERROR, f"{type(exc_val).__name__}: {exc_val}")
        super().__exit__(exc_type, exc_val, exc_tb)

    def _except(
        self,
        details: Any,
        said: dict[str, Any],
        timestamp: int | None,
        exception: BaseException | None = None,
    ) -> None:
        context = self.tracer.span_context
        if reported.report(
            self.tracer.exporter,
            details,
            said,
            time_ns() if timestamp is None else timestamp,
            (context.trace_id, self._span.span_id),
            context.sample_rate,
        ):
            return
        if exception is not None:
            lines = traceback.format_exception(type(exception), exception, exception.__traceback__)
            said = {
                reported.TYPE: details[0].typeName,
                reported.MESSAGE: details[0].message,
                reported.STACK: "".join(lines),
                **said,
            }
        annotate(self._span, reported.EXCEPTION, said, timestamp)


def fill(
    span: span_module.Span,
    kind: SpanKind,
    attributes: Mapping[str, Any],
    status: StatusCode,
    description: str | None,
) -> None:
    """Write into a span of ours what one of OpenTelemetry says.

    Args:
        span: What our exporters will read.
        kind: OpenTelemetry's kind.
        attributes: Those of its conventions.
        status: How it ended.
        description: What else is known of an error.
    """
    is_served = kind in SERVED
    if is_served:
        span.span_kind = span_module.SpanKind.SERVER
    elif kind in CALLING:
        span.span_kind = span_module.SpanKind.CLIENT
    if is_served or kind in CALLING:
        said: Mapping[str, Any] = translated(span.name, attributes, is_served=is_served)
    else:
        said = attributes
    # As many as came: our own limit is lower.
    span.attributes = span_module.BoundedDict.from_map(2 * MOST, said)
    if status is StatusCode.ERROR:
        _fail_whatever_came(span)
        span.status = Status(rpc_status(attributes) or UNKNOWN, description)


def _fail_whatever_came(span: span_module.Span) -> None:
    """Let the status decide where HTTP's says that all went well: it went wrong after the answer."""
    code = span.attributes.get(STATUS_CODE)
    try:
        is_failure = code is None or int(code) >= BAD_REQUEST
    except (TypeError, ValueError, OverflowError):  # the last of infinity
        is_failure = True
    if not is_failure:
        span.attributes[ANSWERED] = span.attributes.pop(STATUS_CODE)


def annotate(
    span: span_module.Span, name: str, attributes: dict[str, Any], timestamp: int | None
) -> None:
    """Note an event of OpenTelemetry in a span of ours; without a time, it happens now."""
    note = Annotation(None, name, Attributes(attributes))
    if timestamp is not None:
        note.timestamp = iso_text(timestamp)
    notes = span.__dict__.setdefault("_annotations", span_module.BoundedList(MOST))
    notes.append(note)


def link_to(
    span: span_module.Span, context: api.SpanContext, attributes: Mapping[str, Any] | None
) -> None:
    """Refer from a span of ours to a span of OpenTelemetry."""
    links = span.__dict__.setdefault("_links", span_module.BoundedList(MOST))
    ids = f"{context.trace_id:032x}", f"{context.span_id:016x}"
    links.append(Link(*ids, attributes=dict(attributes or {})))
