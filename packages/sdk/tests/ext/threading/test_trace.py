from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import pool
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.threading import trace
from opencensus.trace import execution_context, samplers
from opencensus.trace.tracer import Tracer

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


class Keeping:
    """An exporter that stays in its process, as those with threads do."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.names: list[str] = []

    def export(self, span_datas: Any) -> None:
        self.names += [span.name for span in span_datas]


def in_process() -> tuple[str, str | None, bool, str]:
    current = execution_context.get_opencensus_tracer()
    with current.span(name="inside") as span:
        parent = getattr(span.parent_span, "span_id", None)
        return current.span_context.trace_id, parent, os.getpid() != _parent_id, type(span).__name__


_parent_id = os.getpid()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the pool's processes have to be forked")
@pytest.mark.parametrize("sampler", [samplers.AlwaysOnSampler(), samplers.AlwaysOffSampler()])
def test_tasks_of_processes_go_on_with_the_trace_that_asked_for_them(sampler: Any) -> None:
    earlier = Tracer(sampler=sampler, exporter=Keeping())
    with multiprocessing.get_context("fork").Pool(1) as processes:
        later = Tracer(sampler=sampler, exporter=Keeping())
        with later.span(name="outer") as outer:
            trace_id, parent, is_elsewhere, kind = processes.apply_async(in_process).get(20)

    is_sampled = isinstance(sampler, samplers.AlwaysOnSampler)
    assert trace_id == later.span_context.trace_id != earlier.span_context.trace_id
    assert is_elsewhere
    assert (kind, parent) == (("Span", outer.span_id) if is_sampled else ("BlankSpan", None))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the pool's processes have to be forked")
def test_tasks_of_processes_run_as_before_without_a_trace() -> None:
    with multiprocessing.get_context("fork").Pool(1) as processes:
        assert processes.apply_async(divmod, (7, 2)).get(20) == (3, 1)
        assert processes.apply_async(int, ("11",), {"base": 2}).get(20) == 3
        assert processes.apply(int, ("11",), {"base": 3}) == 4


def test_task_runs_where_nobody_would_receive_a_span(tracer: Any) -> None:
    task, kwds = trace._for_another_process(int, {"base": 2})
    execution_context.clear()
    assert kwds["span_context_binary"][2:18].hex() == tracer.span_context.trace_id
    assert task("11", **{**kwds, "exporter": None}) == 3


def test_tracer_of_the_hosts_own_costs_no_task(caplog: pytest.LogCaptureFixture) -> None:
    execution_context.set_opencensus_tracer(object())
    assert trace._for_another_process(int, {"base": 2}) == (int, {"base": 2})
    assert "task cannot go on with the trace" in caplog.text
