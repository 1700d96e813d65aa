"""Looking operations up: the same rows as by reading everything, from few days and minutes."""

from __future__ import annotations

import random
import re
import threading
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from openinsights.clock import TICKS_PER_DAY
from openinsights.schema.catalog import CLASSIC
from openinsights.schema.sql import Sql
from openinsights.store.api import ScanRequest
from openinsights.store.duckdb import operation_index
from openinsights.store.duckdb.day_turns import DayBusy, DayTurns
from openinsights.store.duckdb.store import open_duckdb_store
from openinsights.store.rows import DayRows, Rows, TableRows
from openinsights.store.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.store.api import Store

MINUTE = operation_index.TICKS_PER_MINUTE
TABLES = ("traces", "requests", "dependencies")
Item = tuple[int, str, str]


def body(number: int, items: list[Item]) -> Rows:
    """A body of (ticks, table, operation) items."""
    days: dict[int, dict[str, list[Item]]] = {}
    for item in items:
        days.setdefault(item[0] // TICKS_PER_DAY, {}).setdefault(item[1], []).append(item)
    return Rows(
        number.to_bytes(16, "little"),
        100,
        tuple(
            DayRows(
                day,
                tuple(
                    TableRows(
                        table,
                        len(rows),
                        {
                            "timestamp": [row[0] for row in rows],
                            "operation_Id": [row[2] for row in rows],
                        },
                    )
                    for table, rows in tables.items()
                ),
            )
            for day, tables in days.items()
        ),
    )


def telemetry(noon: int, seed: int, bodies: int = 12) -> list[list[Item]]:
    """Items of few operations, skewed, late, and some without any."""
    draw = random.Random(seed)
    operations = ["", *(f"op{number}" for number in range(20)), "ö'\"; 1", "x" * 300]
    return [
        [
            (
                noon - draw.randrange(5) * TICKS_PER_DAY + draw.randrange(-8, 8) * 37 * MINUTE,
                draw.choice(TABLES),
                draw.choice(operations),
            )
            for _ in range(40)
        ]
        for _ in range(bodies)
    ]


def found(store: Store, table: str, ids: frozenset[str], **more: Any) -> list[tuple[Any, ...]]:
    request = ScanRequest(
        table, ("timestamp", "operation_Id"), among=(("operation_Id", ids),), **more
    )
    source = store.source(request)
    text = f"from {source.text} where operation_Id in (select unnest($ids)) order by all"
    sql = Sql(text, {**source.parameters, "ids": list(ids)})
    return store.run(sql, timeout_s=30, max_rows=10_000).rows


def check(store: Store, sent: list[list[Item]]) -> None:
    rows = [item for items in sent for item in items]
    asked = [{"op1"}, {"op2", "op3", "none"}, {"ö'\"; 1"}, {"x" * 300}, {""}, {"", "op4"}, {"none"}]
    for ids in asked:
        for table in TABLES:
            wanted = sorted((at, op) for at, name, op in rows if name == table and op in ids)
            assert found(store, table, frozenset(ids)) == wanted, (ids, table)
    low, high = sorted(draw[0] for draw in random.Random(5).sample(rows, 2))
    wanted = sorted(
        (at, op) for at, t, op in rows if (t, op) == ("traces", "op1") and low <= at <= high
    )
    assert found(store, "traces", frozenset({"op1"}), time_from=low, time_to=high) == wanted


def append(store: Store, sent: list[list[Item]], first: int = 1) -> None:
    waiting = [store.append(body(number, items)) for number, items in enumerate(sent, first)]
    for future in waiting:
        future.result(30)
    assert store.settle(30)


@pytest.mark.parametrize("seed", range(2))
def test_every_row_of_an_operation_is_found_before_and_after_tidying(store, bodies, seed) -> None:
    sent = telemetry(bodies.noon, seed)
    append(store, sent[:8])
    check(store, sent[:8])
    store.tidy()
    check(store, sent[:8])
    append(store, sent[8:], 9)
    check(store, sent)
    store.tidy()
    store.tidy()
    check(store, sent)


def test_ids_whose_codes_are_equal_are_told_apart(store, bodies, monkeypatch) -> None:
    monkeypatch.setattr(operation_index, "_CODE", "length({})::UINTEGER")
    sent = telemetry(bodies.noon, 1)
    append(store, sent)
    check(store, sent)
    store.tidy()
    check(store, sent)


def test_only_days_and_minutes_with_the_operation_are_named(store, bodies) -> None:
    noon = bodies.noon // MINUTE * MINUTE
    sent = [
        [(noon, "traces", "a"), (noon + 5 * MINUTE, "traces", "a"), (noon, "traces", "b")],
        [(noon - 2 * TICKS_PER_DAY, "traces", "b"), (noon + 300 * MINUTE, "traces", "a")],
    ]
    append(store, sent)

    def source(table: str, *ids: str) -> str:
        among = (("operation_Id", frozenset(ids)),)
        return store.source(ScanRequest(table, ("timestamp",), among=among)).text

    text = source("traces", "a")
    assert "d20241002" not in text
    assert text.count("d20241004") == 2
    assert re.findall(r"(?:>=|<) (\d+)", text) == [
        str(tick) for tick in (noon, noon + 6 * MINUTE, noon + 300 * MINUTE, noon + 301 * MINUTE)
    ]
    assert source("traces", "b").count("d20241002") == 1
    assert "d2024" not in source("requests", "a")
    assert "d20241002" in source("traces", *(str(number) for number in range(100)))


def test_tables_of_workspaces_are_looked_up_likewise(store, bodies) -> None:
    append(store, [[(bodies.noon, "traces", "a"), (bodies.noon - TICKS_PER_DAY, "traces", "b")]])
    request = ScanRequest("AppTraces", ("OperationId",), among=(("OperationId", frozenset({"a"})),))
    source = store.source(request)
    assert "d20241003" not in source.text
    rows = store.run(Sql(f"from {source.text}"), timeout_s=30, max_rows=9).rows
    assert rows == [("a",)]


def without_index(path: Any, *statements: str) -> None:
    with duckdb.connect(str(path)) as file:
        for statement in statements:
            file.execute(statement)


@pytest.mark.parametrize(
    "damage",
    [
        ("delete from operation_index", "delete from operations"),
        ("update operation_index set probe = probe + 1", "update operations set code = code // 2"),
        ("drop table operation_index", "drop table operations", "update layout set version = 1"),
    ],
)
def test_an_index_that_is_missing_or_of_another_engine_is_made_anew(
    tmp_path, clock, bodies, damage
) -> None:
    sent = telemetry(bodies.noon, 2)
    opened = open_duckdb_store(tmp_path, clock)
    append(opened, sent[:8])
    opened.close()
    for path in tmp_path.glob("*.duckdb"):
        without_index(path, *damage)
    opened = open_duckdb_store(tmp_path, clock)
    append(opened, sent[8:], 9)
    check(opened, sent)
    opened.tidy()
    assert all(opened._parts.files.is_indexed(day) for day in opened._parts.files.days())
    check(opened, sent)
    opened.close()


def test_deleted_rows_are_not_found(store, bodies) -> None:
    sent = telemetry(bodies.noon, 3)
    append(store, sent)
    assert store.delete(Selection("traces"))
    assert found(store, "traces", frozenset({"op1"})) == []


def test_every_table_has_its_bit() -> None:
    assert sorted(operation_index.TABLES) == sorted(table.name for table in CLASSIC)


def test_the_newest_rows_are_read_from_few_days(store, bodies) -> None:
    sent = telemetry(bodies.noon, 4)
    append(store, sent)
    times = sorted(
        (at for items in sent for at, table, _ in items if table == "traces"), reverse=True
    )
    for low, high in ((None, None), (times[-5], None), (times[-5], times[5])):
        inside = [at for at in times if at >= (low or 0) and (high is None or at <= high)]
        for newest in (1, 3, 17, 40, 200, 10_000):
            request = ScanRequest("traces", ("timestamp",), None, low, high, newest=newest)
            source = store.source(request)
            sql = Sql(f"from {source.text} order by 1 desc", source.parameters)
            rows = store.run(sql, timeout_s=30, max_rows=9_999).rows
            assert [row[0] for row in rows][:newest] == inside[:newest]
            days = {at // TICKS_PER_DAY for at in inside[:newest]}
            assert source.text.count("d2024") == len(days)


def test_the_newest_rows_are_those_of_the_asked_resources(store, bodies) -> None:
    noon = bodies.noon
    bodies.keep(store, bodies.body("a", (noon, "new"), app_id="one"))
    bodies.keep(store, bodies.body("b", (noon - TICKS_PER_DAY, "old"), app_id="two"))
    source = store.source(ScanRequest("traces", ("message",), ("two",), newest=1))
    assert "d20241004" not in source.text
    rows = store.run(Sql(f"from {source.text}", source.parameters), timeout_s=9, max_rows=9).rows
    assert rows == [("old",)]


def test_the_writer_has_its_turn_at_once() -> None:
    turns = DayTurns()
    begun, stopped = threading.Event(), threading.Event()
    seen: list[str] = []

    def tidy(go_on: Callable[[], None]) -> None:
        begun.set()
        assert stopped.wait(30)
        seen.append("interrupted")
        go_on()
        seen.append("not reached")

    def run() -> None:
        try:
            with turns.tidying(1, stopped.set) as go_on:
                tidy(go_on)
        except DayBusy:
            seen.append("undone")

    thread = threading.Thread(target=run)
    thread.start()
    assert begun.wait(30)
    with turns.writing(2):
        assert seen == []
    with turns.writing(1):
        assert seen == ["interrupted", "undone"]
        with pytest.raises(DayBusy), turns.tidying(1, stopped.set):
            pass
        with turns.tidying(2, stopped.set) as go_on:
            go_on()
    thread.join()
