"""Commits groups of bodies: claims them, and inserts the rows of all tables in one statement.

The insert has a token made of what is in it. When its reply does not come, the same rows are
sent again with the same token, and ClickHouse takes them once. An insert that was ended in the middle
may have left the note that a body is stored without all of its rows: so what was begun is sent again
until it is acknowledged, under a claim that is renewed, also when the senders know long since that
they have to come again.
"""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from openinsights.schema.catalog import BY_NAME
from openinsights.schema.types import KqlType
from openinsights.store.clickhouse import ddl
from openinsights.store.clickhouse.claims import Claims, insert_settings
from openinsights.store.clickhouse.native import block, packed, text_column
from openinsights.store.errors import StoreBusy, StoreError, StoreUnavailable
from openinsights.store.packed_columns import PackedColumns, join, pack

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable

    from openinsights.store.clickhouse.claims import Claimed, Lease
    from openinsights.store.clickhouse.connection import Clients
    from openinsights.store.clickhouse.ddl import Place
    from openinsights.store.group_writer import Pending
    from openinsights.store.rows import DayRows, Rows, TableRows

logger = logging.getLogger(__name__)

_AGAIN_AFTER_S = 0.5
_RIVAL_RETRY_S = 5
_SENDERS_WAIT_S: Final = 8.0
"""So long senders wait for a reply; then they are told to come again, and the insert goes on."""
_GIVEN_UP_AFTER_S: Final = 300.0
_INT32: Final = (-(2**31), 2**31 - 1)


