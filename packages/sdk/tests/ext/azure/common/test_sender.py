"""One exporter's whole way, with a real server that misbehaves and real processes that end."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure.log_exporter import AzureLogHandler
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def open_exporter(track_server: Any, tmp_path: Path) -> Iterator[Callable[..., AzureExporter]]:
    opened: list[AzureExporter] = []

    def open_one(**options: Any) -> AzureExporter:
        exporter = AzureExporter(
            **{
                "connection_string": track_server.connection_string,
                "storage_path": str(tmp_path / "storage"),
                "export_interval": 0.05,
                "minimum_retry_interval": 0.05,
                **options,
            }
        )
        opened.append(exporter)
        return exporter

    yield open_one
    for exporter in opened:
        exporter.shutdown(1)


def end_spans(exporter: AzureExporter, *names: str) -> None:
    tracer = Tracer(exporter=exporter, sampler=AlwaysOnSampler())
    for name in names:
        with tracer.span(name=name):
            pass


def names(server: Any) -> list[str]:
    return [item["data"]["baseData"]["name"] for item in server.accepted]


def answer(status: int = 200, **fields: Any) -> Any:
    import track_server

    return track_server.Answer(status, **fields)


def stored_files(tmp_path: Path) -> list[str]:
    folder = tmp_path / "storage"
    return sorted(os.listdir(folder)) if folder.is_dir() else []


def test_items_are_sent_when_the_interval_is_over(track_server: Any, open_exporter: Any) -> None:
    exporter = open_exporter()
    end_spans(exporter, "a")

    assert len(track_server.wait_for_items(1)) == 1


def test_first_items_do_not_wait_for_a_long_interval(track_server: Any, open_exporter: Any) -> None:
    exporter = open_exporter(export_interval=600)
    end_spans(exporter, "a")

    track_server.wait_for_items(1)


def test_full_batch_is_sent_before_the_interval_is_over(
    track_server: Any, open_exporter: Any
) -> None:
    exporter = open_exporter(export_interval=600, max_batch_size=5)
    end_spans(exporter, *"abcdefg")

    track_server.wait_for_items(5)
    assert len(track_server.posts[0].items) == 5


def test_stored_items_arrive_while_the_application_is_idle(
    track_server: Any, open_exporter: Any, tmp_path: Path
) -> None:
    track_server.answers.extend([answer(503), answer(hang_up=True)])
    exporter = open_exporter(export_interval=600)
    end_spans(exporter, "a", "b")
    assert exporter.flush()

    track_server.wait_for_items(2, timeout_s=30)
    assert names(track_server) == ["a", "b"]
    first, *_, last = [post.items for post in track_server.posts]
    assert [item["seq"] for item in first] == [item["seq"] for item in last]
    exporter.flush()
    assert stored_files(tmp_path) == []


def test_stored_items_arrive_after_a_restart_without_new_ones(
    track_server: Any, open_exporter: Any
) -> None:
    away = open_exporter(connection_string=to(dead_endpoint()))
    end_spans(away, "a")
    away.shutdown()

    import track_server as module

    back = module.TrackServer(port=port_of(away.options.endpoint))
    try:
        open_exporter(connection_string=to(away.options.endpoint))
        back.wait_for_items(1)
        assert names(back) == ["a"]
    finally:
        back.close()


def test_stored_items_of_another_server_stay(track_server: Any, open_exporter: Any) -> None:
    away = open_exporter(connection_string=to(dead_endpoint()))
    end_spans(away, "a")
    away.shutdown()
    here = open_exporter()
    end_spans(here, "b")
    assert here.flush()
    assert here.flush()

    assert names(track_server) == ["b"]


def test_without_storage_items_wait_in_memory(
    track_server: Any, open_exporter: Any, tmp_path: Path
) -> None:
    track_server.answers.append(answer(503))
    exporter = open_exporter(enable_local_storage=False)
    end_spans(exporter, "a")

    track_server.wait_for_items(1)
    assert stored_files(tmp_path) == []


def test_without_storage_one_more_attempt_is_made_at_the_end(
    track_server: Any, open_exporter: Any
) -> None:
    track_server.answers.append(answer(503, headers={"Retry-After": "600"}))
    exporter = open_exporter(enable_local_storage=False)
    end_spans(exporter, "a")
    assert exporter.flush()
    assert track_server.accepted == []
    exporter.shutdown()

    assert names(track_server) == ["a"]


def test_full_queue_counts_what_it_refuses(
    track_server: Any, open_exporter: Any, caplog: pytest.LogCaptureFixture
) -> None:
    go_on = threading.Event()
    track_server.answers.append(answer(wait=go_on))
    exporter = open_exporter(queue_capacity=5, max_batch_size=1)
    end_spans(exporter, "first")
    sender = exporter._sender
    deadline = time.monotonic() + 20
    while len(sender._queue) and time.monotonic() < deadline:
        threading.Event().wait(0.001)
    end_spans(exporter, *[str(number) for number in range(20)])
    go_on.set()
    assert exporter.flush(20)

    assert exporter.stats().dropped == {"queue_full": 15}
    assert len(track_server.accepted) == 6
    warnings = [record for record in caplog.records if "queue is full" in record.getMessage()]
    assert len(warnings) == 1


def test_burst_goes_to_disk_at_once_and_from_there_in_batches(
    track_server: Any, open_exporter: Any, tmp_path: Path
) -> None:
    go_on = threading.Event()
    track_server.answers.append(answer(wait=go_on))
    exporter = open_exporter(queue_capacity=1000, max_batch_size=10, export_interval=600)
    end_spans(exporter, *[str(number) for number in range(10)])
    sender = exporter._sender
    deadline = time.monotonic() + 20
    while len(sender._queue) and time.monotonic() < deadline:
        threading.Event().wait(0.001)
    end_spans(exporter, *[str(number) for number in range(10, 910)])
    go_on.set()
    assert exporter.flush(20)
    assert exporter.flush(20)

    assert sorted(map(int, names(track_server))) == list(range(910))
    assert max(len(post.items) for post in track_server.posts) <= 10
    assert len({item["seq"] for item in track_server.accepted}) == 910
    assert stored_files(tmp_path) == []


def test_value_that_the_wire_has_no_place_for_costs_one_item(
    track_server: Any, open_exporter: Any
) -> None:
    exporter = open_exporter()

    def spoil(envelope: Any) -> None:
        if envelope.data.baseData.name == "spoilt":
            envelope.data.baseData.duration = object()

    exporter.add_telemetry_processor(spoil)
    end_spans(exporter, "a", "spoilt", "b")
    assert exporter.flush()

    assert names(track_server) == ["a", "b"]
    assert [item["seq"].rpartition(".")[2] for item in track_server.accepted] == ["0", "1"]
    assert exporter.stats().dropped == {"not_encodable": 1}


def test_huge_values_are_cut(track_server: Any, open_exporter: Any) -> None:
    exporter = open_exporter()
    exporter.add_telemetry_processor(
        lambda envelope: envelope.data.baseData.properties.update(big="x" * 100_000)
    )
    end_spans(exporter, "n" * 5000)
    assert exporter.flush()

    (item,) = track_server.accepted
    assert len(item["data"]["baseData"]["name"]) == 1024
    assert len(item["data"]["baseData"]["properties"]["big"]) == 8192


def test_closing_twice_and_using_afterwards_is_harmless(
    track_server: Any, open_exporter: Any, tmp_path: Path
) -> None:
    exporter = open_exporter()
    end_spans(exporter, "a")
    exporter.shutdown()
    exporter.shutdown()
    end_spans(exporter, "late")

    assert names(track_server) == ["a"]
    assert len(stored_files(tmp_path)) == 1
    assert exporter.flush()


def test_server_that_hangs_does_not_hold_up_the_end(
    track_server: Any, open_exporter: Any, tmp_path: Path
) -> None:
    go_on = threading.Event()
    track_server.always = answer(wait=go_on)
    exporter = open_exporter(timeout=30, grace_period=0.5)
    end_spans(exporter, "a")
    sender = exporter._sender
    deadline = time.monotonic() + 20
    while not sender._delivery._flight and time.monotonic() < deadline:
        threading.Event().wait(0.001)
    end_spans(exporter, "b")
    began = time.monotonic()
    exporter.shutdown()
    took_s = time.monotonic() - began
    go_on.set()

    assert took_s < 10
    text = b"".join(
        (tmp_path / "storage" / name).read_bytes() for name in stored_files(tmp_path)
    ).decode()
    assert '"a"' in text
    assert '"b"' in text


PROGRAM = """
import logging, os, sys, threading
from opencensus.ext.azure.log_exporter import AzureLogHandler
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer
log = logging.getLogger("program")
log.setLevel("INFO")
log.addHandler(AzureLogHandler())
exporter = AzureExporter()
"""


def run(
    body: str, tmp_path: Path, connection_string: str, expect: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM + textwrap.dedent(body))
    (tmp_path / "tmp").mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={
            **os.environ,
            "TMPDIR": str(tmp_path / "tmp"),
            "APPLICATIONINSIGHTS_CONNECTION_STRING": connection_string,
            **environment,
        },
    )
    assert done.returncode == expect, done.stderr
    return done


def messages(server: Any) -> list[str]:
    return sorted(item["data"]["baseData"]["message"] for item in server.of_type("MessageData"))


def test_short_program_loses_nothing_at_its_end(track_server: Any, tmp_path: Path) -> None:
    body = """
    for number in range(250):
        log.info("message %d", number)
    with Tracer(exporter=exporter, sampler=AlwaysOnSampler()).span(name="last"):
        pass
    """
    done = run(body, tmp_path, track_server.connection_string)

    assert (done.stdout, done.stderr) == ("", "")
    assert messages(track_server) == sorted(f"message {number}" for number in range(250))
    assert len(track_server.of_type("RemoteDependencyData")) == 1


def test_record_of_an_exit_handler_is_sent(track_server: Any, tmp_path: Path) -> None:
    body = """
    import atexit
    atexit.register(log.info, "from an exit handler")
    """
    run(body, tmp_path, track_server.connection_string)

    assert messages(track_server) == ["from an exit handler"]


def test_failing_program_sends_what_it_logged(track_server: Any, tmp_path: Path) -> None:
    body = """
    log.info("before")
    raise SystemExit(3)
    """
    run(body, tmp_path, track_server.connection_string, expect=3)

    assert messages(track_server) == ["before"]


def test_program_that_ends_without_a_server_keeps_its_items(
    track_server: Any, tmp_path: Path
) -> None:
    endpoint = dead_endpoint()
    began = time.monotonic()
    run(
        'log.info("kept")',
        tmp_path,
        f"InstrumentationKey={KEY};IngestionEndpoint={endpoint}",
        APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL="true",
    )
    assert time.monotonic() - began < 20

    import track_server as module

    back = module.TrackServer(port=port_of(endpoint))
    try:
        run('log.info("new")', tmp_path, f"InstrumentationKey={KEY};IngestionEndpoint={endpoint}")
        back.wait_for_items(2)
        assert messages(back) == ["kept", "new"]
    finally:
        back.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_forked_child_sends_its_own_items_once(track_server: Any, tmp_path: Path) -> None:
    body = """
    import warnings
    warnings.simplefilter("ignore")
    for number in range(5):
        log.info("before %d", number)
    child = os.fork()
    who = "parent" if child else "child"
    for number in range(5):
        log.info("%s %d", who, number)
    with Tracer(exporter=exporter, sampler=AlwaysOnSampler()).span(name=who):
        pass
    if child:
        assert os.waitpid(child, 0)[1] == 0
    """
    began = time.monotonic()
    run(body, tmp_path, track_server.connection_string)

    assert time.monotonic() - began < 20
    expected = [f"{who} {number}" for who in ("before", "child", "parent") for number in range(5)]
    assert messages(track_server) == expected
    spans = [
        item["data"]["baseData"]["name"] for item in track_server.of_type("RemoteDependencyData")
    ]
    assert sorted(spans) == ["child", "parent"]
    assert len({item["seq"] for item in track_server.accepted}) == len(track_server.accepted)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_pool_processes_send_what_they_logged(track_server: Any, tmp_path: Path) -> None:
    body = """
    import multiprocessing, warnings
    warnings.simplefilter("ignore")
    def work(number):
        log.info("task %d", number)
    if __name__ == "__main__":
        log.info("task 100")
        context = multiprocessing.get_context("fork")
        processes = [context.Process(target=work, args=(number,)) for number in range(3)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
    """
    run(body, tmp_path, track_server.connection_string)

    assert messages(track_server) == ["task 0", "task 1", "task 100", "task 2"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_forked_child_exports_its_own_metrics(track_server: Any, tmp_path: Path) -> None:
    body = """
    import warnings
    warnings.simplefilter("ignore")
    from opencensus.ext.azure import metrics_exporter
    exporter = metrics_exporter.new_metrics_exporter(export_interval=60)
    child = os.fork()
    name = "child" if not child else "parent"
    def only_private_bytes(envelope):
        envelope.tags["ai.cloud.roleInstance"] = name
        return "Private" in envelope.data.baseData.metrics[0].name
    exporter.add_telemetry_processor(only_private_bytes)
    if child:
        assert os.waitpid(child, 0)[1] == 0
    """
    run(body, tmp_path, track_server.connection_string)

    instances = [item["tags"]["ai.cloud.roleInstance"] for item in track_server.accepted]
    assert sorted(instances) == ["child", "parent"]


def test_nothing_is_sent_anywhere_else(track_server: Any, tmp_path: Path) -> None:
    """Every connection of a program that uses all exporters goes to its own server."""
    body = """
    import socket
    allowed = os.environ["ALLOWED_PORT"]
    seen = []
    def audit(event, arguments):
        if event in ("socket.connect", "socket.getaddrinfo"):
            seen.append((event, arguments[1:3] if event == "socket.connect" else arguments[:2]))
    sys.addaudithook(audit)
    from opencensus.ext.azure import metrics_exporter
    metrics = metrics_exporter.new_metrics_exporter()
    log.info("hello")
    with Tracer(exporter=exporter, sampler=AlwaysOnSampler()).span(name="a"):
        pass
    metrics.shutdown(); exporter.shutdown(); logging.shutdown()
    strangers = [one for one in seen if allowed not in str(one)]
    assert not strangers, strangers
    assert seen
    """
    run(
        body,
        tmp_path,
        track_server.connection_string,
        ALLOWED_PORT=str(track_server.port),
    )


def test_many_threads_lose_nothing(track_server: Any, tmp_path: Path) -> None:
    import logging

    handler = AzureLogHandler(
        connection_string=track_server.connection_string, storage_path=str(tmp_path / "storage")
    )

    def work(name: int) -> None:
        for number in range(500):
            handler.handle(
                logging.LogRecord("x", logging.INFO, "f", 1, f"{name} {number}", (), None)
            )

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    handler.flush(30)
    handler.close()

    assert len(set(messages(track_server))) == 2000
    assert handler.stats().dropped == {}


def dead_endpoint() -> str:
    """An address on this machine where nothing listens."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def to(endpoint: str) -> str:
    return f"InstrumentationKey={KEY};IngestionEndpoint={endpoint}"


def port_of(endpoint: str) -> int:
    return int(endpoint.rpartition(":")[2])
