"""Days go from one store to another whole, once, and are held against what was sent."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future
from contextlib import ExitStack

import pytest

from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND, SystemClock
from openinsights.keeping import copying
from openinsights.keeping.copying import CopyDiffers, Copying
from openinsights.schema.catalog import CLASSIC
from openinsights.schema.types import KqlType
from openinsights.store.duckdb.store import open_duckdb_store
from openinsights.store.errors import StoreUnavailable
from openinsights.store.rows import DayRows, Rows, TableRows

DAY = 740_000
SAMPLES = {
    KqlType.STRING: ["", "a", "한국어 'quoted'", "x" * 5000],
    KqlType.DYNAMIC: [None, '{"a":1}', "[]", '"text"'],
    KqlType.REAL: [None, 0.1, float("inf"), -1e300],
    KqlType.INT: [None, 0, -(2**31), 2**31 - 1],
    KqlType.LONG: [None, 0, -(2**63), 2**63 - 1],
    KqlType.DATETIME: [0, 1, 2, 3],
}


@pytest.fixture(params=["memory", pytest.param("clickhouse", marks=pytest.mark.clickhouse)])
def stores(request):
    """A source, and a target of each engine."""
    with ExitStack() as opened:
        source = open_duckdb_store(None, SystemClock())
        opened.callback(source.close)
        if request.param == "memory":
            target = open_duckdb_store(None, SystemClock())
        else:
            target = open_clickhouse(request.getfixturevalue("clickhouse_server"), opened)
        opened.callback(target.close)
        yield [source, target]


def open_clickhouse(server, opened):
    """Open a new database of a ClickHouse, which goes again at the end."""
    from openinsights.store.clickhouse.address import address_of
    from openinsights.store.clickhouse.connection import Clients
    from openinsights.store.clickhouse.store import open_clickhouse_store

    url = f"clickhouse://{server}/copied"
    clients = Clients(address_of(url))
    opened.callback(clients.close)
    clients.command("drop database if exists copied sync")
    opened.callback(clients.command, "drop database if exists copied sync")
    return open_clickhouse_store(url, SystemClock())


def put(store, table, count, day=DAY, spread_s=3600):
    """Store rows of every column, over some seconds of a day."""
    first = day * TICKS_PER_DAY
    columns = {}
    for place, column in enumerate(table.columns):
        samples = SAMPLES[column.type]
        columns[column.name] = [samples[(n + place) % len(samples)] for n in range(count)]
    columns["timestamp"] = [
        first + (n * 7919 % spread_s) * TICKS_PER_SECOND + n for n in range(count)
    ]
    columns["itemId"] = [f"{day}-{n}" for n in range(count)]
    digest = hashlib.sha256(f"{table.name} {day} {count}".encode()).digest()[:16]
    rows = Rows(digest, 1000, (DayRows(day, (TableRows(table.name, count, columns),)),))
    store.append(rows).result(60)
    assert store.settle(60)


def test_every_table_goes_over_with_every_value(stores):
    source, target = stores
    for number, table in enumerate(CLASSIC):
        put(source, table, 10 + number)
    done = []
    copied = Copying(source, target).copy(DAY, done.append)
    assert copied.rows == {table.name: 10 + number for number, table in enumerate(CLASSIC)}
    assert sum(done) == sum(copied.rows.values())
    assert target.counts(DAY) == source.counts(DAY)
    assert Copying(target, source).copy(DAY).checksum == copied.checksum


def test_a_copy_goes_over_once_however_often_it_is_made(stores, monkeypatch):
    monkeypatch.setattr(copying, "_SLICE_ROWS", 100)
    source, target = stores
    put(source, CLASSIC[0], 1000)
    wanted = Copying(source, target).copy(DAY)
    assert Copying(source, target).copy(DAY) == wanted
    assert target.counts(DAY)["requests"] == 1000


def test_a_copy_that_was_cut_short_goes_on(stores, monkeypatch):
    monkeypatch.setattr(copying, "_SLICE_ROWS", 100)
    source, target = stores
    put(source, CLASSIC[0], 1000)

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Copying(source, target).copy(DAY, stop)
    assert 0 < target.counts(DAY)["requests"] < 1000
    assert Copying(source, target).copy(DAY).rows == {"requests": 1000}
    assert target.counts(DAY)["requests"] == 1000


def test_many_rows_of_one_second_are_one_slice(stores, monkeypatch):
    monkeypatch.setattr(copying, "_SLICE_ROWS", 100)
    source, target = stores
    put(source, CLASSIC[0], 450, spread_s=2)
    assert Copying(source, target).copy(DAY).rows == {"requests": 450}
    assert target.counts(DAY)["requests"] == 450


def test_what_the_target_takes_meanwhile_does_not_matter(stores):
    source, target = stores
    put(source, CLASSIC[0], 100)
    put(target, CLASSIC[0], 7)
    put(target, CLASSIC[0], 9, day=DAY + 1)
    assert Copying(source, target).copy(DAY).rows == {"requests": 100}
    assert target.counts(DAY)["requests"] == 107


class Between:
    """A target that does something to what it is given."""

    def __init__(self, store, change=None, refusals=0):
        self._store = store
        self._change = change
        self.refusals = refusals

    def append(self, rows):
        if self.refusals:
            self.refusals -= 1
            raise StoreUnavailable("cannot take telemetry now", retry_after_s=1)
        if self._change is None:
            return self._store.append(rows)
        changed = self._change(rows)
        if changed is not None:
            return self._store.append(changed)
        done = Future()
        done.set_result(None)
        return done

    def __getattr__(self, name):
        return getattr(self._store, name)


def renamed(rows):
    (day,) = rows.days
    (table,) = day.tables
    names = [*table.columns["name"][:-1], "another"]
    changed = TableRows(table.table, table.count, {**table.columns, "name": names})
    return Rows(rows.digest, rows.size_bytes, (DayRows(day.day, (changed,)),))


@pytest.mark.parametrize(("change", "missing"), [(lambda _: None, "5 of 5"), (renamed, "1 of 5")])
def test_a_target_that_has_something_else_is_found_out(stores, change, missing):
    source, target = stores
    put(source, CLASSIC[0], 5)
    with pytest.raises(CopyDiffers, match=f"requests of .*: {missing} rows"):
        Copying(source, Between(target, change)).copy(DAY)


def test_a_target_that_has_too_much_to_write_is_waited_for(stores):
    source, target = stores
    put(source, CLASSIC[0], 5)
    waited = []
    assert Copying(source, Between(target, refusals=3), waited.append).copy(DAY).rows
    assert waited == [1.0, 1.0, 1.0]
    with pytest.raises(StoreUnavailable):
        Copying(source, Between(target, refusals=99), waited.append, patience_s=5).copy(DAY)


def test_a_day_without_telemetry_is_nothing(stores):
    copied = Copying(*stores).copy(DAY)
    assert (copied.rows, copied.checksum) == ({}, "0" * 16)
