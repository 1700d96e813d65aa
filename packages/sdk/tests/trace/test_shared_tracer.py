"""One tracer, shared by threads, tasks and generators at the same time: parents are right."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from opencensus.common.runtime_context import RuntimeContext
from opencensus.trace import execution_context
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer


@pytest.fixture
def tracer(collector):
    return Tracer(sampler=AlwaysOnSampler(), exporter=collector)


def _parents(collector):
    """Each span's name and that of its parent."""
    names = {data.span_id: name for name, data in collector.spans.items()}
    return {name: names.get(data.parent_span_id) for name, data in collector.spans.items()}


async def _work(tracer, name):
    with tracer.span(name):
        await asyncio.sleep(0)
        with tracer.span(f"{name} inner"):
            await asyncio.sleep(0)
        await asyncio.sleep(0)


_NAMES = ("a", "b", "c")


@pytest.mark.parametrize("inside", [True, False])
def test_gathered_tasks(tracer, collector, inside):
    """With the retired client, task b was a child of task a."""

    async def main():
        if inside:
            with tracer.span("outer"):
                await asyncio.gather(*(_work(tracer, name) for name in _NAMES))
        else:
            await asyncio.gather(*(_work(tracer, name) for name in _NAMES))

    asyncio.run(main())
    parents = _parents(collector)
    assert {name: parents[name] for name in _NAMES} == dict.fromkeys(
        _NAMES, "outer" if inside else None
    )
    assert {parents[f"{name} inner"] == name for name in _NAMES} == {True}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="task groups came with Python 3.11")
def test_task_groups(tracer, collector):
    async def main():
        with tracer.span("outer"):
            async with asyncio.TaskGroup() as group:
                for name in _NAMES:
                    group.create_task(_work(tracer, name))
            with tracer.span("after"):
                pass

    asyncio.run(main())
    parents = _parents(collector)
    assert {name: parents[name] for name in (*_NAMES, "after")} == dict.fromkeys(
        (*_NAMES, "after"), "outer"
    )


def test_tasks_that_outlive_the_span_they_began_in(tracer, collector):
    async def main():
        with tracer.span("outer"):
            task = asyncio.create_task(_work(tracer, "a"))
            await asyncio.sleep(0)
        with tracer.span("next"):
            await task

    asyncio.run(main())
    parents = _parents(collector)
    assert (parents["a"], parents["next"], parents["a inner"]) == ("outer", None, "a")


def test_threads_that_asyncio_runs(tracer, collector):
    def work(name):
        with tracer.span(name):
            pass

    async def main():
        loop = asyncio.get_running_loop()
        with tracer.span("outer"):
            await asyncio.gather(*(asyncio.to_thread(work, name) for name in _NAMES))
            await loop.run_in_executor(None, work, "alone")
            context = contextvars.copy_context()
            await loop.run_in_executor(None, context.run, work, "with context")

    asyncio.run(main())
    parents = _parents(collector)
    assert {name: parents[name] for name in _NAMES} == dict.fromkeys(_NAMES, "outer")
    assert (parents["alone"], parents["with context"]) == (None, "outer")


def test_callbacks_of_the_loop(tracer, collector):
    async def main():
        done = asyncio.Event()

        def called():
            with tracer.span("called"):
                done.set()

        with tracer.span("outer"):
            asyncio.get_running_loop().call_soon(called)
        with tracer.span("next"):
            await done.wait()

    asyncio.run(main())
    assert _parents(collector) == {"called": "outer", "next": None, "outer": None}


def test_an_asynchronous_generator_that_is_read_to_its_end(tracer, collector):
    async def numbers():
        with tracer.span("generator"):
            for number in range(3):
                with tracer.span(f"making {number}"):
                    await asyncio.sleep(0)
                yield number

    async def main():
        with tracer.span("outer"):
            async for number in numbers():
                with tracer.span(f"using {number}"):
                    await asyncio.sleep(0)
            with tracer.span("after"):
                pass

    asyncio.run(main())
    parents = _parents(collector)
    assert {parents[f"making {number}"] for number in range(3)} == {"generator"}
    assert {parents[f"using {number}"] for number in range(3)} == {"generator"}
    assert (parents["generator"], parents["after"]) == ("outer", "outer")


class _Taker:
    """An exporter that takes spans as they are, as that of Application Insights does."""

    def __init__(self):
        self.spans = []

    def take_span(self, span):
        self.spans.append((span, span.end_time))

    def export(self, span_datas):
        raise AssertionError


def test_an_asynchronous_generator_that_is_given_up_ends_once():
    """The loop closes it in a task of its own, when its span is still the current one here."""
    taker = _Taker()
    tracer = Tracer(sampler=AlwaysOnSampler(), exporter=taker)

    async def numbers():
        with tracer.span("generator"):
            yield 1
            yield 2

    async def main():
        with tracer.span("outer") as outer:
            async for _ in numbers():
                break
            gc.collect()
            for _ in range(5):
                await asyncio.sleep(0)
            assert [span.name for span, _ in taker.spans] == ["generator"]
            with tracer.span("after"):
                assert tracer.span_context.span_id not in (None, outer.span_id)
        assert tracer.current_span() is None

    asyncio.run(main())
    assert [span.name for span, _ in taker.spans] == ["generator", "after", "outer"]
    assert [span.end_time for span, _ in taker.spans] == [end for _, end in taker.spans]


def test_generators_that_take_turns(tracer, collector):
    def steps(name):
        with tracer.span(name):
            yield
            yield

    first = steps("first")
    next(first)
    first.close()
    for _ in steps("second"):
        with tracer.span("used"):
            pass
    assert _parents(collector) == {"first": None, "used": "second", "second": None}


@pytest.mark.parametrize("carried", [True, False])
def test_threads_of_a_pool(tracer, collector, carried):
    """Without the thread integration, work is bound to its context by hand, or has none."""
    both = threading.Barrier(2)

    def work(name):
        with tracer.span(name):
            both.wait(20)
            with tracer.span(f"{name} inner"):
                both.wait(20)

    bound = []
    with tracer.span("outer"):
        for name in ("a", "b"):
            task = lambda name=name: work(name)  # noqa: E731
            bound.append(RuntimeContext.with_current_context(task) if carried else task)
        with ThreadPoolExecutor(2) as executor:
            for future in [executor.submit(task) for task in bound]:
                future.result()
    parents = _parents(collector)
    outer = "outer" if carried else None
    assert (parents["a"], parents["b"]) == (outer, outer)
    assert (parents["a inner"], parents["b inner"]) == ("a", "b")


def test_two_tracers_at_once_keep_to_their_traces(collector):
    async def serve(name):
        tracer = Tracer(sampler=AlwaysOnSampler(), exporter=collector)
        assert execution_context.get_opencensus_tracer() is tracer
        await _work(tracer, name)
        assert execution_context.get_opencensus_tracer() is tracer
        return tracer.span_context.trace_id

    async def main():
        return await asyncio.gather(*(serve(name) for name in _NAMES))

    traces = asyncio.run(main())
    for name, trace_id in zip(_NAMES, traces, strict=True):
        assert collector.spans[name].context.trace_id == trace_id
        assert collector.spans[f"{name} inner"].context.trace_id == trace_id
    assert _parents(collector)["a inner"] == "a"
