"""What the store consists of while one engine lives: opened together, and closed together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from openinsights.store.direct_append import DirectAppend
from openinsights.store.duckdb.checkpointer import Checkpointer
from openinsights.store.duckdb.day_files import DayFiles
from openinsights.store.duckdb.day_turns import DayTurns
from openinsights.store.duckdb.day_writer import DayWriter
from openinsights.store.duckdb.operation_index import OperationIndex
from openinsights.store.duckdb.scan import Scans
from openinsights.store.duckdb.snapshot import Snapshots
from openinsights.store.duckdb.tidier import Tidier
from openinsights.store.journal import Journal
from openinsights.store.journaled_append import JournaledAppend

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from openinsights.clock import Clock
    from openinsights.store.limits import StoreLimits
    from openinsights.store.times import StoreTimes


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stays when an engine goes.

    Attributes:
        directory: where the day files lie; None holds everything in memory.
        clock: tells which days still take telemetry.
        limits: bounds.
        times: told how long things take.
        check_able: raises StoreUnavailable when no telemetry can be taken.
        check_room: raises StoreUnavailable when the disk has no room for what the engine writes.
        room_bytes: returns how much of the disk may be used.
        when_broken: called when the engine failed fatally, on the thread that met it.
    """

    directory: Path | None
    clock: Clock
    limits: StoreLimits
    times: StoreTimes
    check_able: Callable[[], None]
    check_room: Callable[[], None]
    room_bytes: Callable[[], int]
    when_broken: Callable[[], None]


@dataclass(frozen=True, slots=True)
class EngineParts:
    """One engine and who works with it. Made by `open_parts`.

    Attributes:
        root: a connection that lives as long as the engine.
        journal: None for a store in memory, as `snapshots`.
    """

    root: duckdb.DuckDBPyConnection
    files: DayFiles
    checkpointer: Checkpointer
    writer: DayWriter
    tidier: Tidier
    scans: Scans
    appends: JournaledAppend | DirectAppend
    journal: Journal | None
    snapshots: Snapshots | None

    @property
    def trouble(self) -> str:
        """Why no telemetry can be stored now, "" when it can."""
        return self.writer.broken or self.appends.stalled

    def close(self) -> None:
        """Write what was taken; what cannot be stays in the journal."""
        self.tidier.close()
        self.appends.close()
        if self.writer.broken:
            self.checkpointer.finish()
        else:
            self.writer.rest(is_last=True)
        self.checkpointer.close()
        _close(self.root)


def _close(root: duckdb.DuckDBPyConnection) -> None:
    while True:
        try:
            root.close()
        except duckdb.ResourceInUseException:  # a query is given its own connection just now
            continue
        return


def open_parts(root: duckdb.DuckDBPyConnection, around: Surroundings) -> EngineParts:
    """Return the parts around a new engine; what an earlier one left in the journal is stored.

    Raises:
        StoreTooNew: when a newer release of this program wrote to the folder.
        duckdb.Error, OSError, StoreError: nothing is open.
    """
    directory, limits = around.directory, around.limits
    files = DayFiles(directory, root.cursor())
    files.refuse_newer()
    turns = DayTurns()
    checkpointer = Checkpointer(files, turns, root.cursor, limits.log_bytes)
    writer = DayWriter(
        files,
        root.cursor(),
        limits,
        around.clock,
        turns,
        checkpointer,
        # what a crash left in the journal waits too: a write that fails would break the day
        around.check_room if directory is not None else None,
        around.when_broken,
    )
    tidier = Tidier(files, root.cursor(), turns, around.clock, writer.has_room)
    scans = Scans(files, OperationIndex(files, root.cursor()), root.cursor)
    if directory is None:
        direct = DirectAppend(writer, limits, around.times)
        return EngineParts(root, files, checkpointer, writer, tidier, scans, direct, None, None)
    journal = Journal(directory / "journal", limits.segment_bytes)
    appends = JournaledAppend(journal, writer, limits, around.check_able, around.times)
    writer.when_resting = tidier.wake
    snapshots = Snapshots(directory, files, turns, tidier, root.cursor, around.room_bytes)
    tidier.start()
    return EngineParts(
        root, files, checkpointer, writer, tidier, scans, appends, journal, snapshots
    )
