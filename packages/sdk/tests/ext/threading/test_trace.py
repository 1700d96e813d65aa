from __future__ import annotations

import asyncio
import multiprocessing
import multiprocessing.dummy
import os
import subprocess
import sys
import threading
from concurrent import futures
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import pool
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.common.runtime_context import RuntimeContext
from opencensus.ext.threading import remote, trace
from opencensus.trace import execution_context, samplers
from opencensus.trace.propagation.binary_format import BinaryFormatPropagator
from opencensus.trace.span import Span
from opencensus.trace.span_context import SpanContext
from opencensus.trace.tracer import Tracer
from opencensus.trace.tracers.noop_tracer import NoopTracer
from opencensus.trace.tracestate import Tracestate

if TYPE_CHECKING:
    from collections.abc import Iterator

_REPLACED: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (threading.Thread, ("start", "run")),
    (pool.Pool, ("apply_async", *trace._MAPS)),
    (ThreadPoolExecutor, ("submit",)),
    (ProcessPoolExecutor, ("submit",)),
)

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the workers have to be forked")
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")


@pytest.fixture(autouse=True)
def _integrated() -> Iterator[None]:
    before = [(owner, name, getattr(owner, name)) for owner, names in _REPLACED for name in names]
    trace.trace_integration()
    trace.trace_integration()
    yield
    for owner, name, method in before:
        setattr(owner, name, method)


def parents() -> tuple[str, list[str]]:
    """Open a span of the current tracer; return its trace and the names and ids around it."""
    tracer = execution_context.get_opencensus_tracer()
    around = []
    with tracer.span(name="inside") as span:
        parent = getattr(span, "parent_span", None)
        while getattr(parent, "span_id", None) is not None:
            around.append(parent.name if parent.name == threading.current_thread().name else "")
            around[-1] = around[-1] or parent.span_id
            parent = getattr(parent, "parent_span", None)
    return tracer.span_context.trace_id, around


def parents_of(_: Any) -> tuple[str, list[str]]:
    return parents()


def in_thread(thread: threading.Thread) -> None:
    thread.start()
    thread.join()


class OwnRun(threading.Thread):
    found: Any = None

    def run(self) -> None:
        self.found = parents()


class CallsUp(OwnRun):
    def run(self) -> None:
        threading.Thread.run(self)
        super().run()


def test_a_thread_goes_on_with_the_trace(tracer: Any) -> None:
    found: list[Any] = []
    with tracer.span(name="outer") as outer:
        in_thread(threading.Thread(target=lambda: found.append(parents())))
        in_thread(multiprocessing.dummy.Process(target=lambda: found.append(parents())))
        timer = threading.Timer(0, lambda: found.append(parents()))
        in_thread(timer)
    in_thread(threading.Thread(target=lambda: found.append(parents())))

    trace_id = tracer.span_context.trace_id
    assert found == [(trace_id, [outer.span_id])] * 3 + [(trace_id, [])]


@pytest.mark.parametrize("kind", [OwnRun, CallsUp])
def test_a_thread_with_a_run_of_its_own_goes_on_with_the_trace(tracer: Any, kind: Any) -> None:
    """The retired integration replaced `Thread.run` alone: `Timer` and most subclasses lost it."""
    with tracer.span(name="outer") as outer:
        thread = kind()
        in_thread(thread)
        replaced = threading.Thread()
        replaced.run = lambda: setattr(replaced, "found", parents())  # type: ignore[method-assign]
        in_thread(replaced)

    expected = (tracer.span_context.trace_id, [outer.span_id])
    assert thread.found == expected
    assert replaced.found == expected  # type: ignore[attr-defined]
    assert "run" not in thread.__dict__
    assert not hasattr(thread, "_opencensus_context")


