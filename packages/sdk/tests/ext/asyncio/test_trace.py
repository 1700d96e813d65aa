from __future__ import annotations

import asyncio
import contextvars
import os
import random
import threading
from asyncio import base_events
from concurrent import futures
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.asyncio import trace
from opencensus.ext.threading import trace as threading_trace
from opencensus.trace import execution_context
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")


@pytest.fixture(autouse=True)
def _integrated() -> Iterator[None]:
    before = base_events.BaseEventLoop.run_in_executor
    trace.trace_integration()
    trace.trace_integration()
    yield
    base_events.BaseEventLoop.run_in_executor = before  # type: ignore[method-assign]


def parent() -> tuple[str, str | None]:
    """Open a span of the current tracer; return its trace and its parent."""
    tracer = execution_context.get_opencensus_tracer()
    with tracer.span(name="inside") as span:
        above = span.parent_span
        return tracer.span_context.trace_id, getattr(above, "span_id", None)


def test_an_executor_runs_in_the_context_that_asked_for_it(tracer: Any, span_list: Any) -> None:
    async def main() -> Any:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as own, tracer.span(name="outer") as outer:
            found = [
                await loop.run_in_executor(None, parent),
                await loop.run_in_executor(own, parent),
                await asyncio.to_thread(parent),
            ]
            left = [
                await loop.run_in_executor(None, leftover),
                await loop.run_in_executor(own, leftover),
            ]
        return outer.span_id, found, left, await loop.run_in_executor(None, parent)

    outer, found, left, after = asyncio.run(main())
    trace_id = tracer.span_context.trace_id
    assert found == [(trace_id, outer)] * 3
    assert left == [outer] * 2
    assert after == (trace_id, None)
    assert sum(span.name != "inside" for span in span_list.spans) == 1


def leftover() -> Any:
    """Return the current span's id, which is that of whoever asked, not of an earlier task."""
    return execution_context.get_current_span().span_id


def test_a_worker_keeps_nothing_of_a_task(tracer: Any) -> None:
    async def main() -> Any:
        with ThreadPoolExecutor(1) as own:
            with tracer.span(name="outer"):
                await asyncio.get_running_loop().run_in_executor(own, parent)
            return own.submit(execution_context.get_current_span).result()

    assert asyncio.run(main()) is None


def test_what_the_program_keeps_in_contexts_is_left_as_it_is(tracer: Any) -> None:
    mine: contextvars.ContextVar[str] = contextvars.ContextVar("mine", default="default")

    async def main() -> Any:
        mine.set("set")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, mine.get), await asyncio.to_thread(mine.get)

    assert asyncio.run(main()) == ("default", "set")


def test_an_error_and_arguments_pass_through(tracer: Any) -> None:
    async def main() -> Any:
        loop = asyncio.get_running_loop()
        with pytest.raises(ZeroDivisionError):
            await loop.run_in_executor(None, divmod, 1, 0)
        return await loop.run_in_executor(None, divmod, 7, 2)

    assert asyncio.run(main()) == (3, 1)


def test_without_a_tracer_nothing_is_wrapped() -> None:
    class Keeps(futures.Executor):
        func: Any = None

        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            self.func = fn
            done: futures.Future[None] = futures.Future()
            done.set_result(None)
            return done

    keeps = Keeps()

    async def main() -> None:
        await asyncio.get_running_loop().run_in_executor(keeps, parent)

    asyncio.run(main())
    assert keeps.func is parent


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the workers have to be forked")
def test_a_process_pool_goes_on_with_the_trace(tracer: Any) -> None:
    async def main() -> Any:
        with ProcessPoolExecutor(1) as processes, tracer.span(name="outer") as outer:
            return outer.span_id, await asyncio.get_running_loop().run_in_executor(
                processes, parent_in_process
            )

    outer, found = asyncio.run(main())
    assert found == (tracer.span_context.trace_id, outer)


def parent_in_process() -> tuple[str, str]:
    context = execution_context.get_opencensus_tracer().span_context
    return context.trace_id, context.span_id


def test_with_threads_integrated_a_task_has_its_span(
    tracer: Any, span_list: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        ThreadPoolExecutor, "submit", threading_trace.wrap_submit(ThreadPoolExecutor.submit)
    )

    async def main() -> Any:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "worker") as own, tracer.span(name="outer"):
            return await loop.run_in_executor(own, parent)

    _, above = asyncio.run(main())
    of_thread = span_list.named("worker_0")
    assert above == of_thread.span_id
    assert of_thread.parent_span_id == span_list.named("outer").span_id


