"""Programs that fork by hand lose nothing, send nothing twice and do not hang.

With the retired client (opencensus 0.11.4, ext-azure 1.1.15) all that a child records is lost, and its end
takes 15 s: it waits for a thread that was left in the parent.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")

FORKS = 200


def test_two_hundred_forks_among_recording_threads(reporting: Any) -> None:
    program = reporting.python("forks.py", "among_threads", str(FORKS))
    program.wait(within_s=120)

    children = [f"child {number}" for number in range(0, FORKS, 4)]
    reporting.expect_once(children, besides="noise")
    assert program.seconds_after("ends") < 1


def test_counts_of_all_processes_add_up(reporting: Any) -> None:
    reporting.python("forks.py", "counting").wait()

    counted: Counter[str] = Counter()
    for item in reporting.relay.items:
        data = item["data"]["baseData"]
        counted[data["properties"]["name"]] += data["metrics"][0]["value"]
    assert counted == {"parent": 2, "child 0": 1, "child 1": 2, "child 2": 3, "shared": 5}


def test_fork_while_the_sending_thread_imports(reporting: Any) -> None:
    """A module whose import the fork interrupts can never be imported in the child."""
    reporting.python("slow_imports.py").wait()

    reporting.expect_once(["parent", "child"])


@pytest.mark.parametrize("delay_s", ["0", "0.005", "0.05"])
def test_fork_just_after_the_first_record(reporting: Any, delay_s: str) -> None:
    reporting.python("forks.py", "at_once", delay_s).wait()

    reporting.expect_once(["parent", "child"])


@pytest.mark.parametrize("how", ["return", "exit", "leave"])
def test_fork_in_a_callback_of_the_sending_thread(reporting: Any, how: str) -> None:
    reporting.python("forks.py", "in_a_callback", how).wait()

    reporting.expect_once(["parent"])


def test_children_that_leave_without_exit_handlers(reporting: Any) -> None:
    reporting.python("forks.py", "without_exit_handlers").wait()

    reporting.expect_once(["parent", "flushed"])


def test_daemon_that_closed_every_file(reporting: Any, tmp_path: Path, wait_until: Any) -> None:
    folder = tmp_path / "daemon"
    folder.mkdir()
    reporting.python("forks.py", "daemon", str(folder)).wait()
    wait_until("the daemon's end", (folder / "done").exists)

    wait_until("the daemon's items", lambda: reporting.sent.total() >= 6)
    reporting.expect_once(["foreground", "daemon"])
    assert {path.read_text() for path in folder.glob("file *")} == {"only this\n"}


def test_other_programs_are_started_as_ever(reporting: Any) -> None:
    reporting.python("forks.py", "with_subprocesses").wait()

    reporting.expect_once(["before", "after"])
