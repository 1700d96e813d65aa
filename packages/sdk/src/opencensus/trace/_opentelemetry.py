"""One trace with the spans of OpenTelemetry, in programs that use it beside this library.

Its current span is the parent of ours, and ours is its current span, so that its instrumentations
and propagators go on with our trace. The rule:

- A tracer made without a span context while a span of OpenTelemetry is current continues the trace
  of that span, and its caller's decision about sampling.
- A span that starts while a span of OpenTelemetry is current has it for its parent, if both belong
  to the same trace. With a span of another trace nothing changes: a tracer has one trace.
- While a span of ours is open, OpenTelemetry's current span is one that does not record and has our
  ids. A trace that is not sampled has no spans, and OpenTelemetry sees nothing of it.

OpenTelemetry is never imported here. Where the program has not imported it, all that a span costs
is the question whether it has.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from opencensus.trace.span_context import SpanContext
from opencensus.trace.trace_options import TraceOptions
from opencensus.trace.tracers import base
from opencensus.trace.tracestate import Tracestate

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULE = "opentelemetry.trace"
"""Its presence among the loaded modules is what tells that a program uses OpenTelemetry."""

SHOWN: list[bool] = []
"""Not empty from the first span on that was shown: the quickest question at the end of each span."""

_log = logging.getLogger(__name__)
_modules = sys.modules
_CONTEXT_MODULE = "opentelemetry.context"
_SUPPRESSED = "suppress_instrumentation"
"""Key that all instrumentations ask for."""
_SAMPLED = 1

_MARK = "_opencensus_shown"
"""Attribute of what OpenTelemetry sees of ours, and of our spans that it sees."""


class Outside(NamedTuple):
    """The current span of OpenTelemetry that is none of ours."""

    trace_id: str
    span_id: str
    is_sampled: bool
    tracestate: Any


class OutsideParent(base.NullContextManager):
    """The parent of a span inside one of OpenTelemetry, which may itself be inside one of ours."""

    def __init__(self, span_id: str, enclosing: Any) -> None:
        super().__init__(span_id)
        self.enclosing = enclosing
        """The innermost open span of ours; it is the current one again afterwards."""


def outside(within: Any = None) -> Outside | None:
    """Return OpenTelemetry's current span; None where there is none or it is one of ours.

    Args:
        within: The context to look at, by default the current one.
    """
    module: Any = _modules.get(MODULE)
    if module is None:
        return None
    try:
        span = module.get_current_span(within)
        if hasattr(span, _MARK):
            return None
        context = span.get_span_context()
        if not context.is_valid:
            return None
        return Outside(
            f"{context.trace_id:032x}",
            f"{context.span_id:016x}",
            bool(context.trace_flags & _SAMPLED),
            context.trace_state,
        )
    except Exception:
        # Half imported, or a span class of somebody's own.
        _log.debug("OpenTelemetry's current span cannot be read", exc_info=True)
        return None


def continued() -> SpanContext | None:
    """Return a span context that continues OpenTelemetry's current span; None where there is none."""
    found = outside()
    if found is None:
        return None
    return SpanContext(
        trace_id=found.trace_id,
        span_id=found.span_id,
        trace_options=TraceOptions("1" if found.is_sampled else "0"),
        tracestate=_tracestate(found.tracestate),
    )


def parent_of_next(span: Any, trace_id: str, within: Any) -> Any:
    """Return the parent of a new span of the trace: `span`, or a span of OpenTelemetry inside it.

    Args:
        span: The innermost open span of ours, or None.
        trace_id: The trace's.
        within: OpenTelemetry's current context.
    """
    shown_here = getattr(span, _MARK, None)
    if shown_here is not None and shown_here[1] is within:
        # Hot path: since that one started, nobody has made another the current one.
        return span
    found = outside(within)
    if found is None or found.trace_id != trace_id:
        return span
    return OutsideParent(found.span_id, span)


