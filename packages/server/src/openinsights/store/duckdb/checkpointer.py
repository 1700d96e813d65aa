"""Empties the write-ahead log of a day file while commits to it go on.

A checkpoint keeps commits waiting from its beginning to its end, unless some transaction still
reads what was there before the last commit: then commits go to a second log meanwhile. So a
transaction reads here, on purpose, and nothing is committed before the checkpoint begins. Both ways
have their price: a checkpoint of this kind ends the groups of rows that are not full, and the first
one of the other kind after it writes the whole day anew. So a day has only the usual ones until
its log was too long once, and only these from then on, when there is much in the log.
Observed with DuckDB 2.0.1; an engine that did not do so would only be slower.
"""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from openinsights.store.duckdb import ddl
from openinsights.store.duckdb.engine_errors import ENGINE_ERRORS
from openinsights.thread_names import show_thread_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    import duckdb

    from openinsights.store.duckdb.day_files import DayFiles
    from openinsights.store.duckdb.day_turns import DayTurns

logger = logging.getLogger(__name__)

_AGAIN_AFTER_S = 10.0
"""After a checkpoint that failed: what took the memory may be done by then."""


class Checkpointer:
    """A thread that empties one log at a time. Everything is called from the writer's thread.

    Args:
        files: the day files.
        turns: keep who tidies a day from it meanwhile.
        cursor: makes a connection to the engine.
        log_bytes: how long a log may become.
    """

    def __init__(
        self,
        files: DayFiles,
        turns: DayTurns,
        cursor: Callable[[], duckdb.DuckDBPyConnection],
        log_bytes: int,
    ) -> None:
        self._files = files
        self._turns = turns
        self._connection = cursor()
        self._log_bytes = log_bytes
        self._not_before_s = 0.0
        self._thread = ThreadPoolExecutor(
            1, thread_name_prefix="openinsights-checkpoint", initializer=show_thread_name
        )
        self._running: Future[None] | None = None

    @property
    def is_running(self) -> bool:
        """Whether a log is being emptied."""
        return self._running is not None and not self._running.done()

    def after_commit(self, day: int) -> None:
        """Begin to empty the log of a day for which the writer has its turn, if it is too long.

        One at a time, so that a log may grow longer.
        """
        if self._is_due(day):
            self._turns.begin_checkpoint(day)
            self._running = self._thread.submit(self._empty, day, self._files.alias(day))

    def finish(self) -> None:
        """Wait until nothing is being emptied; nothing is until the next commit."""
        if self._running is not None:
            self._running.result()
            self._running = None

    def close(self) -> None:
        """Let go of the thread."""
        self.finish()
        self._thread.shutdown()

    def _is_due(self, day: int) -> bool:
        if self.is_running or time.monotonic() < self._not_before_s:
            return False
        return self._files.log_bytes(day) >= self._log_bytes

    def _empty(self, day: int, alias: str) -> None:
        try:
            self._files.emptied_beside.add(alias)
            _empty_beside(self._connection, alias)
        except ENGINE_ERRORS as error:
            # The log stays whole.
            self._not_before_s = time.monotonic() + _AGAIN_AFTER_S
            if not self._files.note_error(error):
                logger.warning("checkpoint failed: day=%s error=%s", day, error)
        finally:
            self._turns.end_checkpoint()


def empty_log(connection: duckdb.DuckDBPyConnection, files: DayFiles, day: int) -> None:
    """Write what is in the log of an attached day to its file, so that the file is whole.

    Raises:
        duckdb.Error: the log stays whole.
    """
    alias = files.alias(day)
    if alias in files.emptied_beside:
        _empty_beside(connection, alias)
    else:
        connection.execute(f"checkpoint {alias}")


def _empty_beside(connection: duckdb.DuckDBPyConnection, alias: str) -> None:
    reader = connection.cursor()
    try:
        reader.execute("begin")
        reader.execute(ddl.LAYOUT.format(alias=alias)).fetchall()
        connection.execute(ddl.COMMIT_NOTHING.format(alias=alias))
        connection.execute(f"checkpoint {alias}")
    finally:
        reader.close()
