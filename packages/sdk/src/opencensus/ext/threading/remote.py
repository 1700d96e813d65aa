"""A task that takes its trace along into another process: what is pickled, and what becomes of it.

The worker needs an exporter. It takes, in this order: the very one, where it was forked from the
process that has it; a copy, where it can be pickled; the exporter of the worker's own tracer, which
it has inherited or which the pool's initializer made. Where there is none of them, the task runs
without spans, but its logs know their trace.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import pickle
import threading
import uuid
import weakref
from typing import TYPE_CHECKING, Any

from opencensus.common.runtime_context import RuntimeContext
from opencensus.trace import execution_context, samplers
from opencensus.trace import tracer as tracer_module
from opencensus.trace.propagation import binary_format
from opencensus.trace.tracers import noop_tracer

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


log = logging.getLogger(__name__)

_exporters: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()
"""The exporters of this process, and of those it was forked from, by names that no other has."""

_names: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
_pickled: weakref.WeakKeyDictionary[Any, bytes | None] = weakref.WeakKeyDictionary()

_latest: tuple[Any, Any] = (None, None)
"""What the last task of this worker carried, and its tracer: a map brings the same many times."""


def remember(exporter: Any) -> str | None:
    """Return the name under which workers forked from now on know the exporter."""
    if exporter is None:
        return None
    try:
        name = _names.setdefault(exporter, uuid.uuid4().hex)
        _exporters[name] = exporter
    except TypeError:
        # It can be no key, or not be referred to weakly.
        return None
    return name


class Remote:
    """Runs a function, in another process as well, inside the trace that was current when it was made."""

    def __init__(self, func: Callable[..., Any], tracer: Any, in_span: bool) -> None:
        self.func = func
        self._in_span = in_span
        context = tracer.span_context
        recording = not isinstance(getattr(tracer, "tracer", None), noop_tracer.NoopTracer)
        exporter = getattr(tracer, "exporter", None)
        self._carried = (
            binary_format.BinaryFormatPropagator().to_header(context),
            getattr(context, "tracestate", None),
            getattr(context, "sample_rate", None),
            recording,
            remember(exporter),
            _as_bytes(exporter),
            _as_bytes(getattr(tracer, "propagator", None)),
        )
        self._attributes = _as_bytes(execution_context.get_opencensus_attrs())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the function in the trace and leave the worker's context as it was."""
        before = RuntimeContext.snapshot()
        try:
            tracer = _tracer_of(self._carried)
            attributes = _from_bytes(self._attributes)
            execution_context.set_opencensus_full_context(tracer, None, attributes)
            if not self._in_span:
                return self.func(*args, **kwargs)
            with span_of_thread(tracer):
                return self.func(*args, **kwargs)
        finally:
            RuntimeContext.apply(before)


class wrap_task_func:
    """Runs a function in a span of a trace that is given as arguments.

    Called with the arguments of the function and, by name: `kwds`, its named arguments;
    `span_context_binary`, the trace in the binary format; `sampler`, `exporter` and `propagator` of
    the tracer that is made for it, where None stands for what this process has.
    """

    def __init__(self, func: Callable[..., Any]) -> None:
        self.func = func

    def __call__(self, *args: Any, kwds: Any, span_context_binary: bytes, **options: Any) -> Any:
        """Run the function and leave the context as it was."""
        context = binary_format.BinaryFormatPropagator().from_header(span_context_binary)
        before = execution_context.get_opencensus_full_context()
        parts = {
            name: getattr(before[0], name, None) if part is None else part
            for name, part in options.items()
        }
        if parts.get("exporter") is None:
            # Nobody here would receive a span.
            return self.func(*args, **kwds)
        try:
            execution_context.set_current_span(None)
            with span_of_thread(tracer_module.Tracer(span_context=context, **parts)):
                return self.func(*args, **kwds)
        finally:
            execution_context.set_opencensus_full_context(*before)


def span_of_thread(tracer: Any) -> AbstractContextManager[Any]:
    """Return a span named after the thread; where a tracer of the host's own fails, nothing."""
    try:
        span: AbstractContextManager[Any] = tracer.span(name=threading.current_thread().name)
    except Exception:
        log.warning("no span for a task", exc_info=True)
        return contextlib.nullcontext()
    return span


def _tracer_of(carried: Any) -> Any:
    global _latest
    known, tracer = _latest
    if known == carried:
        return tracer
    header, tracestate, rate, recording, name, exporter, propagator = carried
    context = binary_format.BinaryFormatPropagator().from_header(header)
    context.tracestate = tracestate
    receiver = _exporters.get(name or "") or _copy(exporter) or _of_the_worker()
    sampled = recording and receiver is not None
    tracer = tracer_module.Tracer(
        context,
        samplers.AlwaysOnSampler() if sampled else samplers.AlwaysOffSampler(),
        receiver,
        _from_bytes(propagator),
    )
    context.sample_rate = rate
    _latest = carried, tracer
    return tracer


@functools.lru_cache(maxsize=8)
def _copy(pickled: bytes | None) -> Any:
    """Return an exporter that was pickled; the same one for all tasks of this worker."""
    return _from_bytes(pickled)


def _of_the_worker() -> Any:
    return getattr(execution_context.get_opencensus_tracer(), "exporter", None)


def _as_bytes(value: Any) -> bytes | None:
    try:
        known = _pickled.get(value, b"")
    except TypeError:
        known = b""
    if known != b"":
        return known
    try:
        made: bytes | None = pickle.dumps(value)
    except Exception:
        made = None
    with contextlib.suppress(TypeError):
        _pickled[value] = made
    return made


def _from_bytes(pickled: bytes | None) -> Any:
    if pickled is None:
        return None
    try:
        return pickle.loads(pickled)  # noqa: S301 (from the process that started this one)
    except Exception:
        log.warning("a part of the trace's context cannot be had in this process", exc_info=True)
        return None
