from __future__ import annotations

import logging
import logging.config
import threading
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure.log_exporter import AzureEventHandler, AzureLogHandler, create_envelope
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def open_handler(
    track_server: Any, tmp_path: Path
) -> Iterator[Callable[..., AzureLogHandler | AzureEventHandler]]:
    handlers: list[logging.Handler] = []

    def open_one(handler_type: Any = AzureLogHandler, **options: Any) -> Any:
        handler = handler_type(
            **{
                "connection_string": track_server.connection_string,
                "storage_path": str(tmp_path / "storage"),
                "export_interval": 0.1,
                **options,
            }
        )
        handlers.append(handler)
        return handler

    yield open_one
    for handler in handlers:
        handler.close()


@pytest.fixture
def logger(request: pytest.FixtureRequest) -> Iterator[logging.Logger]:
    logger = logging.getLogger(f"tests.{request.node.name}")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    yield logger
    for handler in list(logger.handlers):
        logger.removeHandler(handler)


def test_record_becomes_a_message_with_where_it_was_logged(
    track_server: Any, open_handler: Any, logger: logging.Logger
) -> None:
    logger.addHandler(open_handler())
    logger.warning("value %d", 24)
    logger.handlers[-1].flush()

    (item,) = track_server.accepted
    data = item["data"]["baseData"]
    assert item["name"] == "Microsoft.ApplicationInsights.Message"
    assert (data["message"], data["severityLevel"]) == ("value 24", 2)
    properties = data["properties"]
    assert properties["level"] == "WARNING"
    assert properties["module"] == "test_log_exporter"
    assert properties["fileName"] == __file__
    assert properties["lineNumber"].isdigit()
    assert properties["process"] == "MainProcess"
    assert "ai.operation.id" not in item["tags"]


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        (logging.DEBUG, 0),
        (logging.INFO, 1),
        (logging.WARNING, 2),
        (logging.ERROR, 3),
        (logging.CRITICAL, 4),
        (99, 4),
    ],
)
def test_level_becomes_severity(
    track_server: Any, open_handler: Any, logger: logging.Logger, level: int, severity: int
) -> None:
    logger.addHandler(open_handler())
    logger.log(level, "x")
    logger.handlers[-1].flush()

    assert track_server.accepted[0]["data"]["baseData"]["severityLevel"] == severity


def test_formatted_text_is_the_message(
    track_server: Any, open_handler: Any, logger: logging.Logger
) -> None:
    handler = open_handler()
    handler.setFormatter(logging.Formatter("%(levelname)-8s - %(message)s"))
    logger.addHandler(handler)
    logger.warning("hello")
    handler.flush()

    assert track_server.accepted[0]["data"]["baseData"]["message"] == "WARNING  - hello"


def test_custom_dimensions_become_text(
    track_server: Any, open_handler: Any, logger: logging.Logger
) -> None:
    logger.addHandler(open_handler())
    dimensions = {"key_1": "value_1", "count": 3, "tags": ["a", 1], "level": "mine", "none": None}
    logger.warning("action", extra={"custom_dimensions": dimensions})
    logger.handlers[-1].flush()

    properties = track_server.accepted[0]["data"]["baseData"]["properties"]
    assert properties["key_1"] == "value_1"
    assert properties["count"] == "3"
    assert properties["tags"] == '["a",1]'
    assert properties["level"] == "mine"
    assert properties["none"] == ""


@pytest.mark.parametrize("dimensions", ["text", ["a"], 7, None])
def test_custom_dimensions_that_are_no_dict_are_ignored(
    track_server: Any, open_handler: Any, logger: logging.Logger, dimensions: object
) -> None:
    logger.addHandler(open_handler())
    logger.warning("action", extra={"custom_dimensions": dimensions})
    logger.handlers[-1].flush()

    properties = track_server.accepted[0]["data"]["baseData"]["properties"]
    assert set(properties) == {"process", "module", "fileName", "lineNumber", "level"}


def fail_deep() -> None:
    raise ZeroDivisionError("division by zero")


def test_exception_has_frames_innermost_first(
    track_server: Any, open_handler: Any, logger: logging.Logger
) -> None:
    logger.addHandler(open_handler())
    try:
        fail_deep()
    except ZeroDivisionError:
        logger.exception(
            "Captured an exception.", extra={"custom_dimensions": {"key_1": "value_1"}}
        )
    logger.handlers[-1].flush()

    (item,) = track_server.accepted
    data = item["data"]["baseData"]
    (details,) = data["exceptions"]
    assert item["name"] == "Microsoft.ApplicationInsights.Exception"
    assert details["typeName"] == "ZeroDivisionError"
    assert details["message"].startswith("Captured an exception.\nTraceback")
    assert [(frame["level"], frame["method"]) for frame in details["parsedStack"]] == [
        (0, "fail_deep"),
        (1, "test_exception_has_frames_innermost_first"),
    ]
    assert details["parsedStack"][0]["fileName"] == __file__
    assert isinstance(details["parsedStack"][0]["line"], int)
    assert data["properties"]["key_1"] == "value_1"
    assert data["severityLevel"] == 3


