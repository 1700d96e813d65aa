"""Reading a request's body: bounded before and after unpacking, never all of it unpacked at once."""

from __future__ import annotations

import asyncio
import zlib
from collections import deque
from contextlib import aclosing
from typing import TYPE_CHECKING

from openinsights.ingest.errors import BodyTooLarge, IngestError, UnreadableBody

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from openinsights.ingest.limits import IngestLimits

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_STEP_BYTES = 256 * 1024
_MAX_MEMBERS = 1000
_LEAST_WAITING_BYTES = 64 * 1024
"""What a body counts that waits, at least: the part of it that has come is in memory already."""
_WAITING_ROOMS = 2


class Room:
    """How much memory the bodies of all requests take now, and how much they may.

    A request waits at the door until the ones before it have left enough room, unless bodies of
    twice the room wait there already; once in, it may unpack to more than it declared, up to twice
    the room in all. For one event loop.
    """

    def __init__(self, limit_bytes: int, patience_s: float) -> None:
        self._limit = limit_bytes
        self._patience_s = patience_s
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._waiting_bytes = 0
        self.held = 0

    async def enter(self, count: int) -> None:
        """Take room for `count` bytes, in the order of asking.

        A body larger than the room enters when it is alone.

        Raises:
            IngestError: with status 503 when there was no room in time, or too many wait for some.
        """
        if not self._waiting and self._fits(count):
            self.held += count
            return
        waits_bytes = max(count, min(_LEAST_WAITING_BYTES, self._limit))
        if self._waiting and self._waiting_bytes + waits_bytes > _WAITING_ROOMS * self._limit:
            raise _no_room()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((count, turn))
        self._waiting_bytes += waits_bytes
        try:
            async with asyncio.timeout(self._patience_s):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn.done() and not turn.cancelled():
                self.leave(count)
            if isinstance(error, TimeoutError):
                raise _no_room() from None
            raise
        finally:
            self._waiting_bytes -= waits_bytes

    def take(self, count: int, own: int) -> None:
        """Take more room for a body that is inside already, without waiting.

        Args:
            count: further bytes.
            own: what the body holds already; alone it may take more than the room.

        Raises:
            IngestError: with status 503 when that is too much for all together.
        """
        if self.held > own and self.held + count > 2 * self._limit:
            raise _no_room()
        self.held += count

    def leave(self, count: int) -> None:
        """Give room back and let in who waits."""
        self.held -= count
        while self._waiting:
            wanted, turn = self._waiting[0]
            if turn.done():
                self._waiting.popleft()
            elif self._fits(wanted):
                self._waiting.popleft()
                self.held += wanted
                turn.set_result(None)
            else:
                return

    def _fits(self, count: int) -> bool:
        return not self.held or self.held + count <= self._limit


def _no_room() -> IngestError:
    return IngestError(
        "100: cannot take the body now: the server is working on as much as it can hold",
        503,
        retry_after_s=1,
    )


def _late() -> IngestError:
    return IngestError("100: cannot read the body: the rest of it did not come in time", 408)


