"""A log record that was written down becomes the same envelope as one that was not."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure.common.batch import encode
from opencensus.ext.azure.frozen_record import form
from opencensus.ext.azure.log_exporter import AzureEventHandler, AzureLogHandler
from opencensus.trace import execution_context
from opencensus.trace.samplers import ProbabilitySampler
from opencensus.trace.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY = "11111111-2222-3333-4444-555555555555"


@pytest.fixture(autouse=True)
def _no_context() -> Iterator[None]:
    yield
    execution_context.clear()


@pytest.fixture
def open_handler(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    opened: list[Any] = []

    def open_one(kind: Any = AzureLogHandler) -> Any:
        handler = kind(
            connection_string=f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:9",
            storage_path=str(tmp_path),
        )
        handler.items = []
        handler._sender.put = handler.items.append
        opened.append(handler)
        return handler

    yield open_one
    for handler in opened:
        handler.close(0)


def logged(handler: Any, *given: Any, **named: Any) -> Any:
    logger = logging.Logger("shop", logging.DEBUG)  # noqa: LOG001 - of no other handler's
    logger.addHandler(handler)
    logger.warning(*given, **named)
    return handler.items.pop()


def both(handler: Any, item: Any) -> tuple[list[bytes], list[bytes]]:
    how = form("log", {}, handler._convert)
    body = how.freeze(item)
    # A snapshot is used up when it is converted.
    given = dict(item) if isinstance(item, dict) else item
    thawed = how.thaw(body)
    found = thawed if isinstance(thawed, list) else handler._convert(thawed)
    return (
        [encode(one) for one in found],
        [encode(one) for one in handler._convert(given)],
    )


@pytest.mark.parametrize("kind", [AzureLogHandler, AzureEventHandler])
@pytest.mark.parametrize("has_formatter", [True, False])
@pytest.mark.parametrize(
    ("given", "named"),
    [
        (("plain",), {}),
        (("%s and %d", "text", 3), {}),
        (({"no": "text"},), {}),
        (("x",), {"extra": {"custom_dimensions": {"a": 1, "b": None, "c": 2.5}}}),
        (
            ("x",),
            {"extra": {"custom_measurements": {"m": 1.5, "n": 2}, "custom_dimensions": {"a": "b"}}},
        ),
        (("x",), {"stack_info": True}),
        (("é\ud800",), {}),
    ],
)
def test_records_come_back_as_they_were(
    open_handler: Callable[..., Any], kind: Any, has_formatter: bool, given: Any, named: Any
) -> None:
    handler = open_handler(kind)
    if has_formatter:
        handler.setFormatter(logging.Formatter("%(message)s"))
    item = logged(handler, *given, **named)
    thawed, direct = both(handler, item)

    assert thawed == direct


@pytest.mark.parametrize("has_formatter", [True, False])
@pytest.mark.parametrize("in_span", [True, False])
@pytest.mark.parametrize("extra", [{}, {"traceId": "a" * 32, "spanId": "b" * 16}])
def test_record_keeps_its_operation(
    open_handler: Callable[..., Any], has_formatter: bool, in_span: bool, extra: dict[str, str]
) -> None:
    handler = open_handler()
    if has_formatter:
        handler.setFormatter(logging.Formatter("%(message)s"))
    tracer = Tracer(exporter=object(), sampler=ProbabilitySampler(1.0))
    span = tracer.start_span("one") if in_span else None
    item = logged(handler, "x", extra=extra)
    thawed, direct = both(handler, item)

    assert thawed == direct
    expected = extra.get("traceId", tracer.span_context.trace_id)
    assert expected.encode() in thawed[0]
    if span is not None and not extra:
        assert span.span_id.encode() in thawed[0]


def test_formatter_finds_all_that_it_would_find(open_handler: Callable[..., Any]) -> None:
    handler = open_handler()
    text = "%(asctime)s %(threadName)s %(funcName)s %(order)s %(message)s"
    handler.setFormatter(logging.Formatter(text))
    item = logged(handler, "x", extra={"order": 7})
    thawed, direct = both(handler, item)

    assert thawed == direct
    assert b"logged 7 x" in thawed[0]


def test_extras_of_any_kind_are_never_asked_for_their_text(
    open_handler: Callable[..., Any],
) -> None:
    class Query:
        def __str__(self) -> str:
            raise AssertionError("this would ask the database")

        __repr__ = __str__

    handler = open_handler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    item = logged(handler, "x", extra={"query": Query()})
    thawed, direct = both(handler, item)

    assert thawed == direct


def test_exception_is_written_as_the_envelope_that_it_is(
    open_handler: Callable[..., Any],
) -> None:
    handler = open_handler()
    try:
        _ = 1 // 0
    except ZeroDivisionError:
        item = logged(handler, "x", exc_info=True)
    thawed, direct = both(handler, item)

    assert thawed == direct
    assert b"ZeroDivisionError" in thawed[0]
