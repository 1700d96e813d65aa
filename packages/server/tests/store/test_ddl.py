"""How rows get into a table."""

from __future__ import annotations

import duckdb
import pytest

from openinsights.clock import TICKS_PER_DAY, day_name
from openinsights.store.duckdb import ddl
from openinsights.store.duckdb.store import open_duckdb_store
from openinsights.store.rows import DayRows, Rows, TableRows


def test_rows_are_added_one_piece_after_the_other() -> None:
    """With several threads the engine would collect them first, which copies each once more."""
    engine = duckdb.connect()
    engine.execute("set threads = 2")
    engine.execute("attach ':memory:' as day")
    engine.execute("create table day.traces (message varchar not null default '', n bigint)")
    engine.execute("create view rows as select range as n from range(100000)")
    statement = ddl.insert("day", "traces", ["n"], "rows")

    plan = engine.execute(f"explain {statement}").fetchall()[0][1]
    added = engine.execute(statement).fetchall()

    assert "Batch Insert" not in plan
    assert added == [(100_000,)]
    kept = engine.execute("select count(*), sum(n), min(message), max(message) from day.traces")
    assert kept.fetchall() == [(100_000, 4999950000, "", "")]


def test_no_rows_add_none() -> None:
    engine = duckdb.connect()
    engine.execute("attach ':memory:' as day")
    engine.execute("create table day.traces (n bigint)")
    engine.execute("create view rows as select range as n from range(0)")

    assert engine.execute(ddl.insert("day", "traces", ["n"], "rows")).fetchall() == [(0,)]


def test_long_texts_that_differ_are_kept_by_zstd_after_the_file_was_opened_again(
    tmp_path, clock, bodies
) -> None:
    for name in ("first", "again"):
        store = open_duckdb_store(tmp_path, clock)
        items = [(bodies.noon + n, f"{name} {n}") for n in range(3_000)]
        store.append(bodies.body(name, *items)).result(30)
        assert store.settle(30)
        store.close()

    (path,) = tmp_path.glob("*.duckdb")
    with duckdb.connect(str(path), read_only=True) as file:
        forms = file.execute(
            "select column_name, list(distinct lower(compression))"
            " from pragma_storage_info('traces') where segment_type = 'VARCHAR' group by all"
        ).fetchall()

    assert all(dict(forms)[name] == ["zstd"] for name in ("customDimensions", "itemId"))
    assert "zstd" not in dict(forms)["message"]


@pytest.mark.parametrize("length", [0, 1, 4_000, 70_000, 600_000])
def test_a_text_of_any_length_is_read_as_it_was_stored(
    tmp_path, clock, bodies, length: int
) -> None:
    bags = [None, '{"k":"' + "é\N{SNOWMAN}"[: length % 2] + "x" * length + '"}', "{}"]
    noon, ids = bodies.noon, ["a", "", "c"]
    columns = {
        "timestamp": [noon, noon + 1, noon + 2],
        "customDimensions": bags,
        "itemId": ids,
    }
    day = DayRows(noon // TICKS_PER_DAY, (TableRows("traces", 3, columns),))
    store = open_duckdb_store(tmp_path, clock)
    store.append(Rows(b"d" * 16, 1, (day,))).result(30)
    assert store.settle(30)
    store.close()

    (path,) = tmp_path.glob("*.duckdb")
    with duckdb.connect(str(path), read_only=True) as file:
        kept = file.execute("select customDimensions, itemId from traces order by timestamp")

        assert list(zip(bags, ids, strict=True)) == kept.fetchall()


def test_a_file_with_other_blocks_is_opened_and_written(tmp_path, clock, bodies) -> None:
    """As earlier releases left them; the engine refuses to hear of another size."""
    day = bodies.noon // TICKS_PER_DAY
    path = tmp_path / f"{day_name(day)}.duckdb"
    with duckdb.connect() as engine:
        engine.execute(f"attach '{path}' as old (block_size 262144)")
        for statement in ddl.create_day("old"):
            engine.execute(statement)

    for size in (262_144, ddl.BLOCK_BYTES):
        store = open_duckdb_store(tmp_path, clock)
        assert bodies.keep(store, bodies.body(f"of {size}", (clock.now, "kept"))) == (1, 0)
        store.close()
        newest = max(tmp_path.glob("*.duckdb"))
        with duckdb.connect(str(newest), read_only=True) as file:
            found = file.execute("select block_size from pragma_database_size()").fetchall()
        assert found == [(size,)]
        clock.now += TICKS_PER_DAY
