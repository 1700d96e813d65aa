"""Leases in the catalog: which server does which work for all, until when.

A holder renews every few seconds; when it dies, its lease runs out and another server takes it. Time
is the database's, so that no machine's clock matters. Each time a lease passes to another holder its
epoch grows; a transaction that decides something holds its own epoch against the row and keeps the
row until it ends (`fence`), so that a server that was asleep, or cut off, decides nothing late.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from openinsights.catalog import tables
from openinsights.catalog.errors import CatalogUnavailable
from openinsights.catalog.turns import WORK, NotOurTurn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openinsights.clock import Clock

logger = logging.getLogger(__name__)

VALID_S: Final = 15.0
"""How long a lease holds without being renewed."""
RENEWED_EVERY_S: Final = 5.0
_MARGIN_S: Final = 3.0
"""So much before its end a holder stops by itself: whoever takes over begins after that."""


def database_ms() -> sa.ColumnElement[int]:
    """Return the time of PostgreSQL's machine, in milliseconds since 1970."""
    seconds = sa.func.extract("epoch", sa.func.clock_timestamp())
    return sa.cast(seconds * 1000, sa.BigInteger)


class LeaseTable:
    """Takes, renews and gives back leases; safe to use from any thread.

    Args:
        engine: an open catalog.
        now_ms: an expression for the database's time in milliseconds.
    """

    def __init__(
        self, engine: sa.Engine, now_ms: Callable[[], sa.ColumnElement[int]] = database_ms
    ) -> None:
        self._engine = engine
        self._now_ms = now_ms

    def take(self, names: Iterable[str], holder: str) -> dict[str, int]:
        """Take or renew what is free or the holder's own; return the epochs of what it holds.

        One statement a lease: of servers that try at the same time one gets it.
        """
        # loaded by who shares a catalog: a server alone never comes here
        from sqlalchemy.dialects import postgresql, sqlite

        row = tables.leases.c
        taken: dict[str, int] = {}
        insert = sqlite.insert if self._engine.dialect.name == "sqlite" else postgresql.insert
        with self._engine.begin() as connection:
            for name in sorted(names):
                until = self._now_ms() + int(VALID_S * 1000)
                new = insert(tables.leases).values(
                    name=name, holder=holder, epoch=1, until_ms=until
                )
                statement = new.on_conflict_do_update(
                    index_elements=[row.name],
                    set_={
                        "holder": holder,
                        "epoch": row.epoch + sa.case((row.holder == holder, 0), else_=1),
                        "until_ms": until,
                    },
                    where=sa.or_(row.holder == holder, row.until_ms < self._now_ms()),
                ).returning(row.epoch)
                epoch = connection.scalar(statement)
                if epoch is not None:
                    taken[name] = epoch
        return taken

    def give_back(self, holder: str) -> None:
        """Let everything of a holder be taken at once."""
        row = tables.leases.c
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(tables.leases).where(row.holder == holder).values(until_ms=0, holder="")
            )
            if connection.dialect.name == "postgresql":
                news = sa.func.pg_notify("openinsights_changes", tables.leases.name)
                connection.execute(sa.select(news))

    def holders(self) -> list[tuple[str, str, float]]:
        """Return (name, holder, seconds left) of each lease that is held, by name."""
        row = tables.leases.c
        left = row.until_ms - self._now_ms()
        statement = sa.select(row.name, row.holder, left).where(left > 0).order_by(row.name)
        with self._engine.connect() as connection:
            return [(each[0], each[1], each[2] / 1000) for each in connection.execute(statement)]


def fence(connection: sa.Connection, name: str, holder: str, epoch: int) -> None:
    """Make sure, until the transaction ends, that a lease is still the holder's of an epoch.

    Raises:
        NotOurTurn: it has passed to another.
    """
    row = tables.leases.c
    statement = sa.select(row.epoch).where(
        row.name == name, row.holder == holder, row.epoch == epoch
    )
    if connection.scalar(statement.with_for_update(read=True)) is None:
        raise NotOurTurn(f"another server took over: {name}")


@dataclass(slots=True)
class _Held:
    epoch: int = 0
    until_s: float = 0.0
    is_told: bool = False
    gained: list[Callable[[], None]] = field(default_factory=list)
    lost: list[Callable[[], None]] = field(default_factory=list)


