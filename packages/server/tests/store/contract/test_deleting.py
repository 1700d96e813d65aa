"""Deleting rows and dropping days, whichever engine holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from openinsights.clock import TICKS_PER_DAY
from openinsights.schema.sql import Sql
from openinsights.store.api import ScanRequest
from openinsights.store.errors import SelectionError
from openinsights.store.selected_rows import without
from openinsights.store.selection import Condition, Selection

if TYPE_CHECKING:
    from openinsights.store.api import Store

TABLE_COLUMNS = ("message", "user_Id", "customDimensions", "severityLevel")


def read(store: Store, table: str = "traces", column: str = "message") -> list[Any]:
    assert store.settle(30)
    source = store.source(ScanRequest(table, (column,)))
    sql = Sql(f"select * from {source.text}", source.parameters)
    return sorted(row[0] for row in store.run(sql, timeout_s=30, max_rows=10_000).rows)


def marked(bodies, name: str, **columns: list[Any]) -> Any:
    """A body of one trace for each value, with further columns."""
    count = len(next(iter(columns.values())))
    body = bodies.body(name, *[(bodies.noon + row, f"{name}{row}") for row in range(count)])
    body.days[0].tables[0].columns.update(columns)
    return body


def test_a_selection_takes_its_table_resource_and_times_alone(store, bodies) -> None:
    noon = bodies.noon
    bodies.keep(
        store,
        bodies.body("a", (noon, "one"), (noon + 1, "two"), (noon + TICKS_PER_DAY, "three")),
        bodies.body("b", (noon, "other"), app_id="app-2"),
        bodies.body("c", (noon, "error"), table="exceptions"),
    )
    assert store.delete(Selection("traces", ("app-1",), time_from=noon + 1)) == 2
    assert read(store) == ["one", "other"]
    assert store.delete(Selection("traces", ("app-1",), time_from=noon + 1)) == 0
    assert store.delete(Selection(other_app_ids=("app-1",))) == 1
    assert read(store) == ["one"]
    assert read(store, "exceptions") == ["error"]
    assert store.delete(Selection(time_to=noon - 1)) == 0
    assert store.delete(Selection()) == 2


@pytest.mark.parametrize(
    ("condition", "gone"),
    [
        (Condition("user_Id", "==", ("ann",)), {0}),
        (Condition("user_Id", "!=", ("ann",)), {1, 2, 3}),
        (Condition("user_Id", "=~", ("ANN",)), {0, 1}),
        (Condition("user_Id", "in", ("ann", "'; drop table traces --")), {0, 3}),
        (Condition("user_Id", "in", ()), set()),
        (Condition("user_Id", "in~", ("ANN", "bob")), {0, 1, 2}),
        (Condition("severityLevel", ">", (2,)), {3}),
        (Condition("severityLevel", ">=", (2,)), {2, 3}),
        (Condition("severityLevel", "<", (1,)), {0}),
        (Condition("severityLevel", "<=", (1,)), {0, 1}),
        (Condition("severityLevel", "between", (1, 2)), {1, 2}),
        (Condition("customDimensions", "==", ("x",), key="tenant"), {1}),
        (Condition("customDimensions", "==", ("5",), key="n"), {2}),
        (Condition("customDimensions", "==", ("y",), key='a/b~"c'), {3}),
    ],
)
def test_conditions(store, bodies, condition, gone) -> None:
    dimensions = [None, '{"tenant": "x"}', '{"n": 5}', '{"a/b~\\"c": "y"}']
    body = marked(
        bodies,
        "m",
        user_Id=["ann", "Ann", "bob", "'; drop table traces --"],
        severityLevel=[0, 1, 2, 3],
        customDimensions=dimensions,
    )
    bodies.keep(store, body)
    selection = Selection("traces", conditions=(condition,))
    left, deleted = without(body, selection)
    assert deleted == len(gone), "rows outside the engine are judged as those inside"
    assert [name for t in left.days[:1] for name in t.tables[0].columns["message"]] == [
        f"m{row}" for row in range(4) if row not in gone
    ]
    assert store.delete(selection) == len(gone)
    assert read(store) == [f"m{row}" for row in range(4) if row not in gone]


def test_without_a_table_those_that_have_the_columns_are_meant(store, bodies) -> None:
    bodies.keep(
        store,
        bodies.body("a", (bodies.noon, "one")),
        bodies.body("b", (bodies.noon, "one"), table="customEvents"),
    )
    assert store.delete(Selection(conditions=(Condition("message", "==", ("one",)),))) == 1
    assert read(store, "customEvents", "name") == ["one"]


@pytest.mark.parametrize(
    "selection",
    [
        Selection("nothing"),
        Selection("traces", conditions=(Condition("nothing", "==", ("a",)),)),
        Selection(conditions=(Condition("nothing", "==", ("a",)),)),
        Selection("traces", conditions=(Condition("message", "like", ("a",)),)),
        Selection("traces", conditions=(Condition("message", "==", ()),)),
        Selection("traces", conditions=(Condition("message", "==", ("a",), key="k"),)),
        Selection("traces", conditions=(Condition("severityLevel", "=~", (1,)),)),
        Selection(
            conditions=(Condition("message", "==", ("a",)), Condition("valueSum", "==", (1,)))
        ),
    ],
)
def test_what_does_not_exist_is_refused_before_anything_is_deleted(
    store, bodies, selection
) -> None:
    bodies.keep(store, bodies.body("a", (bodies.noon, "a")))
    with pytest.raises(SelectionError):
        store.delete(selection)
    assert read(store) == ["a"]


def test_deleted_rows_do_not_come_back_with_their_body(store, bodies) -> None:
    body = bodies.body("a", (bodies.noon, "one"), (bodies.noon, "two"))
    bodies.keep(store, body)
    assert store.delete(Selection(conditions=(Condition("message", "==", ("one",)),))) == 1
    assert bodies.keep(store, body) == (0, 2)
    assert read(store) == ["two"]


def test_a_dropped_day_is_gone_and_takes_new_telemetry(store, bodies) -> None:
    noon, day = bodies.noon, bodies.noon // TICKS_PER_DAY
    sent = bodies.body("a", (noon, "one"), (noon + TICKS_PER_DAY, "next day"))
    bodies.keep(store, sent)
    assert store.drop_day(day) == 1
    assert read(store) == ["next day"]
    assert store.drop_day(day) == 0
    assert store.drop_day(day - 100) == 0
    assert bodies.keep(store, sent) == (0, 2), "a day that takes telemetry remembers its bodies"
    assert bodies.keep(store, bodies.body("b", (noon, "new"))) == (1, 0)
    assert read(store) == ["new", "next day"]
    assert store.drop_day(day) == 1
    assert read(store) == ["next day"]


def test_items_of_a_dropped_day_are_recognised_in_other_bodies(store, bodies) -> None:
    noon, day = bodies.noon, bodies.noon // TICKS_PER_DAY
    bodies.keep(store, bodies.body("a", (noon, "one", (7, 1)), (noon, "two", (7, 2))))
    store.drop_day(day)
    again = bodies.body("b", (noon, "two", (7, 2)), (noon, "three", (7, 3)))
    assert bodies.keep(store, again) == (1, 1)
    assert read(store) == ["three"]


def test_only_a_day_without_rows_is_dropped_as_empty(store, bodies) -> None:
    day = bodies.noon // TICKS_PER_DAY
    bodies.keep(store, bodies.body("a", (bodies.noon, "one")))
    store.drop_day_if_empty(day)
    assert read(store) == ["one"]
    store.delete(Selection())
    store.drop_day_if_empty(day)
    assert not any(store.counts(day).values())
    store.drop_day_if_empty(day - 5)