class BodyReader:
    """Reads one body and accounts for it until `release()`."""

    def __init__(self, limits: IngestLimits, room: Room) -> None:
        self._limits = limits
        self._room = room
        self._held = 0

    @property
    def held_bytes(self) -> int:
        """How much room the body takes, unpacked, until it is released."""
        return self._held

    async def read(
        self, chunks: AsyncIterator[bytes], encoding: str, declared_bytes: int | None
    ) -> bytes:
        """Return the unpacked body.

        Args:
            chunks: the body as it comes.
            encoding: the Content-Encoding header, "" when absent.
            declared_bytes: the Content-Length header, None when absent.

        Raises:
            IngestError: too large, unreadable, or no room for it now.
        """
        if declared_bytes is not None and declared_bytes > self._limits.max_body_bytes:
            raise BodyTooLarge("body", self._limits.max_body_bytes)
        unpack = _unpacker(encoding, self._limits.max_unpacked_bytes)
        received = unpacked = 0
        parts: list[bytes] = []
        # a body takes room for what has come of it, not for what it declares: a sender that falls
        # silent must not keep others out
        first = await self._first(chunks)
        await self._room.enter(len(first))
        self._held = len(first)
        # closed in every case: its clock must not run on for a body that was refused
        async with aclosing(self._in_time(first, chunks)) as arriving:
            async for chunk in arriving:
                received += len(chunk)
                if received > self._limits.max_body_bytes:
                    raise BodyTooLarge("body", self._limits.max_body_bytes)
                for part in (chunk,) if unpack is None else unpack.feed(chunk):
                    unpacked += len(part)
                    if unpacked > self._held:
                        self._room.take(unpacked - self._held, self._held)
                        self._held = unpacked
                    parts.append(part)
        if unpack is not None:
            unpack.finish()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def _first(self, chunks: AsyncIterator[bytes]) -> bytes:
        try:
            async with asyncio.timeout(self._limits.silence_s):
                return await anext(chunks, b"")
        except TimeoutError:
            raise _late() from None

    async def _in_time(self, first: bytes, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
        yield first
        now = asyncio.get_running_loop().time
        silence_s = self._limits.silence_s
        end = now() + self._limits.arrival_s
        try:
            async with asyncio.timeout(silence_s) as patience:
                async for chunk in chunks:
                    yield chunk
                    patience.reschedule(min(end, now() + silence_s))
        except TimeoutError:
            raise _late() from None

    def release(self) -> None:
        """Stop accounting for the body; releasing twice is harmless."""
        held, self._held = self._held, 0
        self._room.leave(held)


class _Unpacker:
    """Unpacks in small steps, so that a small body cannot claim much memory at once."""

    def __init__(self, window_bits: int, limit_bytes: int) -> None:
        self._window_bits = window_bits
        self._limit = limit_bytes
        self._engine = zlib.decompressobj(window_bits)
        self._given = 0
        self._members = 1
        self._started = False

    def feed(self, packed: bytes) -> list[bytes]:
        """Return what the next packed bytes unpack to."""
        parts: list[bytes] = []
        while packed:
            self._started = True
            try:
                part = self._engine.decompress(packed, _STEP_BYTES)
            except zlib.error as error:
                raise UnreadableBody(f"100: cannot unpack the body: {error}") from None
            self._given += len(part)
            if self._given > self._limit:
                raise BodyTooLarge("unpacked body", self._limit)
            if part:
                parts.append(part)
            packed = self._engine.unconsumed_tail
            if self._engine.eof and self._engine.unused_data:
                packed = self._engine.unused_data  # another packed member follows
                self._members += 1
                if self._members > _MAX_MEMBERS:
                    raise UnreadableBody(
                        f"100: cannot unpack the body: it has more than {_MAX_MEMBERS} packed members"
                    )
                self._engine = zlib.decompressobj(self._window_bits)
        return parts

    def finish(self) -> None:
        """Check that nothing is missing at the end."""
        if self._started and not self._engine.eof:
            raise UnreadableBody("100: cannot unpack the body: it breaks off")


class _Deflate(_Unpacker):
    """Deflate is sent with and without its header; the first byte tells."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(zlib.MAX_WBITS, limit_bytes)

    def feed(self, packed: bytes) -> list[bytes]:
        """Return what the next packed bytes unpack to."""
        if not self._started and packed and packed[0] & 0x0F != zlib.DEFLATED:
            self._window_bits = -zlib.MAX_WBITS
            self._engine = zlib.decompressobj(self._window_bits)
        return super().feed(packed)


def _unpacker(encoding: str, limit_bytes: int) -> _Unpacker | None:
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return None
    if name in ("gzip", "x-gzip"):
        return _Unpacker(_GZIP_WINDOW, limit_bytes)
    if name == "deflate":
        return _Deflate(limit_bytes)
    raise IngestError(
        f"100: cannot unpack a body of encoding {encoding[:40]!r}: send gzip, deflate or plain", 415
    )
