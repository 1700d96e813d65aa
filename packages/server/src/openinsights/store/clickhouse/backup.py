"""Backups of the database that ClickHouse makes itself, and what has to be put right after one is restored.

ClickHouse copies one table after the other while telemetry comes, so that a table may have rows of
the last moments that another lacks. Rows are what counts: after a restore the times of operations are
found from them again, and the newest days are not read put together.
"""
# ruff: noqa: S608 - names and numbers of ours, places that were checked

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.schema.catalog import CLASSIC
from openinsights.store.clickhouse import ddl, layout, rollups
from openinsights.store.clickhouse.literals import quoted, text_literal
from openinsights.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.store.clickhouse.connection import Clients

_ARGUMENT: Final = r"(?:'[^'\\]*'|[A-Za-z_]\w*)"
_PLACE: Final = re.compile(
    rf"(?:Disk|File|S3|AzureBlobStorage)\(\s*{_ARGUMENT}(?:\s*,\s*{_ARGUMENT})*\s*\)"
)
_POLL_S: Final = 0.5
_BEGIN_S: Final = 60.0
_FILL_S: Final = 3600.0
_LATE_DAYS: Final = 3
"""Days before the newest that may have got telemetry while the backup was made."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made or restored.

    Attributes:
        files: how many files it has.
        size_bytes: of them, what other backups hold included.
    """

    files: int
    size_bytes: int


def backup(clients: Clients, place: str, base: str, sleep: Callable[[float], object]) -> Made:
    """Have ClickHouse copy the database to a place, and return when it has.

    Telemetry may come meanwhile. Everything acknowledged before is in the copy.

    Args:
        clients: connections.
        place: where to, as ClickHouse spells it: `Disk('backups', 'monday')`.
        base: a backup of before, of which nothing is copied again; "" for none.
        sleep: passes some seconds between two looks.

    Raises:
        StoreError: a place cannot be read, or ClickHouse failed.
    """
    place = _checked(place)
    settings = f", base_backup = {_checked(base)}" if base else ""
    database = quoted(clients.address.database)
    return _run(clients, f"BACKUP DATABASE {database}", f"TO {place}", settings, sleep)


def restore(clients: Clients, place: str, sleep: Callable[[float], object]) -> Made:
    """Have ClickHouse bring a database back, and return when all of it can be read.

    Args:
        clients: connections.
        place: where the backup is.
        sleep: passes some seconds between two looks.

    Raises:
        StoreError: the place cannot be read, there are tables already, or ClickHouse failed.
    """
    place = _checked(place)
    if layout.version_of(clients):
        raise StoreError(
            f"cannot restore into {clients.address.shown}: it has tables; name an empty database"
            " of the same name on another server, or drop this one first"
        )
    database = quoted(clients.address.database)
    made = _run(clients, f"RESTORE DATABASE {database}", f"FROM {place}", "", sleep)
    for statement in _after_restore(clients):
        clients.command(statement, _FILL_S, {"distributed_foreground_insert": 1})
    return made


def _run(
    clients: Clients, what: str, where: str, settings: str, sleep: Callable[[float], object]
) -> Made:
    number = text_literal(str(uuid.uuid4()))
    cluster = clients.address.cluster
    on_cluster = layout.place_of(clients.address).on_cluster
    clients.command(f"{what}{on_cluster} {where} SETTINGS id = {number}{settings} ASYNC", _BEGIN_S)
    # whoever answers next may be another server than the one that does it
    backups = (
        f"clusterAllReplicas({quoted(cluster)}, system.backups)" if cluster else "system.backups"
    )
    while True:
        found = clients.rows(
            "select toString(status), error, toUInt64(num_files), toUInt64(total_size) from"
            f" {backups} where id = {number}"
        )
        for status, error, files, size in found:
            if "FAILED" in status or "CANCELLED" in status:
                cause = str(error).partition("DB::Exception: ")[2] or error or status
                raise StoreError(f"cannot finish {what.split()[0]}: ClickHouse says: {cause}")
            if status in ("BACKUP_CREATED", "RESTORED"):
                return Made(int(files), int(size))
        sleep(_POLL_S)


def _after_restore(clients: Clients) -> list[str]:
    place = layout.place_of(clients.address)
    statements = []
    for table in CLASSIC:
        day = f"intDiv(timestamp, {ddl.DAY_TICKS})"
        ((count, newest),) = clients.rows(
            f"select count(), toInt64(max({day})) from {place.table(table.name)}", _FILL_S
        )
        if not count:
            continue
        first = newest - _LATE_DAYS
        statements.append(
            f"INSERT INTO {place.table('operations')} SELECT operation_Id, toInt32({day}) AS day,"
            f" min(timestamp), max(timestamp) FROM {place.table(table.name)}"
            f" WHERE timestamp >= {first * ddl.DAY_TICKS} AND operation_Id != ''"
            " GROUP BY operation_Id, day"
        )
        if table.name in rollups.KEPT:
            lines = ", ".join(
                f"({text_literal(table.name)}, {of_day})" for of_day in range(first, newest + 1)
            )
            statements.append(f"INSERT INTO {place.table('unrolled')} (name, day) VALUES {lines}")
    return statements


def _checked(place: str) -> str:
    if not _PLACE.fullmatch(place.strip()):
        raise StoreError(
            f"cannot read the place {place!r}: it looks like Disk('backups', 'monday') or"
            " S3(backups, 'monday'), with the name of a disk or a named collection of ClickHouse"
        )
    return place.strip()
