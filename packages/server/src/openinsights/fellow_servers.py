"""What a server has to do with the others on its catalog: whose turn work is, and what has changed.

Where the catalog is a file there are no others: all work is this server's, and nothing is watched.
"""

from __future__ import annotations

import os
import secrets
import socket
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from openinsights.catalog.changes import Changes
from openinsights.catalog.engine import is_shared
from openinsights.catalog.leases import Leases, LeaseTable
from openinsights.catalog.turns import ALWAYS, NEVER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openinsights.catalog.turns import Turn
    from openinsights.clock import Clock

_LONGEST_HOST: Final = 40


class FellowServers:
    """The other servers, from where one of them stands.

    Args:
        catalog: an open catalog.
        clock: measures how long a lease may be believed in.
        works: whether this server takes part in the work that one does for all.
    """

    def __init__(self, catalog: sa.Engine, clock: Clock, *, works: bool) -> None:
        self._catalog = catalog
        self._works = works
        self.name = _name()
        self.leases: Leases | None = None
        if works and is_shared(catalog):
            self.leases = Leases(LeaseTable(catalog), self.name, clock)
        self._calls: dict[str, Callable[[], None]] = {}
        self._channels: dict[str, Callable[[str], None]] = {}
        self._starts: list[Callable[[], None]] = []
        self._changes: Changes | None = None

    def turn(self, work: str) -> Turn:
        """Return whether a kind of work is this server's; see `catalog/turns.py`."""
        if not self._works:
            return NEVER
        return ALWAYS if self.leases is None else self.leases.turn(work)

    def on_change(self, table: str, call: Callable[[], None]) -> None:
        """Have something called whenever another server, or this one, has changed a table."""
        self._calls[table] = call

    def on_told(self, channel: str, call: Callable[[str], None]) -> None:
        """Have something called with what servers tell each other on a channel."""
        self._channels[channel] = call

    def on_start(self, call: Callable[[], None]) -> None:
        """Have something begun when listening begins."""
        self._starts.append(call)

    @property
    def are_there(self) -> bool:
        """Whether there may be others."""
        return is_shared(self._catalog)

    def tell(self, channel: str, texts: Sequence[str]) -> None:
        """Tell every server something, this one included; each text has less than 8,000 bytes.

        Raises:
            CatalogUnavailable: the catalog does not answer; nobody is told.
        """
        with self._catalog.begin() as connection:
            for text in texts:
                connection.execute(sa.select(sa.func.pg_notify(channel, text)))

    def ask_catalog(self) -> None:
        """Ask the catalog for something small.

        Raises:
            CatalogUnavailable: it does not answer.
        """
        with self._catalog.connect() as connection:
            connection.execute(sa.select(sa.literal(1)))

    def start(self) -> None:
        """Begin to listen, and to take what work is free."""
        if not is_shared(self._catalog):
            return
        if self.leases is not None:
            self._calls["leases"] = self.leases.wake
        self._changes = Changes(self._catalog, self._calls, self._channels)
        self._changes.start()
        for call in self._starts:
            call()
        if self.leases is not None:
            self.leases.start()

    def let_go(self) -> None:
        """Hand the work over; what is under way is not committed any more."""
        if self.leases is not None:
            self.leases.close()
            self.leases = None

    def close(self) -> None:
        """Hand the work over, and stop listening."""
        self.let_go()
        if self._changes is not None:
            self._changes.close()
            self._changes = None


def _name() -> str:
    """Return what tells this process from every other, in words that an operator knows."""
    host = socket.gethostname().lower()[:_LONGEST_HOST]
    return f"{host}:{os.getpid()}:{secrets.token_hex(3)}"
