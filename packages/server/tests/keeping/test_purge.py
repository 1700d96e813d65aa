"""Purges: asked for in Azure's words, done in the background, finished after a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openinsights.catalog.purges import Purge
from openinsights.clock import TICKS_PER_DAY
from openinsights.keeping.purge import InvalidPurge, selection_of
from openinsights.store.errors import SelectionError, StoreFull, StoreUnavailable
from openinsights.store.selection import Condition

if TYPE_CHECKING:
    from pathlib import Path


def purge(table, *filters):
    return Purge("purge-1", "app", table, filters, 0)


def test_filters_become_conditions_of_the_columns_types() -> None:
    selection = selection_of(
        purge(
            "requests",
            {"column": "timestamp", "operator": ">", "value": "2026-11-21T08:00:00Z"},
            {"column": "duration", "operator": ">=", "value": "1.5"},
            {"column": "itemCount", "operator": "in", "value": [1, "2"]},
            {"column": "name", "operator": "in~", "value": ["a", "B"]},
            {"column": "customDimensions", "key": "tenant", "operator": "==", "value": "x"},
        )
    )
    assert selection.app_ids == ("app",)
    assert selection.conditions[1:] == (
        Condition("duration", ">=", (1.5,)),
        Condition("itemCount", "in", (1, 2)),
        Condition("name", "in~", ("a", "B")),
        Condition("customDimensions", "==", ("x",), "tenant"),
    )
    (ticks,) = selection.conditions[0].values
    assert ticks % TICKS_PER_DAY == TICKS_PER_DAY // 3


@pytest.mark.parametrize(
    "given",
    [
        {"operator": "==", "value": "x"},
        {"column": "name", "value": "x"},
        {"column": "name", "operator": "==", "value": 5},
        {"column": "name", "operator": "==", "value": None},
        {"column": "name", "operator": "==", "values": ["x"]},
        {"column": "duration", "operator": ">", "value": "long"},
        {"column": "duration", "operator": ">", "value": True},
        {"column": "timestamp", "operator": ">", "value": "yesterday"},
        {"column": "customDimensions", "operator": "==", "key": 5, "value": "x"},
    ],
)
def test_filters_of_another_form_are_refused(given) -> None:
    with pytest.raises(InvalidPurge):
        selection_of(purge("requests", given))


def test_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(SelectionError, match="cannot find column 'nothing' in table requests"):
        selection_of(purge("requests", {"column": "nothing", "operator": "==", "value": "x"}))


def test_a_purge_takes_the_rows_of_its_resource_alone_and_counts_them(kept) -> None:
    shop, lab = (kept.parts.resources.create(name) for name in ("shop", "lab"))
    today = kept.clock.day
    for resource in (shop, lab):
        for age in range(3):
            for user in ("ann", "bob"):
                for table in ("traces", "requests"):
                    kept.store(resource, today - age, table, user_Id=user)
    ann = ({"column": "user_Id", "operator": "==", "value": "ann"},)
    asked = kept.parts.purges.create(shop.app_id, "", ann)
    kept.keeper().keep()
    done = kept.parts.purges.get(asked.id)
    assert (done.deleted_rows, done.finished) == (6, True)
    assert kept.left() == {today - age: 3 for age in range(3)}
    again = kept.parts.purges.create(shop.app_id, "", ann)
    kept.keeper().keep()
    assert kept.parts.purges.get(again.id).deleted_rows == 0, "nothing is left to purge"


def test_an_unfinished_purge_goes_on_and_keeps_its_count(kept, monkeypatch) -> None:
    shop = kept.parts.resources.create("shop")
    for age in range(3):
        kept.store(shop, kept.clock.day - age, user_Id="ann")
    asked = kept.parts.purges.create(shop.app_id, "traces", ())
    keeper, delete = kept.keeper(), kept.parts.store.delete
    calls = []

    def interrupted(selection, **options):
        calls.append(selection)
        if len(calls) == 2:
            raise StoreUnavailable("gone", retry_after_s=1)
        return delete(selection, **options)

    monkeypatch.setattr(kept.parts.store, "delete", interrupted)
    with pytest.raises(StoreUnavailable):
        keeper.keep()
    half = kept.parts.purges.get(asked.id)
    assert (half.deleted_rows, half.finished) == (1, False)
    keeper.keep()
    assert kept.parts.purges.get(asked.id).deleted_rows == 3
    assert sum(kept.left().values()) == 0


SECRET = "kim.min-jun@example.test"


def files_with(folder: Path) -> list[str]:
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and SECRET.encode() in path.read_bytes()
    ]


def test_no_file_of_the_data_folder_has_a_byte_of_what_was_purged(kept, tmp_path) -> None:
    """Not the days, not the journal, nor the catalog, which knew what the purge looked for."""
    shop = kept.parts.resources.create("shop")
    for age in range(3):
        for number in range(20):
            user = SECRET if number % 5 == 0 else "ann"
            kept.store(shop, kept.clock.day - age, user_Id=user, message=f"{user} {number}")
    of_kim = ({"column": "user_Id", "operator": "==", "value": SECRET},)
    asked = kept.parts.purges.create(shop.app_id, "", of_kim)
    assert "catalog.sqlite-wal" in files_with(tmp_path)
    kept.keeper().keep()
    done = kept.parts.purges.get(asked.id)
    assert (done.deleted_rows, done.finished) == (12, True)
    assert done.filters == ({"column": "user_Id", "operator": "=="},)
    assert files_with(tmp_path) == []
    assert sum(kept.left().values()) == 48


def test_a_purge_is_not_done_before_the_bytes_are_gone(kept, monkeypatch, caplog) -> None:
    shop = kept.parts.resources.create("shop")
    for age in (0, 91):
        kept.store(shop, kept.clock.day - age, user_Id="ann")
    asked = kept.parts.purges.create(
        shop.app_id, "", ({"column": "user_Id", "operator": "==", "value": "ann"},)
    )
    keeper, erase = kept.keeper(), kept.parts.store.erase

    def without_room(day):
        raise StoreFull("cannot erase: no room", retry_after_s=1)

    monkeypatch.setattr(kept.parts.store, "erase", without_room)
    keeper.keep()
    waiting = kept.parts.purges.get(asked.id)
    assert (waiting.deleted_rows, waiting.finished) == (2, False)
    assert list(kept.left()) == [kept.clock.day], "other things go on"
    assert "no room" in caplog.text
    monkeypatch.setattr(kept.parts.store, "erase", erase)
    keeper.keep()
    done = kept.parts.purges.get(asked.id)
    assert (done.deleted_rows, done.finished) == (2, True)


def test_a_purge_that_is_not_understood_does_not_stop_those_behind_it(kept) -> None:
    shop = kept.parts.resources.create("shop")
    kept.store(shop, kept.clock.day)
    strange = ({"column": "of another release", "operator": "==", "value": "x"},)
    kept.parts.purges.create(shop.app_id, "traces", strange)
    behind = kept.parts.purges.create(shop.app_id, "traces", ())
    kept.keeper().keep()
    assert kept.parts.purges.get(behind.id).deleted_rows == 1
