"""What a process holds in memory of the catalog, kept true while other servers change it too.

Where one process owns the catalog (SQLite) nothing is ever read again. Where several servers share
it (PostgreSQL) the database counts each change up in the transaction that makes it; a copy whose
count is behind reads its tables anew: before it changes something, and when it is told to.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from openinsights.catalog import tables
from openinsights.catalog.engine import is_shared, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class SharedCopy:
    """Keeps a copy of some tables true; safe to use from any thread.

    Args:
        engine: an open catalog.
        topic: the name of the table that is copied.
        load: reads the copy anew on a connection; called with the lock held.

    Attributes:
        lock: held while the copy changes.
    """

    def __init__(
        self, engine: sa.Engine, topic: str, load: Callable[[sa.Connection], None]
    ) -> None:
        self.lock = threading.RLock()
        self._engine = engine
        self._topic = topic
        self._load = load
        with engine.connect() as connection:
            self._seen = self._version(connection)
            load(connection)

    @contextmanager
    def changing(self) -> Iterator[sa.Connection]:
        """Begin a transaction that changes the tables, with a copy that is true until it ends.

        The caller holds the lock until it has changed the copy as well.
        """
        with writing(self._engine) as connection:
            self._catch_up(connection)
            yield connection
            after = self._version(connection)
        self._seen = after

    def catch_up(self) -> None:
        """Read the copy anew if somebody else has changed the tables."""
        if is_shared(self._engine):
            with self.lock, self._engine.connect() as connection:
                self._catch_up(connection)

    def _catch_up(self, connection: sa.Connection) -> None:
        version = self._version(connection)
        if version != self._seen:
            self._load(connection)
            self._seen = version

    def _version(self, connection: sa.Connection) -> int:
        if not is_shared(self._engine):
            return 0
        row = tables.changes.c
        return connection.scalar(sa.select(row.version).where(row.topic == self._topic)) or 0
