"""Emptying a log while commits go on: who waits, what is stored, what a kill leaves."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import duckdb
import pytest

from openinsights.clock import TICKS_PER_DAY
from openinsights.schema.sql import Sql
from openinsights.store.api import ScanRequest
from openinsights.store.duckdb.checkpointer import Checkpointer, empty_log
from openinsights.store.duckdb.day_files import DayFiles
from openinsights.store.duckdb.day_turns import DayBusy, DayTurns
from openinsights.store.duckdb.store import open_duckdb_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = 739_000
SLEEP_MS = 100


class OneDay:
    """A day file, a connection that writes it, and what empties its log, slowly."""

    def __init__(self, directory: Path, log_bytes: int = 1) -> None:
        self.root = duckdb.connect(":memory:")
        self.root.execute(f"set debug_checkpoint_scan_sleep_ms = {SLEEP_MS}")
        self.files = DayFiles(directory, self.root.cursor())
        self.alias = self.files.attach(DAY)
        self.turns = DayTurns()
        self.checkpointer = Checkpointer(self.files, self.turns, self.root.cursor, log_bytes)
        self.writer = self.root.cursor()

    def commit(self, message: str | None) -> None:
        self.writer.execute(
            f"insert into {self.alias}.traces (timestamp, message) values (1, ?)", [message]
        )
        self.checkpointer.after_commit(DAY)

    def messages(self) -> list[str]:
        found = self.root.execute(f"select message from {self.alias}.traces order by message")
        return [text for (text,) in found.fetchall()]


@pytest.fixture
def day(tmp_path: Path) -> Iterator[OneDay]:
    made = OneDay(tmp_path)
    yield made
    made.checkpointer.close()
    made.root.close()


def test_commits_go_on_while_a_log_is_emptied(day) -> None:
    day.commit("a")
    assert day.checkpointer.is_running
    day.commit("b")
    # it sleeps meanwhile: a commit that had to wait would find it done
    assert day.checkpointer.is_running
    assert day.messages() == ["a", "b"]
    day.checkpointer.finish()
    assert day.messages() == ["a", "b"]


def test_a_log_is_shorter_when_it_was_emptied(day) -> None:
    for _ in range(50):
        day.writer.execute(
            f"insert into {day.alias}.traces (timestamp, message) "
            "select 1, repeat('long', 100) from range(100)"
        )
    before = day.files.log_bytes(DAY)
    day.commit("a")
    day.checkpointer.finish()
    assert day.files.log_bytes(DAY) < before / 10


def test_the_last_checkpoint_does_not_write_the_day_anew(day) -> None:
    day.root.execute("set debug_checkpoint_scan_sleep_ms = 0")
    for number in range(12):
        day.writer.execute(
            f"insert into {day.alias}.traces (timestamp, message) "
            f"select 1, sha256((i + 10000 * {number})::varchar) from range(10000) rows(i)"
        )
        day.checkpointer.after_commit(DAY)
        day.checkpointer.finish()
    before = day.files.size_bytes(DAY)
    day.writer.execute(f"insert into {day.alias}.traces (timestamp, message) values (1, 'a')")
    empty_log(day.writer, day.files, DAY)
    assert day.files.log_bytes(DAY) == 0
    assert day.files.size_bytes(DAY) < 1.5 * before


def test_a_short_log_is_left_alone(tmp_path) -> None:
    day = OneDay(tmp_path, log_bytes=1 << 30)
    day.commit("a")
    assert not day.checkpointer.is_running
    day.checkpointer.close()


def test_nobody_tidies_a_day_meanwhile(day) -> None:
    day.commit("a")
    with pytest.raises(DayBusy), day.turns.tidying(DAY, lambda: None):
        pass
    day.checkpointer.finish()
    with day.turns.tidying(DAY, lambda: None):
        pass


def test_a_day_whose_checkpoint_failed_is_attached_anew(day) -> None:
    day.root.execute("set debug_checkpoint_abort = 'before_header'")
    day.commit("a")
    day.checkpointer.finish()
    assert day.files.is_given_up(DAY)
    assert day.files.attach(DAY) == day.alias
    assert day.messages() == ["a"]
    with day.turns.tidying(DAY, lambda: None):
        pass


KILLED = """
import os, signal, sys
from pathlib import Path
import duckdb
from openinsights.store.duckdb.checkpointer import Checkpointer
from openinsights.store.duckdb.day_files import DayFiles
from openinsights.store.duckdb.day_turns import DayTurns

directory, day = Path(sys.argv[1]), int(sys.argv[2])
root = duckdb.connect(":memory:")
root.execute("set debug_checkpoint_scan_sleep_ms = 20")
files = DayFiles(directory, root.cursor())
alias = files.attach(day)
checkpointer = Checkpointer(files, DayTurns(), root.cursor, 1)
writer = root.cursor()
beside = 0
for number in range(5_000):
    writer.execute(
        f"insert into {alias}.traces (timestamp, message)"
        f" select {day * 864_000_000_000 + number}, '{number} ' || i from range(300) rows(i)"
    )
    print(number, flush=True)
    checkpointer.after_commit(day)
    # the second log is there only while the first one is emptied
    beside += any(directory.glob("*.wal.checkpoint"))
    if beside == 20:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_committed_survives_a_kill_while_a_log_is_emptied(tmp_path, clock) -> None:
    day = clock.now // TICKS_PER_DAY
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), str(day)], stdout=subprocess.PIPE, text=True
    )
    assert killed.returncode == -signal.SIGKILL, "no log was emptied while commits went on"
    assert any(tmp_path.glob("*.wal.checkpoint"))
    last = int(killed.stdout.split()[-1])
    store = open_duckdb_store(tmp_path, clock)
    source = store.source(ScanRequest("traces", ("message",)))
    text = f"select split_part(message, ' ', 1)::int as n, count(*) from {source.text} group by n"
    rows = store.run(Sql(text, source.parameters), timeout_s=60, max_rows=100_000).rows
    found = {int(number): count for number, count in rows}
    assert dict.fromkeys(range(last + 1), 300).items() <= found.items()
    assert set(found.values()) == {300}
    assert not any(tmp_path.glob("*.wal.checkpoint"))
    store.close()
