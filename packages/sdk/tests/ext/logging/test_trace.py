from __future__ import annotations

import asyncio
import copy
import io
import logging
import logging.config
import logging.handlers
import pickle
import queue
import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.logging import trace
from opencensus.log import TraceLogger, TraceLoggingAdapter
from opencensus.trace import config_integration, execution_context
from opencensus.trace.samplers import AlwaysOffSampler
from opencensus.trace.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Iterator

ZEROS = ("0" * 32, "0" * 16, False)


class Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def ids(self) -> list[tuple[Any, Any, Any]]:
        return [ids_of(record) for record in self.records]


def ids_of(record: Any) -> tuple[Any, Any, Any]:
    return record.traceId, record.spanId, record.traceSampled


def ids_in(tracer: Any, span: Any) -> tuple[str, str, bool]:
    return tracer.span_context.trace_id, span.span_id, True


@pytest.fixture(autouse=True)
def _python_logging_as_it_was() -> Iterator[None]:
    logger_type: Any = logging.Logger
    manager = logging.Logger.manager
    make_record, factory = logger_type.makeRecord, logging.getLogRecordFactory()
    logger_class, known = logging.getLoggerClass(), dict(manager.loggerDict)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logger_type.makeRecord = make_record
    logging.setLogRecordFactory(factory)
    logging.setLoggerClass(logger_class)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in set(manager.loggerDict) - set(known):
        del manager.loggerDict[name]


@pytest.fixture
def records() -> Records:
    """Integrated twice; the root logger and one made before the integration keep their records."""
    handler = Records()
    logging.getLogger("tests.early")
    logging.getLogger().addHandler(handler)
    trace.trace_integration()
    trace.trace_integration()
    return handler


def test_records_of_all_loggers_know_their_span(records: Records, tracer: Any) -> None:
    """The retired client left out the root logger and all loggers made before."""
    with tracer.span(name="work") as span:
        logging.getLogger("tests.early").warning("early")
        logging.getLogger("tests.late").warning("late")
        logging.getLogger().warning("root")

    assert records.ids == [ids_in(tracer, span)] * 3


def test_records_outside_of_spans_and_of_unsampled_traces_say_so(
    records: Records, tracer: Any
) -> None:
    logging.getLogger("tests.early").warning("between spans")
    unsampled = Tracer(sampler=AlwaysOffSampler())
    with unsampled.span("blank"):
        logging.getLogger("tests.early").warning("not sampled")

    assert records.ids == [
        (tracer.span_context.trace_id, "0" * 16, True),
        (unsampled.span_context.trace_id, "0" * 16, False),
    ]


def test_formatters_may_name_the_ids_without_a_trace(records: Records) -> None:
    logging.getLogger("tests.early").warning("hello")
    text = logging.Formatter("%(traceId)s %(spanId)s %(traceSampled)s").format(records.records[0])

    assert text == f"{'0' * 32} {'0' * 16} False"


@pytest.mark.parametrize(
    ("extra", "given"),
    [
        ({"traceId": "a" * 32, "spanId": "b" * 16}, ("a" * 32, "b" * 16, None)),
        ({"traceId": None, "other": 1}, (None, "", None)),
        ({"traceSampled": "yes"}, ("", "", "yes")),
        (MappingProxyType({"spanId": "x"}), ("", "x", None)),
    ],
)
@pytest.mark.parametrize("name", ["tests.early", "tests.late"])
def test_ids_given_with_the_record_are_kept(
    records: Records, tracer: Any, name: str, extra: Any, given: tuple[Any, Any, Any]
) -> None:
    """Python's logging refuses in `extra` what the record factory has set."""
    with tracer.span(name="work") as span:
        logging.getLogger(name).warning("x", extra=extra)

    expected = [
        extra.get(key, ours)
        for key, ours in zip(
            ("traceId", "spanId", "traceSampled"), ids_in(tracer, span), strict=True
        )
    ]
    assert records.ids == [tuple(expected)]
    assert getattr(records.records[0], "other", 1) == 1


