"""Takes the trace along into new threads, thread pools, executors and pools of processes."""

from __future__ import annotations

import logging
import pickle
import threading
from concurrent import futures
from functools import wraps
from multiprocessing import pool
from typing import TYPE_CHECKING, Any

from opencensus.common.runtime_context import RuntimeContext
from opencensus.ext.patched import is_patched, marked
from opencensus.trace import execution_context, samplers, tracer
from opencensus.trace.propagation import binary_format
from opencensus.trace.tracers import noop_tracer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

log = logging.getLogger(__name__)

MODULE_NAME = "threading"

_CONTEXT = "_opencensus_context"
"""Where a thread keeps the context of the thread that started it."""


def trace_integration(tracer: Any = None) -> None:
    """Take the context along from now on; doing so twice does it once.

    Args:
        tracer: Becomes the tracer of the current context.
    """
    log.info("Integrated module: %s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    replacements: tuple[tuple[Any, str, Callable[[Any], Any]], ...] = (
        (threading.Thread, "start", wrap_threading_start),
        (threading.Thread, "run", wrap_threading_run),
        (pool.Pool, "apply_async", wrap_apply_async),
        (futures.ThreadPoolExecutor, "submit", wrap_submit),
    )
    for owner, name, wrap in replacements:
        original = getattr(owner, name)
        if not is_patched(original):
            setattr(owner, name, wrap(original))


def wrap_threading_start(start_func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that keeps the starting thread's context."""

    @wraps(start_func)
    def start(self: Any) -> Any:
        setattr(self, _CONTEXT, RuntimeContext.snapshot())
        return start_func(self)

    return marked(start)


def wrap_threading_run(run_func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that runs in the context of the thread that started this one."""

    @wraps(run_func)
    def run(self: Any) -> Any:
        context = self.__dict__.pop(_CONTEXT, None)
        if context is not None:
            RuntimeContext.apply(context)
        return run_func(self)

    return marked(run)


def wrap_apply_async(apply_async_func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method whose tasks run in the context that asked for them, also in processes."""

    @wraps(apply_async_func)
    def apply_async(
        self: Any,
        func: Callable[..., Any],
        args: Sequence[Any] = (),
        kwds: Mapping[str, Any] | None = None,
        *rest: Any,
        **kwargs: Any,
    ) -> Any:
        given = {} if kwds is None else kwds
        if isinstance(self, pool.ThreadPool):
            task: Any = RuntimeContext.with_current_context(func)
        else:
            task, given = _for_another_process(func, given)
        return apply_async_func(self, task, args, given, *rest, **kwargs)

    return marked(apply_async)


def wrap_submit(submit_func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method whose tasks run in the context that asked for them."""

    @wraps(submit_func)
    def submit(self: Any, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return submit_func(self, RuntimeContext.with_current_context(func), *args, **kwargs)

    return marked(submit)


class wrap_task_func:
    """A task that goes on, in another process, with the trace that asked for it.

    Called with the task's arguments, and by name with ``kwds``, those that it is to have by name;
    ``span_context_binary``, the place in the trace; and ``sampler``, ``exporter`` and
    ``propagator`` of the tracer, of which the process uses its own where they are None.
    """

    def __init__(self, func: Callable[..., Any]) -> None:
        self.func = func

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task; the context of the process is afterwards as it was."""
        kwds = kwargs.pop("kwds")
        context = binary_format.BinaryFormatPropagator().from_header(
            kwargs.pop("span_context_binary")
        )
        before = execution_context.get_opencensus_full_context()
        parts = {
            name: getattr(before[0], name, None) if part is None else part
            for name, part in kwargs.items()
        }
        if parts.get("exporter") is None:
            # Nobody here would receive a span.
            return self.func(*args, **kwds)
        try:
            execution_context.set_current_span(None)
            tracer.Tracer(span_context=context, **parts)
            return self.func(*args, **kwds)
        finally:
            execution_context.set_opencensus_full_context(*before)


def _for_another_process(
    func: Callable[..., Any], kwds: Mapping[str, Any]
) -> tuple[Callable[..., Any], Mapping[str, Any]]:
    """Return a task and its arguments by name that carry the current trace, if there is one."""
    current = execution_context.get_opencensus_tracer()
    try:
        if isinstance(current, noop_tracer.NoopTracer):
            return func, kwds
        context = current.span_context
        is_sampled = context.trace_options.get_enabled()
        carried = {
            "kwds": kwds,
            "span_context_binary": binary_format.BinaryFormatPropagator().to_header(context),
            # The decision was made here; the sampler might decide otherwise there.
            "sampler": samplers.AlwaysOnSampler() if is_sampled else samplers.AlwaysOffSampler(),
            "exporter": _portable(current.exporter),
            "propagator": _portable(current.propagator),
        }
    except Exception:
        # The tracer may be the application's own code.
        log.warning("task cannot go on with the trace", exc_info=True)
        return func, kwds
    return wrap_task_func(func), carried


def _portable(part: Any) -> Any:
    """Return what can be sent to another process, or None: those with threads or locks cannot."""
    try:
        pickle.dumps(part)
    except Exception:
        return None
    return part
