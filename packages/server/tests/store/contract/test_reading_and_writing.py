"""What every store promises; run on each kind of store."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from openinsights.clock import TICKS_PER_DAY
from openinsights.schema.catalog import ALL
from openinsights.schema.sql import Sql
from openinsights.store.api import Cancellation, ScanRequest
from openinsights.store.errors import (
    QueryCancelled,
    QueryFailed,
    QueryTimeout,
    StoreClosed,
    StoreError,
)
from openinsights.store.selection import Selection

if TYPE_CHECKING:
    from openinsights.store.api import Store


def read(store: Store, request: ScanRequest, select: str = "*", tail: str = "") -> list[Any]:
    assert store.settle(30)
    source = store.source(request)
    sql = Sql(f"select {select} from {source.text} {tail}", source.parameters)
    return store.run(sql, timeout_s=30, max_rows=10_000).rows


def messages(store: Store, **where: Any) -> list[str]:
    request = ScanRequest("traces", ("message",), **where)
    return sorted(row[0] for row in read(store, request))


def test_rows_are_there_when_the_future_resolves(store, bodies) -> None:
    assert bodies.keep(store, bodies.body("b", (bodies.noon, "one"), (bodies.noon, "two"))) == (
        2,
        0,
    )
    assert messages(store) == ["one", "two"]


def test_equal_rows_of_one_body_are_all_kept(store, bodies) -> None:
    item = (bodies.noon, "same")
    store.append(bodies.body("b", item, item, item)).result(30)
    assert messages(store) == ["same"] * 3


def test_a_body_sent_twice_is_stored_once(store, bodies) -> None:
    body = bodies.body("b", (bodies.noon, "one"))
    store.append(body).result(30)
    assert bodies.keep(store, body) == (0, 1)
    assert messages(store) == ["one"]


def test_equal_bodies_sent_at_the_same_moment_are_stored_once(store, bodies) -> None:
    body = bodies.body("b", (bodies.noon, "one"))
    assert bodies.keep(store, *[body] * 20) == (1, 19)
    assert messages(store) == ["one"]


def test_a_body_over_midnight_lands_in_both_days_once(store, bodies) -> None:
    late = bodies.noon + TICKS_PER_DAY // 2 - 1
    body = bodies.body("b", (late, "before"), (late + 1, "after"))
    store.append(body).result(30)
    store.append(body).result(30)
    assert messages(store) == ["after", "before"]
    assert messages(store, time_from=late + 1) == ["after"]
    assert messages(store, time_to=late) == ["before"]


def test_item_numbers_seen_in_an_earlier_body_are_not_stored_again(store, bodies) -> None:
    def item(number: int) -> tuple[int, str, tuple[int, int]]:
        return bodies.noon, f"m{number}", (2**64 - 1, number)

    store.append(bodies.body("a", item(1), item(2), item(3))).result(30)
    assert bodies.keep(store, bodies.body("b", item(3), item(4))) == (1, 1)
    assert messages(store) == ["m1", "m2", "m3", "m4"]


def test_item_numbers_repeated_within_one_body_are_all_kept(store, bodies) -> None:
    item = (bodies.noon, "m", (7, 1))
    store.append(bodies.body("a", item, item)).result(30)
    assert messages(store) == ["m", "m"]


def test_item_numbers_of_different_senders_do_not_meet(store, bodies) -> None:
    store.append(bodies.body("a", (bodies.noon, "x", (1, 5)))).result(30)
    store.append(bodies.body("b", (bodies.noon, "y", (2, 5)))).result(30)
    assert messages(store) == ["x", "y"]


def test_bounds_of_time_are_inclusive_and_to_the_tick(store, bodies) -> None:
    noon = bodies.noon
    store.append(bodies.body("a", *((noon + step, str(step)) for step in range(5)))).result(30)
    assert messages(store, time_from=noon + 1, time_to=noon + 3) == ["1", "2", "3"]


def test_only_the_asked_resources_are_read(store, bodies) -> None:
    for app in ("app-1", "app-2", "app-3"):
        store.append(bodies.body(app, (bodies.noon, app), app_id=app)).result(30)
    assert messages(store, app_ids=("app-2",)) == ["app-2"]
    assert messages(store, app_ids=("app-1", "app-3")) == ["app-1", "app-3"]
    assert messages(store, app_ids=()) == []


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_every_table_can_be_read_when_nothing_is_stored(store, table) -> None:
    columns = tuple(column.name for column in table.columns)
    source = store.source(ScanRequest(table.name, columns, ("app-1",), 0, 2**62))
    answer = store.run(
        Sql(f"select * from {source.text}", source.parameters), timeout_s=30, max_rows=1
    )
    assert answer.columns == columns
    assert answer.rows == []


@pytest.mark.parametrize("table", ALL, ids=lambda table: table.name)
def test_an_empty_relation_has_the_types_of_a_full_one(store, bodies, engine_sql, table) -> None:
    columns = tuple(column.name for column in table.columns)
    types = ", ".join(engine_sql.type_of.format(name) for name in columns)
    ask = f"select {types} from "
    empty = store.source(ScanRequest(table.name, columns))
    expected = store.run(Sql(ask + empty.text), timeout_s=30, max_rows=1).rows
    assert "" not in expected[0]
    if table.name != "AppSystemEvents":
        body = bodies.body("x", (bodies.noon, "one"), table=table.alias_of or table.name)
        bodies.keep(store, body)
        full = store.source(ScanRequest(table.name, columns))
        assert store.run(Sql(ask + full.text), timeout_s=30, max_rows=1).rows == expected


def test_a_relation_without_columns_still_has_its_rows(store, bodies) -> None:
    store.append(bodies.body("a", (bodies.noon, "one"), (bodies.noon, "two"))).result(30)
    assert read(store, ScanRequest("traces", ()), "count(*)") == [(2,)]


def test_two_scans_fit_into_one_query(store, bodies) -> None:
    bodies.keep(store, bodies.body("a", (bodies.noon, "one")))
    left = store.source(ScanRequest("traces", ("message",), ("app-1",), bodies.noon, None, id=1))
    right = store.source(
        ScanRequest("AppTraces", ("Message",), ("app-1",), None, bodies.noon, id=2)
    )
    sql = Sql(
        f"select a.message, b.Message from {left.text} a join {right.text} b on a.message = b.Message",
        {**left.parameters, **right.parameters},
    )
    assert store.run(sql, timeout_s=30, max_rows=5).rows == [("one", "one")]


def test_workspace_tables_show_the_same_rows(store, bodies) -> None:
    store.append(bodies.body("a", (bodies.noon, "one"))).result(30)
    request = ScanRequest("AppTraces", ("TimeGenerated", "Message", "Type", "TenantId", "UserId"))
    assert read(store, request) == [(bodies.noon, "one", "AppTraces", "app-1", "")]


def test_an_unknown_table_or_column_is_refused_by_name(store) -> None:
    with pytest.raises(StoreError, match="'nothing'"):
        store.source(ScanRequest("nothing", ()))
    with pytest.raises(StoreError, match=r"'colour'.*traces"):
        store.source(ScanRequest("traces", ("colour",)))


def test_rows_beyond_the_bound_are_cut_and_said_so(store, engine_sql) -> None:
    answer = store.run(
        Sql(f"select * from {engine_sql.numbers.format(10)}"), timeout_s=30, max_rows=3
    )
    assert answer.rows == [(0,), (1,), (2,)]
    assert answer.truncated
    assert not store.run(Sql("select 1"), timeout_s=30, max_rows=1).truncated


def test_a_query_ends_at_its_time(store, engine_sql) -> None:
    with pytest.raises(QueryTimeout, match=r"within 0\.2 s"):
        store.run(Sql(engine_sql.slow), timeout_s=0.2, max_rows=1)


def test_rows_that_were_there_in_time_are_handed_over(store, engine_sql) -> None:
    """The first row counts; then the engine looks through everything for a second one."""
    taken: list[tuple[int]] = []
    answer = store.run(Sql(engine_sql.trickling), timeout_s=1, max_rows=100_000, take=taken.extend)
    assert answer.out_of_time
    assert not answer.truncated
    assert answer.columns == ("i",)
    assert [row[0] for row in taken] == list(range(len(taken)))
    assert taken


def test_a_query_whose_time_is_over_before_it_starts_ends_too(store, engine_sql) -> None:
    with pytest.raises(QueryTimeout):
        store.run(Sql(engine_sql.slow), timeout_s=0.0, max_rows=1)


def test_a_query_can_be_cancelled_from_another_thread(store, engine_sql) -> None:
    cancellation = Cancellation()
    timer = threading.Timer(0.2, cancellation.cancel)
    timer.start()
    with pytest.raises(QueryCancelled):
        store.run(Sql(engine_sql.slow), timeout_s=60, max_rows=1, cancellation=cancellation)
    timer.join()


def test_a_query_cancelled_before_it_starts_does_not_run(store, engine_sql) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(QueryCancelled):
        store.run(Sql(engine_sql.slow), timeout_s=60, max_rows=1, cancellation=cancellation)


def test_queries_reach_nothing_outside_the_data(store, engine_sql) -> None:
    for text in engine_sql.outside:
        with pytest.raises(QueryFailed):
            store.run(Sql(text), timeout_s=30, max_rows=1)


def test_deleting_a_resource_leaves_the_others(store, bodies) -> None:
    store.append(bodies.body("a", (bodies.noon, "mine"), (bodies.noon - 1, "mine"))).result(30)
    store.append(bodies.body("b", (bodies.noon, "theirs"), app_id="app-2")).result(30)
    assert store.delete(Selection(app_ids=("app-1",))) == 2
    assert messages(store) == ["theirs"]


def test_a_closed_store_refuses_and_closing_twice_is_harmless(store, bodies) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreClosed):
        store.append(bodies.body("a", (bodies.noon, "one")))
    with pytest.raises(StoreClosed):
        store.run(Sql("select 1"), timeout_s=1, max_rows=1)
    assert not store.health().accepting


def test_columns_that_only_some_bodies_have_are_filled(store, bodies) -> None:
    plain = bodies.body("a", (bodies.noon, "plain"))
    rich = bodies.body("b", (bodies.noon, "rich"))
    columns = rich.days[0].tables[0].columns
    columns["cloud_RoleName"] = ["web"]
    columns["severityLevel"] = [3]
    for future in [store.append(plain), store.append(rich)]:
        future.result(30)
    request = ScanRequest("traces", ("message", "cloud_RoleName", "severityLevel", "itemType"))
    assert sorted(read(store, request)) == [
        ("plain", "", None, "trace"),
        ("rich", "web", 3, "trace"),
    ]