def test_causes_of_an_exception_follow_it(
    track_server: Any, open_handler: Any, logger: logging.Logger
) -> None:
    logger.addHandler(open_handler())
    try:
        try:
            fail_deep()
        except ZeroDivisionError as error:
            raise ValueError("no price") from error
    except ValueError:
        logger.exception("failed")
    logger.handlers[-1].flush()

    details = track_server.accepted[0]["data"]["baseData"]["exceptions"]
    assert [(one["typeName"], one["id"], one["outerId"]) for one in details] == [
        ("ValueError", 1, 0),
        ("ZeroDivisionError", 2, 1),
    ]
    assert details[1]["message"] == "division by zero"


def test_exception_asked_for_where_there_is_none(
    track_server: Any, open_handler: Any, logger: logging.Logger
) -> None:
    logger.addHandler(open_handler())
    logger.error("odd", exc_info=True)  # noqa: LOG014 - what this is about
    logger.error("plain", exc_info=False)
    logger.handlers[-1].flush()

    failure, message = track_server.accepted
    assert failure["data"]["baseData"]["exceptions"][0]["typeName"] == "N/A"
    assert message["data"]["baseType"] == "MessageData"


def test_event_handler_sends_events_with_dimensions_and_measurements(
    track_server: Any, open_handler: Any, logger: logging.Logger
) -> None:
    logger.addHandler(open_handler(AzureEventHandler))
    logger.info(
        "Hello, World!",
        extra={
            "custom_dimensions": {"key": "value"},
            "custom_measurements": {"seconds": 2, "text": "x"},
        },
    )
    logger.handlers[-1].flush()

    (item,) = track_server.accepted
    data = item["data"]["baseData"]
    assert item["name"] == "Microsoft.ApplicationInsights.Event"
    assert data["name"] == "Hello, World!"
    assert data["properties"] == {"key": "value"}
    assert data["measurements"] == {"seconds": 2.0}


def test_record_within_a_span_names_it_as_parent(
    track_server: Any, open_handler: Any, logger: logging.Logger
) -> None:
    logger.addHandler(open_handler())
    tracer = Tracer(sampler=AlwaysOnSampler(), exporter=Silent())
    with tracer.span(name="work") as span:
        logger.warning("inside")
    logger.handlers[-1].flush()

    tags = track_server.accepted[0]["tags"]
    assert tags["ai.operation.id"] == tracer.span_context.trace_id
    assert tags["ai.operation.parentId"] == span.span_id


def test_ids_on_the_record_win_over_the_context(
    track_server: Any, open_handler: Any, logger: logging.Logger
) -> None:
    logger.addHandler(open_handler())
    logger.warning("x", extra={"traceId": "a" * 32, "spanId": "b" * 16})
    logger.warning("y", extra={"traceId": "0" * 32, "spanId": "0" * 16})
    logger.handlers[-1].flush()

    first, second = track_server.accepted
    assert first["tags"]["ai.operation.id"] == "a" * 32
    assert first["tags"]["ai.operation.parentId"] == "b" * 16
    assert "ai.operation.id" not in second["tags"]


def test_sampled_records_say_how_many_they_stand_for(
    track_server: Any, open_handler: Any, logger: logging.Logger
) -> None:
    logger.addHandler(open_handler(logging_sampling_rate=0.5))
    for number in range(1, 401):
        logger.warning("x", extra={"traceId": f"{number:032x}", "spanId": "b" * 16})
        logger.warning("y", extra={"traceId": "f" * 31 + "0", "spanId": "b" * 16})
        logger.warning("z")
    logger.handlers[-1].flush()

    items = track_server.accepted
    messages = [item["data"]["baseData"]["message"] for item in items]
    assert {item["sampleRate"] for item in items} == {50.0}
    assert messages.count("x") == 400
    assert messages.count("y") == 0
    assert 100 < messages.count("z") < 300


def test_rate_zero_sends_nothing(
    track_server: Any, open_handler: Any, logger: logging.Logger
) -> None:
    logger.addHandler(open_handler(logging_sampling_rate=0.0))
    logger.critical("x")
    logger.handlers[-1].flush()

    assert track_server.accepted == []


