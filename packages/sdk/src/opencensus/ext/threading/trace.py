"""Takes the trace along into threads, thread pools, process pools and executors.

A thread runs in the context of the one that started it. A task of a pool or an executor runs in the
context that asked for it, whichever thread or process runs it; tasks of `Pool.apply_async` and
`ThreadPoolExecutor.submit` run in a span of their own, named after the thread. Where no tracer was
made, tasks are left alone.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from concurrent import futures
from functools import wraps
from multiprocessing import pool
from typing import TYPE_CHECKING, Any

from opencensus.ext.patched import is_patched, marked
from opencensus.ext.threading.remote import Remote, remember, span_of_thread, wrap_task_func
from opencensus.trace import execution_context, tracer
from opencensus.trace._carried import Carried
from opencensus.trace.propagation import binary_format
from opencensus.trace.tracers import noop_tracer

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "MODULE_NAME",
    "binary_format",
    "trace_integration",
    "tracer",
    "wrap_apply_async",
    "wrap_map",
    "wrap_submit",
    "wrap_task_func",
    "wrap_threading_run",
    "wrap_threading_start",
]

log = logging.getLogger(__name__)

MODULE_NAME = "threading"

_CONTEXT = "_opencensus_context"
"""Where a thread keeps the context of the thread that started it."""

_CARRY_NOTHING = ("concurrent.futures.", "multiprocessing.", "opencensus.")
"""Threads of these live longer than who started them: pools carry a context with each task."""

_PLAIN_THREADS_TOO = "multiprocessing.dummy"
"""Its threads are those of pools, and others that a program starts."""

_MAPS = ("map", "map_async", "starmap", "starmap_async", "imap", "imap_unordered")


def trace_integration(tracer: Any = None) -> None:
    """Take the context along from now on; doing so twice does it once.

    Args:
        tracer: Becomes the tracer of the current context.
    """
    log.info("Integrated module: %s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    remember(getattr(execution_context.get_opencensus_tracer(), "exporter", None))
    _wrap(threading.Thread, "start", wrap_threading_start)
    _wrap(threading.Thread, "run", wrap_threading_run)
    _wrap(pool.Pool, "apply_async", wrap_apply_async)
    for name in _MAPS:
        _wrap(pool.Pool, name, wrap_map)
    _wrap(futures.ThreadPoolExecutor, "submit", wrap_submit)
    with contextlib.suppress(ImportError):
        # Some platforms have no processes.
        _wrap(futures.ProcessPoolExecutor, "submit", wrap_submit)


def _wrap(owner: Any, name: str, wrapper: Callable[[Any], Any]) -> None:
    method = getattr(owner, name)
    if not is_patched(method):
        setattr(owner, name, wrapper(method))


def wrap_threading_start(start_func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that keeps the starting thread's context."""

    @wraps(start_func)
    def start(self: Any) -> Any:
        if not _is_of_a_pool(self):
            setattr(self, _CONTEXT, Carried())
            _let_its_own_run_apply_it(self)
        return start_func(self)

    return marked(start)


def wrap_threading_run(run_func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that runs in the context of the thread that started this one."""

    @wraps(run_func)
    def run(self: Any) -> Any:
        _apply_once(self)
        return run_func(self)

    return marked(run)


def wrap_apply_async(apply_async_func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method whose tasks run in the context that asked for them, each in a span."""

    @wraps(apply_async_func)
    def apply_async(
        self: Any, func: Any, args: Any = (), kwds: Any = None, *rest: Any, **kwargs: Any
    ) -> Any:
        task = _task(func, _goes_elsewhere(self, pool.ThreadPool), in_span=True)
        kwds = {} if kwds is None else kwds
        if rest:
            return apply_async_func(self, task, args, kwds, *rest, **kwargs)
        return apply_async_func(self, task, args=args, kwds=kwds, **kwargs)

    return marked(apply_async)


def wrap_map(map_func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that calls the function in the context that asked for it."""

    @wraps(map_func)
    def map_in_context(self: Any, func: Any, *args: Any, **kwargs: Any) -> Any:
        task = _task(func, _goes_elsewhere(self, pool.ThreadPool), in_span=False)
        return map_func(self, task, *args, **kwargs)

    return marked(map_in_context)


def wrap_submit(submit_func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method whose tasks run in the context that asked for them, in threads in a span."""

    @wraps(submit_func)
    def submit(self: Any, func: Any, /, *args: Any, **kwargs: Any) -> Any:
        elsewhere = not isinstance(self, futures.ThreadPoolExecutor) and self is not None
        if not _is_of_interpreters(self):
            func = _task(func, elsewhere, in_span=not elsewhere)
        return submit_func(self, func, *args, **kwargs)

    return marked(submit)


def _task(func: Any, elsewhere: bool, *, in_span: bool) -> Any:
    """Return what runs `func` in the context of this moment."""
    tracer: Any = execution_context.get_opencensus_tracer()
    if tracer is None or isinstance(tracer, noop_tracer.NoopTracer):
        return func
    if elsewhere:
        return _remote(func, tracer, in_span)
    carried = Carried()

    @wraps(func, updated=())
    def run_in_context(*args: Any, **kwargs: Any) -> Any:
        before = Carried()
        carried.apply()
        try:
            if not in_span:
                return func(*args, **kwargs)
            with span_of_thread(tracer):
                return func(*args, **kwargs)
        finally:
            before.apply()

    return run_in_context


def _remote(func: Any, tracer: Any, in_span: bool) -> Any:
    try:
        return Remote(func, tracer, in_span)
    except Exception:
        # A tracer of the host's own need not have all that travels.
        log.warning("a task goes to another process without its trace", exc_info=True)
        return func


def _is_of_a_pool(thread: threading.Thread) -> bool:
    modules = [getattr(getattr(thread, "_target", None), "__module__", None)]
    if type(thread).__module__ != _PLAIN_THREADS_TOO:
        modules.append(type(thread).__module__)
    return any(isinstance(m, str) and (m + ".").startswith(_CARRY_NOTHING) for m in modules)


def _let_its_own_run_apply_it(thread: Any) -> None:
    """See to it that a thread whose `run` does not call that of `Thread` runs in the context too."""
    of_its_own = thread.__dict__.get("run")
    if of_its_own is None and is_patched(getattr(type(thread), "run", None)):
        return
    run = thread.run

    def run_in_context() -> Any:
        if of_its_own is None:
            del thread.run
        else:
            thread.run = of_its_own
        _apply_once(thread)
        return run()

    thread.run = run_in_context


def _apply_once(thread: Any) -> None:
    carried = thread.__dict__.pop(_CONTEXT, None)
    if carried is not None:
        carried.apply()


def _goes_elsewhere(pool_of_workers: Any, threads: Any) -> bool:
    return isinstance(pool_of_workers, pool.Pool) and not isinstance(pool_of_workers, threads)


def _is_of_interpreters(executor: Any) -> bool:
    module = sys.modules.get("concurrent.futures.interpreter")
    return module is not None and isinstance(executor, module.InterpreterPoolExecutor)
