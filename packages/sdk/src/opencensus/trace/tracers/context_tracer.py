"""The tracer of a sampled trace: it opens spans in the execution context and exports them."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

# The execution context is here because older code replaces it under this module's name.
from opencensus.trace import (
    _active_span,
    _opentelemetry,
    execution_context,  # noqa: F401
    print_exporter,
)
from opencensus.trace import span as trace_span
from opencensus.trace import span_data as span_data_module
from opencensus.trace._opentelemetry import SHOWN, OutsideParent
from opencensus.trace.span_context import SpanContext
from opencensus.trace.tracers import base

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opencensus.trace.base_exporter import Exporter

_log = logging.getLogger(__name__)

_get_current_span = _active_span.slot.get
_set_current_span = _active_span.slot.set

_modules = sys.modules
_OPENTELEMETRY = _opentelemetry.MODULE

_NEVER_OPENED = object()


class ContextTracer(base.Tracer):
    """Records the spans of one trace; threads and tasks may share it.

    The parent of a new span is the innermost open span of the same thread or task. Where none is
    open, it is the span that `span_context` continues.

    Args:
        exporter: Receives each span when it ends; by default prints it.
        span_context: The trace; by default a new one.
    """

    _outer: base.NullContextManager | None = None
    """The parent of the trace's roots, once there is one."""

    def __init__(
        self, exporter: Exporter | None = None, span_context: SpanContext | None = None
    ) -> None:
        # Hot path, once per sampled trace.
        if exporter is None:
            exporter = print_exporter.PrintExporter()
        self._exporter: Any = exporter
        self._take_span: Callable[[Any], None] | None = _taker(exporter)
        self.span_context: SpanContext = SpanContext() if span_context is None else span_context
        self.trace_id = self.span_context.trace_id
        self.root_span_id = self.span_context.span_id
        # A dict keeps the order and forgets in constant time; both are atomic without a lock.
        self._open_spans: dict[Any, None] = {}

    @property
    def exporter(self) -> Any:
        """What receives each span when it ends."""
        return self._exporter

    @exporter.setter
    def exporter(self, exporter: Any) -> None:
        self._exporter = exporter
        self._take_span = _taker(exporter)

    @property
    def _spans_list(self) -> list[Any]:
        # The name under which older code reads and replaces the open spans.
        return self.list_collected_spans()

    @_spans_list.setter
    def _spans_list(self, spans: Iterable[Any]) -> None:
        self._open_spans = dict.fromkeys(spans)

    def finish(self) -> None:
        """End every open span of this tracer, the last opened first, and export each."""
        for span in reversed(list(self._open_spans)):
            self._end_through(span)

    def span(self, name: str = "span") -> Any:
        """Start a span and make it the current one; use it with `with`."""
        return self.start_span(name)

    def start_span(self, name: str = "span") -> Any:
        """Start a span and make it the current one; `end_span` ends it."""
        # Hot path, once per sampled span.
        parent = self.current_span()
        if _OPENTELEMETRY in _modules:
            return self._start_beside_opentelemetry(name, parent)
        if parent is None:
            parent = self._root_parent()
        span = trace_span.Span(name, parent, context_tracer=self)
        self._open_spans[span] = None
        _set_current_span(span)
        span.start()
        return span

    def _start_beside_opentelemetry(self, name: str, parent: Any) -> Any:
        around = _opentelemetry.context_here()
        parent = _opentelemetry.parent_of_next(parent, self.trace_id, around)
        if parent is None:
            parent = self._root_parent()
        span = trace_span.Span(name, parent, context_tracer=self)
        self._open_spans[span] = None
        _set_current_span(span)
        _opentelemetry.show(span, self.span_context, around)
        span.start()
        return span

    def _root_parent(self) -> base.NullContextManager:
        # One for all roots of the trace, as long as they have the same caller.
        parent, outer_span_id = self._outer, self.span_context._outer_span_id
        if parent is None or parent.span_id != outer_span_id:
            parent = self._outer = base.NullContextManager(outer_span_id)
        return parent

    def end_span(self, *args: Any, **kwargs: Any) -> None:
        """End the current span, export it, and make its parent the current one.

        A current span that another tracer opened is ended and exported by that tracer.
        """
        span = self.current_span()
        if span is None:
            _log.warning("No active span, cannot do end_span.")
            return
        owner = getattr(span, "context_tracer", None)
        if owner is not self and isinstance(owner, ContextTracer):
            owner.end_span()
            return
        self._end_current(span)

    def _end_current(self, span: Any) -> None:
        # Hot path, once per sampled span.
        parent = span.parent_span
        if SHOWN:
            _opentelemetry.hide(span)
        if isinstance(parent, trace_span.Span):
            _set_current_span(parent)
        elif isinstance(parent, OutsideParent):
            _set_current_span(parent.enclosing)
        else:
            _set_current_span(None)
            outer_span_id = getattr(parent, "span_id", None)
            if outer_span_id != self.span_context._outer_span_id:
                self.span_context.span_id = outer_span_id
        if self._open_spans.pop(span, _NEVER_OPENED) is None:
            span.finish()
            self._export(span)
        elif not (isinstance(span, trace_span.Span) and span._end_ns):
            # One that ended in another task is on its way with its end, and stays as it is.
            span.finish()

    def current_span(self) -> Any:
        """Return the innermost open span of this thread or task, or None."""
        return _get_current_span()

    def list_collected_spans(self) -> list[Any]:
        """Return the spans that are open, in the order in which they were opened."""
        return list(self._open_spans)

    def add_attribute_to_current_span(self, attribute_key: str, attribute_value: Any) -> None:
        """Attach a named value to the current span; without one, nothing happens."""
        span = self.current_span()
        if span is None:
            _log.warning("No active span, cannot add the attribute %s.", attribute_key)
        else:
            span.add_attribute(attribute_key, attribute_value)

    def get_span_datas(self, span: Any) -> list[span_data_module.SpanData]:
        """Return the records of a span's children, depth first, and of the span itself."""
        return [_record(part, self.span_context) for part in span]

    def _end_through(self, span: Any) -> None:
        """End `span` wherever it stands, after the spans that were left open inside it.

        A span that ended before is not exported again.
        """
        inner = _get_current_span()
        if inner is span:
            self._end_current(span)
            return
        open_here = []
        while isinstance(inner, trace_span.Span) and inner is not span:
            open_here.append(inner)
            inner = _enclosing(inner)
        if inner is span:
            for _ in (*open_here, span):
                self.end_span()
        elif self._open_spans.pop(span, _NEVER_OPENED) is None:
            span.finish()
            self._export(span)

    def _export(self, span: Any) -> None:
        try:
            if self._take_span is not None:
                self._take_span(span)
            else:
                self.exporter.export(self.get_span_datas(span))
        except Exception:
            _log.exception("cannot export the span %s", span.name)


def _enclosing(span: Any) -> Any:
    parent = span.parent_span
    return parent.enclosing if isinstance(parent, OutsideParent) else parent


def _taker(exporter: Any) -> Callable[[Any], None] | None:
    # An exporter that takes spans as they are spares the calling thread the making of records.
    # Asked of the type: an object that answers to every name, such as a mock, takes no spans.
    if getattr(type(exporter), "take_span", None) is None:
        return None
    taker: Callable[[Any], None] = exporter.take_span
    return taker


def _record(span: Any, context: SpanContext) -> span_data_module.SpanData:
    # The order is that of the fields: by name it takes twice as long.
    parent = span.parent_span
    return span_data_module.SpanData._make(
        (
            span.name,
            context,
            span.span_id,
            parent.span_id if parent else None,
            span.attributes,
            span.start_time,
            span.end_time,
            len(span.children),
            span.stack_trace,
            span.annotations,
            span.message_events,
            span.links,
            span.status,
            span.same_process_as_parent_span,
            span.span_kind,
        )
    )