@pytest.mark.parametrize("extra", [None, {}, {"a": 1, "custom_dimensions": {"k": "v"}}])
@pytest.mark.parametrize("name", ["tests.early", "tests.late"])
def test_other_extras_are_as_ever(records: Records, extra: Any, name: str) -> None:
    logging.getLogger(name).warning("x", extra=extra)

    assert records.ids == [ZEROS]
    assert {**records.records[0].__dict__, **(extra or {})} == records.records[0].__dict__


@pytest.mark.parametrize("name", ["tests.early", "tests.late"])
def test_names_that_logging_refuses_are_still_refused(records: Records, name: str) -> None:
    with pytest.raises(KeyError, match="message"):
        logging.getLogger(name).warning("x", extra=dict.fromkeys(("message", "traceId")))


def test_adapters_of_any_kind_pass_the_ids_on(records: Records, tracer: Any) -> None:
    logger = logging.getLogger("tests.early")
    with tracer.span(name="work") as span:
        logging.LoggerAdapter(logger, {"a": 1}).warning("plain")
        logging.LoggerAdapter(logger, {"spanId": "mine"}).warning("with an id")
        TraceLoggingAdapter(logger, {"a": 1}).warning("ours", extra={"b": 2})

    trace_id, span_id, sampled = ids_in(tracer, span)
    assert records.ids == [
        (trace_id, span_id, sampled),
        (trace_id, "mine", sampled),
        (trace_id, span_id, sampled),
    ]
    assert records.records[0].a == 1


def test_a_queue_carries_the_ids_to_the_thread_that_writes(records: Records, tracer: Any) -> None:
    waiting: queue.Queue[Any] = queue.Queue()
    logger = logging.getLogger("tests.queued")
    logger.propagate = False
    logger.addHandler(logging.handlers.QueueHandler(waiting))
    listener = logging.handlers.QueueListener(waiting, records)
    listener.start()
    with tracer.span(name="work") as span:
        logger.warning("%s", "queued")
        expected = ids_in(tracer, span)
    listener.stop()

    assert records.ids == [expected]


def test_records_that_come_from_elsewhere_keep_their_ids(records: Records, tracer: Any) -> None:
    with tracer.span(name="sender") as span:
        logging.getLogger("tests.early").warning("x")
        expected = ids_in(tracer, span)
    sent = pickle.dumps(records.records[0].__dict__)

    assert ids_of(logging.makeLogRecord(pickle.loads(sent))) == expected
    assert ids_of(copy.copy(records.records[0])) == expected
    assert ids_of(pickle.loads(pickle.dumps(records.records[0]))) == expected


def test_records_made_without_a_logger_know_their_span(records: Records, tracer: Any) -> None:
    with tracer.span(name="work") as span:
        made = logging.makeLogRecord({"msg": "x"})
        by_factory = logging.getLogRecordFactory()("n", 20, "f", 1, "m", (), None)

        assert ids_of(made) == ids_of(by_factory) == ids_in(tracer, span)


def test_a_factory_that_was_set_before_is_called(tracer: Any) -> None:
    class Own(logging.LogRecord):
        pass

    logging.setLogRecordFactory(Own)
    trace.trace_integration()

    record = logging.getLogger("tests.x").makeRecord("n", 20, "f", 1, "m", (), None)
    assert type(record) is Own
    assert ids_of(record)[0] == tracer.span_context.trace_id


