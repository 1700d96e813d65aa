"""Log records join the spans during which they were made, whichever thread sends them."""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import queue
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure.log_exporter import AzureLogHandler
from opencensus.ext.logging import trace
from opencensus.trace.samplers import AlwaysOffSampler, AlwaysOnSampler
from opencensus.trace.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def handler(track_server: Any) -> Iterator[AzureLogHandler]:
    handler = AzureLogHandler(
        connection_string=track_server.connection_string, enable_local_storage=False
    )
    yield handler
    handler.close()


@pytest.fixture
def integrated() -> Iterator[None]:
    logger_type: Any = logging.Logger
    before = logger_type.makeRecord, logging.getLogRecordFactory(), logging.getLoggerClass()
    trace.trace_integration()
    yield
    logger_type.makeRecord = before[0]
    logging.setLogRecordFactory(before[1])
    logging.setLoggerClass(before[2])


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger("program.context")
    yield logger
    logger.handlers.clear()


@pytest.mark.usefixtures("integrated")
def test_records_that_a_queue_carries_to_another_thread(
    track_server: Any, handler: AzureLogHandler, logger: logging.Logger, tracer: Any
) -> None:
    waiting: queue.Queue[Any] = queue.Queue()
    listener = logging.handlers.QueueListener(waiting, handler)
    logger.addHandler(logging.handlers.QueueHandler(waiting))
    listener.start()

    async def work(name: str) -> str:
        with tracer.span(name=name) as span:
            await asyncio.sleep(0)
            adapter = logging.LoggerAdapter(logger, {"custom_dimensions": {"task": name}})
            adapter.warning("in %s", name)
            return str(span.span_id)

    async def main() -> list[str]:
        return await asyncio.gather(work("a"), work("b"))

    spans = asyncio.run(main())
    listener.stop()
    handler.flush()

    items = {i["data"]["baseData"]["message"]: i for i in track_server.of_type("MessageData")}
    for name, span_id in zip("ab", spans, strict=True):
        tags = items[f"in {name}"]["tags"]
        assert tags["ai.operation.parentId"] == span_id
        assert tags["ai.operation.id"] == tracer.span_context.trace_id


@pytest.mark.usefixtures("integrated")
@pytest.mark.parametrize("key", ["traceId", "spanId"])
def test_ids_that_the_program_gives_are_sent(
    track_server: Any, handler: AzureLogHandler, logger: logging.Logger, tracer: Any, key: str
) -> None:
    logger.addHandler(handler)
    given = {"traceId": "a" * 32, "spanId": "b" * 16}[key]
    with tracer.span(name="work") as span:
        logger.warning("x", extra={key: given})
        expected = {
            "ai.operation.id": tracer.span_context.trace_id,
            "ai.operation.parentId": span.span_id,
            {"traceId": "ai.operation.id", "spanId": "ai.operation.parentId"}[key]: given,
        }
    handler.flush()

    (item,) = track_server.of_type("MessageData")
    assert {name: item["tags"][name] for name in expected} == expected


@pytest.mark.usefixtures("integrated")
def test_records_of_a_queue_follow_their_trace_when_there_is_a_rate(
    track_server: Any, logger: logging.Logger
) -> None:
    handler = AzureLogHandler(
        connection_string=track_server.connection_string,
        enable_local_storage=False,
        logging_sampling_rate=0.5,
    )
    waiting: queue.Queue[Any] = queue.Queue()
    logger.addHandler(logging.handlers.QueueHandler(waiting))
    for sampler in (AlwaysOnSampler(), AlwaysOffSampler()) * 10:
        Tracer(sampler=sampler, exporter=_Nowhere())
        logger.warning(type(sampler).__name__)
    listener = logging.handlers.QueueListener(waiting, handler)
    listener.start()
    listener.stop()
    handler.close()

    sent = [item["data"]["baseData"]["message"] for item in track_server.of_type("MessageData")]
    assert sent == ["AlwaysOnSampler"] * 10


class _Nowhere:
    def export(self, span_datas: Any) -> None:
        return
