from __future__ import annotations

import logging
import sys

import pytest

from opencensus.log import ATTR_DEFAULTS, TraceLogger, TraceLoggingAdapter, get_log_attrs
from opencensus.trace import execution_context
from opencensus.trace.samplers import AlwaysOffSampler, AlwaysOnSampler
from opencensus.trace.tracer import Tracer


class _Discarding:
    def export(self, span_datas):
        return None


@pytest.fixture(autouse=True)
def _own_context():
    execution_context.clear()
    yield
    execution_context.clear()


@pytest.fixture
def tracer():
    return Tracer(sampler=AlwaysOnSampler(), exporter=_Discarding())


@pytest.fixture
def records():
    return []


@pytest.fixture
def handler(records):
    class Keeping(logging.Handler):
        def emit(self, record):
            records.append(record)

    return Keeping()


def _ids(record):
    return record.traceId, record.spanId, record.traceSampled


def test_the_ids_are_those_of_the_current_span(tracer):
    trace_id = tracer.span_context.trace_id
    assert get_log_attrs() == (trace_id, "0" * 16, True)
    with tracer.span("outer"), tracer.span("inner") as inner:
        assert get_log_attrs() == (trace_id, inner.span_id, True)
    assert Tracer(sampler=AlwaysOffSampler()) is not tracer
    assert get_log_attrs().sampling_decision is False


def test_where_no_tracer_was_made_nothing_is_known():
    """The retired client gave the id of a tracer that stands in, the same for the whole process."""
    assert get_log_attrs() == ATTR_DEFAULTS


def test_a_tracer_without_context_gives_the_defaults(caplog):
    execution_context.set_opencensus_tracer(None)
    assert get_log_attrs() == ATTR_DEFAULTS == ("0" * 32, "0" * 16, False)
    assert caplog.messages == ["Failed to get opencensus tracer"]


class _Broken:
    """A span context whose facts cannot be read."""

    trace_id = span_id = property(lambda self: 1 / 0)
    trace_options = None


def test_a_context_that_cannot_be_read_is_reported_and_gives_the_defaults(caplog):
    execution_context.set_opencensus_tracer(type("T", (), {"span_context": _Broken()})())
    assert get_log_attrs() == ATTR_DEFAULTS
    assert caplog.messages == [
        "Failed to get opencensus trace ID",
        "Failed to get opencensus span ID",
    ]
    execution_context.set_opencensus_tracer(type("T", (), {"span_context": None})())
    assert get_log_attrs() == ATTR_DEFAULTS


def test_an_adapter_adds_the_ids_to_what_is_given(tracer, handler, records):
    logger = logging.getLogger("test_log.adapted")
    logger.addHandler(handler)
    adapter = TraceLoggingAdapter(logger, {"always": 1, "both": 1})
    with tracer.span("work") as span:
        adapter.warning("%s", "first")
        adapter.warning("second", extra={"both": 2, "spanId": "mine"})
    assert _ids(records[0]) == (tracer.span_context.trace_id, span.span_id, True)
    assert (records[0].always, records[0].both) == (1, 1)
    assert (records[1].both, records[1].spanId) == (2, "mine")
    if sys.version_info >= (3, 13):
        assert TraceLoggingAdapter(logger, {}, merge_extra=True).merge_extra
    assert TraceLoggingAdapter(logger).process("m", {})[1]["extra"]["spanId"] == "0" * 16


def test_a_trace_logger_adds_the_ids_and_leaves_the_callers_extra_alone(tracer, handler, records):
    logger = TraceLogger("traced")
    logger.addHandler(handler)
    extra = {"key": "value"}
    with tracer.span("work") as span:
        logger.warning("with extra", extra=extra)
        logger.warning("without")
    assert [record.spanId for record in records] == [span.span_id] * 2
    assert records[0].key == "value"
    assert extra == {"key": "value"}
    assert records[0].funcName == (
        "test_a_trace_logger_adds_the_ids_and_leaves_the_callers_extra_alone"
    )
    made = logger.makeRecord("n", 20, "f", 1, "m", (), None, extra={"spanId": "mine"})
    assert made.spanId == "mine"
