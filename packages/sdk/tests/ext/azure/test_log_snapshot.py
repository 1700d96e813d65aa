"""What waits in the queue is the record as it was when it was logged."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure.log_exporter import AzureEventHandler, AzureLogHandler
from opencensus.ext.azure.log_snapshot import restore, snapshot
from opencensus.trace import samplers
from opencensus.trace.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from openinsights_wire.envelope import Envelope

KEY = "11111111-2222-3333-4444-555555555555"


class Silent:
    def export(self, span_datas: Any) -> None:
        """Take no note."""


@pytest.fixture
def open_handler(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    opened: list[Any] = []

    def open_one(kind: Any = AzureLogHandler, **options: Any) -> Any:
        handler = kind(
            connection_string=f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:9",
            storage_path=str(tmp_path),
            export_interval=600,
            **options,
        )
        opened.append(handler)
        return handler

    yield open_one
    for handler in opened:
        handler.close(0)


@pytest.fixture
def logger() -> logging.Logger:
    # Not a known one: the test runner's own handlers would keep its records.
    return logging.Logger("shop.snapshots", logging.DEBUG)  # noqa: LOG001


def queued(handler: Any) -> list[Envelope]:
    sent: list[Envelope] = handler._sender._envelopes(handler._sender._queue.take(1000))
    return sent


def test_arguments_that_change_later_do_not_change_the_message(
    open_handler: Any, logger: logging.Logger
) -> None:
    """The retired client formats on its own thread, and shows what the list holds by then."""
    logger.addHandler(open_handler())
    basket = ["tea"]
    logger.info("basket %s", basket)
    basket.clear()

    (envelope,) = queued(logger.handlers[0])

    assert envelope.data.baseData.message == "basket ['tea']"


def test_dimensions_that_change_later_do_not_change_the_record(
    open_handler: Any, logger: logging.Logger
) -> None:
    logger.addHandler(open_handler())
    items = ["tea"]
    given = {"items": items, "count": 1}
    logger.info("basket", extra={"custom_dimensions": given})
    items.clear()
    given["count"] = 0

    (envelope,) = queued(logger.handlers[0])

    properties = envelope.data.baseData.properties
    assert (properties["items"], properties["count"]) == ('["tea"]', "1")


def test_a_formatter_sees_the_record_as_it_was_logged(
    open_handler: Any, logger: logging.Logger
) -> None:
    handler = open_handler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(threadName)s %(message)s"))
    logger.addHandler(handler)
    thread = threading.Thread(target=logger.warning, args=("paid %d", 3), name="till")
    thread.start()
    thread.join()

    (envelope,) = queued(handler)

    assert envelope.data.baseData.message == "WARNING shop.snapshots till paid 3"


def test_a_formatter_of_the_program_runs_on_the_thread_that_logs(
    open_handler: Any, logger: logging.Logger
) -> None:
    threads: list[str] = []

    class Own(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            threads.append(threading.current_thread().name)
            return "own " + super().format(record)

    handler = open_handler()
    handler.setFormatter(Own())
    logger.addHandler(handler)
    logger.info("line")

    (envelope,) = queued(handler)

    assert envelope.data.baseData.message == "own line"
    assert threads == [threading.current_thread().name]


def test_a_formatter_that_fails_costs_no_record(
    open_handler: Any, logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    """The retired client loses the record."""
    handler = open_handler()
    handler.setFormatter(logging.Formatter("%(absent)s %(message)s"))
    logger.addHandler(handler)
    logger.info("line %d", 1)

    (envelope,) = queued(handler)

    assert envelope.data.baseData.message == "line 1"
    assert "absent" in capsys.readouterr().err


def test_an_exception_keeps_no_frame_of_the_program_alive(
    open_handler: Any, logger: logging.Logger
) -> None:
    """The retired client holds the frames, with all that they refer to, until it has sent them."""
    import weakref

    class Resource:
        """Something that a frame refers to."""

    kept: list[Any] = []

    def fail() -> None:
        resource = Resource()
        kept.append(weakref.ref(resource))
        raise ValueError("no price")

    logger.addHandler(open_handler())
    try:
        fail()
    except ValueError:
        logger.exception("failed")

    assert kept[0]() is None
    (envelope,) = queued(logger.handlers[0])
    assert envelope.data.baseData.exceptions[0].parsedStack[0].method == "fail"


def test_other_handlers_get_the_record_as_it_came(
    open_handler: Any, logger: logging.Logger
) -> None:
    seen: list[dict[str, Any]] = []

    class Other(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.__dict__)

    logger.addHandler(open_handler())
    logger.addHandler(Other())
    logger.info("paid %d", 3)

    assert (seen[0]["msg"], seen[0]["args"]) == ("paid %d", (3,))
    assert not [name for name in seen[0] if "opencensus" in name]


def test_a_record_class_of_the_program_formats_its_message_itself(
    open_handler: Any,
) -> None:
    class Braces(logging.LogRecord):
        def getMessage(self) -> str:
            return str(self.msg).format(*(self.args or ()))

    handler = open_handler()
    handler.handle(Braces("shop", logging.INFO, "a.py", 1, "paid {}", (3,), None))

    (envelope,) = queued(handler)

    assert envelope.data.baseData.message == "paid 3"


def test_a_message_that_is_no_text_becomes_one_at_once() -> None:
    class Total:
        value = 3

        def __str__(self) -> str:
            return f"total {self.value}"

    total = Total()
    fields = snapshot(logging.LogRecord("shop", 20, "a.py", 1, total, (), None), None)
    total.value = 0

    record, _ = restore(fields)

    assert record.getMessage() == "total 3"


@pytest.mark.parametrize(
    ("trace_sampler", "passes"),
    [(samplers.AlwaysOnSampler(), True), (samplers.AlwaysOffSampler(), False)],
)
def test_records_below_rate_one_follow_the_decision_of_their_trace(
    open_handler: Any, logger: logging.Logger, trace_sampler: Any, passes: bool
) -> None:
    """With the retired client a sampled trace has some of its records, by chance."""
    logger.addHandler(open_handler(logging_sampling_rate=0.01))
    tracer = Tracer(sampler=trace_sampler, exporter=Silent())
    with tracer.span("work"):
        for _ in range(100):
            logger.info("inside")

    assert len(queued(logger.handlers[0])) == (100 if passes else 0)


def test_records_of_a_trace_have_its_weight(open_handler: Any, logger: logging.Logger) -> None:
    logger.addHandler(open_handler(logging_sampling_rate=0.5))
    tracer = Tracer(sampler=samplers.AlwaysOnSampler(), exporter=Silent())
    tracer.span_context.sample_rate = 25.0
    with tracer.span("work"):
        logger.info("inside")

    assert [one.sampleRate for one in queued(logger.handlers[0])] == [25.0]


def test_at_rate_one_every_record_is_sent_whatever_its_trace(
    open_handler: Any, logger: logging.Logger
) -> None:
    logger.addHandler(open_handler())
    tracer = Tracer(sampler=samplers.AlwaysOffSampler(), exporter=Silent())
    with tracer.span("work"):
        logger.info("inside")

    (envelope,) = queued(logger.handlers[0])
    assert envelope.sampleRate is None


def test_records_of_a_span_name_it_by_the_id_that_it_is_sent_with(
    open_handler: Any, logger: logging.Logger
) -> None:
    """The retired client writes `|trace.span.`, which joins with nothing."""
    logger.addHandler(open_handler(AzureEventHandler))
    tracer = Tracer(sampler=samplers.AlwaysOnSampler(), exporter=Silent())
    with tracer.span("outer"), tracer.span("inner") as inner:
        logger.info("inside")

    (envelope,) = queued(logger.handlers[0])
    assert envelope.tags["ai.operation.parentId"] == inner.span_id
    assert envelope.tags["ai.operation.id"] == tracer.span_context.trace_id


def test_a_handler_leaves_levels_as_they_are(open_handler: Any, logger: logging.Logger) -> None:
    logger.setLevel(logging.NOTSET)
    handler = open_handler()
    logger.addHandler(handler)

    assert (logger.level, handler.level, logging.getLogger().level) == (0, 0, logging.WARNING)


def test_custom_dimensions_that_are_no_dict_are_ignored(
    open_handler: Any, logger: logging.Logger
) -> None:
    logger.addHandler(open_handler())
    logger.info("line", extra={"custom_dimensions": ["no", "dict"]})

    (envelope,) = queued(logger.handlers[0])
    assert set(envelope.data.baseData.properties) == {
        "process", "module", "fileName", "lineNumber", "level",
    }  # fmt: skip


@pytest.mark.parametrize("kind", [AzureLogHandler, AzureEventHandler])
@pytest.mark.parametrize(
    ("message", "args", "extra"),
    [
        ("plain", (), None),
        ("%d of %s", (1, "x"), None),
        ("%(a)s", ({"a": 1},), None),
        ("100 %", (), None),
        (["no", "text"], (), None),
        ("ids", (), {"traceId": "1" * 32, "spanId": "2" * 16, "traceSampled": True}),
        ("extra", (), {"custom_dimensions": {"a": 1, 2: [3]}, "other": object()}),
        ("extra", (), {"custom_dimensions": "none", "custom_measurements": {"m": 1}}),
    ],
)
def test_a_formatter_that_adds_nothing_changes_nothing(
    kind: Any,
    message: Any,
    args: tuple[Any, ...],
    extra: dict[str, Any] | None,
    open_handler: Any,
    logger: logging.Logger,
) -> None:
    without, formatting = open_handler(kind), open_handler(kind)
    formatting.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(without)
    logger.addHandler(formatting)
    logger.warning(message, *args, extra=extra)

    sent = queued(without)
    assert len(sent) == 1
    assert sent == queued(formatting)


def test_the_time_is_that_of_the_record_to_the_microsecond(open_handler: Any) -> None:
    handler = open_handler()
    known = {"name": "shop", "msg": "m", "levelno": logging.INFO}
    times = {1.9999996: "1970-01-01T00:00:02.000000Z", 1.7e9: "2023-11-14T22:13:20.000000Z"}
    for created in times:
        handler.handle(logging.makeLogRecord({**known, "created": created}))
    assert [envelope.time for envelope in queued(handler)] == list(times.values())


def test_a_formatter_set_later_is_not_for_earlier_records(
    open_handler: Any, logger: logging.Logger
) -> None:
    handler = open_handler()
    logger.addHandler(handler)
    logger.warning("before")
    handler.setFormatter(logging.Formatter("%(threadName)s: %(message)s"))
    logger.warning("after")

    messages = [envelope.data.baseData.message for envelope in queued(handler)]
    assert messages == ["before", f"{threading.current_thread().name}: after"]


def test_the_stack_that_was_asked_for_is_in_the_text(
    open_handler: Any, logger: logging.Logger
) -> None:
    handler = open_handler()
    logger.addHandler(handler)
    logger.warning("here", stack_info=True)

    (envelope,) = queued(handler)
    assert envelope.data.baseData.message.startswith("here\nStack (most recent call last):")


def test_a_handler_of_the_program_reads_any_field(
    open_handler: Any, logger: logging.Logger
) -> None:
    class Threads(AzureLogHandler):
        def format(self, record: logging.LogRecord) -> str:
            return f"{record.threadName} {record.funcName}"

    class Functions(AzureLogHandler):
        def log_record_to_envelope(self, record: logging.LogRecord) -> Envelope:
            envelope = super().log_record_to_envelope(record)
            envelope.tags["function"] = record.funcName or ""
            return envelope

    handlers = open_handler(Threads), open_handler(Functions)
    for handler in handlers:
        logger.addHandler(handler)
    logger.warning("here")

    (threads,), (functions,) = map(queued, handlers)
    here = "test_a_handler_of_the_program_reads_any_field"
    assert threads.data.baseData.message == f"{threading.current_thread().name} {here}"
    assert functions.tags["function"] == here