class Leases:
    """What this server holds. `look` may be called from any thread, one call at a time.

    Args:
        table: where leases lie.
        holder: the name of this process, which no other has.
        clock: measures how long it may believe in a lease.
        names: of the leases.
    """

    def __init__(
        self, table: LeaseTable, holder: str, clock: Clock, names: Iterable[str] = WORK
    ) -> None:
        self.holder = holder
        self._table = table
        self._clock = clock
        self._held = {name: _Held() for name in names}
        self._turn = threading.Lock()
        self._woken = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Take what is free, and keep on renewing in the background."""
        self.look()
        self._thread = threading.Thread(target=self._run, name="openinsights-leases", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look soon: somebody may have given something back."""
        self._woken.set()

    def close(self) -> None:
        """Stop the work, and give back what is held, so that another server goes on at once."""
        self._closing = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
        with self._turn:
            for held in self._held.values():
                held.until_s = 0.0
            self._tell()
        try:
            self._table.give_back(self.holder)
        except CatalogUnavailable as error:
            logger.warning("leases run out by themselves: %s", error)

    def look(self) -> None:
        """Renew, take what is free, and tell workers what has changed for them."""
        with self._turn:
            asked_s = self._clock.monotonic_s()
            try:
                taken = self._table.take(self._held, self.holder)
            except CatalogUnavailable as error:
                logger.warning("leases not renewed: %s", error)
            else:
                self._tell()  # what ran out while nobody looked: its work was let go meanwhile
                for name, held in self._held.items():
                    epoch = taken.get(name)
                    if epoch is not None and held.is_told and epoch != held.epoch:
                        held.until_s = 0.0  # somebody had it in between
                        self._tell()
                    held.until_s = 0.0 if epoch is None else asked_s + VALID_S - _MARGIN_S
                    held.epoch = epoch or held.epoch
            self._tell()

    def turn(self, name: str) -> LeasedTurn:
        """Return whether a kind of work is this server's."""
        return LeasedTurn(self, name)

    def is_held(self, name: str) -> bool:
        """Whether a lease is this server's, to the best of its knowledge."""
        return self._clock.monotonic_s() < self._held[name].until_s

    def fence(self, name: str, connection: sa.Connection) -> None:
        """See `Turn.fence`."""
        if not self.is_held(name):
            raise NotOurTurn(f"this server's lease ran out: {name}")
        fence(connection, name, self.holder, self._held[name].epoch)

    def watch(self, name: str, gained: Callable[[], None], lost: Callable[[], None]) -> None:
        """See `Turn.watch`."""
        self._held[name].gained.append(gained)
        self._held[name].lost.append(lost)

    def _tell(self) -> None:
        for name, held in self._held.items():
            is_held = self.is_held(name)
            if is_held == held.is_told:
                continue
            held.is_told = is_held
            logger.info("%s %s epoch=%d", "holds" if is_held else "let go", name, held.epoch)
            for call in held.gained if is_held else held.lost:
                try:
                    call()
                except Exception:
                    logger.exception("%s of %s failed", "gain" if is_held else "loss", name)
                    held.is_told = not is_held  # tried again at the next look

    def _run(self) -> None:
        while not self._closing:
            self._woken.wait(RENEWED_EVERY_S)
            self._woken.clear()
            if not self._closing:
                try:
                    self.look()
                except Exception:
                    logger.exception("leases not looked after")


class LeasedTurn:
    """The turn of a server that may hold a lease.

    Args:
        leases: of this server.
        name: of the lease.
    """

    def __init__(self, leases: Leases, name: str) -> None:
        self._leases = leases
        self._name = name

    @property
    def is_ours(self) -> bool:
        """See `Turn.is_ours`."""
        return self._leases.is_held(self._name)

    def fence(self, connection: sa.Connection) -> None:
        """See `Turn.fence`."""
        self._leases.fence(self._name, connection)

    def watch(self, gained: Callable[[], None], lost: Callable[[], None]) -> None:
        """See `Turn.watch`."""
        self._leases.watch(self._name, gained, lost)
