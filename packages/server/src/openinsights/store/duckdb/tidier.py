"""Brings day files into the form that answers fastest, while nobody writes them.

Everything here can be left out, done twice, or be killed in the middle: each step is one
transaction, and answers are the same before and after it.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb

from openinsights.clock import TICKS_PER_DAY
from openinsights.store.duckdb import hot_keys, operation_index, rollups
from openinsights.store.duckdb.checkpointer import empty_log
from openinsights.store.duckdb.day_turns import DayBusy
from openinsights.store.duckdb.ddl import quoted
from openinsights.store.duckdb.engine_errors import ENGINE_ERRORS
from openinsights.store.duckdb.rollups import Kept
from openinsights.store.duckdb.undoing import roll_back
from openinsights.store.errors import StoreError
from openinsights.thread_names import show_thread_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from openinsights.clock import Clock
    from openinsights.store.duckdb.day_files import DayFiles
    from openinsights.store.duckdb.day_turns import DayTurns

logger = logging.getLogger(__name__)

_EVERY_S = 60.0
_RECENT_DAYS = 8
"""Days that are looked at though nobody has read them; older ones follow when they are read."""
_FEW_ENTRIES = 100_000
"""Entries that are found quickly in any order."""
_ROWS = """
select sum(estimated_size) from duckdb_tables() where database_name = '{alias}' and not internal
"""


class Tidier:
    """A thread that tidies days, now and then.

    Args:
        files: the day files.
        connection: changes them; nothing else may use it.
        turns: keeps it apart from the writer.
        clock: tells which day is today.
        has_room: returns whether the disk has room for what the engine may write.
    """

    def __init__(
        self,
        files: DayFiles,
        connection: duckdb.DuckDBPyConnection,
        turns: DayTurns,
        clock: Clock,
        has_room: Callable[[], bool],
    ) -> None:
        self._files = files
        self._connection = connection
        self._turns = turns
        self._clock = clock
        self._has_room = has_room
        self._wake = threading.Event()
        self._closing = False
        self._pauses = False
        self._one = threading.Lock()
        self._settled: set[tuple[str, str, int, bool]] = set()
        self._thread = threading.Thread(target=self._run, name="openinsights-tidier", daemon=True)

    def start(self) -> None:
        """Begin with what is due."""
        self._thread.start()
        self._wake.set()

    def wake(self) -> None:
        """Say that this is a good moment."""
        self._wake.set()

    def close(self) -> None:
        """Stop what runs, undone, and end the thread."""
        self._closing = True
        self._wake.set()
        while self._thread.is_alive():
            self._turns.interrupt()
            self._thread.join(0.01)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Tidy nothing meanwhile; what is under way is stopped, undone."""
        self._pauses = True
        while not self._one.acquire(timeout=0.05):
            self._turns.interrupt()
        try:
            self._pauses = False
            yield
        finally:
            self._one.release()

    def tidy(self, *, is_quiet: bool = True) -> None:
        """Do what is due now; days that are being written are left for another time.

        Args:
            is_quiet: whether nobody writes just now, so that today may have its keys filled.
        """
        with self._one:
            for step in (self._tidy_index, self._tidy_rollups, self._tidy_keys):
                for day in self._days():
                    if self._closing or self._pauses or not self._has_room():
                        return
                    if is_quiet or self._is_over(day) or step == self._tidy_index:
                        self._try(step, day)

    def _try(self, step: Callable[[int], None], day: int) -> None:
        try:
            step(day)
        except (DayBusy, StoreError):
            pass  # another time
        except ENGINE_ERRORS as error:
            roll_back(self._connection)
            if self._files.note_error(error):
                return  # another time
            if not (self._closing or isinstance(error, duckdb.InterruptException)):
                logger.warning("cannot tidy a day: day=%s error=%s", day, error)

    def _run(self) -> None:
        show_thread_name()
        while not self._closing:
            is_quiet = self._wake.wait(_EVERY_S)
            self._wake.clear()
            self.tidy(is_quiet=is_quiet)

    def _days(self) -> list[int]:
        days = {*self._files.days()[-_RECENT_DAYS:], *self._files.attached()}
        return sorted(days, reverse=True)

    def _tidy_index(self, day: int) -> None:
        alias = self._files.attach_to_read(day)
        if alias is None:
            return
        if not self._files.is_indexed(day):
            build = operation_index.build(alias, self._number(_ROWS.format(alias=alias)))
            self._step(day, build, lambda: self._files.note_indexed(day))
        entries, ordered = self._connection.execute(
            operation_index.ENTRIES.format(alias=alias)
        ).fetchall()[0]
        if entries - ordered > (0 if self._is_over(day) else max(_FEW_ENTRIES, ordered)):
            self._step(day, operation_index.sort(alias, entries))

    def _tidy_rollups(self, day: int) -> None:
        """Put the rows of a day that is over together, again when many came since."""
        alias = self._files.attach_to_read(day) if self._is_over(day) else None
        if alias is None:
            return
        kept = {each.rollup: each for each in self._files.rolled_up(day)}
        for rollup in rollups.OF_DAYS:
            before = kept.get(rollup)
            rows = self._number(rollups.ROWS.format(alias=alias, table=quoted(rollup.table)))
            late = rows - (0 if before is None else before.end_row)
            if self._closing or self._pauses or late < max(rollups.FEW_ROWS, rows // 10):
                continue
            last = self._number(rollups.LAST_ROW.format(alias=alias, table=quoted(rollup.table)))
            if last + 1 == rows:
                version = 1 if before is None else before.version + 1
                self._put_together(day, alias, Kept(rollup, version, rows, 0), before)

    def _put_together(self, day: int, alias: str, made: Kept, before: Kept | None) -> None:
        tried = self._connection.execute(rollups.trial(alias, made.rollup)).fetchall()[0]
        come: list[Kept] = []

        def statements() -> Iterator[str]:
            rows = 0
            if tried[0] * rollups.LEAST_GAIN <= tried[1]:
                yield from rollups.make(alias, day, made)
                rows = self._number(rollups.ROWS.format(alias=alias, table=quoted(made.relation)))
            come.append(replace(made, rows=rows))
            yield from rollups.note(alias, come[0], before)

        gone = [] if before is None else [before]
        self._step(day, statements(), lambda: self._files.note_rolled_up(day, come, gone))

    def _tidy_keys(self, day: int) -> None:
        """Choose the hot keys of a day's tables, and fill their rows, chunk by chunk."""
        alias = self._files.attach_to_read(day)
        for table in operation_index.TABLES if alias else ():
            settled = (alias or "", table, self._files.generation_of(day), self._is_over(day))
            if settled in self._settled:
                continue
            self._choose(day, alias or "", table)
            self._fill(day, alias or "", table)
            if self._closing or self._pauses:
                return
            self._settled = {each for each in self._settled if each[:2] != settled[:2]}
            self._settled.add(settled)

    def _choose(self, day: int, alias: str, table: str) -> None:
        if self._files.hot(day, table):
            return
        rows = self._number(f"select count(*) from {alias}.{quoted(table)}")  # noqa: S608 - names of ours
        if rows < hot_keys.FEW_ROWS:
            return
        found = self._connection.execute(hot_keys.candidates(alias, table, rows)).fetchall()
        keys = [key for (key,) in found]
        texts = self._texts(alias, table, keys, rows) if keys else {}
        if texts:
            statements = hot_keys.begin(alias, table, texts)
            self._step(day, statements, lambda: self._files.note_hot(day, table, list(texts)))

    def _texts(self, alias: str, table: str, keys: list[str], rows: int) -> dict[str, list[str]]:
        """The keys that are kept, and their texts."""
        found: dict[str, list[str]] = {key: [] for key in keys}
        question = hot_keys.texts(alias, table, keys, rows)
        for place, text in self._connection.execute(question).fetchall():
            found[keys[place]].append(text)
        kept: dict[str, list[str]] = {}
        room = hot_keys.MAX_TEXTS_OF_TABLE
        for key, texts in found.items():
            if texts and len(texts) <= min(hot_keys.MAX_TEXTS, room):
                kept[key] = texts
                room -= len(texts)
            if len(kept) == hot_keys.MAX_KEYS:
                break
        return kept

    def _fill(self, day: int, alias: str, table: str) -> None:
        keys = self._files.hot(day, table)
        while keys and not (self._closing or self._pauses):
            end = 1 + self._number(
                f"select coalesce(max(rowid), -1) from {alias}.{quoted(table)}"  # noqa: S608 - names of ours
            )
            filled = self._connection.execute(
                hot_keys.FILLED.format(alias=alias), {"name": table}
            ).fetchall()[0][0]
            if end - filled < (1 if self._is_over(day) else hot_keys.FEW_ROWS):
                return
            fill = hot_keys.fill(alias, table, keys, filled)
            self._step(day, fill, lambda: self._files.note_commit(day))

    def _is_over(self, day: int) -> bool:
        return day < self._clock.now_ticks() // TICKS_PER_DAY

    def _number(self, text: str) -> int:
        row = self._connection.execute(text).fetchall()[0]
        return int(row[0]) if row[0] is not None else 0

    def _step(
        self, day: int, statements: Iterable[str], note: Callable[[], None] | None = None
    ) -> None:
        """Run statements as one transaction, unless the writer wants the day.

        What was done is noted before the writer can have its turn.
        """
        with self._turns.tidying(day, self._connection.interrupt) as go_on:
            try:
                self._connection.execute("begin")
                for statement in statements:
                    go_on()
                    self._connection.execute(statement)
                go_on()
                self._connection.execute("commit")
            except BaseException:
                roll_back(self._connection)
                raise
            if note is not None:
                note()
            try:
                empty_log(self._connection, self._files, day)
            except ENGINE_ERRORS as error:  # the log stays, and is emptied another time
                self._files.note_error(error)
