"""The command line and the data folder in wrong hands: one sentence that says what to do."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-m", "openinsights.cli.main"]


def run(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if "INSIGHTS" not in name}
    return subprocess.run(
        [*COMMAND, *words], capture_output=True, text=True, env=environment, cwd=folder, timeout=60
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """Return what a command said that refused in a sentence, not in a traceback."""
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture(scope="session")
def served(target) -> str:
    return f"http://127.0.0.1:{target.port}"


def test_a_busy_port_says_so(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refused(run("serve", "--data", str(tmp_path / "data"), "--port", port))
    assert f"127.0.0.1:{port}" in said
    assert "--port" in said


@pytest.mark.slow
@pytest.mark.parametrize("host", ["192.0.2.1", "localhost.example", "", " "])
def test_a_host_that_is_none_of_this_machine_is_refused(tmp_path, host):
    said = refused(run("serve", "--data", str(tmp_path / "data"), "--host", host, "--port", "0"))
    assert "cannot listen on" in said
    assert not (tmp_path / "data").exists()


def test_a_folder_in_use_names_its_server(server, served):
    said = refused(run("serve", "--data", str(server.folder), "--port", "0"))
    assert served in said
    assert served in refused(run("query", "print 1", "--data", str(server.folder)))


@pytest.mark.parametrize("words", [("query", "print 1"), ("resource", "list"), ("send", "hi")])
def test_without_a_server_a_command_says_how_to_start_one(words):
    assert "openinsights serve" in refused(run(*words, "--url", "http://127.0.0.1:1"))


def test_a_query_with_a_mistake_shows_its_place(served):
    said = refused(run("query", "requests | were x", "--url", served))
    assert "line 1, column 12" in said
    assert "did you mean 'where'?" in said


def test_a_name_that_is_nearly_right_is_suggested(target, served):
    wrong = target.name[:-1]
    for words in (("query", "print 1", "--app", wrong), ("resource", "show", wrong)):
        assert target.name in refused(run(*words, "--url", served))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "../x", "a b", "x;y", "x=y", "<b>", "a\nb", "*", "x" * 300]
)
def test_a_name_that_cannot_be_used_is_refused_by_what_it_is(served, name):
    assert "cannot name a resource" in refused(
        run("resource", "create", "--url", served, "--", name)
    )


@pytest.mark.slow
@pytest.mark.parametrize("words", [("serve", "--port", "0"), ("query", "print 1")])
def test_an_empty_folder_name_is_not_the_current_folder(tmp_path, words):
    refused(run(*words, "--data", "", folder=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_reading_makes_no_data_folder_of_any_other(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Sir,")
    refused(run("query", "print 1", "--data", str(tmp_path)))
    assert [each.name for each in tmp_path.iterdir()] == ["letter.txt"]


@pytest.fixture(scope="session")
def stored(tmp_path_factory) -> Path:
    """A data folder with telemetry of one day, of a server that was stopped."""
    return tmp_path_factory.mktemp("stored") / "data"


@pytest.fixture
def folder(stored, tmp_path, stopped_server) -> Path:
    if not stored.exists():
        stopped_server.folder = stored
        stopped_server.start()
        facts = stopped_server.create_resource("shop")["connection_string"]
        sent = run("send", "hello", "--url", stopped_server.url)
        assert sent.returncode == 0, (facts, sent.stderr)
        stopped_server.stop()
    shutil.copytree(stored, tmp_path / "data")
    return tmp_path / "data"


def newest_day(folder: Path) -> Path:
    return max((folder / "telemetry").glob("*.duckdb"))


def noise(path: Path) -> None:
    path.write_bytes(os.urandom(5_000))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 3)


@pytest.mark.slow
@pytest.mark.parametrize("harm", [noise, cut])
def test_a_broken_day_file_is_named(folder, harm):
    broken = newest_day(folder)
    harm(broken)
    for words in (("query", "traces | count"), ("serve", "--port", "0")):
        assert broken.name in refused(run(*words, "--data", str(folder)))


@pytest.mark.slow
def test_a_broken_catalog_is_named(folder):
    for each in folder.glob("catalog.sqlite*"):
        each.unlink()
    noise(folder / "catalog.sqlite")
    assert "catalog.sqlite" in refused(run("query", "print 1", "--data", str(folder)))


@pytest.mark.slow
def test_files_that_are_no_days_are_left_alone(folder):
    for name in ("2026-13-45.duckdb", "notes.txt", "x.duckdb"):
        (folder / "telemetry" / name).write_text("hello")
    (folder / "telemetry" / "2026-01-01.duckdb").write_bytes(b"")
    (folder / "telemetry" / "2026-01-02.duckdb").mkdir()

    found = run("query", "traces | count", "--data", str(folder), "--format", "csv")

    assert found.returncode == 0, found.stderr
    assert found.stdout.split() == ["Count", "1"]


@pytest.mark.slow
@pytest.mark.parametrize("text", ["x = [", "prot = 1", "query_timeout_s = 'a'", "\udcff"])
def test_settings_that_cannot_be_used_are_named(folder, text):
    (folder / "settings.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    said = refused(run("serve", "--data", str(folder), "--port", "0"))
    assert "setting" in said
