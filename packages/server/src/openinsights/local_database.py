"""A database that this process holds itself: a data folder, or memory."""

from __future__ import annotations

import threading
import weakref
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from typing import TYPE_CHECKING

from openinsights.catalog import engine
from openinsights.catalog.resources import ResourceStore
from openinsights.clock import SystemClock
from openinsights.data_folder import DataFolder, refuse_without_telemetry
from openinsights.database import MEMORY, DatabaseClosed
from openinsights.kql.caret import noted
from openinsights.kql.errors import KqlError
from openinsights.query.functions import engine_functions
from openinsights.query.parameters import from_python
from openinsights.query.service import QueryRequest, QueryService
from openinsights.store.api import Cancellation
from openinsights.store.duckdb.store import open_duckdb_store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from openinsights.kql.api import Scan
    from openinsights.query.result import QueryResult
    from openinsights.store.api import Store, StoredDay

_LOOKS_UP_EVERY_S = 0.2
"""On Windows a wait without an end cannot be interrupted."""


class LocalDatabase:
    """See `openinsights.database.Database`. Made by `open_folder` and `open_memory`.

    Args:
        target: what was opened, as people named it.
        queries: answers queries.
        resources: what names mean.
        store: holds the rows.
        held: closes everything that was opened, in order.
    """

    def __init__(
        self,
        target: str,
        queries: QueryService,
        resources: ResourceStore,
        store: Store,
        held: ExitStack,
    ) -> None:
        self._target = target
        self._queries = queries
        self._store = store
        self._resources = resources
        # Also when the database is forgotten: an engine that is still open at exit complains.
        self._close = weakref.finalize(self, held.close)

    def kql(
        self,
        text: str,
        *,
        app: str | None = None,
        timespan: str | None = None,
        parameters: Mapping[str, object] | None = None,
    ) -> QueryResult:
        """Answer a query; see `Database.kql`."""
        self._check_open()
        app_ids = None if app is None else (self._resources.named(app).app_id,)
        cancellation = Cancellation()
        request = QueryRequest(
            text,
            app_ids,
            timespan,
            cancellation=cancellation,
            takes_part=True,
            parameters=from_python(parameters),
        )
        try:
            return _interruptible(lambda: self._queries.run(request), cancellation)
        except KqlError as error:
            noted(error, text)
            raise

    def _check_open(self) -> None:
        if not self._close.alive:
            raise DatabaseClosed(self._target)

    def scans(
        self, text: str, *, app: str | None = None, timespan: str | None = None
    ) -> list[tuple[Scan, list[StoredDay]]]:
        """Return what a query would read: each scan, with the days that its times overlap."""
        self._check_open()
        app_ids = None if app is None else (self._resources.named(app).app_id,)
        return self._queries.scans(QueryRequest(text, app_ids, timespan))

    def stored_days(self) -> list[StoredDay]:
        """Return the days that have data, oldest first."""
        return self._store.stored_days()

    def close(self) -> None:
        """Let go of the folder."""
        self._close()

    def __repr__(self) -> str:
        """What was opened, and whether it still is."""
        return f"<openinsights {self._target}, {'open' if self._close.alive else 'closed'}>"

    def __enter__(self) -> LocalDatabase:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _interruptible(work: Callable[[], QueryResult], cancellation: Cancellation) -> QueryResult:
    """Return what the work returns; Ctrl-C stops it.

    The engine would answer Ctrl-C itself if it ran on the main thread, with an error that says
    nothing of it. On another thread nothing needs to be done: Python interrupts the main one alone.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    with ThreadPoolExecutor(1, thread_name_prefix="openinsights-kql") as thread:
        running = thread.submit(work)
        try:
            while not wait((running,), _LOOKS_UP_EVERY_S).done:
                continue
            return running.result()
        except KeyboardInterrupt:
            cancellation.cancel()
            raise


def open_memory() -> LocalDatabase:
    """Return an empty database in memory, with every table."""
    with ExitStack() as opened:
        resources = ResourceStore(engine.open_memory(), SystemClock())
        opened.callback(resources.close)
        return _database(MEMORY, None, resources, opened)


def open_folder(path: Path) -> LocalDatabase:
    """Return the database in a data folder.

    Raises:
        DataFolderLocked: another process holds it.
        DataFolderError: there is no such folder, or it holds other files than a server's.
    """
    refuse_without_telemetry(path)
    with ExitStack() as opened:
        folder = opened.enter_context(DataFolder(path))
        resources = ResourceStore(engine.open_file(folder.catalog), SystemClock())
        opened.callback(resources.close)
        return _database(str(path), folder.telemetry, resources, opened)


def _database(
    target: str, directory: Path | None, resources: ResourceStore, opened: ExitStack
) -> LocalDatabase:
    clock = SystemClock()
    store = open_duckdb_store(directory, clock, functions=engine_functions())
    opened.callback(store.close)
    queries = QueryService(store, resources.named, clock)
    return LocalDatabase(target, queries, resources, store, opened.pop_all())
