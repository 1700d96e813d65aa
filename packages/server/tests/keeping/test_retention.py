"""Retention by resource and table on a virtual clock, and the cap on the disk."""

from __future__ import annotations

import logging

import pytest

from openinsights.catalog.errors import InvalidRetention
from openinsights.catalog.retention import UNSAID, Retention


def test_telemetry_is_kept_for_ninety_days_and_no_longer(kept) -> None:
    shop = kept.parts.resources.create("shop")
    kept.store(shop, kept.clock.day)
    keeper = kept.keeper()
    for passed in (1, 89):
        kept.clock.day += passed
        keeper.keep()
        assert sum(kept.left().values()) == 1
    kept.clock.day += 1
    keeper.keep()
    assert kept.left() == {}


def test_each_resource_and_table_has_its_own_days(kept) -> None:
    shop = kept.parts.resources.create("shop")
    lab = kept.parts.resources.create("lab")
    first = kept.clock.day
    kept.parts.resources.set_retention(lab.app_id, {"*": 7, "requests": 30})
    for resource in (shop, lab):
        for table in ("traces", "requests"):
            kept.store(resource, first, table)
    keeper = kept.keeper()
    seen = []
    for age in (7, 8, 30, 31, 90, 91):
        kept.clock.day = first + age
        keeper.keep()
        seen.append((kept.left().get(first, 0), kept.left("requests").get(first, 0)))
    assert seen == [(2, 2), (1, 2), (1, 2), (1, 1), (1, 1), (0, 0)]
    assert kept.left() == {}, "a day of which nothing is kept is no file any more"


def test_only_the_days_that_are_over_lose_rows(kept) -> None:
    shop, lab = (kept.parts.resources.create(name) for name in ("shop", "lab"))
    kept.parts.resources.set_retention(lab.app_id, {"traces": 3})
    today = kept.clock.day
    for age in range(7):
        for table in ("traces", "requests"):
            for resource in (shop, lab):
                kept.store(resource, today - age, table)
    assert len(kept.left()) == 7
    kept.keeper().keep()
    assert kept.left() == {today - age: 2 if age <= 3 else 1 for age in range(7)}
    assert kept.left("requests") == dict.fromkeys(range(today - 6, today + 1), 2)


def test_a_longer_retention_than_the_servers_keeps_that_resource_alone(kept) -> None:
    shop = kept.parts.resources.create("shop")
    archive = kept.parts.resources.create("archive")
    kept.parts.resources.set_retention(archive.app_id, {"AppTraces": 365})
    for resource in (shop, archive):
        kept.store(resource, kept.clock.day)
    kept.clock.day += 91
    kept.keeper().keep()
    assert list(kept.left().values()) == [1]
    kept.clock.day += 365 - 91
    kept.keeper().keep()
    assert list(kept.left().values()) == [1]
    kept.clock.day += 1
    kept.keeper().keep()
    assert kept.left() == {}


def test_rows_of_a_resource_that_is_gone_follow_the_servers_days(kept) -> None:
    shop = kept.parts.resources.create("shop")
    kept.parts.resources.set_retention(shop.app_id, {"*": 365})
    kept.store(shop, kept.clock.day)
    kept.parts.resources.delete(shop.app_id)
    kept.clock.day += 91
    kept.keeper().keep()
    assert kept.left() == {}


def test_a_day_is_looked_at_once_while_nothing_changes(kept, caplog) -> None:
    caplog.set_level(logging.WARNING)
    shop, lab = (kept.parts.resources.create(name) for name in ("shop", "lab"))
    kept.parts.resources.set_retention(lab.app_id, {"*": 4})
    day = kept.clock.day
    kept.store(lab, day)
    kept.store(shop, day)
    kept.clock.day += 5
    keeper = kept.keeper()
    keeper.keep()
    keeper.keep()
    told = [record.message for record in caplog.records if "retention" in record.message]
    assert len(told) == 1
    assert "deleted rows=1" in told[0]
    kept.store(lab, day)
    keeper.keep()
    assert kept.left() == {day: 1}, "the same body is recognised"
    kept.store(lab, day, message="late")
    keeper.wake()
    keeper.keep()
    assert kept.left() == {day: 1}


def test_late_telemetry_goes_too(kept) -> None:
    lab = kept.parts.resources.create("lab")
    kept.parts.resources.set_retention(lab.app_id, {"*": 1})
    day, keeper = kept.clock.day - 2, kept.keeper()
    for number in range(3):
        kept.store(lab, day, message=f"{number}")
        assert kept.left() == {day: 1}
        keeper.keep()
        assert not any(kept.left().values())


def test_the_cap_drops_the_oldest_days_first_and_never_todays(kept, caplog) -> None:
    caplog.set_level(logging.WARNING)
    shop = kept.parts.resources.create("shop")
    today = kept.clock.day
    for age in (3, 2, 1, 0):
        kept.store(shop, today - age, message="x" * 1000)
    used = kept.parts.store.health().used_disk_bytes
    assert kept.parts.store.settle(30)
    kept.keeper(max_disk_bytes=100 * used).keep()
    assert len(kept.left()) == 4
    kept.keeper(max_disk_bytes=1, drops_days=False).keep()
    assert len(kept.left()) == 4, "refusing is the store's"
    kept.keeper(max_disk_bytes=1).keep()
    assert {day for day, rows in kept.left().items() if rows} == {today}
    told = [record.message for record in caplog.records if record.message.startswith("cap:")]
    assert len(told) == 3
    assert "rows=1" in told[0]


def test_the_cap_stops_dropping_when_there_is_room(kept) -> None:
    shop = kept.parts.resources.create("shop")
    today = kept.clock.day
    for age in range(10, 0, -1):
        kept.store(shop, today - age)
    assert kept.parts.store.settle(30)
    kept.parts.store.tidy()  # what is still to be built or folded in would change the sizes
    sizes = [each.size_bytes for each in kept.parts.store.stored_days()]
    kept.keeper(max_disk_bytes=sum(sizes) * 3 // 4).keep()
    days = [day for day, rows in kept.left().items() if rows]
    assert days == sorted(days)
    assert 1 <= len(days) <= 8
    assert days[-1] == today - 1


@pytest.mark.parametrize("days", [0, -1, 10_000])
def test_days_out_of_range_are_refused(kept, days) -> None:
    shop = kept.parts.resources.create("shop")
    with pytest.raises(InvalidRetention, match="between 1 and 4383"):
        kept.parts.resources.set_retention(shop.app_id, {"*": days})
    with pytest.raises(InvalidRetention, match="there is requests, dependencies"):
        kept.parts.resources.set_retention(shop.app_id, {"nothing": 5})


def test_days_of_a_table_can_be_taken_away_again() -> None:
    retention = UNSAID.changed({"Traces": 7, "*": 30})
    assert retention == Retention(30, (("traces", 7),))
    assert retention.changed({"traces": None}).of("traces", 90) == 30
    assert retention.changed({"traces": None, "*": None}) == UNSAID
    assert Retention.from_json(retention.to_json()) == retention
