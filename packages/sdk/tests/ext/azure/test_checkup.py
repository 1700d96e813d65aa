"""The client's check-up, asked of a real server, of none, and of one that misbehaves."""

from __future__ import annotations

import json
import socket
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure import checkup
from opencensus.ext.azure.log_exporter import AzureLogHandler

if TYPE_CHECKING:
    from pathlib import Path

KEY = "11111111-2222-3333-4444-555555555555"
NOW = 1_790_000_000.0


@pytest.fixture(autouse=True)
def _temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def nobody() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return (
            f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:{probe.getsockname()[1]}/"
        )


def found(connection_string: str | None = None, **environ: str) -> dict[str, checkup.Finding]:
    return {one.check: one for one in checkup.check_all(connection_string, environ)}


def test_nothing_is_asked_for_without_a_connection_string() -> None:
    findings = found()

    assert findings["connection string"].outcome == checkup.NONE
    assert "client's server" not in findings


def test_environment_is_read_and_the_code_wins(track_server: Any) -> None:
    of_environment = found(APPLICATIONINSIGHTS_CONNECTION_STRING=track_server.connection_string)
    of_code = found(nobody(), APPLICATIONINSIGHTS_CONNECTION_STRING=track_server.connection_string)

    assert of_environment["connection string"].says == f"{track_server.endpoint} key {KEY}"
    assert of_code["client's server"].outcome == checkup.FAIL


@pytest.mark.parametrize("text", ["nonsense", "InstrumentationKey=zero", "InstrumentationKey="])
def test_connection_string_that_cannot_be_used(text: str) -> None:
    assert found(APPLICATIONINSIGHTS_CONNECTION_STRING=text)["connection string"].outcome == "FAIL"


def test_server_that_answers_and_says_the_time(track_server: Any) -> None:
    findings = found(track_server.connection_string)

    # It knows nothing but the track path, and answers all the same.
    assert findings["client's server"].outcome == checkup.FAIL
    assert "status 501" in findings["client's server"].says
    assert findings["clock"].outcome == checkup.OK


def test_server_that_is_away(tmp_path: Path) -> None:
    findings = found(nobody())

    assert "does not answer" in findings["client's server"].says
    assert findings["clock"].outcome == checkup.NONE


@pytest.mark.parametrize(
    ("server_s", "outcome", "says"),
    [
        (NOW, "ok", "within 300 s"),
        (NOW - 3600, "FAIL", "3600 s ahead of"),
        (NOW + 7200, "FAIL", "7200 s behind"),
    ],
)
def test_clock(server_s: float, outcome: str, says: str) -> None:
    finding = checkup.check_clock(formatdate(server_s, usegmt=True), NOW)

    assert finding.outcome == outcome
    assert says in finding.says


@pytest.mark.parametrize("date", [None, "yesterday"])
def test_clock_of_a_server_that_does_not_tell(date: str | None) -> None:
    assert checkup.check_clock(date, NOW).outcome == checkup.NONE


def test_storage_says_how_much_waits(tmp_path: Path) -> None:
    there = nobody()
    assert "will be made" in found(there)["storage"].says
    handler = AzureLogHandler(connection_string=there)
    for number in range(3):
        handler.handle(handler_record(number))
    handler.close()

    assert "3 items in 1 files" in found(there)["storage"].says


def test_storage_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))

    assert found(nobody())["storage"].outcome == checkup.FAIL


def test_command_prints_rows_and_fails_when_something_does(
    capsys: pytest.CaptureFixture[str], track_server: Any
) -> None:
    assert checkup.main(["--connection-string", nobody()]) == 1
    assert "FAIL  client's server" in capsys.readouterr().out
    checkup.main(["--json"])
    rows = json.loads(capsys.readouterr().out)
    assert {"check", "outcome", "says"} == set(rows[0])


def handler_record(number: int) -> Any:
    import logging

    return logging.LogRecord("shop", logging.WARNING, "shop.py", 1, f"line {number}", (), None)
