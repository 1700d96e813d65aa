"""Making the tables, and whether those that are there are of this release."""
# ruff: noqa: S608 - names of ours, texts in quotes

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.store.clickhouse import ddl, rollups
from openinsights.store.clickhouse.connection import RETRY_AFTER_S
from openinsights.store.clickhouse.literals import text_literal
from openinsights.store.errors import StoreError, StoreTooNew, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openinsights.store.clickhouse.address import Address
    from openinsights.store.clickhouse.connection import Clients

_WITHIN_S: Final = 300.0
"""A statement for a cluster waits for all servers."""


def place_of(address: Address) -> ddl.Place:
    """Return where an address' tables are."""
    return ddl.Place(address.database, address.cluster)


def statements(clients: Clients) -> Iterator[str]:
    """Yield the statements that make what is not there, and add what later releases brought.

    Raises:
        StoreTooNew: a newer release made the tables.
        StoreError: they cannot be looked at.
    """
    place = place_of(clients.address)
    version = version_of(clients)
    if version > ddl.LAYOUT_VERSION:
        raise _too_new(clients.address, version)
    # first: views that are made anew read them
    found = _columns(clients)
    yield from ddl.add_columns(place, found)
    late = [
        ddl.since_now(place, table, rollup)
        for table, kept in rollups.KEPT.items()
        for rollup in kept
        if table in found and rollups.relation(rollup) not in found
    ]
    # before: when what follows is cut short, nobody notes it again; after: rows came meanwhile
    yield from late
    yield from ddl.create(place)
    yield from late
    if version < ddl.LAYOUT_VERSION:
        yield ddl.note_version(place)


def initialise(clients: Clients) -> int:
    """Make and bring up to date everything; return how many statements ran. Repeating is harmless.

    Raises:
        StoreTooNew: a newer release made the tables.
        StoreError: a statement failed.
    """
    ran = 0
    for statement in statements(clients):
        clients.command(statement, _WITHIN_S)
        ran += 1
    return ran


def check(clients: Clients) -> None:
    """Refuse tables that this release cannot use; make those of one server where there are none.

    Raises:
        StoreTooNew: a newer release made the tables.
        StoreError: there are none on the cluster, or they are of an earlier release: says the
            command.
    """
    address = clients.address
    version = version_of(clients)
    if version > ddl.LAYOUT_VERSION:
        raise _too_new(address, version)
    if version == 0 and not address.cluster:
        initialise(clients)
        return
    found = _columns(clients)
    lacks = set(ddl.tables()) - set(found)
    if (
        version < ddl.LAYOUT_VERSION
        or lacks
        or any(True for _ in ddl.add_columns(place_of(address), found))
    ):
        what = "has no tables" if version == 0 else "has tables of an earlier release"
        raise StoreError(
            f"cannot use the store {address.shown}: it {what}; run: openinsights store init"
            f" '{address.shown}'"
        )


def version_of(clients: Clients) -> int:
    """Return the version of the tables' layout, 0 when there are none."""
    address = clients.address
    there = (
        "select count() from system.tables where database ="
        f" {text_literal(address.database)} and name = 'layout'"
    )
    if clients.rows(there) != [(1,)]:
        return 0
    place = place_of(address)
    try:
        found = clients.rows(f"select max(version) from {place.replicas('layout')}")
    except StoreError as error:
        raise StoreUnavailable(error.message, retry_after_s=RETRY_AFTER_S) from error
    return int(found[0][0])


def _columns(clients: Clients) -> dict[str, set[str]]:
    text = (
        "select table, name from system.columns where database ="
        f" {text_literal(clients.address.database)}"
    )
    found: dict[str, set[str]] = {}
    suffix = "_local" if clients.address.cluster else ""
    for table, name in clients.rows(text):
        if table.endswith(suffix):
            found.setdefault(table.removesuffix(suffix), set()).add(name)
    return found


def _too_new(address: Address, version: int) -> StoreTooNew:
    return StoreTooNew(
        f"cannot use the store {address.shown}: a newer release of OpenInsights made its tables"
        f" (layout {version}, known up to {ddl.LAYOUT_VERSION}); install that release"
    )
