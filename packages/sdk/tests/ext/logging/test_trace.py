from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.logging import trace
from opencensus.trace import config_integration

if TYPE_CHECKING:
    from collections.abc import Iterator


class Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def records() -> Iterator[Records]:
    logger_type: Any = logging.Logger
    original, logger_class = logger_type.makeRecord, logging.getLoggerClass()
    handler = Records()
    early = logging.getLogger("tests.early")
    early.addHandler(handler)
    logging.getLogger().addHandler(handler)
    trace.trace_integration()
    trace.trace_integration()
    yield handler
    early.removeHandler(handler)
    logging.getLogger().removeHandler(handler)
    logger_type.makeRecord = original
    logging.setLoggerClass(logger_class)


def test_records_of_earlier_loggers_and_of_the_root_know_their_span(
    records: Records, tracer: Any
) -> None:
    with tracer.span(name="work") as span:
        logging.getLogger("tests.early").warning("early")
        logging.getLogger().warning("root")
        expected = (tracer.span_context.trace_id, span.span_id, True)

    assert [
        (record.traceId, record.spanId, record.traceSampled) for record in records.records[-1:]
    ] == [expected]
    assert records.records[0].traceId == expected[0]


def test_formatters_may_name_the_ids_without_a_trace(records: Records) -> None:
    logging.getLogger("tests.early").warning("hello")
    text = logging.Formatter("%(traceId)s %(spanId)s %(traceSampled)s").format(records.records[0])

    assert text == f"{'0' * 32} {'0' * 16} False"


def test_ids_given_with_the_record_are_kept(records: Records, tracer: Any) -> None:
    logging.getLogger("tests.early").warning("x", extra={"traceId": "a" * 32, "spanId": "b" * 16})

    assert records.records[0].traceId == "a" * 32
    assert records.records[0].spanId == "b" * 16


def test_integration_has_its_documented_name(records: Records) -> None:
    assert config_integration.trace_integrations(["logging"]) == ["logging"]
