from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import pool
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.threading import trace
from opencensus.trace import execution_context

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _integrated() -> Iterator[None]:
    thread: Any = threading.Thread
    executor: Any = ThreadPoolExecutor
    pool_type: Any = pool.Pool
    originals = thread.start, thread.run, executor.submit, pool_type.apply_async
    trace.trace_integration()
    trace.trace_integration()
    yield
    thread.start, thread.run, executor.submit, pool_type.apply_async = originals


def span_inside(tracer: Any) -> str:
    with execution_context.get_opencensus_tracer().span(name="inside") as span:
        return str(span.parent_span.span_id)


def test_new_thread_goes_on_with_the_trace(tracer: Any, span_list: Any) -> None:
    with tracer.span(name="outer") as outer:
        thread = threading.Thread(target=span_inside, args=(tracer,))
        thread.start()
        thread.join()

    assert span_list.named("inside").parent_span_id == outer.span_id


def test_executor_runs_each_task_in_the_trace_that_asked_for_it(
    tracer: Any, span_list: Any
) -> None:
    with ThreadPoolExecutor(1) as executor:
        with tracer.span(name="first") as first:
            one = executor.submit(span_inside, tracer).result()
        with tracer.span(name="second") as second:
            two = executor.submit(span_inside, tracer).result()
        after = executor.submit(execution_context.get_current_span).result()

    assert (one, two) == (first.span_id, second.span_id)
    assert after is None


def test_thread_pool_runs_tasks_in_the_trace(tracer: Any, span_list: Any) -> None:
    with pool.ThreadPool(1) as threads, tracer.span(name="outer") as outer:
        inside = threads.apply_async(span_inside, (tracer,)).get(20)

    assert inside == outer.span_id


def test_without_a_tracer_tasks_run_as_before() -> None:
    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(lambda: 42).result() == 42
    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyError):
        executor.submit({}.__getitem__, "x").result()
