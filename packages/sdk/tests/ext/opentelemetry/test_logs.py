"""Log records of OpenTelemetry's API become rows of traces, exceptions and customEvents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def exporter(track_server: Any) -> Iterator[Any]:
    from opencensus.ext.azure.trace_exporter import AzureExporter

    exporter = AzureExporter(connection_string=track_server.connection_string)
    yield exporter
    exporter.shutdown(0)


@pytest.fixture
def logger(bridge: Any, exporter: Any) -> Any:
    from opencensus.ext.opentelemetry.logs import LoggerProvider

    return LoggerProvider(exporter).get_logger("shop")


def sent(exporter: Any, track_server: Any, kind: str) -> Any:
    exporter.flush()
    (envelope,) = track_server.of_type(kind)
    return envelope


def test_record_is_a_trace_of_its_span(
    bridge: Any, logger: Any, exporter: Any, track_server: Any
) -> None:
    from opentelemetry._logs import LogRecord, SeverityNumber

    with bridge.tracer.start_as_current_span("sell") as span:
        logger.emit(
            LogRecord(
                timestamp=1_700_000_000_000_000_000,
                severity_number=SeverityNumber.WARN2,
                body="stock low",
                attributes={"left": 3, "of": ["cups"]},
            )
        )
    envelope = sent(exporter, track_server, "MessageData")
    assert envelope["time"] == "2023-11-14T22:13:20.000000Z"
    context = span.get_span_context()
    assert envelope["tags"]["ai.operation.id"] == f"{context.trace_id:032x}"
    assert envelope["tags"]["ai.operation.parentId"] == f"{context.span_id:016x}"
    data = envelope["data"]["baseData"]
    assert (data["message"], data["severityLevel"]) == ("stock low", 2)
    assert data["properties"] == {"logger_name": "shop", "left": "3", "of": '["cups"]'}


def test_record_inside_a_span_of_ours_belongs_to_it(
    logger: Any, exporter: Any, track_server: Any, tracer: Any
) -> None:
    with tracer.span("sell") as span:
        logger.emit(body={"left": 3}, event_name="stock.low")
    envelope = sent(exporter, track_server, "MessageData")
    assert envelope["tags"]["ai.operation.id"] == tracer.span_context.trace_id
    assert envelope["tags"]["ai.operation.parentId"] == span.span_id
    data = envelope["data"]["baseData"]
    assert data["message"] == '{"left":3}'
    assert data["properties"]["event.name"] == "stock.low"


def test_exceptions(logger: Any, exporter: Any, track_server: Any) -> None:
    from opentelemetry._logs import SeverityNumber

    try:
        raise LookupError("no such price")
    except LookupError as error:
        logger.emit(body="cannot sell", severity_number=SeverityNumber.ERROR, exception=error)
    data = sent(exporter, track_server, "ExceptionData")["data"]["baseData"]
    assert data["severityLevel"] == 3
    (details,) = data["exceptions"]
    assert (details["typeName"], details["message"]) == ("LookupError", "cannot sell")
    assert details["parsedStack"][0]["method"] == "test_exceptions"


def test_exceptions_that_attributes_tell_of(logger: Any, exporter: Any, track_server: Any) -> None:
    said = {
        "exception.type": "KeyError",
        "exception.message": "'cup'",
        "exception.stacktrace": "Traceback: here",
        "order": 7,
    }
    logger.emit(attributes=said)
    data = sent(exporter, track_server, "ExceptionData")["data"]["baseData"]
    (details,) = data["exceptions"]
    assert (details["typeName"], details["message"]) == ("KeyError", "'cup'")
    assert details["stack"] == "Traceback: here"
    assert data["properties"] == {"logger_name": "shop", "order": "7"}


def test_custom_events(logger: Any, exporter: Any, track_server: Any) -> None:
    logger.emit(attributes={"microsoft.custom_event.name": "sold", "kind": "cup"})
    data = sent(exporter, track_server, "EventData")["data"]["baseData"]
    assert data["name"] == "sold"
    assert data["properties"] == {"logger_name": "shop", "kind": "cup"}


@pytest.mark.parametrize(
    ("number", "severity"),
    [(None, None), (0, None), (1, 0), (8, 0), (9, 1), (12, 1), (13, 2), (17, 3), (21, 4), (24, 4)],
)
def test_severities(bridge: Any, number: int | None, severity: int | None) -> None:
    from opentelemetry._logs import SeverityNumber

    from opencensus.ext.opentelemetry.records import severity_of

    assert severity_of(None if number is None else SeverityNumber(number)) == severity


def test_what_cannot_be_sent_does_not_reach_the_application(
    bridge: Any, logger: Any, span_list: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from opencensus.ext.opentelemetry.logs import LoggerProvider

    logger.emit(no_such_field=1)
    assert "cannot be sent" in caplog.text
    elsewhere = LoggerProvider(span_list).get_logger("shop")
    elsewhere.emit(body="nowhere")
    assert (logger.enabled(), elsewhere.enabled()) == (True, False)
