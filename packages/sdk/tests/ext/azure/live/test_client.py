"""One client per server, resource and process: shared, started by telemetry, ended with its exporters.

Rules L44 and L46.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure.live import attachment
from opencensus.ext.azure.live.client import LiveClient, identity
from opencensus.ext.azure.log_exporter import AzureLogHandler
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.types.event import EventData

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY = "11111111-2222-3333-4444-%012d"
UNWATCHED = {"x-ms-qps-subscribed": "false"}
_keys = iter(range(1, 1_000))


def until(is_so: Callable[[], Any], within_s: float = 30.0) -> Any:
    give_up = time.monotonic() + within_s
    while True:
        answer = is_so()
        if answer:
            return answer
        assert time.monotonic() < give_up
        time.sleep(0.01)


@pytest.fixture
def connection_string(server: Any) -> str:
    """One resource of its own for each test, as a process has one client for each."""
    key = KEY % next(_keys)
    return f"InstrumentationKey={key};IngestionEndpoint={server.url};LiveEndpoint={server.url}"


@pytest.fixture
def make_exporter(connection_string: str, tmp_path: Path) -> Iterator[Callable[..., AzureExporter]]:
    made: list[AzureExporter] = []

    def make(**options: Any) -> AzureExporter:
        given = {
            "connection_string": connection_string,
            "storage_path": str(tmp_path / str(len(made))),
        }
        made.append(AzureExporter(**{**given, **options}))
        return made[-1]

    yield make
    for exporter in made:
        exporter.shutdown(0)


def send(exporter: AzureExporter) -> None:
    with Tracer(exporter=exporter, sampler=AlwaysOnSampler()).span(name="work"):
        pass
    exporter.flush()


def pings(server: Any) -> list[Any]:
    return [body for path, _, body in server.requests if "/ping" in path]


def posts(server: Any) -> list[Any]:
    return [body for path, _, body in server.requests if "/post" in path]


def live_thread(exporter: AzureExporter) -> threading.Thread | None:
    """Return the thread of the exporter's resource."""
    key = (exporter.options.live_endpoint, exporter.options.instrumentation_key)
    client = attachment._clients.get(key)
    return None if client is None else client._thread


def test_nothing_starts_before_the_first_telemetry(server: Any, make_exporter: Any) -> None:
    exporter = make_exporter()
    assert live_thread(exporter) is None
    server.headers = UNWATCHED
    send(exporter)
    until(lambda: pings(server))
    assert exporter._sender.observers == []


def test_exporters_of_a_resource_share_one_client(
    server: Any, make_exporter: Any, connection_string: str, tmp_path: Path
) -> None:
    first, second = make_exporter(), make_exporter()
    handler = AzureLogHandler(
        connection_string=connection_string, storage_path=str(tmp_path / "log")
    )
    send(first)
    send(second)
    handler.handle(logging.LogRecord("name", logging.INFO, "path", 1, "hello", (), None))
    handler.flush()
    until(lambda: len(posts(server)) > 2)
    assert len({point["StreamId"] for points in posts(server) for point in points}) == 1
    for sender in (first._sender, second._sender, handler._sender):
        assert len(sender.observers) == 1
    handler.close()


def test_client_ends_with_its_last_exporter_and_comes_back_with_the_next(
    server: Any, make_exporter: Any
) -> None:
    first, second = make_exporter(), make_exporter()
    send(first)
    send(second)
    until(lambda: posts(server))
    thread = live_thread(first)
    assert thread is not None
    first.shutdown()
    told = len(posts(server))
    until(lambda: len(posts(server)) > told)
    second.shutdown()
    until(lambda: not thread.is_alive())
    server.requests.clear()
    send(make_exporter())
    until(lambda: posts(server))


def test_switched_off_means_nothing_is_attached(make_exporter: Any) -> None:
    assert make_exporter(enable_live_metrics=False)._sender.observers == []
    azure = f"InstrumentationKey={KEY % 0}"
    assert make_exporter(connection_string=azure)._sender.observers == []
    forced = make_exporter(connection_string=azure, enable_live_metrics=True)
    (first_batch,) = forced._sender.observers
    assert isinstance(first_batch, attachment.FirstBatch)


def test_batch_without_telemetry_starts_nothing(server: Any, make_exporter: Any) -> None:
    exporter = make_exporter()
    exporter.add_telemetry_processor(lambda envelope: False)
    send(exporter)
    assert live_thread(exporter) is None
    assert len(exporter._sender.observers) == 1


def test_child_of_a_fork_begins_anew(server: Any, make_exporter: Any) -> None:
    exporter = make_exporter()
    send(exporter)
    until(lambda: len(posts(server)) > 1)
    client = attachment.client_of(exporter.options)
    assert exporter._sender.observers
    thread = client._thread
    client.begin_close()  # the parent's thread: in a child it would not be there
    until(lambda: not thread.is_alive())
    client.after_fork_in_child()
    (waiting,) = exporter._sender.observers
    assert isinstance(waiting, attachment.FirstBatch)
    parent = posts(server)[0][0]["StreamId"]
    server.requests.clear()
    send(exporter)
    until(lambda: posts(server))
    assert posts(server)[0][0]["StreamId"] != parent


def test_process_that_is_ending_starts_no_client(make_exporter: Any) -> None:
    exporter = make_exporter(enable_live_metrics=False)
    client = LiveClient(exporter.options)
    client.begin_close()
    client.join(exporter._sender)
    client.start([])
    assert client._thread is None
    client.close()


def named(role: object, instance: object) -> Envelope:
    tags: Any = {"ai.cloud.role": role, "ai.cloud.roleInstance": instance}
    return Envelope(
        time="2026-11-21T08:00:00Z", data=Data("EventData", EventData(name="e")), tags=tags
    )


def test_process_is_called_as_its_telemetry_calls_it() -> None:
    point = identity(
        ["left by a processor", named("shop", "web-1")], {"ai.cloud.role": "other"}, {}
    )
    assert (point.role_name, point.instance, point.is_web_app) == ("shop", "web-1", False)
    assert point.invariant_version == 5
    assert point.version.startswith("py")
    assert len(point.stream_id) == 32
    unnamed = identity([], {"ai.cloud.role": "other"}, {"WEBSITE_SITE_NAME": "site"})
    assert (unnamed.role_name, unnamed.instance, unnamed.is_web_app) == (
        "other",
        unnamed.machine_name,
        True,
    )
    odd = identity([named(7, None)], {}, {})
    assert (odd.role_name, odd.instance) == ("7", odd.machine_name)
