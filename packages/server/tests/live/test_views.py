"""The routes of viewers, and streams. Rules L23 to L29."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from openinsights.clock import TICKS_PER_SECOND
from openinsights.live import streams as streams_file
from openinsights.live.board import Board
from openinsights.live.errors import TooManyViewers
from openinsights.live.filters import View
from openinsights.live.streams import HEARTBEAT_S, Streams, look

VIEW = View()


class NearlyNextSecond:
    """A clock whose second is always about to end, so that streams hardly wait."""

    def now_ticks(self) -> int:
        return 63_900_000_000 * TICKS_PER_SECOND - 1

    def monotonic_s(self) -> float:
        return 0.0


def test_viewer_asks_by_name_or_id_and_for_what_came_since(server, live) -> None:
    for name in ("shop", "SHOP", server.app, "default/shop"):
        assert server.ask("GET", f"/api/live/{name}/latest").status_code == 200
    document = {"DocumentType": "Trace", "Message": "one"}
    server.post(live.point(server, Documents=[document]))
    first = server.watch()
    assert [each["message"] for each in first["documents"]] == ["one"]
    server.post(live.point(server, Documents=[{**document, "Message": "two"}]))
    second = server.watch(since=first["newest"])
    assert [each["message"] for each in second["documents"]] == ["two"]
    assert server.watch(since=second["newest"])["documents"] == []


@pytest.mark.parametrize("path", ["/api/live/{}", "/api/live/{}/latest"])
def test_view_that_cannot_be_opened_says_why(server, path: str) -> None:
    missing = server.ask("GET", path.format("shoo"))
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "ResourceNotFound")
    wrong = server.ask("GET", path.format("shop"), params={"filter": "requests where"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "BadArgumentError")
    assert wrong.json()["error"]["correlationId"]
    if path.endswith("latest"):
        since = server.ask("GET", path.format("shop"), params={"since": "yesterday"})
        assert since.status_code == 400


@pytest.mark.parametrize("path", ["/api/live/shop", "/api/live/shop/latest"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:8000"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_page_of_another_site_has_no_application_send(server, path: str, headers) -> None:
    reply = server.ask("GET", path, headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "ForbiddenOrigin")
    assert server.ping().headers["x-ms-qps-subscribed"] == "false"


def test_page_of_this_server_may_look(server) -> None:
    headers = {"origin": "http://127.0.0.1:5380", "sec-fetch-site": "same-origin"}
    assert server.ask("GET", "/api/live/shop/latest", headers=headers).status_code == 200


def test_viewers_are_bounded(make_server) -> None:
    server = make_server(max_live_viewers=2)
    with server.parts.board.watching(server.app, VIEW), server.parts.board.watching("other", VIEW):
        full = server.ask("GET", "/api/live/shop")
        assert (full.status_code, full.json()["error"]["code"]) == (503, "TooManyViewers")
        assert "max_live_viewers" in full.json()["error"]["message"]
        assert server.watch()["documents"] == []
    for text in ("request", "trace"):
        last = server.ask("GET", "/api/live/shop/latest", params={"filter": text})
    assert last.status_code == 503


def test_samples_that_nobody_filtered_are_filtered_here(server, live) -> None:
    asked = {"filter": ["request where Name contains cart", "exception"]}
    server.watch(**asked)
    documents = [
        {"DocumentType": "Request", "Name": "GET /cart", "Duration": "PT0.1S"},
        {"DocumentType": "Request", "Name": "GET /order", "Duration": "garbage"},
        {"DocumentType": "Exception", "ExceptionType": "E", "ExceptionMessage": "m"},
        {"DocumentType": "Something", "Name": "cart"},
        {
            "DocumentType": "Request",
            "Name": "cart of another view",
            "DocumentStreamIds": ["samples"],
        },
    ]
    server.post(live.point(server, Documents=documents))
    shown = server.watch(**asked)["documents"]
    assert [(each["type"], each["name"]) for each in shown] == [
        ("request", "GET /cart"),
        ("exception", "E"),
    ]
    assert shown[1]["success"] is False
    assert len(server.watch()["documents"]) == 5
    assert server.watch(role="another")["documents"] == []


def test_samples_are_bounded(server, live) -> None:
    server.watch()
    documents = [{"DocumentType": "Event", "Name": str(number)} for number in range(300)]
    server.post(live.point(server, Documents=documents))
    shown = server.watch()["documents"]
    assert (len(shown), shown[0]["name"], shown[-1]["name"]) == (200, "100", "299")


class Viewer:
    """Reads a stream without a network, and leaves or stalls when it is told to."""

    def __init__(self, leave_after: int = 0) -> None:
        self.chunks: list[bytes] = []
        self.is_over = False
        self._leave_after = leave_after
        self._leaving = asyncio.Event()
        self.started = asyncio.Event()

    async def receive(self):
        await self._leaving.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.headers = dict(message["headers"])
            return
        self.chunks.append(message["body"])
        self.started.set()
        self.is_over = not message["more_body"]
        if len(self.chunks) == self._leave_after:
            self._leaving.set()


def test_stream_begins_with_a_snapshot_and_goes_on_until_the_viewer_leaves() -> None:
    board = Board(NearlyNextSecond())
    streams = Streams(board)

    async def view() -> Viewer:
        viewer = Viewer(leave_after=HEARTBEAT_S + 1)
        sending = asyncio.create_task(streams.send("app", VIEW, viewer.receive, viewer.send))
        await viewer.started.wait()
        assert board.is_watched("app")
        await sending
        return viewer

    viewer = asyncio.run(view())
    assert viewer.headers[b"content-type"].startswith(b"text/event-stream")
    assert viewer.headers[b"cache-control"] == b"no-store"
    retry, first = viewer.chunks[0].split(b"\n\n", 1)
    assert retry == b"retry: 2000"
    kind, data = first.rstrip().split(b"\n")
    assert kind == b"event: sample"
    assert json.loads(data.removeprefix(b"data: "))["window_s"] == 60
    assert sum(b": still here\n\n" in chunk for chunk in viewer.chunks) == 1
    assert not board.is_watched("app")


def test_viewers_of_one_view_share_what_is_made_for_a_second(monkeypatch) -> None:
    made: list[View] = []

    def counted(board, app_id, view, since):
        made.append(view)
        return look(board, app_id, view, since)

    monkeypatch.setattr(streams_file, "look", counted)
    streams = Streams(Board(NearlyNextSecond(), max_viewers=1_000))
    views = [VIEW] * 300 + [View(role="other")] * 2

    async def view() -> list[Viewer]:
        viewers = [Viewer(leave_after=3) for _ in views]
        await asyncio.gather(
            *(
                streams.send("app", view, viewer.receive, viewer.send)
                for viewer, view in zip(viewers, views, strict=True)
            )
        )
        return viewers

    viewers = asyncio.run(view())
    assert all(len(viewer.chunks) >= 3 for viewer in viewers)
    assert len(made) == 2


def test_streams_end_when_the_server_stops_and_none_begins_afterwards() -> None:
    streams = Streams(Board(NearlyNextSecond()))

    async def stop() -> list[Viewer]:
        viewers = [Viewer(), Viewer()]
        sending = [
            asyncio.create_task(streams.send("app", VIEW, viewer.receive, viewer.send))
            for viewer in viewers
        ]
        for viewer in viewers:
            await viewer.started.wait()
        streams.close()
        await asyncio.gather(*sending)
        late = Viewer()
        await streams.send("app", VIEW, late.receive, late.send)
        return [*viewers, late]

    viewers = asyncio.run(stop())
    assert all(viewer.is_over for viewer in viewers)
    assert viewers[2].chunks == [b""]


def test_viewer_that_breaks_off_leaves_nothing_behind() -> None:
    board = Board(NearlyNextSecond())
    streams = Streams(board)

    async def broken(message):
        if message["type"] == "http.response.body":
            raise ConnectionResetError

    asyncio.run(streams.send("app", VIEW, Viewer().receive, broken))
    assert not board.is_watched("app")


def test_viewers_and_servers_may_come_from_any_thread() -> None:
    board = Board(NearlyNextSecond(), max_viewers=1_000)
    failures: list[BaseException] = []

    def come_and_go(number: int) -> None:
        try:
            for _ in range(50):
                with board.watching("app", View(role=str(number))):
                    board.is_watched("app")
                    with board.looking("app") as room:
                        assert room is not None
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=come_and_go, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert not board.is_watched("app")


def test_context_of_a_viewer_too_many_counts_nothing() -> None:
    board = Board(NearlyNextSecond(), max_viewers=1)
    with board.watching("app", VIEW), pytest.raises(TooManyViewers), board.watching("b", VIEW):
        pass
    with board.watching("b", VIEW):
        assert board.is_watched("b")
