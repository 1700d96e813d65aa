"""Takes the trace along into new threads, thread pools and executors."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from multiprocessing import pool
from typing import TYPE_CHECKING, Any

from opencensus.common.runtime_context import RuntimeContext
from opencensus.ext.patched import is_patched, marked
from opencensus.trace import execution_context

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

MODULE_NAME = "threading"

_CONTEXT = "_opencensus_context"
"""Where a thread keeps the context of the thread that started it."""


def trace_integration(tracer: Any = None) -> None:
    """Take the context along from now on; doing so twice does it once.

    Args:
        tracer: Becomes the tracer of the current context.
    """
    logger.debug("integrated module=%s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    if is_patched(threading.Thread.start):
        return
    thread: Any = threading.Thread
    thread.start = wrap_threading_start(thread.start)
    thread.run = wrap_threading_run(thread.run)
    thread_pool: Any = pool.Pool
    thread_pool.apply_async = wrap_apply_async(thread_pool.apply_async)
    executor: Any = ThreadPoolExecutor
    executor.submit = wrap_submit(executor.submit)


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

    return run


def wrap_apply_async(apply_async_func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method whose tasks run in the context that asked for them."""

    @wraps(apply_async_func)
    def apply_async(self: Any, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not isinstance(self, pool.ThreadPool):
            return apply_async_func(self, func, *args, **kwargs)
        return apply_async_func(self, RuntimeContext.with_current_context(func), *args, **kwargs)

    return apply_async


def wrap_submit(submit_func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method whose tasks run in the context that asked for them."""

    @wraps(submit_func)
    def submit(self: Any, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return submit_func(self, RuntimeContext.with_current_context(func), *args, **kwargs)

    return submit
