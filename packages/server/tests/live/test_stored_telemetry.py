"""Servers that cannot post are counted from what they send to be stored. Rules L17 to L19."""

from __future__ import annotations

from openinsights.clock import TICKS_PER_SECOND


def test_items_are_counted_in_the_second_in_which_they_ended(server, live) -> None:
    server.watch()
    now = server.clock.ticks
    second = TICKS_PER_SECOND
    server.track(
        live.request(now - 5 * second, 100),
        live.request(now - 5 * second, 300, ok=False, sampleRate=50.0),
        live.request(now - 5 * second, 3_200),
        live.item(
            "ExceptionData", now - 2 * second, {"exceptions": [{"typeName": "E", "message": "m"}]}
        ),
    )
    series = server.watch()["sample"]["series"]
    assert series["requests_per_second"][-5:] == [3, 0, 0, 1, None]
    assert series["failed_requests_per_second"][-5:] == [2, 0, 0, 0, None]
    assert series["request_duration_ms"][-5] == 233.333
    assert series["exceptions_per_second"][-5:] == [0, 0, 0, 1, None]
    (shown,) = server.watch()["sample"]["servers"]
    assert (shown["role"], shown["instance"], shown["source"]) == ("shop", "web-1", "telemetry")


def test_a_server_is_shown_with_the_newest_second_that_it_tells(server, live) -> None:
    server.watch()
    server.track(live.request(server.clock.ticks - 5 * TICKS_PER_SECOND, 100))
    (shown,) = server.watch()["sample"]["servers"]
    assert (shown["behind_s"], shown["requests_per_second"]) == (4, 1)
    server.clock.forward(3)
    (shown,) = server.watch()["sample"]["servers"]
    assert (shown["behind_s"], shown["request_duration_ms"]) == (7, 100)


def test_further_items_of_a_second_are_added(server, live) -> None:
    server.watch()
    at = server.clock.ticks - 5 * TICKS_PER_SECOND
    server.track(live.request(at))
    server.watch(metric="count() of request")
    server.track(live.request(at), live.request(at))
    assert server.watch()["sample"]["series"]["requests_per_second"][-5] == 3


def test_samples_are_taken_and_filters_applied(server, live) -> None:
    server.watch()
    server.watch(
        filter="request where ResponseCode == 500",
        metric="count() of request where Success == false",
    )
    at = server.clock.ticks - TICKS_PER_SECOND
    server.track(
        live.request(at),
        live.request(at, ok=False),
        live.item("MessageData", at, {"message": "basket is large", "severityLevel": 2}),
        live.item("EventData", at, {"name": "order placed", "properties": {"product": "teapot"}}),
        live.item("MetricData", at, {"metrics": [{"name": "m", "value": 1}]}),
    )
    shown = server.watch()["documents"]
    assert [(each["type"], each.get("name") or each["message"]) for each in shown] == [
        ("request", "GET /cart"),
        ("request", "GET /cart"),
        ("trace", "basket is large"),
        ("event", "order placed"),
    ]
    assert (shown[2]["severity"], shown[3]["properties"]) == ("Warning", {"product": "teapot"})
    asked = server.watch(
        filter="request where ResponseCode == 500",
        metric="count() of request where Success == false",
    )
    (failed,) = asked["documents"]
    assert (failed["code"], failed["success"], failed["duration_ms"]) == ("500", False, 100)
    assert asked["sample"]["metrics"]["count() of request where Success == false"][-1] == 1


def test_server_that_posts_is_not_counted_twice(server, live) -> None:
    server.watch()
    server.post(live.point(server, Metrics=live.metrics(requests=5)))
    at = server.clock.ticks
    before = at - 3 * TICKS_PER_SECOND
    other = {"tags": {"ai.cloud.role": "shop", "ai.cloud.roleInstance": "web-2"}}
    server.track(live.request(before), live.request(at), live.request(at, **other))
    server.clock.forward(1)
    sample = server.watch()["sample"]
    assert sample["series"]["requests_per_second"][-4:] == [1, None, None, 6]
    assert [(each["instance"], each["source"]) for each in sample["servers"]] == [
        ("web-1", "live"),
        ("web-2", "telemetry"),
    ]


def test_nobody_watches_so_no_item_is_looked_at(server, live) -> None:
    board = server.parts.board
    assert board.count(server.app, _Untouchable()) is None
    server.watch()
    server.clock.forward(10.1)
    assert board.count(server.app, _Untouchable()) is None


class _Untouchable:
    def __iter__(self):
        raise AssertionError("an item was looked at")


def test_what_was_not_stored_is_not_counted(server, live, make_server) -> None:
    strict = make_server(max_items_per_s=1)
    strict.watch()
    at = strict.clock.ticks - TICKS_PER_SECOND
    items = [{"iKey": strict.key, **live.request(at)} for _ in range(500)]
    assert strict.ask("POST", "/v2.1/track", json=items).status_code == 200
    assert strict.ask("POST", "/v2.1/track", json=items).status_code == 429
    assert strict.newest()["requests_per_second"] == 500


def test_old_and_future_items_are_stored_and_not_shown(server, live) -> None:
    server.watch()
    now = server.clock.ticks
    server.track(
        live.request(now - 3_600 * TICKS_PER_SECOND), live.request(now + 600 * TICKS_PER_SECOND)
    )
    series = server.watch()["sample"]["series"]["requests_per_second"]
    assert set(series) == {None}