def test_a_factory_that_is_set_later_takes_nothing_away(records: Records, tracer: Any) -> None:
    before = logging.getLogRecordFactory()

    def chained(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = before(*args, **kwargs)
        record.added = 1
        return record

    with tracer.span(name="work") as span:
        for factory in (chained, logging.LogRecord):
            logging.setLogRecordFactory(factory)
            logging.getLogger("tests.early").warning("x", extra={"spanId": "mine"})
            logging.getLogger("tests.late").warning("x")

    trace_id, span_id, sampled = ids_in(tracer, span)
    assert records.ids == [(trace_id, "mine", sampled), (trace_id, span_id, sampled)] * 2
    assert [hasattr(record, "added") for record in records.records] == [True, True, False, False]


def test_integrating_again_restores_a_factory_that_was_taken_away(
    records: Records, tracer: Any
) -> None:
    logging.setLogRecordFactory(logging.LogRecord)
    trace.trace_integration()

    assert ids_of(logging.makeLogRecord({}))[0] == tracer.span_context.trace_id


def test_the_programs_own_class_of_loggers_stays(tracer: Any, records: Records) -> None:
    class Own(logging.Logger):
        def makeRecord(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
            record = super().makeRecord(*args, **kwargs)
            record.own = True
            return record

    logging.setLoggerClass(Own)
    trace.trace_integration()
    trace.trace_integration()
    logger = logging.getLogger("tests.own")
    logger.warning("x", extra={"spanId": "mine"})

    assert isinstance(logger, Own)
    assert isinstance(logger, TraceLogger)
    assert len(type(logger).__mro__) == len(Own.__mro__) + 2
    assert records.records[0].own
    assert records.ids == [(tracer.span_context.trace_id, "mine", True)]


def test_loggers_made_later_are_trace_loggers(records: Records) -> None:
    assert logging.getLoggerClass() is TraceLogger
    assert isinstance(logging.getLogger("tests.late"), TraceLogger)


def test_a_configuration_by_dict_may_format_the_ids(records: Records, tracer: Any) -> None:
    stream = io.StringIO()
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "f": {"format": "{traceId} {spanId} {traceSampled} {message}", "style": "{"}
            },
            "handlers": {
                "h": {"class": "logging.StreamHandler", "stream": stream, "formatter": "f"}
            },
            "root": {"handlers": ["h"], "level": "INFO"},
        }
    )
    with tracer.span(name="work") as span:
        logging.getLogger("tests.early").info("one")
        expected = ids_in(tracer, span)
    logging.getLogger("tests.late").info("two")

    trace_id, span_id, _ = expected
    assert stream.getvalue().splitlines() == [
        f"{trace_id} {span_id} True one",
        f"{trace_id} {'0' * 16} True two",
    ]


def test_each_task_and_thread_logs_its_own_span(records: Records, tracer: Any) -> None:
    logger = logging.getLogger("tests.early")
    expected = {}

    async def work(name: str) -> None:
        with tracer.span(name=name) as span:
            expected[name] = span.span_id
            await asyncio.sleep(0)
            logger.warning(name)

    def work_in_thread(name: str, both: threading.Barrier) -> None:
        execution_context.set_opencensus_tracer(tracer)
        with tracer.span(name=name) as span:
            expected[name] = span.span_id
            both.wait(20)
            logger.warning(name)

    async def main() -> None:
        await asyncio.gather(work("a"), work("b"))

    asyncio.run(main())
    both = threading.Barrier(2)
    threads = [threading.Thread(target=work_in_thread, args=(name, both)) for name in ("c", "d")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {record.getMessage(): record.spanId for record in records.records} == expected


class _Broken:
    trace_id = "a" * 32
    span_id = property(lambda self: 1 / 0)
    trace_options = None


@pytest.mark.parametrize(
    ("tracer", "ids"),
    [
        (None, ZEROS),
        (object(), ZEROS),
        (type("T", (), {"span_context": property(lambda self: 1 / 0)})(), ZEROS),
        (type("T", (), {"span_context": None})(), ZEROS),
        (type("T", (), {"span_context": _Broken()})(), ("a" * 32, "0" * 16, False)),
    ],
)
@pytest.mark.parametrize("name", ["tests.early", "tests.late", None])
def test_a_tracer_of_the_hosts_own_makes_no_record_fail(
    records: Records, tracer: Any, ids: Any, name: str | None
) -> None:
    execution_context.set_opencensus_tracer(tracer)
    logging.getLogger(name).warning("x")

    assert records.ids == [ids]


def test_integration_has_its_documented_name_and_keeps_the_tracer(tracer: Any) -> None:
    execution_context.clean()

    assert config_integration.trace_integrations(["logging"], tracer) == ["logging"]
    assert execution_context.get_opencensus_tracer() is tracer