def test_record_that_cannot_be_formatted_is_sent_as_it_stands(
    track_server: Any, open_handler: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = open_handler()
    for text, args in (("%d and %d", (1,)), ("fine", ())):
        handler.handle(logging.LogRecord("x", logging.INFO, __file__, 1, text, args, None))
    handler.flush()

    messages = [item["data"]["baseData"]["message"] for item in track_server.accepted]
    assert messages == ["%d and %d", "fine"]
    assert "not enough arguments" in capsys.readouterr().err


def test_text_that_is_no_text_is_mended(track_server: Any, open_handler: Any) -> None:
    # Straight to the handler: a logger's records are captured, and the test runner's own
    # processes cannot tell each other such texts.
    handler = open_handler()
    known = {"name": "texts", "levelno": logging.WARNING}
    bad = {"msg": "bad \udc80 end", "custom_dimensions": {"k\ud800": "v\udfff"}}
    handler.handle(logging.makeLogRecord(known | bad))
    handler.handle(logging.makeLogRecord(known | {"msg": "zero \0 end"}))
    handler.flush()

    first, second = [item["data"]["baseData"] for item in track_server.accepted]
    assert first["message"] == "bad ? end"
    assert first["properties"]["k?"] == "v?"
    assert second["message"] == "zero \0 end"


def test_measurements_that_are_no_numbers_are_left_out(
    track_server: Any, open_handler: Any, logger: logging.Logger
) -> None:
    logger.addHandler(open_handler(AzureEventHandler))
    given = {"nan": float("nan"), "inf": float("inf"), "text": "1", "fine": 1, "true": True}
    logger.info("event", extra={"custom_measurements": given})
    logger.handlers[-1].flush()

    assert track_server.accepted[0]["data"]["baseData"]["measurements"] == {"fine": 1, "true": 1}


def test_tags_of_the_process_can_be_changed(
    track_server: Any, open_handler: Any, logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from opencensus.ext.azure.common import utils

    logger.addHandler(open_handler())
    monkeypatch.setitem(utils.azure_monitor_context, "ai.cloud.role", "orders")
    logger.warning("x")
    logger.handlers[-1].flush()
    logger.addHandler(open_handler(cloud_role_name="named"))
    logger.warning("y")
    logger.handlers[-1].flush()

    assert track_server.accepted[0]["tags"]["ai.cloud.role"] == "orders"
    assert "named" in {item["tags"]["ai.cloud.role"] for item in track_server.accepted[1:]}


def test_handler_on_the_root_logger_never_sends_what_sending_logs(
    track_server: Any, open_handler: Any
) -> None:
    handler = open_handler(queue_capacity=5)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        for number in range(200):
            logging.getLogger("tests.root").debug("number %d", number)
        handler.flush()
        handler.flush()
    finally:
        root.removeHandler(handler)
        root.setLevel(before)

    messages = [item["data"]["baseData"]["message"] for item in track_server.accepted]
    assert messages
    assert all(message.startswith("number ") for message in messages)


def test_handler_on_the_root_logger_closes_while_its_thread_warns(
    track_server: Any, open_handler: Any
) -> None:
    track_server.always = track_server_answer(400)
    handler = open_handler(export_interval=60)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        logging.getLogger("tests.root").warning("refused by the server")
        handler.acquire()
        try:
            done = threading.Event()
            threading.Thread(target=lambda: (handler.flush(20), done.set()), daemon=True).start()
            assert done.wait(25)
        finally:
            handler.release()
    finally:
        root.removeHandler(handler)
    assert track_server.posts


def test_dict_config_with_a_key_sends(
    track_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "APPLICATIONINSIGHTS_CONNECTION_STRING", f"IngestionEndpoint={track_server.endpoint}"
    )
    config: dict[str, Any] = {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {
            "azure": {
                "level": "DEBUG",
                "class": "opencensus.ext.azure.log_exporter.AzureLogHandler",
                "instrumentation_key": "99999999-2222-3333-4444-555555555555",
                "storage_path": str(tmp_path / "storage"),
            }
        },
        "loggers": {"tests.dict_config": {"handlers": ["azure"], "propagate": False}},
    }
    logging.config.dictConfig(config)
    logger = logging.getLogger("tests.dict_config")
    logger.warning("this will be tracked")
    handler = logger.handlers[0]
    handler.close()
    logger.removeHandler(handler)

    (item,) = track_server.accepted
    assert item["iKey"] == "99999999-2222-3333-4444-555555555555"


def test_placeholder_left_in_a_dict_config_is_named() -> None:
    config: dict[str, Any] = {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {
            "azure": {
                "class": "opencensus.ext.azure.log_exporter.AzureLogHandler",
                "instrumentation_key": "<your-ikey-here>",
            }
        },
    }
    with pytest.raises(ValueError, match="azure") as failure:
        logging.config.dictConfig(config)
    assert "placeholder" in str(failure.value.__cause__)


class Silent:
    """An exporter for spans that this file does not look at."""

    def export(self, span_datas: object) -> None:
        return


def track_server_answer(status: int) -> Any:
    import track_server

    return track_server.Answer(status)


def test_envelope_begun_for_a_record_has_its_time_and_operation() -> None:
    record = logging.makeLogRecord({"created": 0.5, "traceId": "a" * 32, "spanId": "b" * 16})
    envelope = create_envelope("key", record)

    assert (envelope.iKey, envelope.time) == ("key", "1970-01-01T00:00:00.500000Z")
    assert envelope.tags["ai.operation.id"] == "a" * 32
    assert envelope.tags["ai.operation.parentId"] == "b" * 16
    assert "ai.internal.sdkVersion" in envelope.tags