def show(span: Any, span_context: SpanContext, before: Any) -> None:
    """Make a span that starts here the current one of OpenTelemetry, whose context was `before`."""
    try:
        # Hot path: some frameworks import OpenTelemetry themselves.
        trace, context = _modules[MODULE], _modules[_CONTEXT_MODULE]
        shown = _shown_class(trace)(span.span_id, span_context)
        within = trace.set_span_in_context(shown, before)
        context.attach(within)
        setattr(span, _MARK, (before, within, shown))
        if not SHOWN:
            SHOWN.append(True)
    except Exception:
        _log.debug("a span cannot be shown to OpenTelemetry", exc_info=True)


def hide(span: Any) -> None:
    """Give OpenTelemetry the current span back that was there when this one started.

    Where another span is current by now, as after a start in another thread or task, it stays.
    """
    shown_here = getattr(span, _MARK, None)
    if shown_here is None:
        return
    setattr(span, _MARK, None)
    before, within, shown = shown_here
    try:
        trace, context = _modules[MODULE], _modules[_CONTEXT_MODULE]
        # Not by `detach`: it would complain where a span ends in another task than it started in.
        if context.get_current() is within:
            context.attach(before)
        elif trace.get_current_span() is shown:
            context.attach(trace.set_span_in_context(trace.get_current_span(before)))
    except Exception:
        _log.debug("a span cannot be hidden from OpenTelemetry", exc_info=True)


def context_here() -> Any:
    """Return OpenTelemetry's current context; None where it is not in use."""
    module: Any = _modules.get(_CONTEXT_MODULE)
    try:
        return None if module is None else module.get_current()
    except Exception:
        _log.debug("OpenTelemetry's context cannot be read", exc_info=True)
        return None


def go_on_in(context: Any) -> None:
    """Make a context that `context_here` gave the current one of OpenTelemetry; None changes nothing."""
    if context is None:
        return
    try:
        _modules[_CONTEXT_MODULE].attach(context)
    except Exception:
        _log.debug("OpenTelemetry's context cannot be set", exc_info=True)


@contextlib.contextmanager
def unseen() -> Iterator[None]:
    """Keep OpenTelemetry's instrumentations from what is done here: telemetry that is being sent."""
    before = context_here()
    if before is not None:
        try:
            go_on_in(_modules[_CONTEXT_MODULE].set_value(_SUPPRESSED, True, before))
        except Exception:
            _log.debug("OpenTelemetry cannot be told to look away", exc_info=True)
    try:
        yield
    finally:
        go_on_in(before)


@functools.lru_cache(maxsize=4)
def _shown_class(trace: Any) -> Any:
    """Return the type of what OpenTelemetry sees of our spans."""
    base: Any = trace.NonRecordingSpan

    class Shown(base):  # type: ignore[misc]  # of no particular type: the program's OpenTelemetry
        _theirs: Any = None

        def __init__(self, span_id: str, span_context: SpanContext) -> None:
            self._of = span_id, span_context

        @property
        def _context(self) -> Any:
            # Made when it is asked for, which most spans never are.
            if self._theirs is None:
                self._theirs = _as_theirs(trace, *self._of)
            return self._theirs

        def get_span_context(self) -> Any:
            return self._context

    setattr(Shown, _MARK, True)
    return Shown


def _as_theirs(trace: Any, span_id: str, span_context: SpanContext) -> Any:
    return trace.SpanContext(
        int(span_context.trace_id, 16),
        int(span_id, 16),
        is_remote=False,
        trace_flags=trace.TraceFlags(_SAMPLED if span_context.trace_options.get_enabled() else 0),
        trace_state=trace.TraceState(list((span_context.tracestate or {}).items())),
    )


def _tracestate(theirs: Any) -> Tracestate | None:
    try:
        tracestate = Tracestate(theirs.items())
    except ValueError:
        # Theirs may have keys of a later level of the specification.
        return None
    return tracestate if tracestate.is_valid() else None
