"""What a store says of weights: bounds that hold for every row of the relation, whatever comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.clock import TICKS_PER_DAY
from openinsights.schema.sql import Sql
from openinsights.store.api import ScanRequest
from openinsights.store.rows import DayRows, Rows, TableRows
from openinsights.store.selection import Selection

if TYPE_CHECKING:
    from openinsights.store.api import Store

HOUR = TICKS_PER_DAY // 24


def append(store: Store, number: int, at: int, counts: list[int | None]) -> None:
    """Store requests, one after the other from `at` on, that stand for so many items each."""
    columns = {
        "timestamp": [at + place for place in range(len(counts))],
        "itemCount": counts,
        "name": ["GET /"] * len(counts),
    }
    table = TableRows("requests", len(counts), columns)
    rows = Rows(number.to_bytes(16, "little"), 100, (DayRows(at // TICKS_PER_DAY, (table,)),))
    store.append(rows).result(30)
    assert store.settle(30)


def source(store: Store, table: str = "requests", column: str = "itemCount", **more: int) -> Sql:
    return store.source(ScanRequest(table, (column,), weights=(column,), **more))


def counts(store: Store, relation: Sql) -> list[object]:
    rows = store.run(relation, timeout_s=30, max_rows=1_000).rows
    return [row[0] for row in rows]


def read(store: Store, relation: Sql) -> list[object]:
    return sorted(counts(store, Sql(f"from {relation.text}", relation.parameters)), key=str)


def test_bounds_are_those_of_the_days_that_are_read(store, clock) -> None:
    noon = clock.now_ticks()
    append(store, 1, noon - TICKS_PER_DAY, [2, 7])
    append(store, 2, noon, [1, 4, 4])
    assert source(store).bounds == {"itemCount": (1, 7)}
    today = source(store, time_from=noon - HOUR)
    assert today.bounds == {"itemCount": (1, 4)}
    assert read(store, today) == [1, 4, 4]
    assert source(store, "AppRequests", "ItemCount").bounds == {"ItemCount": (1, 7)}
    assert source(store, "AppRequests", "ItemCount").rows >= 5


def test_nothing_is_said_of_a_column_with_nulls(store, clock) -> None:
    append(store, 1, clock.now_ticks(), [1, None, 3])
    relation = source(store)
    assert relation.bounds == {}
    assert read(store, relation) == [1, 3, None]


def test_rows_that_come_later_are_out_of_a_relation_that_says_otherwise(store, clock) -> None:
    noon = clock.now_ticks()
    append(store, 1, noon, [1, 1])
    before = source(store)
    append(store, 2, noon + HOUR, [9, 1])
    assert before.bounds == {"itemCount": (1, 1)}
    assert set(read(store, before)) == {1}
    after = source(store)
    assert after.bounds == {"itemCount": (1, 9)}
    assert read(store, after) == [1, 1, 1, 9]


def test_a_day_whose_rows_are_deleted_says_no_more_than_it_did(store, clock) -> None:
    noon = clock.now_ticks()
    append(store, 1, noon, [1, 5])
    assert source(store).bounds == {"itemCount": (1, 5)}
    selection = Selection("requests", time_from=noon, time_to=noon + HOUR)
    assert store.delete(selection) == 2
    assert read(store, source(store)) == []
    append(store, 2, noon, [2])
    low, high = source(store).bounds["itemCount"]
    assert low <= 2 <= high
    assert read(store, source(store)) == [2]


def test_a_part_of_a_day_has_a_part_of_its_rows(store, clock) -> None:
    midnight = clock.now_ticks() // TICKS_PER_DAY * TICKS_PER_DAY
    for hour in range(12):
        append(store, 1 + hour, midnight + hour * HOUR, [1] * 10)
    whole = source(store).rows
    assert 120 <= whole <= 130
    assert source(store, time_from=midnight, time_to=midnight + 3 * HOUR).rows <= 40
    assert source(store, time_from=midnight + 20 * HOUR).rows == 0
    empty = source(store, "dependencies")
    assert (empty.bounds, empty.rows) == ({"itemCount": (1, 1)}, 0)
    assert read(store, empty) == []
