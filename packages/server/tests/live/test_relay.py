"""Viewers on one server see the servers that come to another."""

from __future__ import annotations

import contextlib
import json
import random
import zlib

import msgspec
import pytest

from openinsights.clock import TICKS_PER_SECOND
from openinsights.live.board import Board
from openinsights.live.errors import TooManyViewers
from openinsights.live.filters import View
from openinsights.live.relay import LONGEST, Relay, Told, packed
from openinsights.live.streams import look
from openinsights_wire.decode import decode_body
from openinsights_wire.live.messages import Document, MetricPoint, MonitoringDataPoint
from openinsights_wire.live.names import REQUEST_DURATION, REQUESTS
from openinsights_wire.stamps import format_time

APP = "0af76519-16cd-43dd-8448-eb211c80319c"
VIEW = View()


class Clock:
    def __init__(self):
        self.s = 63_900_000_000

    def now_ticks(self):
        return int(self.s * TICKS_PER_SECOND)

    def monotonic_s(self):
        return float(self.s)


class Network:
    """Servers that hear what each of them publishes, and what was said."""

    def __init__(self, count):
        self.clock = Clock()
        self.said = []
        self.boards = [Board(self.clock) for _ in range(count)]
        self.relays = [
            Relay(board, f"server{number}", self.publish)
            for number, board in enumerate(self.boards)
        ]

    def publish(self, texts):
        for text in texts:
            assert len(text.encode()) <= LONGEST
            self.said.append(text)
            for each in self.relays:
                each.hear(text)

    def look(self):
        for each in self.relays:
            each.look()

    def point(self, stream, requests=2.0, ms=50.0, **more):
        return MonitoringDataPoint(
            role_name="shop",
            instance=stream,
            stream_id=stream,
            timestamp=format_time(self.clock.now_ticks()),
            metrics=[
                MetricPoint(REQUESTS, requests, 1),
                MetricPoint(REQUEST_DURATION, ms, round(requests)),
            ],
            **more,
        )

    def sample(self, number, view=VIEW):
        return look(self.boards[number], APP, view, 0)[0]


@pytest.fixture
def network():
    return Network(3)


def test_nothing_is_said_while_nobody_views(network):
    network.look()
    assert not network.boards[1].is_watched(APP)
    network.boards[1].take_points(APP, [network.point("a")])
    network.look()
    assert network.said == []


def test_a_viewer_sees_senders_of_every_server(network):
    with network.boards[0].watching(APP, VIEW):
        network.look()
        assert all(board.is_watched(APP) for board in network.boards)
        for number, board in enumerate(network.boards):
            board.take_points(APP, [network.point(f"web{number}", requests=number + 1)])
        network.look()
        network.clock.s += 1
        sample = network.sample(0)["sample"]
        assert sorted(each["instance"] for each in sample["servers"]) == ["web0", "web1", "web2"]
        assert sample["series"]["requests_per_second"][-1] == 6
    # another server's sender is not passed on by who only heard of it
    assert sum(text.startswith("t ") for text in network.said) == 2


def test_what_viewers_ask_for_is_asked_everywhere(network):
    view = View(filters=('request where Url contains "/cart"',), metrics=("count() of request",))
    with network.boards[0].watching(APP, view):
        network.look()
        assert network.boards[1].configuration(APP) == network.boards[0].configuration(APP)


def test_servers_stop_asking_when_the_viewer_leaves_or_its_server_dies(network):
    with network.boards[0].watching(APP, VIEW):
        network.look()
        for _ in range(5):
            network.clock.s += 2
            network.look()
            assert network.boards[1].is_watched(APP)
    network.clock.s += 7
    network.look()
    assert not network.boards[1].is_watched(APP)


def test_items_of_senders_that_do_not_post_are_added_up(network):
    metric = "avg(Duration) of request"
    view = View(metrics=(metric,))
    at = network.clock.now_ticks() - 5 * TICKS_PER_SECOND

    def items(*milliseconds):
        return [
            {
                "name": "Request",
                "time": format_time(at),
                "tags": {"ai.cloud.role": "shop", "ai.cloud.roleInstance": "web"},
                "data": {
                    "baseType": "RequestData",
                    "baseData": {
                        "ver": 2,
                        "id": "a",
                        "name": "GET /",
                        "duration": f"00:00:00.{ms:03}",
                        "responseCode": "200",
                        "success": True,
                    },
                },
            }
            for ms in milliseconds
        ]

    with network.boards[0].watching(APP, view):
        network.look()
        for board, times in zip(network.boards, ((100,), (200, 300), (400,)), strict=True):
            stored = board.count(APP, decode_body(json.dumps(items(*times)).encode()))
            stored()
            network.look()
        sample = network.sample(0, view)["sample"]
        assert sample["series"]["requests_per_second"][-5] == 4
        assert sample["series"]["request_duration_ms"][-5] == 250
        assert [each["instance"] for each in sample["servers"]] == ["web"]
        assert len(network.sample(0, view)["documents"]) == 4


def test_much_is_cut_into_pieces_and_huge_samples_go_before_numbers():
    document = Document(document_type="Trace", message="".join(map(chr, range(0x4E00, 0x9000))))
    point = MonitoringDataPoint(
        role_name="shop", stream_id="a", metrics=[MetricPoint(REQUESTS, 1.0, 1)]
    )
    chance = random.Random(7)
    many = [
        Told(APP, points=[msgspec.structs.replace(point, stream_id=chance.randbytes(16).hex())])
        for _ in range(400)
    ]
    texts = packed(many, "a")
    assert len(texts) > 1
    assert max(len(text) for text in texts) <= LONGEST
    heavy = MonitoringDataPoint(
        role_name="shop", stream_id="a", metrics=point.metrics, documents=[document]
    )
    (text,) = packed([Told(APP, points=[heavy])], "a")
    assert len(text) < 500


def test_what_no_server_says_harms_nothing(network):
    with network.boards[0].watching(APP, VIEW):
        for text in ("", "t x", "t x !!", "w x {}", "t x eJwDAAAAAAE=", "y x y"):
            with contextlib.suppress(ValueError, msgspec.MsgspecError, zlib.error):
                network.relays[0].hear(text)
        assert network.boards[0].is_watched(APP)


def test_other_servers_viewers_do_not_take_the_places_of_ones_own():
    clock = Clock()
    board = Board(clock, max_viewers=1)
    board.wanted_elsewhere(APP, [View(role=f"r{number}") for number in range(3)])
    with board.watching(APP, VIEW), pytest.raises(TooManyViewers), board.watching(APP, VIEW):
        pass
