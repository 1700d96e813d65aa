"""What was recorded before a process was killed is sent by the next one, once, in every model."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

COUNT = 50
DURABLE = {"DURABLE": "yes"}


@pytest.fixture
def inherit(
    reporting: Any, tmp_path: Path, wait_until: Callable[..., Any]
) -> Callable[[Iterable[str]], None]:
    """Start a program that sends what others left, and expect that it does so, once."""

    def inherit(names: Iterable[str], *through: str) -> None:
        said = [*names, "heir"]
        heir = reporting.python(*through, "durable.py", "heir", **DURABLE)
        wait_until("what was left", lambda: reporting.sent.total() >= 3 * len(said))
        heir.close_input()
        heir.wait()
        reporting.expect_once(said)
        assert not list(tmp_path.rglob("*.ring"))

    return inherit


def test_killed_program(reporting: Any, inherit: Any) -> None:
    reporting.python("durable.py", "killed", str(COUNT), **DURABLE).wait(-signal.SIGKILL)

    inherit(f"item {number}" for number in range(COUNT))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_children_that_are_gone_without_notice(reporting: Any, inherit: Any) -> None:
    reporting.python("durable.py", "children", "4", **DURABLE).wait()

    inherit(["parent", *(f"item {number}" for number in range(4))])


def test_killed_workers_of_gunicorn(
    reporting: Any, inherit: Any, get_from_all: Any, port: int
) -> None:
    running = reporting.start(
        sys.executable,
        "-m",
        "gunicorn",
        "--preload",
        "--workers",
        "2",
        "--bind",
        f"127.0.0.1:{port}",
        "web:application",
        **DURABLE,
    )
    names, workers = get_from_all(port, workers=2)
    os.killpg(running.process.pid, signal.SIGKILL)
    running.wait(-signal.SIGKILL)

    assert len(workers) == 2
    inherit(names)


def test_where_only_what_windows_has_is_there(reporting: Any, inherit: Any) -> None:
    """The file's owner is told by its process id there: neither fcntl nor msvcrt is to be had."""
    program = ("without_posix.py", "durable.py", "killed", str(COUNT))
    reporting.python(*program, **DURABLE).wait(-signal.SIGABRT)

    inherit((f"item {number}" for number in range(COUNT)), "without_posix.py")
