"""Workers of uWSGI report what they served, though the application is loaded before they fork.

uWSGI forks in C and tells Python nothing of it: no hook runs, and in a worker the threads of the
master look alive. Without `--enable-threads` no thread runs but while a request is served.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

UWSGI = shutil.which("uwsgi", path=str(Path(sys.executable).parent)) or ""
QUEUES = {"kept on disk": {}, "durable": {"DURABLE": "yes"}, "inherited": {"WITHOUT_DISK": "yes"}}
ENDS_GRACEFULLY = ("--hook-master-start", "unix_signal:15 gracefully_kill_them_all")
"""Otherwise a worker that has just answered leaves without Python's exit handlers."""
DEADLINE_S = 30.0
MASTER_LOOKS_EVERY_S = 1.0
"""uWSGI's master notices only so often that its workers have ended."""
MODES = {
    "one thread": ("--master", "--enable-threads", "--processes", "2"),
    # Without the last one uWSGI itself waits for its own threads until its patience ends.
    "four threads": ("--master", "--threads", "4", "--processes", "2", "--no-threads-wait"),
    "lazy": ("--master", "--enable-threads", "--processes", "2", "--lazy-apps"),
    "hooks called": ("--master", "--enable-threads", "--processes", "2", "--py-call-osafterfork"),
}
RECYCLED = ("--max-requests", "5", "--min-worker-lifetime", "1")


@pytest.fixture
def start(reporting: Any, need: Any, port: int) -> Callable[..., Any]:
    need("uWSGI", UWSGI, "pip install pyuwsgi")

    def start(*options: str, **environment: str) -> Any:
        return reporting.start(
            UWSGI,
            *options,
            *ENDS_GRACEFULLY,
            "--http-socket",
            f"127.0.0.1:{port}",
            "--module",
            "web:application",
            **environment,
        )

    return start


@pytest.mark.parametrize("options", MODES.values(), ids=MODES.keys())
def test_workers_report_once_and_end_within_a_second(
    reporting: Any, get_from_all: Any, start: Any, port: int, options: Any
) -> None:
    running = start(*options)
    names, workers = get_from_all(port, workers=2)
    took_s = running.end()

    assert str(running.process.pid) not in workers
    reporting.expect_once(names)
    assert took_s < 1 + MASTER_LOOKS_EVERY_S, running.output


def living(log: str) -> set[str]:
    """The workers that uWSGI's log has started and not ended."""
    return set(re.findall(r"pawned uWSGI worker .*pid: (\d+)", log)) - set(
        re.findall(r"The work of process (\d+) is done", log)
    )


def test_workers_that_are_replaced_report_too(
    reporting: Any, get_from_all: Any, get: Any, start: Any, port: int
) -> None:
    running = start(*MODES["one thread"], *RECYCLED, SAY_AT_IMPORT="yes", WITHOUT_DISK="yes")
    names, served_by = get_from_all(port, workers=4)
    # A worker that uWSGI starts just as all are told to end is not told, and runs for a minute: so
    # nobody is being replaced then, and who has served listens.
    give_up = time.monotonic() + DEADLINE_S
    while len(left := living(running.output)) < 2 or not left <= served_by:
        assert time.monotonic() < give_up, f"of {left} only {served_by} served"
        names.append(f"request {len(names)}")
        served_by.add(get(port, names[-1].replace(" ", "%20")))
        time.sleep(0.05)
    running.end()

    reporting.expect_once([*names, f"imported {running.process.pid}"])


@pytest.mark.parametrize("queue", QUEUES.values(), ids=QUEUES.keys())
def test_what_is_recorded_before_the_fork_is_sent_once(
    reporting: Any, get_from_all: Any, start: Any, port: int, queue: dict[str, str]
) -> None:
    running = start(*MODES["one thread"], SAY_AT_IMPORT="yes", **queue)
    names, _ = get_from_all(port, workers=2)
    running.end()

    reporting.expect_once([*names, f"imported {running.process.pid}"])


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="its uWSGI cannot run without threads")
def test_without_threads_it_warns_once_and_sends_at_the_end(
    reporting: Any, get_from_all: Any, start: Any, port: int
) -> None:
    running = start("--master", "--processes", "2")
    names, _ = get_from_all(port, workers=2)
    running.end()

    reporting.expect_once(names)
    assert running.output.count("runs threads only with --enable-threads") == 1, running.output
