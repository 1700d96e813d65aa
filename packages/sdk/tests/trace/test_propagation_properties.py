"""Whatever a caller sends, a request gets a valid span context and no exception."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opencensus.trace.propagation.b3_format import B3FormatPropagator
from opencensus.trace.propagation.binary_format import BinaryFormatPropagator
from opencensus.trace.propagation.google_cloud_format import GoogleCloudFormatPropagator
from opencensus.trace.propagation.text_format import TextFormatPropagator
from opencensus.trace.propagation.trace_context_http_header_format import TraceContextPropagator
from opencensus.trace.span_context import SPAN_ID_PATTERN, TRACE_ID_PATTERN

_HEX = st.text("0123456789abcdef", max_size=40)
_NEARLY = st.one_of(
    st.text(),
    st.builds("{}-{}-{}-{}".format, _HEX, _HEX, _HEX, _HEX),
    st.builds(
        "{:0>32.32}/{};o={}".format, _HEX, st.integers(min_value=0), st.integers(min_value=0)
    ),
    st.builds("00-{:0>32.32}-{:0>16.16}-{:0>2.2}".format, _HEX, _HEX, _HEX),
    _HEX,
)
_NAMES = (
    "traceparent", "tracestate", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled",
    "X-Cloud-Trace-Context", "opencensus-trace-traceid", "opencensus-trace-spanid",
    "opencensus-trace-traceoptions",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _quiet(caplog):
    caplog.set_level(logging.CRITICAL)


def _is_valid(context):
    assert TRACE_ID_PATTERN.fullmatch(context.trace_id)
    assert context.trace_id != "0" * 32
    if context.span_id is not None:
        assert SPAN_ID_PATTERN.fullmatch(context.span_id)
        assert context.span_id != "0" * 16
    assert context.trace_options.get_enabled() in (True, False)
    return True


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(_NAMES), _NEARLY))
def test_headers_of_any_text_give_a_valid_context(headers):
    assert _is_valid(TraceContextPropagator().from_headers(headers))
    assert _is_valid(B3FormatPropagator().from_headers(headers))
    assert _is_valid(GoogleCloudFormatPropagator().from_headers(headers))
    assert _is_valid(TextFormatPropagator().from_carrier(headers))


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(), st.binary(min_size=29, max_size=29)))
def test_any_bytes_give_a_valid_context(binary):
    assert _is_valid(BinaryFormatPropagator().from_header(binary))


def test_a_number_of_thousands_of_digits_is_no_exception():
    header = f"{'a' * 32}/1;o={'1' * 5000}"
    assert _is_valid(GoogleCloudFormatPropagator().from_header(header))