def test_a_thread_takes_all_slots_along(tracer: Any) -> None:
    execution_context.set_opencensus_attr("key", "value")
    execution_context.set_is_exporter(True)
    seen = []
    in_thread(threading.Thread(target=lambda: seen.append(RuntimeContext.snapshot())))

    assert seen == [RuntimeContext.snapshot()]
    assert seen[0]["attrs"] == {"key": "value"}


def test_an_executor_runs_each_task_in_the_trace_that_asked_for_it(
    tracer: Any, span_list: Any
) -> None:
    with ThreadPoolExecutor(1, "worker") as executor:
        with tracer.span(name="first") as first:
            one = executor.submit(parents).result()
        with tracer.span(name="second") as second:
            two = executor.submit(parents).result()
            mapped = list(executor.map(parents_of, [1]))
        after = executor.submit(parents).result()

    trace_id = tracer.span_context.trace_id
    assert one == (trace_id, ["worker_0", first.span_id])
    assert two == mapped[0] == (trace_id, ["worker_0", second.span_id])
    assert after == (trace_id, ["worker_0"])
    assert sum(span.name == "worker_0" for span in span_list.spans) == 4


def test_a_thread_pool_runs_each_task_in_the_trace_that_asked_for_it(
    tracer: Any, span_list: Any
) -> None:
    with tracer.span(name="around the pool"):
        threads = pool.ThreadPool(1)
    with threads, tracer.span(name="outer") as outer:
        one = threads.apply_async(parents).get(20)
        name = one[1][0]
        found = [
            threads.apply(parents_of, (1,)),
            threads.apply_async(parents_of, (), {"_": 1}, None).get(20),
        ]
        mapped = [
            *threads.map(parents_of, [1]),
            *threads.imap(parents_of, [1]),
            *threads.imap_unordered(parents_of, [1]),
            *threads.starmap(parents_of, [(1,)]),
            *threads.map_async(parents_of, [1]).get(20),
            *threads.starmap_async(parents_of, [(1,)]).get(20),
        ]

    trace_id = tracer.span_context.trace_id
    assert [one, *found] == [(trace_id, [name, outer.span_id])] * 3
    assert mapped == [(trace_id, [outer.span_id])] * 6
    assert sum(span.name == name for span in span_list.spans) == 3


def test_the_threads_of_pools_keep_nothing_of_who_started_them(tracer: Any) -> None:
    """Without a tracer tasks are left alone: they must not find the context of an earlier one."""
    both = threading.Barrier(2)
    with (
        ThreadPoolExecutor(2) as executor,
        tracer.span(name="outer"),
        pool.ThreadPool(1) as threads,
    ):
        for task in [executor.submit(both.wait, 20) for _ in range(2)]:
            task.result(20)
        execution_context.clear()
        seen = [
            executor.submit(RuntimeContext.snapshot).result(),
            executor.submit(RuntimeContext.snapshot).result(),
            threads.apply_async(RuntimeContext.snapshot).get(20),
        ]

    assert seen == [RuntimeContext.snapshot()] * 3


def test_a_task_that_fails_says_so_and_leaves_a_clean_context(tracer: Any, span_list: Any) -> None:
    """In the retired integration the next task found the context of one that had failed."""
    with ThreadPoolExecutor(1, "worker") as executor:
        with tracer.span(name="outer"), pytest.raises(KeyError):
            executor.submit({}.__getitem__, "x").result()
        execution_context.clear()
        after = executor.submit(execution_context.get_current_span).result()

    assert after is None
    assert span_list.named("worker_0").status.canonical_code != 0


def test_tasks_of_asyncio_that_run_in_threads_go_on_with_the_trace(
    tracer: Any, span_list: Any
) -> None:
    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        with tracer.span(name="outer") as outer:
            return [
                outer.span_id,
                await asyncio.to_thread(parents),
                await loop.run_in_executor(None, parents),
            ]

    outer, by_to_thread, by_executor = asyncio.run(main())
    trace_id = tracer.span_context.trace_id
    assert by_to_thread == (trace_id, [outer])
    assert by_executor == (trace_id, ["asyncio_0", outer])


