"""The header formats beside W3C: what is written is read again, and what is not theirs is not."""

from __future__ import annotations

import pytest

from opencensus.trace.propagation.b3_format import B3FormatPropagator
from opencensus.trace.propagation.binary_format import BinaryFormatPropagator
from opencensus.trace.propagation.google_cloud_format import GoogleCloudFormatPropagator
from opencensus.trace.propagation.text_format import TextFormatPropagator
from opencensus.trace.span_context import SpanContext
from opencensus.trace.trace_options import TraceOptions

TRACE, SPAN = "a" * 32, "b" * 16


def _facts(context):
    return context.trace_id, context.span_id, context.trace_options.enabled, context.from_header


@pytest.mark.parametrize("sampled", [True, False])
@pytest.mark.parametrize(
    "round_trip",
    [
        lambda c: B3FormatPropagator().from_headers(B3FormatPropagator().to_headers(c)),
        lambda c: GoogleCloudFormatPropagator().from_headers(
            GoogleCloudFormatPropagator().to_headers(c)
        ),
        lambda c: TextFormatPropagator().from_carrier(TextFormatPropagator().to_carrier(c, {})),
        lambda c: BinaryFormatPropagator().from_header(BinaryFormatPropagator().to_header(c)),
    ],
    ids=["b3", "google", "text", "binary"],
)
def test_what_is_written_is_read_again(round_trip, sampled):
    context = SpanContext(TRACE, SPAN, TraceOptions("1" if sampled else "0"))
    assert _facts(round_trip(context)) == (TRACE, SPAN, sampled, True)
    outside_of_spans = SpanContext(TRACE, None, TraceOptions("1" if sampled else "0"))
    assert round_trip(outside_of_spans).span_id is None


@pytest.mark.parametrize(
    ("headers", "facts"),
    [
        ({"x-b3-traceid": TRACE, "x-b3-spanid": SPAN, "x-b3-sampled": "1"}, (TRACE, SPAN, True)),
        ({"x-b3-traceid": TRACE, "x-b3-spanid": SPAN, "x-b3-sampled": "d"}, (TRACE, SPAN, True)),
        ({"x-b3-traceid": TRACE, "x-b3-spanid": SPAN, "x-b3-sampled": "0"}, (TRACE, SPAN, False)),
        ({"x-b3-traceid": TRACE, "x-b3-spanid": SPAN}, (TRACE, SPAN, False)),
        ({"x-b3-traceid": "c" * 16, "x-b3-spanid": SPAN}, ("0" * 16 + "c" * 16, SPAN, False)),
        ({"b3": f"{TRACE}-{SPAN}-1"}, (TRACE, SPAN, True)),
        ({"b3": f"{TRACE}-{SPAN}"}, (TRACE, SPAN, False)),
        ({"b3": f"{TRACE}-{SPAN}-d-{'c' * 16}"}, (TRACE, SPAN, True)),
    ],
)
def test_b3_callers_are_continued(headers, facts):
    assert _facts(B3FormatPropagator().from_headers(headers)) == (*facts, True)


@pytest.mark.parametrize(
    ("headers", "sampled"),
    [
        (None, False),
        ({}, False),
        ({"b3": "0"}, False),
        ({"b3": "1"}, True),
        ({"x-b3-sampled": "1"}, True),
        ({"x-b3-traceid": TRACE}, False),
        ({"x-b3-spanid": SPAN}, False),
    ],
)
def test_b3_without_ids_only_decides_about_sampling(headers, sampled):
    context = B3FormatPropagator().from_headers(headers)
    assert context.trace_id != TRACE
    assert _facts(context)[1:] == (None, sampled, False)


def test_b3_with_ids_of_zeros_starts_a_new_trace(caplog):
    headers = {"x-b3-traceid": "0" * 16, "x-b3-spanid": "0" * 16}
    context = B3FormatPropagator().from_headers(headers)
    assert set(context.trace_id) != {"0"}
    assert _facts(context)[1:] == (None, False, False)
    assert "all zero" in caplog.text


@pytest.mark.parametrize(
    ("header", "facts"),
    [
        (f"{TRACE}/123;o=1", (TRACE, "000000000000007b", True, True)),
        (f"{TRACE}/123;o=0", (TRACE, "000000000000007b", False, True)),
        (f"{TRACE}/123", (TRACE, "000000000000007b", True, True)),
        (f"{TRACE};o=1", (TRACE, None, True, True)),
        (f"{TRACE}/0;o=1", (TRACE, None, True, True)),
        (f"{TRACE}/99999999999999999999;o=1", (TRACE, None, True, True)),
        (TRACE, (TRACE, None, True, True)),
    ],
)
def test_google_callers_are_continued(header, facts):
    assert _facts(GoogleCloudFormatPropagator().from_header(header)) == facts


def test_a_google_header_that_is_none_starts_a_new_trace(caplog):
    propagator = GoogleCloudFormatPropagator()
    assert not propagator.from_header("nonsense").from_header
    assert "cannot parse the header nonsense" in caplog.text
    assert not propagator.from_header(None).from_header
    assert not propagator.from_headers(None).from_header
    assert not propagator.from_headers({}).from_header


def test_text_carriers_may_spell_their_keys_in_any_case():
    carrier = {"OpenCensus-Trace-TraceId": TRACE, "OPENCENSUS-TRACE-SPANID": SPAN, "other": 1}
    assert _facts(TextFormatPropagator().from_carrier(carrier)) == (TRACE, SPAN, True, True)


def test_text_is_added_to_what_the_carrier_holds():
    carrier = {"other": 1}
    assert TextFormatPropagator().to_carrier(SpanContext(TRACE), carrier) is carrier
    assert set(carrier) == {"other", "opencensus-trace-traceid", "opencensus-trace-traceoptions"}


@pytest.mark.parametrize("binary", [None, b"", b"abc", b"\0" * 30])
def test_bytes_of_another_length_start_a_new_trace(binary):
    assert not BinaryFormatPropagator().from_header(binary).from_header


def test_the_bytes_are_those_of_grpc():
    context = SpanContext(TRACE, SPAN, TraceOptions("1"))
    assert BinaryFormatPropagator().to_header(context) == (
        b"\x00\x00" + b"\xaa" * 16 + b"\x01" + b"\xbb" * 8 + b"\x02\x01"
    )
