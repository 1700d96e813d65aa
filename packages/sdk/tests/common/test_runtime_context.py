from __future__ import annotations

import asyncio
import threading
from typing import ClassVar

import pytest

from opencensus.common.runtime_context import (
    RuntimeContext,
    _AsyncRuntimeContext,
    _RuntimeContext,
    _ThreadLocalRuntimeContext,
)


@pytest.fixture(params=[_AsyncRuntimeContext, _ThreadLocalRuntimeContext])
def context(request) -> _RuntimeContext:
    class Own(request.param):
        _slots: ClassVar = {}

    return Own()


def test_a_slot_has_its_default_until_it_is_set(context):
    slot = context.register_slot("answer", 42)
    context.register_slot("fresh", list)
    assert (context.answer, slot.get(), slot.name) == (42, 42, "answer")
    context.answer = 43
    assert (context.answer, slot.get()) == (43, 43)
    context.fresh.append(1)
    assert context.fresh == [1]
    context.clear()
    assert (context.answer, context.fresh) == (42, [])
    assert repr(context) == "Own({'answer': 42, 'fresh': []})"


def test_a_name_is_taken_once_and_known_names_only_are_used(context):
    context.register_slot("answer")
    with pytest.raises(ValueError, match="slot answer already registered"):
        context.register_slot("answer")
    with pytest.raises(AttributeError, match="other is not a registered context slot"):
        context.other  # noqa: B018
    with pytest.raises(AttributeError, match="other is not a registered context slot"):
        context.other = 1
    with pytest.raises(AttributeError, match="other is not a registered context slot"):
        context.apply({"other": 1})


def test_a_thread_begins_with_defaults_unless_it_is_given_a_context(context):
    context.register_slot("answer", 42)
    context.answer = 43
    seen = []

    def read():
        seen.append(context.answer)

    for target in (read, context.with_current_context(read)):
        thread = threading.Thread(target=target)
        thread.start()
        thread.join()
    assert seen == [42, 43]


def test_a_bound_function_leaves_its_callers_values_as_they_were(context):
    context.register_slot("answer", 42)

    def fail(one, *, other):
        """Fails."""
        seen.append((context.answer, one, other))
        context.answer = 99
        raise KeyError(one)

    seen = []
    bound = context.with_current_context(fail)
    context.answer = 1
    with pytest.raises(KeyError):
        bound("a", other="b")
    assert seen == [(42, "a", "b")]
    assert context.answer == 1
    assert bound.__doc__ == "Fails."


def test_tasks_begin_with_the_values_of_their_maker_and_then_have_their_own():
    class Own(_AsyncRuntimeContext):
        _slots: ClassVar = {}

    context = Own()
    context.register_slot("answer", 42)

    async def work(value):
        before = context.answer
        context.answer = value
        await asyncio.sleep(0)
        return before, context.answer

    async def main():
        context.answer = 43
        return await asyncio.gather(work(1), work(2)), context.answer

    assert asyncio.run(main()) == ([(43, 1), (43, 2)], 43)


def test_the_one_of_the_process_knows_the_slots_of_the_trace_room():
    from opencensus.trace import execution_context

    execution_context.clear()
    assert {"attrs", "current_span", "is_exporter", "tracer"} <= set(RuntimeContext.snapshot())
