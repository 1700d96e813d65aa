"""What happens to telemetry when something goes wrong; each test fails on the retired package.

They use nothing but the public names that both packages have, apart from ``stats``.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure import metrics_exporter
from opencensus.ext.azure.log_exporter import AzureEventHandler, AzureLogHandler
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "11111111-2222-3333-4444-555555555555"


@pytest.fixture(autouse=True)
def _no_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL", "true")


@pytest.fixture
def open_handler(track_server: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    opened: list[Any] = []

    def open_one(kind: Any = AzureLogHandler, **options: Any) -> Any:
        given = {
            "connection_string": track_server.connection_string,
            "storage_path": str(tmp_path / "storage"),
            "export_interval": 0.05,
            "minimum_retry_interval": 0.05,
            **options,
        }
        opened.append(kind(**given))
        return opened[-1]

    yield open_one
    for handler in opened:
        handler.close(1)


def log(handler: Any, *messages: str) -> None:
    logger = logging.Logger("shop", logging.DEBUG)  # noqa: LOG001 - of no other handler's
    logger.addHandler(handler)
    for message in messages:
        logger.info(message)


def answer(status: int = 200, **fields: Any) -> Any:
    import track_server

    return track_server.Answer(status, **fields)


def messages(server: Any) -> list[str]:
    return [item["data"]["baseData"]["message"] for item in server.accepted]


def to(port: int) -> str:
    return f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:{port}"


def dead_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_refused_connection_loses_nothing(open_handler: Callable[..., Any]) -> None:
    """It drops what meets a connection error once its reports about itself are off."""
    import track_server

    port = dead_port()
    away = open_handler(connection_string=to(port))
    log(away, "a", "b")
    away.close()
    server = track_server.TrackServer(port=port)
    try:
        open_handler(connection_string=to(port))
        server.wait_for_items(2)
        assert messages(server) == ["a", "b"]
    finally:
        server.close()


@pytest.mark.parametrize("status", [402, 439])
def test_used_up_quota_loses_nothing(
    open_handler: Callable[..., Any], track_server: Any, status: int
) -> None:
    """It drops what the server's quota has no room for."""
    track_server.answers.append(answer(status))
    log(open_handler(), "a")

    track_server.wait_for_items(1)


def test_body_that_is_too_large_arrives_in_parts(
    open_handler: Callable[..., Any], track_server: Any
) -> None:
    """It drops a batch of which the server says 413."""
    track_server.answers.append(answer(413))
    log(open_handler(max_batch_size=4), "a", "b", "c", "d")

    track_server.wait_for_items(4)
    assert sorted(messages(track_server)) == ["a", "b", "c", "d"]


def test_idle_application_sends_what_it_stored(
    open_handler: Callable[..., Any], track_server: Any
) -> None:
    """Its log handler looks at the disk only after something new was sent."""
    track_server.answers.append(answer(503))
    log(open_handler(), "a")

    track_server.wait_for_items(1)


def test_items_that_the_server_wants_later_arrive_and_the_others_are_counted(
    open_handler: Callable[..., Any], track_server: Any
) -> None:
    """It sends the first again only after something new was sent, and counts nothing."""
    errors = [
        {"index": 0, "statusCode": 500, "message": "busy"},
        {"index": 1, "statusCode": 400, "message": "bad"},
    ]
    reply = {"itemsReceived": 3, "itemsAccepted": 1, "errors": errors}
    track_server.answers.append(answer(206, body=json.dumps(reply).encode()))
    handler = open_handler(max_batch_size=3)
    log(handler, "a", "b", "c")
    track_server.wait_for_items(1)
    handler.flush()

    assert messages(track_server) == ["a"]
    stats = handler.stats()
    assert (stats.recorded, stats.sent, stats.dropped) == (3, 2, {"refused": 1})


def test_proxies_may_be_a_dict(open_handler: Callable[..., Any], track_server: Any) -> None:
    """It drops everything when the option is the dict that its documents promise."""
    handler = open_handler(
        connection_string=f"InstrumentationKey={KEY};IngestionEndpoint=http://nowhere.invalid",
        proxies={"http": f"http://127.0.0.1:{track_server.port}"},
    )
    log(handler, "a")

    track_server.wait_for_items(1)
    assert handler.options.proxies == {"http": f"http://127.0.0.1:{track_server.port}"}


