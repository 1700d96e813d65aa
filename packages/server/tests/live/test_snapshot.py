"""What viewers see of what servers told. Rules L10 to L16."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from openinsights.clock import TICKS_PER_SECOND
from openinsights.live.readings import is_opentelemetry_python
from openinsights_wire.stamps import format_time


def after_a_second(server, **parameters):
    server.clock.forward(1)
    return server.newest(**parameters)


def test_one_server_is_shown_as_it_says(server, live) -> None:
    server.watch()
    told = live.metrics(
        requests=12.5,
        failed=0.5,
        duration=(40.0, 12),
        dependencies=3,
        exceptions=0.25,
        committed=9e9,
        physical=2e8,
        processor=50.0,
        process=10.0,
    )
    server.post(live.point(server, Metrics=told))
    assert after_a_second(server) == {
        "requests_per_second": 12.5,
        "failed_requests_per_second": 0.5,
        "request_duration_ms": 40.0,
        "dependencies_per_second": 3.0,
        "failed_dependencies_per_second": None,
        "dependency_duration_ms": None,
        "exceptions_per_second": 0.25,
        "memory_bytes": 2e8,
        "cpu_percent": 50.0,
        "process_cpu_percent": 10.0,
    }
    (seen,) = server.watch()["sample"]["servers"]
    assert seen["instance"] == "web-1"
    assert (seen["role"], seen["machine"], seen["source"]) == ("shop", "host", "live")
    assert (seen["requests_per_second"], seen["last_seen_s"]) == (12.5, 1.0)


def test_rates_of_servers_are_added_durations_weighted_and_percentages_averaged(
    server, live
) -> None:
    server.watch()
    busy = live.metrics(requests=30, duration=(100.0, 30), processor=80.0)
    idle = live.metrics(requests=10, duration=(20.0, 10), processor=20.0)
    server.post(live.point(server, Metrics=busy))
    server.post(live.point(server, Metrics=idle, Instance="web-2", StreamId="2"))
    seen = after_a_second(server)
    assert seen["requests_per_second"] == 40
    assert seen["request_duration_ms"] == 80
    assert seen["cpu_percent"] == 50
    assert server.newest(instance="web-2")["requests_per_second"] == 10
    assert server.newest(role="shop")["requests_per_second"] == 40
    assert server.newest(role="another")["requests_per_second"] is None


def test_processes_of_one_instance_are_servers_of_their_own(server, live) -> None:
    server.watch()
    for stream in ("a", "b"):
        server.post(live.point(server, StreamId=stream, Metrics=live.metrics(requests=2)))
    assert after_a_second(server)["requests_per_second"] == 4
    assert len(server.watch()["sample"]["servers"]) == 2


def test_second_without_calls_has_no_duration(server, live) -> None:
    server.watch()
    server.post(live.point(server, Metrics=live.metrics(requests=0, duration=(0.0, 1))))
    seen = after_a_second(server)
    assert (seen["requests_per_second"], seen["request_duration_ms"]) == (0, None)


CONTRACT = Path(__file__).parents[4] / "contract" / "live"


def captured(client, message, **changed):
    (body,) = json.loads((CONTRACT / client / f"{message}.json").read_text())
    return {**body, **changed}


def test_opentelemetry_for_python_counts_failures_apart_and_in_seconds(server) -> None:
    server.watch()
    now = format_time(server.clock.ticks)
    server.post(captured("opentelemetry-python", "post", Timestamp=now))
    seen = after_a_second(server)
    assert seen["requests_per_second"] == 4
    assert seen["failed_requests_per_second"] == 1
    assert seen["request_duration_ms"] == 250
    assert seen["memory_bytes"] == 52977664
    request, failure, exception = server.watch()["documents"]
    assert (request["name"], request["success"]) == ("GET /cart", True)
    assert "duration_ms" not in request
    assert (failure["code"], failure["success"]) == ("500", False)
    assert (exception["type"], exception["message"]) == ("exception", "odd")


def test_dotnet_is_shown_with_its_samples(server) -> None:
    server.watch()
    millis = (server.clock.ticks - 621_355_968_000_000_000) // 10_000
    server.post(captured("dotnet", "post", Timestamp=f"/Date({millis})/"))
    seen = after_a_second(server)
    assert seen["requests_per_second"] == 12.5
    assert seen["request_duration_ms"] == 40.25
    assert seen["cpu_percent"] == 23.0
    request, dependency = server.watch()["documents"]
    assert (request["duration_ms"], request["success"]) == (241.1375, False)
    assert request["properties"] == {"tier": "gold"}
    assert (dependency["type"], dependency["target"]) == ("dependency", "db")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("py3.12.1:otel1.45.2:ext1.0.0b58", True),
        ("ulm_py3.12.1:otel1.45.2:ext1.0.0b58", True),
        ("py3.12.1:oc0.12.0:ext1.2.0", False),
        ("java17:otel1.30:ext3.4", False),
        ("dotnet7:otel1.6:ext1.1", False),
        ("", False),
    ],
)
def test_opentelemetry_for_python_is_told_by_its_version(version, expected) -> None:
    assert is_opentelemetry_python(version) is expected


def test_points_of_one_post_are_placed_at_their_own_seconds(server, live) -> None:
    server.watch()
    now = server.clock.ticks
    points = [
        live.point(
            server,
            Timestamp=format_time(now - back * TICKS_PER_SECOND - 500 * TICKS_PER_SECOND),
            Metrics=live.metrics(requests=back),
        )
        for back in (2, 1, 0)
    ]
    server.post(*points)
    server.clock.forward(1)
    assert server.watch()["sample"]["series"]["requests_per_second"][-4:] == [None, 2, 1, 0]


def test_posts_that_come_unevenly_are_shown_evenly(server, live) -> None:
    server.watch()
    counted_at = server.clock.ticks
    for delay in (0.9, 1.3, 0.7, 1.1, 1.0, 0.95, 1.05):
        server.clock.forward(delay)
        counted_at += TICKS_PER_SECOND
        server.post(
            live.point(server, Timestamp=format_time(counted_at), Metrics=live.metrics(requests=5))
        )
    server.clock.forward(1)
    assert server.watch()["sample"]["series"]["requests_per_second"][-6:] == [5] * 6


def test_clocks_that_drift_apart_or_are_set_do_not_make_the_newest_second_old(server, live) -> None:
    server.watch()
    told_at = server.clock.ticks
    for number in range(400):
        server.clock.forward(1.005)
        told_at += TICKS_PER_SECOND + (3_600 * TICKS_PER_SECOND if number == 200 else 0)
        server.post(
            live.point(server, Timestamp=format_time(told_at), Metrics=live.metrics(requests=5))
        )
        if number % 50 == 49:
            server.clock.forward(1)
            assert server.watch()["sample"]["series"]["requests_per_second"][-10:] == [5] * 10
            told_at += TICKS_PER_SECOND
        elif number % 5 == 0:
            server.watch()


def test_missed_second_is_bridged_and_a_longer_silence_is_a_gap(server, live) -> None:
    server.watch()
    server.post(live.point(server, Metrics=live.metrics(requests=5)))
    server.clock.forward(3)
    server.watch()
    server.clock.forward(1)
    series = server.watch()["sample"]["series"]["requests_per_second"]
    assert series[-4:] == [5, 5, None, None]


def test_nothing_is_kept_for_longer_than_a_minute(server, live) -> None:
    server.watch()
    server.post(live.point(server, Metrics=live.metrics(requests=5)))
    for _ in range(6):
        server.clock.forward(9)
        server.post(live.point(server, Instance="web-2", StreamId="2"))
        server.watch()
    assert 5 in server.watch()["sample"]["series"]["requests_per_second"]
    server.clock.forward(8)
    server.post(live.point(server, Instance="web-2", StreamId="2"))
    sample = server.watch()["sample"]
    assert 5 not in sample["series"]["requests_per_second"]
    assert [each["instance"] for each in sample["servers"]] == ["web-2"]


def test_what_comes_late_changes_a_second_that_was_shown(server, live) -> None:
    server.watch()
    now = server.clock.ticks
    server.post(live.point(server, Metrics=live.metrics(requests=5)))
    server.clock.forward(1)
    assert server.newest()["requests_per_second"] == 5
    other = {"Instance": "web-2", "StreamId": "2"}
    server.post(live.point(server, **other, Metrics=live.metrics(requests=1)))
    server.clock.forward(1)
    assert server.newest()["requests_per_second"] == 6  # the first one is thought to go on
    late = {**other, "Timestamp": format_time(now), "Metrics": live.metrics(requests=2)}
    server.post(live.point(server, **late))
    assert server.watch()["sample"]["series"]["requests_per_second"][-2] == 7


def test_the_last_server_is_forgotten_while_somebody_still_watches(server, live) -> None:
    server.watch()
    server.post(live.point(server, Metrics=live.metrics(requests=5)))
    for _ in range(6):
        server.clock.forward(9)
        assert len(server.watch()["sample"]["servers"]) == 1
    server.clock.forward(9)
    assert server.watch()["sample"]["servers"] == []


def test_resource_is_forgotten_a_minute_after_the_last_viewer_left(server, live) -> None:
    server.watch()
    server.post(live.point(server, Metrics=live.metrics(requests=5)))
    server.clock.forward(71)
    assert server.ping().headers["x-ms-qps-subscribed"] == "false"
    assert server.watch()["sample"]["servers"] == []


def test_view_has_numbers_of_its_own(server, live) -> None:
    asked = {"metric": ["count() of request where Url contains /cart", "avg(Duration) of request"]}
    server.watch(**asked)
    configuration = server.post(live.point(server)).json()
    slow, count = sorted(
        configuration["Metrics"], key=lambda metric: metric["Projection"], reverse=True
    )
    assert count["Projection"] == "Count()"
    for stream, number in (("a", 4.0), ("b", 8.0)):
        own = [
            {"Name": count["Id"], "Value": number, "Weight": 1},
            {"Name": slow["Id"], "Value": number * 10, "Weight": int(number)},
            {"Name": "nobody asked", "Value": 1, "Weight": 1},
        ]
        server.post(live.point(server, StreamId=stream, Metrics=own))
    server.clock.forward(1)
    shown = server.watch(**asked)["sample"]["metrics"]
    assert {text: values[-1] for text, values in shown.items()} == {
        "count() of request where Url contains /cart": 12.0,
        "avg(Duration) of request": pytest.approx(66.667, abs=0.001),
    }
    assert server.watch()["sample"]["metrics"] == {}


def test_what_a_client_could_not_follow_is_shown(server, live) -> None:
    server.watch()
    error = {
        "CollectionConfigurationErrorType": "MetricFailureToCreate",
        "Message": "no such field",
    }
    server.post(live.point(server, CollectionConfigurationErrors=[error]))
    assert server.watch()["sample"]["servers"][0]["errors"] == ["no such field"]


def test_one_server_is_held_in_bounded_memory(server, live) -> None:
    server.watch()
    names = [{"Name": f"m{number}", "Value": 1, "Weight": 1} for number in range(300)]
    texts = dict.fromkeys(("Message", "Name", "Url"), "x" * 30000)
    huge = {"DocumentType": "Trace", **texts}
    point = live.point(server, Metrics=[*names, *live.metrics(requests=3)], Documents=[huge])
    for _ in range(3):
        assert server.post(*[point] * 10).status_code == 200
    with server.parts.board.looking(server.app) as room:
        (ring,) = room.rings.values()
        (second,) = ring._seconds.values()
        assert len(second.readings) == 20
        assert {len(reading.derived) for reading in second.readings} == {0}
    assert server.watch()["documents"] == []
    assert after_a_second(server)["requests_per_second"] == 3


def test_servers_are_bounded(server, live, monkeypatch) -> None:
    from openinsights.live import room

    monkeypatch.setattr(room, "MAX_SERVERS", 3)
    server.watch()
    for stream in range(5):
        server.post(live.point(server, StreamId=str(stream)))
    assert len(server.watch()["sample"]["servers"]) == 3
