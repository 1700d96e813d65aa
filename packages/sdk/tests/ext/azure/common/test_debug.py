from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure.common import debug
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def run(
    track_server: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., list[str]]:
    """Runs an exporter over some spans and returns the lines on stderr."""

    def run_one(*answers: Any, switch: str = "1", **options: Any) -> list[str]:
        monkeypatch.setenv("OPENINSIGHTS_DEBUG", switch)
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        track_server.answers.extend(answers)
        given = {"connection_string": track_server.connection_string, **options}
        exporter = AzureExporter(**given)
        tracer = Tracer(exporter=exporter, sampler=AlwaysOnSampler())
        for name in "abc":
            with tracer.span(name=name):
                pass
        exporter.flush(20)
        exporter.shutdown(5)
        lines = capsys.readouterr().err.splitlines()
        return [line.partition("] ")[2] for line in lines if line.startswith("openinsights ")]

    return run_one


def answer(status: int = 200, **fields: Any) -> Any:
    import track_server

    return track_server.Answer(status, **fields)


def told(lines: list[str], *parts: str) -> bool:
    return any(all(part in line for part in parts) for line in lines)


def test_what_is_sent_is_told_with_counts_status_time_and_place(
    run: Callable[..., list[str]], track_server: Any
) -> None:
    lines = run(role_name="shop")

    assert told(lines, "begins: to http://127.0.0.1:", "role shop", "every 15 s")
    assert told(lines, "posted 3 items", "kB gzip", track_server.endpoint, "status 200", " ms")
    assert told(lines, "sent 3 items")
    assert told(lines, "ends: recorded 3", "sent 3", "dropped 0")


def test_what_is_stored_and_why_is_told(run: Callable[..., list[str]]) -> None:
    lines = run(answer(503, headers={"Retry-After": "600"}))

    assert told(lines, "posted 3 items", "status 503")
    assert told(lines, "waits 600.0 s", "status 503")
    assert told(lines, "stored 3 items")
    assert told(lines, "ends: recorded 3", "sent 0", "stored 3")


def test_server_that_is_not_there_is_told(run: Callable[..., list[str]]) -> None:
    lines = run(connection_string=f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:1")

    assert told(lines, "posted 3 items", "refused")


def test_what_is_dropped_and_why_is_told(run: Callable[..., list[str]]) -> None:
    lines = run(answer(400, body=b"no such thing"))

    assert told(lines, "dropped 3 items: the server refused the item", "no such thing")
    assert told(lines, "ends:", "dropped refused 3")


def test_keys_and_passwords_are_not_told_in_full(
    run: Callable[..., list[str]], track_server: Any
) -> None:
    endpoint = track_server.endpoint.replace("//", "//me:secret@")
    lines = run(connection_string=f"InstrumentationKey={KEY};IngestionEndpoint={endpoint}")

    assert told(lines, "key 11111111...")
    assert told(lines, "kept in", "opencensus-python-11111111...")
    assert not told(lines, KEY)
    assert not told(lines, "secret")


@pytest.mark.parametrize("switch", ["", "0", "false", " No "])
def test_nothing_is_told_and_asked_for_while_it_is_off(
    run: Callable[..., list[str]], switch: str
) -> None:
    assert run(switch=switch) == []
    assert debug.teller("x", {"OPENINSIGHTS_DEBUG": switch}) is None
    assert debug.teller("x", {}) is None


@pytest.mark.parametrize("stderr", [None, io.StringIO()])
def test_missing_stderr_costs_nothing_but_the_line(
    monkeypatch: pytest.MonkeyPatch, stderr: Any
) -> None:
    tell = debug.teller("x", {"OPENINSIGHTS_DEBUG": "yes"})
    assert tell is not None
    if stderr is not None:
        stderr.close()
    monkeypatch.setattr(sys, "stderr", stderr)
    tell("something")
