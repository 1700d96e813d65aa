"""Snapshots as a stream of server-sent events, for as long as a viewer stays.

A viewer who reads slowly gets fewer snapshots, not older ones: each is made when the one before it
is on its way, so nothing queues up. Viewers of the same view share what is made for a second, so that
a thousand of them cost little more than one.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from openinsights.clock import TICKS_PER_SECOND
from openinsights.live.samples import shown
from openinsights.live.snapshot import snapshot

if TYPE_CHECKING:
    from starlette.types import Receive, Send

    from openinsights.live.board import Board
    from openinsights.live.filters import View

HEARTBEAT_S = 15
RETRY_MS = 2_000
STALLED_S = 10.0
"""A viewer who takes nothing for so long is gone."""
_AFTER_SECOND_S = 0.05
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class Streams:
    """Sends streams until it is closed."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._made = _Made(board)
        self._closing: set[asyncio.Event] = set()
        self._is_closed = False

    def close(self) -> None:
        """End every stream; for the event loop's thread."""
        self._is_closed = True
        for closing in self._closing:
            closing.set()

    async def send(self, app_id: str, view: View, receive: Receive, send: Send) -> None:
        """Send snapshots of a resource until the viewer leaves or the streams are closed.

        Raises:
            TooManyViewers: before anything was sent.
        """
        closing = asyncio.Event()
        if self._is_closed:
            closing.set()
        with self._board.watching(app_id, view):
            self._closing.add(closing)
            leaving = asyncio.create_task(_left(receive, closing))
            try:
                await self._send(app_id, view, send, closing)
            except (TimeoutError, OSError):
                return  # gone without a word
            finally:
                self._closing.discard(closing)
                leaving.cancel()

    async def _send(self, app_id: str, view: View, send: Send, closing: asyncio.Event) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        chunk = f"retry: {RETRY_MS}\n\n".encode()
        newest = sent = 0
        while not closing.is_set():
            told, newest = self._made.events(app_id, view, newest)
            chunk += told
            sent += 1
            if sent % HEARTBEAT_S == 0:
                chunk += b": still here\n\n"
            async with asyncio.timeout(STALLED_S):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            chunk = b""
            with suppress(TimeoutError):
                await asyncio.wait_for(closing.wait(), self._until_next_s())
        async with asyncio.timeout(STALLED_S):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _until_next_s(self) -> float:
        past = self._board.clock.now_ticks() % TICKS_PER_SECOND / TICKS_PER_SECOND
        return 1.0 - past + _AFTER_SECOND_S


class _Made:
    """What was made for the viewers of this second, for the event loop's thread."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._second = 0
        self._events: dict[tuple[str, View, int], tuple[bytes, int]] = {}

    def events(self, app_id: str, view: View, since: int) -> tuple[bytes, int]:
        """Return the events of a viewer who has the samples up to number `since`, and the newest."""
        second = self._board.clock.now_ticks() // TICKS_PER_SECOND
        if second != self._second:
            self._second, self._events = second, {}
        key = (app_id, view, since)
        if key not in self._events:
            self._events[key] = self._make(app_id, view, since)
        return self._events[key]

    def _make(self, app_id: str, view: View, since: int) -> tuple[bytes, int]:
        seen, newest = look(self._board, app_id, view, since)
        events = b"event: sample\ndata: %s\n\n" % msgspec.json.encode(seen["sample"])
        if seen["documents"]:
            events += b"event: documents\ndata: %s\n\n" % msgspec.json.encode(seen["documents"])
        return events, newest


def look(board: Board, app_id: str, view: View, since: int) -> tuple[dict[str, object], int]:
    """Return a snapshot, the samples that came after number `since`, and the newest number."""
    with board.looking(app_id) as room:
        sample = snapshot(room, view, board.clock.now_ticks())
        samples, newest = ([], since) if room is None else room.samples.since(since, view)
    documents = [shown(each) for each in samples]
    return {"sample": sample, "documents": documents, "newest": newest}, newest


async def _left(receive: Receive, closing: asyncio.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    closing.set()
