"""What resources send is counted by the hour; a daily cap follows from it."""

from __future__ import annotations

from openinsights.catalog.engine import open_file
from openinsights.catalog.resource_settings import DEFAULTS, changed
from openinsights.catalog.usage import KEPT_HOURS, UsageStore
from openinsights.ingest.usage import TICKS_PER_HOUR, HourOfUse, UsageMeter

HOUR = 17_760_000
SETTINGS = changed(DEFAULTS, {"daily_cap_bytes": 100, "cap_reset_hour": 6})


def at(hour: int, minutes: int = 0) -> int:
    return (HOUR - HOUR % 24 + hour) * TICKS_PER_HOUR + minutes * TICKS_PER_HOUR // 60


def test_the_day_of_a_cap_begins_at_its_hour() -> None:
    meter = UsageMeter((), lambda hours: None)
    meter.count("a", 1, 60, at(5, 59))
    meter.count("a", 1, 60, at(6))
    assert meter.retry_after_s("a", SETTINGS, at(6)) is None
    meter.count("a", 1, 40, at(20))
    assert meter.retry_after_s("a", SETTINGS, at(20)) == 10 * 3600
    assert meter.retry_after_s("a", SETTINGS, at(29, 59)) == 60
    assert meter.retry_after_s("a", SETTINGS, at(30)) is None
    assert meter.retry_after_s("b", SETTINGS, at(20)) is None
    assert meter.retry_after_s("a", DEFAULTS, at(20)) is None


def test_what_could_not_be_saved_is_saved_the_next_time() -> None:
    saved: list[HourOfUse] = []

    def save(hours):
        if not saved:
            saved.append(None)
            raise OSError("full")
        saved.extend(hours)

    meter = UsageMeter((), save)
    meter.count("a", 2, 60, at(1))
    try:
        meter.save()
    except OSError:
        meter.count("a", 1, 40, at(1))
    meter.save()
    meter.save()
    assert saved[1:] == [HourOfUse("a", at(1) // TICKS_PER_HOUR, 3, 100)]


def test_counts_outlive_the_process_and_old_ones_are_forgotten(tmp_path) -> None:
    engine = open_file(tmp_path / "catalog.sqlite")
    kept = UsageStore(engine)
    kept.add([HourOfUse("a", 5, 1, 1)])
    kept.add([HourOfUse("a", HOUR, 1, 10), HourOfUse("b", HOUR + 1, 2, 20)])
    assert kept.add([HourOfUse("a", HOUR, 2, 20)]) == [("a", HOUR, 3, 30)]
    assert kept.add([]) == []
    engine.dispose()
    again = open_file(tmp_path / "catalog.sqlite")
    assert UsageStore(again).since(0) == [("a", HOUR, 3, 30), ("b", HOUR + 1, 2, 20)]
    assert UsageStore(again).since(HOUR + 1) == [("b", HOUR + 1, 2, 20)]
    assert HOUR > KEPT_HOURS
    again.dispose()


def test_servers_add_to_the_same_hours_and_know_of_each_other(empty_catalog) -> None:
    kept = UsageStore(empty_catalog)
    one, other = (UsageMeter((), kept.add) for _ in range(2))
    one.count("a", 2, 60, at(1))
    one.save()
    other.count("a", 1, 40, at(1))
    other.save()
    other.count("a", 1, 1, at(1))
    assert other.items_since("a", at(1) // TICKS_PER_HOUR) == 4
    one.save()
    other.save()
    assert [row[2:] for row in kept.since(0)] == [(4, 101)]


def test_a_resource_over_its_cap_is_told_when_its_day_ends(ingest) -> None:
    ingest.settings = {"daily_cap_bytes": 300}
    assert ingest.request([ingest.envelope(name="x" * 300)]).status_code == 200
    reply = ingest.request([ingest.envelope()])
    assert (reply.status_code, reply.headers["retry-after"]) == (439, str(16 * 3600))
    assert "daily cap of 300 bytes" in reply.json()["errors"][0]["message"]
    ingest.clock.now += 16 * TICKS_PER_HOUR
    assert ingest.request([ingest.envelope()]).status_code == 200
    assert ingest.count("customEvents") == 2


def test_the_rate_of_a_resource_beats_the_servers(make_ingest) -> None:
    ingest = make_ingest(items_per_s=1)
    ingest.settings = {"max_items_per_s": 2}
    body = [ingest.envelope() for _ in range(100)]
    assert ingest.request(body).status_code == 200
    refused = ingest.request([ingest.envelope(name=str(n)) for n in range(30)])
    assert refused.status_code == 429
    assert "more than 2 items per second" in refused.text


def test_a_body_is_counted_once_it_is_stored(ingest) -> None:
    body = [ingest.envelope(), ingest.envelope()]
    body[1]["iKey"] = ingest.other_key
    assert ingest.request(body).status_code == 200
    ingest.pipeline.close()
    assert sorted((each.app_id, each.items) for each in ingest.saved) == [
        ("app-api", 1),
        ("app-web", 1),
    ]
