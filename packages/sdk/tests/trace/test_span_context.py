from __future__ import annotations

import os
import random

import pytest

from opencensus.trace import execution_context, span_context
from opencensus.trace.span_context import SpanContext, generate_span_id, generate_trace_id
from opencensus.trace.trace_options import TraceOptions


def test_defaults():
    context = SpanContext()
    assert span_context.TRACE_ID_PATTERN.fullmatch(context.trace_id)
    assert (context.span_id, context.tracestate, context.from_header) == (None, None, False)
    assert context.trace_options.trace_options_byte == "0"


def test_what_is_given_is_kept():
    context = SpanContext("a" * 32, "b" * 16, TraceOptions("1"), {"c": "d"}, from_header=True)
    assert repr(context) == (
        f"SpanContext(trace_id={'a' * 32}, span_id={'b' * 16}, "
        "trace_options=TraceOptions(enabled=True), tracestate={'c': 'd'})"
    )
    assert context.from_header


@pytest.mark.parametrize("trace_id", ["0" * 32, "".join(["0"] * 32), "x", "A" * 32, "a" * 33])
def test_a_trace_id_that_is_none_is_replaced(trace_id, caplog):
    context = SpanContext(trace_id=trace_id, from_header=True)
    assert context.trace_id != trace_id
    assert span_context.TRACE_ID_PATTERN.fullmatch(context.trace_id)
    assert not context.from_header
    assert trace_id in caplog.text


@pytest.mark.parametrize("span_id", ["".join(["0"] * 16), "x", "B" * 16, "b" * 17])
def test_a_span_id_that_is_none_is_dropped(span_id, caplog):
    context = SpanContext(span_id=span_id, from_header=True)
    assert context.span_id is None
    assert not context.from_header
    assert span_id in caplog.text


def test_an_id_that_is_no_text_is_a_mistake_of_the_program():
    with pytest.raises(AssertionError):
        SpanContext(trace_id=5)
    with pytest.raises(AssertionError):
        SpanContext(span_id=5)


def test_a_program_that_seeds_random_does_not_repeat_its_ids():
    random.seed(1)
    first = generate_trace_id(), generate_span_id()
    random.seed(1)
    assert generate_trace_id() != first[0]
    assert generate_span_id() != first[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_makes_other_ids_than_its_parent():
    read_end, write_end = os.pipe()
    child = os.fork()
    if not child:
        os.write(write_end, generate_trace_id().encode())
        os._exit(0)
    mine = generate_trace_id()
    os.waitpid(child, 0)
    assert os.read(read_end, 32).decode() != mine
    os.close(read_end)
    os.close(write_end)


def test_a_current_span_of_an_unknown_kind_does_not_matter():
    execution_context.set_current_span(object())
    assert SpanContext(span_id="b" * 16).span_id == "b" * 16
