"""Hears what other servers change in a shared catalog, and what they tell each other through it.

PostgreSQL tells at once (NOTIFY); what is told while a connection is lost is found by the counts of
changes, which are looked at every few seconds.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from openinsights.catalog import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

logger = logging.getLogger(__name__)

CHANGES: Final = "openinsights_changes"
"""The channel of changed tables; what is said is the table's name."""
_LOOKS_EVERY_S: Final = 2.0
_LISTENS_S: Final = 0.25
_AGAIN_AFTER_S: Final = 1.0


class Changes:
    """Listens on a connection of its own, in a thread of its own.

    Args:
        engine: an open catalog in PostgreSQL.
        calls: what is called when a table has changed, by its name. A call that raises is logged
            and made again at the next look.
        channels: further channels by their name, with what is called with each text.
    """

    def __init__(
        self,
        engine: sa.Engine,
        calls: Mapping[str, Callable[[], None]],
        channels: Mapping[str, Callable[[str], None]],
    ) -> None:
        self._engine = engine
        self._calls = calls
        self._channels = channels
        self._seen: dict[str, int] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="openinsights-changes", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        with self._engine.connect() as connection:
            self._seen = _versions(connection)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        is_well = True
        while not self._closing.is_set():
            try:
                self._listen()
                is_well = True
            except Exception as error:
                if is_well:
                    logger.warning("not told of other servers' changes for now: %s", error)
                is_well = False
                self._closing.wait(_AGAIN_AFTER_S)

    def _listen(self) -> None:
        raw = self._engine.raw_connection()
        connection: Any = raw.driver_connection
        raw.detach()  # never of use to anybody else
        try:
            connection.rollback()
            connection.autocommit = True
            for channel in (CHANGES, *self._channels):
                connection.execute(f"LISTEN {channel}")
            waited_s = _LOOKS_EVERY_S  # what was told before LISTEN was told to nobody
            while not self._closing.is_set():
                is_changed = False
                for notice in connection.notifies(timeout=_LISTENS_S, stop_after=1):
                    is_changed = notice.channel == CHANGES
                    self._hear(notice.channel, notice.payload)
                waited_s += _LISTENS_S
                if is_changed or waited_s >= _LOOKS_EVERY_S:
                    self._look()
                    waited_s = 0.0
        finally:
            connection.close()

    def _hear(self, channel: str, text: str) -> None:
        call = self._channels.get(channel)
        try:
            if call is not None:
                call(text)
            elif text == tables.leases.name and text in self._calls:
                self._calls[text]()
        except Exception:
            logger.exception("BUG: what another server told was not understood")

    def _look(self) -> None:
        with self._engine.connect() as connection:
            versions = _versions(connection)
        for topic, version in versions.items():
            if self._seen.get(topic) == version:
                continue
            call = self._calls.get(topic)
            try:
                if call is not None:
                    call()
                self._seen[topic] = version
            except Exception:
                logger.exception("what another server changed is not taken over yet: %s", topic)


def _versions(connection: sa.Connection) -> dict[str, int]:
    rows = connection.execute(sa.select(tables.changes.c.topic, tables.changes.c.version))
    return {row.topic: row.version for row in rows}