def test_tasks_callbacks_and_timers_go_on_with_the_trace(tracer: Any) -> None:
    """Python does this by itself; what an upgrade of it must not take away stands here."""

    async def main() -> Any:
        loop = asyncio.get_running_loop()
        found: list[Any] = []
        done = asyncio.Event()

        def note(*_: Any) -> None:
            found.append(parent())
            if len(found) == 6:
                done.set()

        async def awaited() -> None:
            note()

        with tracer.span(name="outer") as outer:
            loop.call_soon(note)
            loop.call_later(0, note)
            loop.call_at(loop.time(), note)
            task = asyncio.create_task(awaited())
            task.add_done_callback(note)
            thread = threading.Thread(
                target=contextvars.copy_context().run,
                args=(asyncio.run_coroutine_threadsafe, awaited(), loop),
            )
            thread.start()
        await asyncio.wait_for(done.wait(), 20)
        await loop.run_in_executor(None, thread.join)
        return outer.span_id, found

    outer, found = asyncio.run(main())
    assert found == [(tracer.span_context.trace_id, outer)] * 6


def test_a_task_that_outlives_its_request_keeps_its_parent(span_list: Any) -> None:
    async def main() -> Any:
        ended = asyncio.Event()

        async def background() -> None:
            await ended.wait()
            await asyncio.get_running_loop().run_in_executor(None, work)

        def work() -> None:
            with execution_context.get_opencensus_tracer().span(name="late"):
                pass

        async def request() -> Any:
            own = Tracer(exporter=span_list, sampler=AlwaysOnSampler())
            with own.span(name="request"):
                task = asyncio.create_task(background())
            own.finish()
            return task

        task = await asyncio.create_task(request())
        with Tracer(exporter=span_list, sampler=AlwaysOnSampler()).span(name="another"):
            ended.set()
            await task

    asyncio.run(main())
    late, request = span_list.named("late"), span_list.named("request")
    assert late.parent_span_id == request.span_id
    assert late.context.trace_id == request.context.trace_id
    assert span_list.named("another").context.trace_id != request.context.trace_id


@pytest.mark.parametrize("shared", [False, True], ids=["a tracer each", "one tracer"])
def test_many_interleaved_tasks_stay_apart(span_list: Any, shared: bool) -> None:
    """Spans of the retired client's tasks became children of each other's."""
    order = random.Random(7)
    one = Tracer(exporter=span_list, sampler=AlwaysOnSampler())

    async def step() -> None:
        for _ in range(order.randrange(4)):
            await asyncio.sleep(0)

    async def request(number: int) -> None:
        own = one if shared else Tracer(exporter=span_list, sampler=AlwaysOnSampler())
        with own.span(name=f"request {number}"):
            await step()

            async def child(letter: str) -> None:
                await step()
                with execution_context.get_opencensus_tracer().span(name=f"{number} {letter}"):
                    await step()
                    if letter == "a":
                        loop = asyncio.get_running_loop()
                        await loop.run_in_executor(None, thread, number)

            await asyncio.gather(child("a"), child("b"), child("c"))

    def thread(number: int) -> None:
        with execution_context.get_opencensus_tracer().span(name=f"{number} thread"):
            pass

    async def main() -> None:
        await asyncio.gather(*map(request, range(100)))

    asyncio.run(main())
    spans = {span.name: span for span in span_list.spans}
    assert len(spans) == len(span_list.spans) == 500
    for number in range(100):
        top = spans[f"request {number}"]
        assert top.parent_span_id is None
        for letter in "abc":
            assert spans[f"{number} {letter}"].parent_span_id == top.span_id
        assert spans[f"{number} thread"].parent_span_id == spans[f"{number} a"].span_id
        assert spans[f"{number} a"].context.trace_id == top.context.trace_id
    traces = {span.context.trace_id for span in span_list.spans}
    assert len(traces) == (1 if shared else 100)


def test_loops_of_uvloop_do_the_same(tracer: Any) -> None:
    """`make test-matrix` has it."""
    uvloop = pytest.importorskip("uvloop")

    async def main() -> Any:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, uvloop.Loop)
        with tracer.span(name="outer") as outer:
            return outer.span_id, await loop.run_in_executor(None, leftover)

    outer, found = uvloop.run(main())
    assert found == outer