class Inserter:
    """Writes groups of bodies; called from one thread.

    Args:
        clients: connections.
        place: where the tables are.
        retention_of: says for a resource and a table how many days its telemetry is kept.
        closing: set when nothing is to be tried again any more.

    Attributes:
        away: why nothing is taken now; empty when all is well.
        is_finishing: whether an insert goes on whose senders were told to come again.
        fail_waiting: tells whoever waits for another group.
    """

    def __init__(
        self,
        clients: Clients,
        place: Place,
        retention_of: Callable[[str, str], int],
        closing: threading.Event,
    ) -> None:
        self._clients = clients
        self._place = place
        self._retention_of = retention_of
        self._closing = closing
        self._claims = Claims(clients, place)
        self._settings = insert_settings(place)
        self.away = ""
        self.is_finishing = False
        self.fail_waiting: Callable[[StoreError], None] = lambda _: None
        self.stored_rows = 0
        self.duplicate_rows = 0

    def commit(self, group: list[Pending]) -> None:
        """Store the bodies of a group and resolve their futures.

        A future fails with StoreUnavailable when the same rows may be stored later, with another
        error when the engine will never take them.
        """
        first: dict[bytes, Pending] = {}
        for pending in group:
            first.setdefault(pending.rows.digest, pending)
        taken = []
        for pending in first.values():
            try:
                _check(pending.rows)
            except StoreError as error:
                pending.future.set_exception(error)
            else:
                taken.append(pending)
        try:
            if taken:
                self._commit(taken)
        except BaseException as error:
            told = error if isinstance(error, StoreError) else StoreError(f"cannot store: {error}")
            if isinstance(error, StoreUnavailable):
                self.away = error.message
            for pending in taken:
                pending.fail(told)
        else:
            self.away = ""
        for pending in group:
            if pending is not first[pending.rows.digest]:
                self._as(first[pending.rows.digest], pending)

    def rest(self) -> None:
        """There is nothing to tidy up."""

    def _as(self, first: Pending, again: Pending) -> None:
        error = first.future.exception()
        if error is not None:
            again.future.set_exception(error)
            return
        self.duplicate_rows += again.count
        again.future.set_result(None)

    def _commit(self, group: list[Pending]) -> None:
        claimed = self._claims.claim([pending.rows for pending in group])
        for place in claimed.busy:
            group[place].future.set_exception(
                StoreBusy(
                    "cannot store telemetry: another server is storing the same body",
                    retry_after_s=_RIVAL_RETRY_S,
                )
            )
        stored = [place for place, days in claimed.kept.items() if not days]
        self._acknowledge(group, claimed, stored)
        parts = [
            (group[place], table)
            for place, days in claimed.kept.items()
            for day in days
            for table in day.tables
        ]
        if parts:
            self._insert(parts, claimed.lease)
            self._acknowledge(group, claimed, claimed.kept.keys() - stored)

    def _acknowledge(self, group: list[Pending], claimed: Claimed, places: Iterable[int]) -> None:
        for place in places:
            pending = group[place]
            new = sum(_count(day) for day in claimed.kept[place])
            self.stored_rows += new
            self.duplicate_rows += pending.count - new
            if not pending.future.done():
                pending.future.set_result(None)

    def _insert(self, parts: list[tuple[Pending, TableRows]], lease: Lease) -> None:
        # a table's rows together: ClickHouse packs a block's columns as they come
        parts = sorted(parts, key=lambda part: part[1].table)
        packed_parts = [_typed(pack(each.table, each.count, each.columns)) for _, each in parts]
        joined = join(packed_parts)
        if joined is None:
            raise StoreError("BUG: rows that cannot be packed were not refused")
        columns = packed(joined)
        retention = np.concatenate([self._retention(each) for each in packed_parts])
        columns.append((ddl.RETENTION, "UInt16", retention.astype("<u2").tobytes()))
        bodies = b"".join(pending.rows.digest[:16] * table.count for pending, table in parts)
        columns.append((ddl.BODY, "UInt128", bodies))
        tables = b"".join(text_column([table.table]) * table.count for _, table in parts)
        columns.append((ddl.OF_TABLE, "String", tables))
        data = block(joined.count, columns)
        token = hashlib.blake2b(data, digest_size=16).hexdigest()
        settings = {**self._settings, "insert_deduplication_token": token}
        names = [column for column, _, _ in columns]
        try:
            self._send(names, data, settings, [pending for pending, _ in parts], lease)
        except StoreUnavailable as error:
            logger.error(
                "gave up an insert rows=%d: %s; what of them is stored is not known",
                joined.count,
                error.message,
            )
            raise
        finally:
            self.is_finishing = False

    def _send(
        self,
        names: list[str],
        data: bytes,
        settings: dict[str, object],
        senders: list[Pending],
        lease: Lease,
    ) -> None:
        """Insert rows, and go on until they are acknowledged, whoever waits for them.

        Raises:
            StoreUnavailable: the claim is lost, the server stops, or it took too long.
        """
        begun_s = time.monotonic()
        while True:
            if lease.is_to_be_renewed:
                self._claims.renew(lease)
            try:
                self._clients.insert(self._place.table(ddl.DOOR), names, data, settings)
            except StoreUnavailable as error:
                self.away = error.message
                taken_s = time.monotonic() - begun_s
                if taken_s >= _SENDERS_WAIT_S:
                    self.is_finishing = True
                    for pending in senders:
                        pending.fail(error)
                    self.fail_waiting(error)
                if taken_s >= _GIVEN_UP_AFTER_S or self._closing.wait(_AGAIN_AFTER_S):
                    raise
                logger.warning("inserting again: %s", error)
            else:
                return

    def _retention(self, columns: PackedColumns) -> Any:
        app_id, name = columns.equal.get("appId"), columns.table
        if app_id is not None or "appId" not in columns:
            return np.full(columns.count, self._days(app_id or "", name), np.uint16)
        return np.array([self._days(each, name) for each in columns["appId"]], np.uint16)

    def _days(self, app_id: str, name: str) -> int:
        return max(1, min(self._retention_of(app_id, name), ddl.MOST_DAYS))


def _typed(columns: PackedColumns) -> PackedColumns:
    """Return rows that say what they are: their neighbours' column is theirs too."""
    if "itemType" in columns:
        return columns
    item_type = BY_NAME[columns.table].item_type
    return replace(columns, equal={**columns.equal, "itemType": item_type})


def _count(rows: DayRows) -> int:
    return sum(table.count for table in rows.tables)


def _check(rows: Rows) -> None:
    """Refuse a body with values that its columns cannot hold; its neighbours are stored.

    Raises:
        StoreError: which column of which table.
    """
    for day in rows.days:
        for table in day.tables:
            try:
                columns = pack(table.table, table.count, table.columns)
            except ValueError as error:
                raise _refused(table.table, f"a text is no UTF-8: {error}") from None
            if columns.lists:
                raise _refused(table.table, f"column {next(iter(columns.lists))!r}")
            for column in BY_NAME[table.table].columns:
                numbers = columns.numbers.get(column.name)
                if column.type is KqlType.INT and numbers is not None and numbers.values.size:
                    low, high = int(numbers.values.min()), int(numbers.values.max())
                    if low < _INT32[0] or high > _INT32[1]:
                        raise _refused(table.table, f"column {column.name!r}")


def _refused(table: str, what: str) -> StoreError:
    return StoreError(f"cannot store telemetry: {table}: {what} has a value that it cannot hold")
