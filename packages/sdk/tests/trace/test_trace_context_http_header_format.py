from __future__ import annotations

import pytest

from opencensus.trace.propagation.trace_context_http_header_format import TraceContextPropagator
from opencensus.trace.span_context import SPAN_ID_PATTERN, SpanContext
from opencensus.trace.trace_options import TraceOptions
from opencensus.trace.tracestate import Tracestate

TRACE, SPAN = "12345678901234567890123456789012", "1234567890123456"


def _read(traceparent, **others):
    return TraceContextPropagator().from_headers({"traceparent": traceparent, **others})


@pytest.mark.parametrize(
    ("traceparent", "sampled"),
    [
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"  00-{TRACE}-{SPAN}-01\t", True),
        (f"00-{TRACE}-{SPAN}-0a", False),
        (f"00-{TRACE}-{SPAN}-0b", True),
        (f"00-{TRACE}-{SPAN}-ff", True),
        (f"01-{TRACE}-{SPAN}-01-later", True),
        (f"cc-{TRACE}-{SPAN}-03", True),
    ],
)
def test_a_caller_is_continued(traceparent, sampled):
    """The retired client read the flags as a decimal number: `0a` raised ValueError."""
    context = _read(traceparent)
    assert (context.trace_id, context.span_id, context.from_header) == (TRACE, SPAN, True)
    assert context.trace_options.enabled is sampled


@pytest.mark.parametrize(
    "traceparent",
    [
        "",
        "nonsense",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-later",
        f"00-{TRACE}-{SPAN}",
        f"cc-{TRACE}-{SPAN}-01.later",
        f"00-{TRACE}-{SPAN}-01,00-{TRACE}-{SPAN}-01",
        f"00-{TRACE.replace('1', 'A')}-{SPAN}-01",
    ],
)
def test_what_names_no_caller_starts_a_new_trace(traceparent):
    context = _read(traceparent)
    assert context.trace_id != TRACE
    assert (context.span_id, context.from_header) == (None, False)


@pytest.mark.parametrize("headers", [None, {}, {"other": "header"}])
def test_no_header_starts_a_new_trace(headers):
    assert TraceContextPropagator().from_headers(headers).span_id is None


@pytest.mark.parametrize(
    ("tracestate", "members"),
    [
        ("a=1,b=2", [("a", "1"), ("b", "2")]),
        ("a=1 ,\tb=2", [("a", "1"), ("b", "2")]),
        ("", None),
        ("a=1,,b=2 ", [("a", "1"), ("b", "2")]),
        (",".join(f"k{number}=1" for number in range(32)), [(f"k{n}", "1") for n in range(32)]),
        ("a=1,nonsense", None),
        ("a=1,a=2", None),
        (",".join(f"k{number}=1" for number in range(33)), None),
    ],
)
def test_the_tracestate_comes_along_when_it_is_valid(tracestate, members):
    context = _read(f"00-{TRACE}-{SPAN}-01", tracestate=tracestate)
    assert context.span_id == SPAN
    assert context.tracestate == (None if members is None else Tracestate(members))


@pytest.mark.parametrize(
    ("options", "flags"), [("0", "00"), ("1", "01"), ("254", "00"), ("255", "01")]
)
def test_what_is_written_is_what_was_read(options, flags):
    state = Tracestate([("a", "1"), ("b", "2")])
    context = SpanContext(TRACE, SPAN, TraceOptions(options), state)
    headers = TraceContextPropagator().to_headers(context)
    assert headers == {"traceparent": f"00-{TRACE}-{SPAN}-{flags}", "tracestate": "a=1,b=2"}
    assert TraceContextPropagator().from_headers(headers).tracestate == state


def test_the_bits_that_level_1_does_not_know_are_read_but_not_sent_on():
    context = _read(f"00-{TRACE}-{SPAN}-1b")
    assert context.trace_options.trace_options_byte == str(0x1B)
    assert TraceContextPropagator().to_headers(context)["traceparent"][-2:] == "01"


def test_a_tracestate_that_grew_too_long_loses_its_oldest_members():
    state = Tracestate([(f"k{number}", "1") for number in range(32)])
    state.prepend("ours", "2")
    headers = TraceContextPropagator().to_headers(SpanContext(TRACE, SPAN, tracestate=state))
    members = headers["tracestate"].split(",")
    assert (len(members), members[0], members[-1]) == (32, "ours=2", "k30=1")


def test_a_call_outside_of_any_span_has_a_valid_header_all_the_same():
    """The retired client sent `00-<trace id>-None-00`."""
    headers = TraceContextPropagator().to_headers(SpanContext(TRACE))
    version, trace_id, span_id, flags = headers["traceparent"].split("-")
    assert (version, trace_id, flags) == ("00", TRACE, "00")
    assert SPAN_ID_PATTERN.fullmatch(span_id)
    assert "tracestate" not in headers