def test_without_a_tracer_tasks_are_left_alone() -> None:
    """The retired integration raised AttributeError: 'NoopTracer' has no attribute 'sampler'."""
    asked: list[Any] = []

    def keep(*args: Any, **kwargs: Any) -> None:
        asked.append((args, kwargs))

    execution_context.set_opencensus_tracer(NoopTracer())
    trace.wrap_submit(keep)(None, parents, 1, a=2)
    trace.wrap_apply_async(keep)(None, parents)
    trace.wrap_map(keep)(None, parents, [1])
    assert asked == [
        ((None, parents, 1), {"a": 2}),
        ((None, parents), {"args": (), "kwds": {}}),
        ((None, parents, [1]), {}),
    ]
    execution_context.clear()
    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(lambda: 42).result() == 42
    with pool.ThreadPool(1) as threads:
        assert threads.apply_async(divmod, (7, 2)).get(20) == (3, 1)


class Broken:
    span_context = SpanContext()

    def span(self, name: str) -> Any:
        raise RuntimeError(name)


@pytest.mark.parametrize("tracer", [None, object(), Broken()])
def test_a_tracer_of_the_hosts_own_costs_no_task(tracer: Any) -> None:
    execution_context.set_opencensus_tracer(tracer)
    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(lambda: 42).result() == 42
    assert trace._task(int, True, in_span=True)("7") == 7


def test_an_unsampled_trace_goes_along_too(span_list: Any) -> None:
    tracer = Tracer(sampler=samplers.AlwaysOffSampler(), exporter=span_list)
    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(parents).result()[0] == tracer.span_context.trace_id
    assert span_list.spans == []


