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
        ({"b3": f"{TRACE}-{SPAN}-0"}, (TRACE, SPAN, False)),
        ({"b3": f"{'c' * 16}-{SPAN}-1"}, ("0" * 16 + "c" * 16, SPAN, True)),
        ({"b3": f"{TRACE.upper()}-{SPAN.upper()}-1"}, (TRACE, SPAN, True)),
        ({"x-b3-traceid": TRACE, "x-b3-spanid": SPAN, "x-b3-sampled": "TRUE"}, (TRACE, SPAN, True)),
        ({"x-b3-traceid": TRACE, "x-b3-spanid": SPAN, "x-b3-flags": "1"}, (TRACE, SPAN, True)),
        ({"b3": f"{TRACE}-{SPAN}-1", "x-b3-traceid": "c" * 32}, (TRACE, SPAN, True)),
        (
            {"b3": "a-b-c-d-e", "x-b3-traceid": TRACE, "x-b3-spanid": SPAN, "x-b3-sampled": "1"},
            (TRACE, SPAN, True),
        ),
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
        ({"b3": "d"}, True),
        ({"b3": "0", "x-b3-traceid": TRACE, "x-b3-spanid": SPAN, "x-b3-sampled": "1"}, False),
        ({"b3": f"{TRACE}-{SPAN}-1-{SPAN}-more"}, False),
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
        (f"{TRACE}/;o=0", (TRACE, None, False, True)),
        (f"{TRACE}/None;o=0", (TRACE, None, False, True)),
        (f"{TRACE.upper()}/123;o=1", (TRACE, "000000000000007b", True, True)),
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


def test_a_google_header_without_an_open_span_names_the_trace():
    """The retired client raised TypeError."""
    headers = GoogleCloudFormatPropagator().to_headers(SpanContext(TRACE))
    assert headers == {"X-Cloud-Trace-Context": f"{TRACE};o=0"}


@pytest.mark.parametrize(
    ("value", "sampled"),
    [
        ("0", False), ("1", True), ("2", False), ("3", True), ("01", True), ("300", True),
        (0, False), (1, True), (False, False), (True, True), (None, False), ("", False),
        ("false", False), ("true", True), ("nonsense", True),
    ],
)  # fmt: skip
def test_the_options_of_a_text_carrier_are_a_number(value, sampled):
    """The retired client took every text, `0` too, for sampled."""
    carrier = {"opencensus-trace-traceid": TRACE, "opencensus-trace-traceoptions": value}
    assert TextFormatPropagator().from_carrier(carrier).trace_options.enabled is sampled


def test_ids_of_a_text_carrier_that_are_no_texts_are_absent():
    """The retired client raised AssertionError."""
    carrier = {"opencensus-trace-traceid": 5, "opencensus-trace-spanid": b"b" * 16, 7: 8}
    context = TextFormatPropagator().from_carrier(carrier)
    assert context.span_id is None


def test_text_carriers_may_spell_their_keys_in_any_case():
    """The retired client raised KeyError."""
    carrier = {"OpenCensus-Trace-TraceId": TRACE, "OPENCENSUS-TRACE-SPANID": SPAN, "other": 1}
    assert _facts(TextFormatPropagator().from_carrier(carrier)) == (TRACE, SPAN, True, True)


def test_text_is_added_to_what_the_carrier_holds():
    carrier = {"other": 1}
    assert TextFormatPropagator().to_carrier(SpanContext(TRACE), carrier) is carrier
    assert set(carrier) == {"other", "opencensus-trace-traceid", "opencensus-trace-traceoptions"}


_BYTES = b"\x00\x00" + b"\xaa" * 16 + b"\x01" + b"\xbb" * 8 + b"\x02\x01"


@pytest.mark.parametrize(
    ("binary", "facts"),
    [
        (_BYTES, (TRACE, SPAN, True, True)),
        (_BYTES[:27], (TRACE, SPAN, False, True)),
        (_BYTES[:18], (TRACE, None, False, True)),
        (_BYTES[:18] + _BYTES[27:], (TRACE, None, True, True)),
        (_BYTES + b"\x03later", (TRACE, SPAN, True, True)),
        (_BYTES[:19] + bytes(8) + _BYTES[27:], (TRACE, None, True, True)),
    ],
)
def test_bytes_may_lack_fields_and_have_later_ones(binary, facts):
    """The retired client knew 29 bytes only, whatever version and field numbers they had."""
    assert _facts(BinaryFormatPropagator().from_header(binary)) == facts


@pytest.mark.parametrize(
    "binary",
    [
        None,
        b"",
        b"abc",
        "text",
        b"\0" * 30,
        b"\x01" + _BYTES[1:],
        b"\x00\x05" + _BYTES[2:],
        _BYTES[:17],
        _BYTES[:26],
        _BYTES[:28],
    ],
)
def test_other_bytes_start_a_new_trace(binary):
    assert not BinaryFormatPropagator().from_header(binary).from_header


def test_the_bytes_are_those_of_grpc():
    context = SpanContext(TRACE, SPAN, TraceOptions("1"))
    assert BinaryFormatPropagator().to_header(context) == (
        b"\x00\x00" + b"\xaa" * 16 + b"\x01" + b"\xbb" * 8 + b"\x02\x01"
    )
