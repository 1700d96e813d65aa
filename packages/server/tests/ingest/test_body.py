"""How much of the senders' bodies is in memory at once."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING

import pytest

from openinsights.ingest.body import BodyReader, Room
from openinsights.ingest.errors import IngestError
from openinsights.ingest.limits import IngestLimits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def test_a_body_waits_until_the_ones_before_have_left_room() -> None:
    async def run() -> None:
        room = Room(10, 30)
        await room.enter(8)
        second = asyncio.create_task(room.enter(5))
        third = asyncio.create_task(room.enter(1))
        await asyncio.sleep(0)
        assert not second.done()
        assert not third.done(), "nobody overtakes"
        room.leave(8)
        await asyncio.gather(second, third)
        assert room.held == 6

    asyncio.run(run())


def test_a_body_that_waited_too_long_may_come_again_later() -> None:
    async def run() -> None:
        room = Room(10, 0.01)
        await room.enter(8)
        with pytest.raises(IngestError) as refused:
            await room.enter(5)
        assert refused.value.status_code == 503
        assert refused.value.retry_after_s == 1
        room.leave(8)
        await room.enter(5)
        assert room.held == 5

    asyncio.run(run())


def test_a_sender_that_goes_away_while_waiting_takes_no_room() -> None:
    async def run() -> None:
        room = Room(10, 30)
        await room.enter(8)
        gone = asyncio.create_task(room.enter(5))
        await asyncio.sleep(0)
        room.leave(8)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        assert room.held == 0

    asyncio.run(run())


def test_a_body_larger_than_the_room_enters_alone() -> None:
    async def run() -> None:
        room = Room(10, 30)
        await room.enter(50)
        assert room.held == 50

    asyncio.run(run())


def test_what_bodies_unpack_to_counts_and_is_bounded() -> None:
    async def run() -> None:
        room = Room(1000, 30)
        await room.enter(900)
        reader = BodyReader(IngestLimits(), room)
        with pytest.raises(IngestError) as refused:
            await reader.read(chunks(gzip.compress(b" " * 5000)), "gzip", None)
        assert refused.value.status_code == 503
        reader.release()
        reader.release()
        assert room.held == 900
        room.leave(900)
        body = await reader.read(chunks(gzip.compress(b" " * 5000)), "gzip", 40)
        assert (len(body), room.held) == (5000, 5000)
        reader.release()
        assert room.held == 0

    asyncio.run(run())


def test_pieces_are_put_together() -> None:
    async def run() -> None:
        reader = BodyReader(IngestLimits(), Room(1000, 30))
        assert await reader.read(chunks(b"ab", b"cd"), "", 4) == b"abcd"

    asyncio.run(run())


def test_a_body_of_very_many_packed_members_is_refused() -> None:
    async def run() -> None:
        reader = BodyReader(IngestLimits(), Room(1_000_000, 1))
        with pytest.raises(IngestError, match="packed members"):
            await reader.read(chunks(gzip.compress(b"") * 2000), "gzip", None)

    asyncio.run(run())


def test_a_sender_that_falls_silent_is_let_go_and_keeps_nobody_out() -> None:
    async def half_a_body() -> AsyncIterator[bytes]:
        yield b"["
        await asyncio.Event().wait()

    async def run() -> None:
        room = Room(4 * 1024 * 1024, 30)
        reader = BodyReader(IngestLimits(silence_s=0.05), room)
        reading = asyncio.create_task(reader.read(half_a_body(), "", 16 * 1024 * 1024))
        await asyncio.sleep(0)
        await room.enter(2 * 1024 * 1024)  # another sender is let in meanwhile
        with pytest.raises(IngestError) as refused:
            await reading
        assert refused.value.status_code == 408

    asyncio.run(run())