def test_executors_of_interpreters_are_left_alone(
    tracer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class InterpreterPoolExecutor(ThreadPoolExecutor):
        def submit(self, func: Any, /, *args: Any, **kwargs: Any) -> Any:
            return func

    monkeypatch.setattr(
        InterpreterPoolExecutor, "submit", trace.wrap_submit(InterpreterPoolExecutor.submit)
    )
    module = SimpleNamespace(InterpreterPoolExecutor=InterpreterPoolExecutor)
    monkeypatch.setitem(sys.modules, "concurrent.futures.interpreter", module)  # type: ignore[arg-type]
    assert InterpreterPoolExecutor(1).submit(parents) is parents


# Below: other processes.


class Unportable:
    """An exporter that stays in its process, as those with threads do; its spans go to a file."""

    def __init__(self, path: Any) -> None:
        self.lock = threading.Lock()
        self.path = path

    def export(self, span_datas: Any) -> None:
        with self.path.open("a") as file:
            for span in span_datas:
                file.write(f"{span.name} {span.context.trace_id} {span.parent_span_id}\n")

    def lines(self) -> list[str]:
        return self.path.read_text().splitlines() if self.path.exists() else []


class Portable:
    """An exporter that can be pickled."""

    def __init__(self, path: Any) -> None:
        self.path = path

    export = Unportable.export
    lines = Unportable.lines

    @property
    def lock(self) -> Any:
        raise AssertionError("not needed")


def _pools(start_method: str) -> Any:
    return multiprocessing.get_context(start_method)


def what_holds() -> tuple[str, str | None, bool, dict[str, Any], Any, Any]:
    tracer = execution_context.get_opencensus_tracer()
    with tracer.span(name="inside") as span:
        around = getattr(span.parent_span, "parent_span", span.parent_span)
        return (
            tracer.span_context.trace_id,
            around.span_id,
            isinstance(span, Span),
            execution_context.get_opencensus_attrs(),
            tracer.span_context.tracestate,
            tracer.span_context.sample_rate,
        )


class _Third(samplers.Sampler):
    def should_sample(self, span_context: Any) -> bool:
        return True

    def sample_rate(self, span_context: Any) -> float:
        return 33


@needs_fork
@pytest.mark.parametrize("exporter", [Portable, Unportable])
@pytest.mark.parametrize("pool_first", [True, False])
def test_tasks_of_forked_processes_go_on_with_the_trace(
    tmp_path: Any, exporter: Any, pool_first: bool
) -> None:
    """The retired integration raised TypeError for an exporter that cannot be pickled."""
    receiver = exporter(tmp_path / "spans")
    earlier = Tracer(sampler=samplers.AlwaysOnSampler(), exporter=receiver)
    context = SpanContext(tracestate=Tracestate(a="1"))
    processes = _pools("fork").Pool(1) if pool_first else None
    tracer = Tracer(context, _Third(), receiver)
    execution_context.set_opencensus_attr("key", "value")
    with processes or _pools("fork").Pool(1) as workers, tracer.span(name="outer") as outer:
        found = workers.apply_async(what_holds).get(20)
        again = workers.apply(what_holds)
        with tracer.span(name="inner") as inner:
            mapped = [
                *workers.map(parents_of, [1, 2], 1),
                *workers.imap(parents_of, [1]),
                *workers.starmap(parents_of, [(1,)]),
            ]
        left = workers.apply_async(earlier_trace).get(20)

    expected = (context.trace_id, outer.span_id, True, {"key": "value"}, {"a": "1"}, 33)
    assert found == again == expected
    assert mapped == [(context.trace_id, [inner.span_id])] * 4
    assert left[0] == context.trace_id != earlier.span_context.trace_id
    names = [line.split()[0] for line in receiver.lines()]
    assert names.count("inside") == 6
    assert names.count("MainThread") == 3


def earlier_trace() -> tuple[str, int]:
    return execution_context.get_opencensus_tracer().span_context.trace_id, os.getpid()


_SPAWNING = """
import multiprocessing, sys
from opencensus.ext.threading import trace
from opencensus.trace import execution_context, samplers
from opencensus.trace.tracer import Tracer

class ToFile:
    def export(self, span_datas):
        with open(sys.argv[1], "a") as file:
            for span in span_datas:
                print(span.name, span.context.trace_id, span.parent_span_id, file=file)

def work():
    with execution_context.get_opencensus_tracer().span(name="inside") as span:
        return span.parent_span.span_id

if __name__ == "__main__":
    trace.trace_integration()
    tracer = Tracer(sampler=samplers.AlwaysOnSampler(), exporter=ToFile())
    with multiprocessing.get_context("spawn").Pool(1) as workers, tracer.span(name="outer") as outer:
        between = workers.apply_async(work).get(60)
    print(tracer.span_context.trace_id, outer.span_id, between)
"""


def test_tasks_of_spawned_processes_go_on_with_the_trace(tmp_path: Any) -> None:
    program, spans = tmp_path / "program.py", tmp_path / "spans"
    program.write_text(_SPAWNING)
    command = [sys.executable, str(program), str(spans)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=90)
    assert ran.returncode == 0, ran.stderr

    trace_id, outer, between = ran.stdout.split()
    assert [line.split() for line in spans.read_text().splitlines()] == [
        ["inside", trace_id, between],
        ["MainThread", trace_id, outer],
        ["outer", trace_id, "None"],
    ]


_SENDING = """
import multiprocessing, sys
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.ext.threading import trace
from opencensus.trace import execution_context, samplers
from opencensus.trace.tracer import Tracer

def work(number):
    with execution_context.get_opencensus_tracer().span(name=f"work {number}"):
        pass

def redact(envelope):
    envelope.data.baseData.properties["seen"] = "yes"

if __name__ == "__main__":
    trace.trace_integration()
    exporter = AzureExporter(connection_string=sys.argv[1], storage_path=sys.argv[2])
    exporter.add_telemetry_processor(redact)
    tracer = Tracer(sampler=samplers.AlwaysOnSampler(), exporter=exporter)
    with multiprocessing.get_context("spawn").Pool(2) as workers, tracer.span(name="outer"):
        workers.map(work, range(4))
        workers.close()
        workers.join()
"""


def test_telemetry_of_spawned_processes_arrives(tmp_path: Any, track_server: Any) -> None:
    """The retired integration raised TypeError: its exporter cannot be pickled."""
    program = tmp_path / "program.py"
    program.write_text(_SENDING)
    command = [sys.executable, str(program), track_server.connection_string, str(tmp_path / "kept")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=90)
    assert ran.returncode == 0, ran.stderr

    items = track_server.wait_for_items(5)
    spans = {item["data"]["baseData"]["name"]: item for item in items}
    assert set(spans) == {"outer", *(f"work {number}" for number in range(4))}
    assert len({item["tags"]["ai.operation.id"] for item in items}) == 1
    outer = spans.pop("outer")["data"]["baseData"]["id"]
    assert {item["tags"]["ai.operation.parentId"] for item in spans.values()} == {outer}
    assert {item["data"]["baseData"]["properties"]["seen"] for item in items} == {"yes"}


@needs_fork
def test_process_executors_go_on_with_the_trace(tmp_path: Any) -> None:
    receiver = Unportable(tmp_path / "spans")
    tracer = Tracer(sampler=samplers.AlwaysOnSampler(), exporter=receiver)
    with (
        ProcessPoolExecutor(1, mp_context=_pools("fork")) as workers,
        tracer.span(name="outer") as outer,
    ):
        found = [workers.submit(parents).result(20), *workers.map(parents_of, [1])]

    assert found == [(tracer.span_context.trace_id, [outer.span_id])] * 2
    assert isinstance(workers, futures.Executor)


@needs_fork
def test_a_worker_without_an_exporter_still_knows_its_trace(tmp_path: Any) -> None:
    execution_context.clear()
    with _pools("fork").Pool(1) as workers:
        tracer = Tracer(sampler=samplers.AlwaysOnSampler(), exporter=Unportable(tmp_path / "spans"))
        found = workers.apply_async(_trace_and_kind).get(20)

    assert found == (tracer.span_context.trace_id, "BlankSpan")


def _trace_and_kind() -> tuple[str, str]:
    tracer = execution_context.get_opencensus_tracer()
    return tracer.span_context.trace_id, type(tracer.span()).__name__


@needs_fork
def test_without_a_tracer_tasks_of_processes_are_left_alone() -> None:
    with _pools("fork").Pool(1) as workers:
        assert workers.apply_async(divmod, (7, 2)).get(20) == (3, 1)
        assert workers.apply_async(int, ("11",), {"base": 2}).get(20) == 3
        assert workers.map(abs, [-1]) == [1]


def test_what_a_worker_did_leaves_its_context_as_it_was(tmp_path: Any, tracer: Any) -> None:
    with tracer.span(name="outer"):
        task = remote.Remote(earlier_trace, tracer, in_span=True)
    own = Tracer(sampler=samplers.AlwaysOnSampler(), exporter=Portable(tmp_path / "spans"))
    with own.span("of the worker") as span:
        assert task()[0] == tracer.span_context.trace_id
        assert execution_context.get_current_span() is span
    assert execution_context.get_opencensus_tracer() is own


def test_a_task_may_be_wrapped_by_hand(span_list: Any, tracer: Any) -> None:
    header = BinaryFormatPropagator().to_header(SpanContext("a" * 32, "b" * 16))
    task = trace.wrap_task_func(parents)
    options = {"sampler": samplers.AlwaysOnSampler(), "exporter": span_list, "propagator": None}
    trace_id, around = task(kwds={}, span_context_binary=header, **options)

    assert (trace_id, around) == ("a" * 32, [threading.current_thread().name, "b" * 16])
    assert execution_context.get_opencensus_tracer() is tracer
    execution_context.clear()
    assert task(kwds={}, span_context_binary=header, exporter=None)[0] != "a" * 32