def test_full_queue_is_told_once(
    open_handler: Callable[..., Any], track_server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It writes a line for each item that its queue has no room for, and keeps no count."""
    handler = open_handler(queue_capacity=10, export_interval=60, enable_local_storage=False)
    log(handler, *map(str, range(200)))
    handler.flush()
    stats = handler.stats()

    assert stats.dropped["queue_full"] + stats.sent == stats.recorded == 200
    lost = [record for record in caplog.records if "queue is full" in record.getMessage().lower()]
    assert len(lost) == 1


def test_nobody_else_can_read_what_is_stored(
    open_handler: Callable[..., Any], track_server: Any, tmp_path: Path
) -> None:
    """It lets everybody read."""
    track_server.always = answer(503)
    handler = open_handler()
    log(handler, "a")
    handler.close()
    (folder,) = [path for path in tmp_path.rglob("*") if path.is_dir()]
    (file,) = folder.iterdir()

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text", ["{};", "{};Extra=a=b", " {} ", "{};IngestionEndpoint=http://127.0.0.1:9/"]
)
def test_connection_strings_may_look_as_people_copy_them(
    open_handler: Callable[..., Any], track_server: Any, text: str
) -> None:
    """It refuses a trailing ``;`` and a ``=`` in a value, and sends to ``//v2.1/track``."""
    track_server.always = answer(503)
    upper = f"InstrumentationKey={KEY.upper()}"
    handler = open_handler(connection_string=text.format(upper))

    assert handler.options.instrumentation_key == KEY
    assert not handler.options.endpoint.endswith("/")


@pytest.mark.parametrize("name", ["OTEL_SERVICE_NAME", "WEBSITE_SITE_NAME"])
def test_role_comes_from_the_environment(
    open_handler: Callable[..., Any],
    track_server: Any,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """It knows no way to name a role but a telemetry processor."""
    monkeypatch.setenv(name, "orders")
    log(open_handler(), "a")

    (item,) = track_server.wait_for_items(1)
    assert item["tags"]["ai.cloud.role"] == "orders"


def test_all_exporters_tell_what_became_of_everything(track_server: Any, tmp_path: Path) -> None:
    """It has no such thing."""
    options = {
        "connection_string": track_server.connection_string,
        "storage_path": str(tmp_path),
        "export_interval": 60.0,
    }
    exporter = AzureExporter(**options)
    with Tracer(exporter=exporter, sampler=AlwaysOnSampler()).span("one"):
        pass
    handlers = AzureLogHandler(**options), AzureEventHandler(**options)
    for handler in handlers:
        log(handler, "a", "b")
    metrics = metrics_exporter.new_metrics_exporter(enable_standard_metrics=True, **options)
    told = []
    for one in (exporter, *handlers, metrics):
        one.flush(10)
        told.append(one.stats())
        one.shutdown(5)

    assert [stats.sent for stats in told[:3]] == [1, 2, 2]
    assert told[3].sent > 0
    for stats in told:
        assert stats.recorded == stats.sent
        assert (stats.recovered, stats.waiting, stats.stored, stats.dropped) == (0, 0, 0, {})


def test_exporter_takes_over_what_another_process_left(
    open_handler: Callable[..., Any], track_server: Any, tmp_path: Path
) -> None:
    """It counts nothing, neither what it stores nor what it finds."""
    track_server.always = answer(503)
    first = open_handler()
    log(first, "a", "b")
    first.close()
    assert (first.stats().stored, first.stats().recorded) == (2, 2)
    assert len(os.listdir(tmp_path / "storage")) == 1
    track_server.always = None
    second = open_handler()
    track_server.wait_for_items(2)
    second.flush()
    stats = second.stats()

    assert (stats.recorded, stats.recovered, stats.sent, stats.stored) == (0, 2, 2, 0)
    assert list(Path(tmp_path / "storage").iterdir()) == []
