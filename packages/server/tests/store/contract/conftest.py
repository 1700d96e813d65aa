"""The kinds of stores that promise the same, and what their engines call the same things."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from openinsights.store.duckdb.store import open_duckdb_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from openinsights.store.api import Store


@dataclass(frozen=True)
class EngineSql:
    """What tests say in SQL that engines spell differently.

    Attributes:
        slow: a query that takes minutes.
        trickling: one column of 20,000 numbers from 0 on, and one more after hours.
        numbers: with `{}` for how many, a relation of a column `i` from 0 on.
        type_of: with `{}` for a column, the name of the type of an aggregate that has its type.
        outside: statements that reach for what is outside of the data.
    """

    slow: str
    trickling: str
    numbers: str
    type_of: str
    outside: tuple[str, ...]


DUCKDB = EngineSql(
    slow="select sum(hash(a.range * b.range)) from range(3000000) a, range(3000000) b",
    trickling=(
        "select i from range(1_000_000_000_000) r(i) where i < 20_000 or i = 999_999_999_999"
    ),
    numbers="range({}) r(i)",
    type_of='typeof(any_value("{}"))',
    outside=(
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "attach '/tmp/elsewhere.duckdb' as elsewhere",
        "copy (select 1) to '/tmp/elsewhere.csv'",
        "install httpfs",
        "set memory_limit = '1GB'",
        "set lock_configuration = false",
    ),
)
CLICKHOUSE = EngineSql(
    slow="select sum(cityHash64(number)) from numbers(100000000000000)",
    trickling=(
        "select number as i from numbers(100000000000000)"
        " where number < 20000 or cityHash64(number) = 1 settings max_threads = 1"
    ),
    numbers="(select toInt64(number) as i from numbers({}))",
    type_of='toTypeName(any("{}"))',
    outside=(
        "create table elsewhere (a Int64) engine = Memory",
        "drop table store_contract.traces",
        "alter table store_contract.traces delete where true",
        "set readonly = 0",
    ),
)


class ClickHouseStores:
    """One store for all tests, each of which finds it empty; another one when a test closed it."""

    def __init__(self, server: str) -> None:
        from openinsights.store.clickhouse.address import address_of
        from openinsights.store.clickhouse.connection import Clients

        self._url = f"clickhouse://{server}/store_contract"
        self._clients = Clients(address_of(self._url))
        self._clients.command("drop database if exists store_contract sync")
        self._opened: Store | None = None

    def empty(self, clock: Any) -> Store:
        """Return it."""
        from openinsights.store.clickhouse.store import open_clickhouse_store

        filled = (
            "select distinct table from system.parts"
            " where active and database = 'store_contract' and table != 'layout'"
        )
        for (table,) in self._clients.rows(filled):
            self._clients.command(f"truncate table store_contract.{table} sync")
        if self._opened is None or "closed" in self._opened.health().reason:
            self._opened = open_clickhouse_store(self._url, clock)
        return self._opened

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
        self._clients.command("drop database if exists store_contract sync")
        self._clients.close()


@pytest.fixture(scope="session")
def _clickhouse_stores(clickhouse_server: str) -> Iterator[ClickHouseStores]:
    stores = ClickHouseStores(clickhouse_server)
    yield stores
    stores.close()


@pytest.fixture(
    params=["folder", "memory", pytest.param("clickhouse", marks=pytest.mark.clickhouse)]
)
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Any) -> Iterator[Store]:
    if request.param == "clickhouse":
        yield request.getfixturevalue("_clickhouse_stores").empty(clock)
        return
    opened = open_duckdb_store(tmp_path / "data" if request.param == "folder" else None, clock)
    yield opened
    opened.close()


@pytest.fixture
def engine_sql(store: Store) -> EngineSql:
    return {"duckdb": DUCKDB, "clickhouse": CLICKHOUSE}[store.dialect]
