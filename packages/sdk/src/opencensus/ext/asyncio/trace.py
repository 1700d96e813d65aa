"""Takes the trace along into the executors of event loops: asyncio's and uvloop's.

Nothing else is missing: Python itself lets tasks, callbacks, timers, `asyncio.to_thread` and
`asyncio.run_coroutine_threadsafe` go on in the context that asked for them, and a task keeps it when
the span that was open then has ended.

No span is made. Where the integration of threads is on too, it takes the trace along, with a span
for each task.
"""

from __future__ import annotations

import contextvars
import functools
import logging
from asyncio import base_events
from concurrent import futures
from typing import TYPE_CHECKING, Any

import wrapt

from opencensus.ext.patched import is_patched, marked
from opencensus.ext.threading.trace import _is_of_interpreters, _task
from opencensus.trace import execution_context

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

MODULE_NAME = "asyncio"


def trace_integration(tracer: Any = None) -> None:
    """Take the trace along from now on; doing so twice does it once.

    Args:
        tracer: Becomes the tracer of the current context.
    """
    log.info("Integrated module: %s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    _wrap(base_events.BaseEventLoop)
    # Its loops are no children of asyncio's.
    wrapt.register_post_import_hook(lambda uvloop: _wrap(uvloop.Loop), "uvloop")


def _wrap(loops: Any) -> None:
    if not is_patched(loops.run_in_executor):
        loops.run_in_executor = wrap_run_in_executor(loops.run_in_executor)


def wrap_run_in_executor(run_in_executor: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that calls the function in the context that asked for it."""

    @functools.wraps(run_in_executor)
    def run_in_context(self: Any, executor: Any, func: Any, *args: Any) -> Any:
        if _loses_the_context(executor, func):
            elsewhere = not isinstance(executor, futures.ThreadPoolExecutor | None)
            func = _task(func, elsewhere, in_span=False)
        return run_in_executor(self, executor, func, *args)

    return marked(run_in_context)


def _loses_the_context(executor: Any, func: Any) -> bool:
    if isinstance(func, functools.partial) and _is_of_a_context(func.func):
        # So `asyncio.to_thread` does it.
        return False
    kind = futures.ThreadPoolExecutor if executor is None else type(executor)
    return not is_patched(getattr(kind, "submit", None)) and not _is_of_interpreters(executor)


def _is_of_a_context(function: Any) -> bool:
    return isinstance(getattr(function, "__self__", None), contextvars.Context)
