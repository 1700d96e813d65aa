from __future__ import annotations

import asyncio
import threading

import pytest

from opencensus.common.runtime_context import RuntimeContext
from opencensus.trace import execution_context
from opencensus.trace.tracers.noop_tracer import NoopTracer


def test_an_untouched_context_has_defaults():
    tracer, span, attrs = execution_context.get_opencensus_full_context()
    assert isinstance(tracer, NoopTracer)
    assert (span, attrs) == (None, {})
    assert not execution_context.is_exporter()
    assert execution_context.get_opencensus_attr("key") is None


def test_what_is_set_is_got():
    execution_context.set_opencensus_full_context("tracer", "span", {"key": 1})
    execution_context.set_opencensus_attr("other", 2)
    execution_context.set_is_exporter(True)
    assert execution_context.get_opencensus_tracer() == "tracer"
    assert execution_context.get_current_span() == "span"
    assert execution_context.get_opencensus_attrs() == {"key": 1, "other": 2}
    assert execution_context.is_exporter()
    execution_context.set_is_exporter(False)
    execution_context.set_opencensus_full_context("tracer", "span", None)
    assert execution_context.get_opencensus_attrs() == {}


@pytest.mark.parametrize("forget", [execution_context.clean, execution_context.clear])
def test_clean_and_clear_keep_whether_this_is_an_exporter_and_the_slots_of_others(forget):
    slot = RuntimeContext.register_slot(f"of_a_program_{forget.__name__}")
    slot.set("kept")
    execution_context.set_is_exporter(True)
    execution_context.set_opencensus_full_context("tracer", "span", {"key": 1})
    forget()
    tracer, span, attrs = execution_context.get_opencensus_full_context()
    assert (type(tracer), span, attrs) == (NoopTracer, None, {})
    assert execution_context.is_exporter()
    assert slot.get() == "kept"
    RuntimeContext.clear()
    assert not execution_context.is_exporter()
    assert slot.get() is None


def test_a_task_does_not_see_what_another_one_sets():
    async def work(value):
        execution_context.set_opencensus_attr("key", value)
        await asyncio.sleep(0)
        return execution_context.get_opencensus_attr("key")

    async def main():
        execution_context.set_opencensus_attr("shared", 1)
        return await asyncio.gather(work("a"), work("b"))

    assert asyncio.run(main()) == ["a", "b"]


def test_a_thread_begins_with_defaults():
    execution_context.set_current_span("span")
    seen = []
    thread = threading.Thread(target=lambda: seen.append(execution_context.get_current_span()))
    thread.start()
    thread.join()
    assert seen == [None]
