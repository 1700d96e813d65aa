"""Bodies are read in other processes, and everything is as if the server had read them."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from openinsights.catalog.resource import Resource
from openinsights.clock import UNIX_EPOCH_TICKS
from openinsights.ingest import reader_pool
from openinsights.ingest.errors import IngestError
from openinsights.ingest.limits import IngestLimits
from openinsights.ingest.reader_pool import ReaderPool
from openinsights.ingest.reading import TRACK, read_body
from openinsights.ingest.sender import Sender
from openinsights.store.record import Recorded, decode_record
from openinsights_wire.errors import WireError
from openinsights_wire.stamps import format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from openinsights.ingest.reading import ReadBody

pytestmark = pytest.mark.skipif(os.name != "posix", reason="readers need pipes of the system's")

NOW = UNIX_EPOCH_TICKS + 1_795_248_000 * 10_000_000
KEYS = [f"4ee2dc46-f9f1-4f4e-9a0f-6a3b0b6c{number:04x}" for number in range(40)]
RESOURCES = {
    key: Resource(f"app-{number}", f"app-{number}", "g", "local", key, f"/subscriptions/s/{key}", 0)
    for number, key in enumerate(KEYS)
}
LIMITS = IngestLimits()
SENDER = Sender("192.0.2.7", "a sender")
PATIENCE_S = 60
POISONED = f"""
import os
from openinsights.ingest import reader_process
read = reader_process.read_body
def read_or_die(body, *others):
    if b"poison" in body:
        os._exit(3)
    return read(body, *others)
reader_process.read_body = read_or_die
{reader_pool.PROGRAM}
"""
"""A reader that some body ends, as one would that exhausts memory."""


def item(name: str, key: str = KEYS[0], **more: Any) -> dict[str, Any]:
    data = {"ver": 2, "name": name, "properties": {"script": "한국어 é 🚲", "n": "1"}, **more}
    return {
        "name": "event",
        "time": format_time(NOW),
        "iKey": key,
        "tags": {"ai.cloud.role": "web"},
        "data": {"baseType": "EventData", "baseData": data},
    }


def body(*items: Any) -> bytes:
    return json.dumps(items).encode()


def many(name: str, count: int = 200) -> bytes:
    return body(*(item(f"{name} {number}") for number in range(count)))


def read_here(content: bytes) -> ReadBody:
    return read_body(
        content, TRACK, NOW, LIMITS, lambda keys: {k: RESOURCES.get(k) for k in keys}, SENDER
    )


def told(read: ReadBody) -> Any:
    """Return all that is known of a read body, but for the random ids of its items."""
    rows = decode_record(read.rows.record) if isinstance(read.rows, Recorded) else read.rows
    tables = [
        (day.day, table.table, table.count, name, list(table.columns[name]))
        for day in rows.days
        for table in day.tables
        for name in sorted(table.columns)
        if name != "itemId"
    ]
    parts = [(part.resource, part.items, part.size_bytes) for part in read.parts]
    refused = list(read.refused)
    return rows.digest, rows.size_bytes, rows.count, tables, read.outcome, parts, refused


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        for pause_s in itertools.repeat(0.01):
            if is_so():
                return
            await asyncio.sleep(pause_s)


class Pool(ReaderPool):
    """A pool with one reader, which the tests can wait for."""

    def __init__(self, watched: set[str]) -> None:
        self.resolved: list[str] = []
        super().__init__(1, LIMITS, None, self._resource, watched.__contains__)

    def _resource(self, key: str) -> Resource | None:
        self.resolved.append(key)
        return RESOURCES.get(key)

    async def ready(self) -> int:
        """Start a reader if there is none, and return its process."""
        self.start()
        await until(lambda: self.pids)
        return self.pids[0]

    async def has_none(self) -> None:
        """Wait until all readers have ended."""
        await until(lambda: not (self._readers or self._starting))

    async def ask(self, content: bytes) -> ReadBody | None:
        async with asyncio.timeout(PATIENCE_S):
            return await self.read(content, NOW, SENDER)


def run(test: Callable[[Pool], Coroutine[Any, Any, None]], *watched: str) -> None:
    pool = Pool(set(watched))

    async def whole() -> None:
        try:
            await test(pool)
        finally:
            pool.stop()

    try:
        asyncio.run(whole())
    finally:
        pool.close()
    assert all(process.poll() is not None for process in pool._gone)


def test_a_reader_gives_what_the_server_would_have_read() -> None:
    bodies = [
        many("alike"),
        body(item("one"), {"data": "bad"}, item("of nobody", key="unknown"), item("two", KEYS[1])),
        body(*(item(f"of {key}", key) for key in KEYS)),
        body(),
        b"\n".join(json.dumps(item(f"line {number}")).encode() for number in range(5)),
        many("larger than a pipe holds", 20_000),
    ]
    assert len(bodies[-1]) > 4 * reader_pool._PIPE_BYTES

    async def test(pool: Pool) -> None:
        await pool.ready()
        for content in bodies:
            read = await pool.ask(content)
            assert read is not None
            assert isinstance(read.rows, Recorded)
            if read.rows.count:
                assert told(read) == told(read_here(content))
            else:
                assert (read.rows.record, read.outcome) == (b"", read_here(content).outcome)

    run(test)


def test_a_body_that_is_refused_is_refused_with_the_same_words() -> None:
    bodies = [b"no json", b"", b"[", b'[{"a":1}', b'{"a":\xff}']

    def words(error: BaseException) -> tuple[str, int]:
        assert isinstance(error, IngestError | WireError), error
        return error.message, error.status_code

    async def test(pool: Pool) -> None:
        await pool.ready()
        for content in bodies:
            try:
                expected: Any = read_here(content).outcome
            except (IngestError, WireError) as error:
                expected = words(error)
            try:
                read = await pool.ask(content)
                found: Any = read and read.outcome
            except IngestError as error:
                found = words(error)
            assert found == expected

    run(test)


def test_many_bodies_at_once_each_get_their_own_answer() -> None:
    bodies = [many(f"body {number}", 50 + number) for number in range(30)]

    async def test(pool: Pool) -> None:
        await pool.ready()
        reads = await asyncio.gather(*map(pool.ask, bodies))
        assert [told(read) for read in reads] == [told(read_here(content)) for content in bodies]

    run(test)


def test_what_a_killed_reader_had_is_read_by_another() -> None:
    bodies = [many(f"body {number}") for number in range(8)]

    async def test(pool: Pool) -> None:
        first = await pool.ready()
        os.kill(first, signal.SIGSTOP)
        asked = [asyncio.create_task(pool.ask(content)) for content in bodies]
        await asyncio.sleep(0)
        os.kill(first, signal.SIGKILL)
        reads = await asyncio.gather(*asked)
        assert [told(read) for read in reads] == [told(read_here(content)) for content in bodies]
        assert first not in pool.pids

    run(test)


@pytest.mark.faults
def test_a_body_that_ends_two_readers_is_refused_and_its_neighbours_are_not(monkeypatch) -> None:
    monkeypatch.setattr(reader_pool, "PROGRAM", POISONED)
    bodies = [many("before"), many("poison"), many("after")]

    async def test(pool: Pool) -> None:
        await pool.ready()
        before, poison, after = await asyncio.gather(*map(pool.ask, bodies), return_exceptions=True)
        assert told(before) == told(read_here(bodies[0]))
        assert after is None, "the server reads it itself"
        assert isinstance(poison, IngestError)
        assert (poison.status_code, poison.retry_after_s) == (400, None)
        assert "twice" in poison.message

    run(test)


@pytest.mark.faults
def test_a_reader_that_takes_too_long_is_ended(monkeypatch) -> None:
    async def test(pool: Pool) -> None:
        stuck = await pool.ready()
        os.kill(stuck, signal.SIGSTOP)
        asked = asyncio.create_task(pool.ask(many("body")))
        await asyncio.sleep(0)
        pool.check()
        assert stuck in pool.pids, "it has a minute"
        pool._patience_s = -1
        pool.check()
        pool._patience_s = PATIENCE_S
        assert told(await asked) == told(read_here(many("body")))

    run(test)


def test_readers_that_cannot_start_leave_everything_to_the_server(monkeypatch) -> None:
    monkeypatch.setattr(reader_pool, "PROGRAM", "raise SystemExit(1)")

    async def test(pool: Pool) -> None:
        pool.note(reader_pool.WORTH_BYTES, 10.0)
        assert pool._starting
        await pool.has_none()
        assert not pool.takes(1_000_000)
        pool.note(reader_pool.WORTH_BYTES, 10.0)
        assert not pool._starting, "not again at once"

    run(test)


@pytest.mark.faults
def test_a_body_without_a_reader_after_it_ended_one_is_to_come_again(monkeypatch) -> None:
    async def test(pool: Pool) -> None:
        first = await pool.ready()
        monkeypatch.setattr(reader_pool, "PROGRAM", "raise SystemExit(1)")
        os.kill(first, signal.SIGSTOP)
        asked = [asyncio.create_task(pool.ask(many(f"body {number}"))) for number in range(5)]
        await asyncio.sleep(0)
        os.kill(first, signal.SIGKILL)
        begun, *others = await asyncio.gather(*asked, return_exceptions=True)
        assert isinstance(begun, IngestError)
        assert (begun.status_code, begun.retry_after_s) == (503, 30)
        assert others == [None] * 4, "the server reads these itself"

    run(test)


@pytest.mark.faults
def test_readers_start_under_load_and_end_when_nothing_comes() -> None:
    async def test(pool: Pool) -> None:
        pool.note(reader_pool.WORTH_BYTES, 0.01)
        pool.note(100, 10.0)
        assert not pool._starting, "a quiet server has none"
        pool.note(reader_pool.WORTH_BYTES, 0.3)
        pid = await pool.ready()
        assert pool.takes(reader_pool.WORTH_BYTES)
        assert not pool.takes(reader_pool.WORTH_BYTES - 1)
        pool.check()
        assert pool.pids == [pid]
        pool._idle_s = -1
        pool.check()
        await pool.has_none()
        pool._idle_s = PATIENCE_S
        pool.note(reader_pool.WORTH_BYTES, 0.3)
        assert await pool.ready() != pid

    run(test)


@pytest.mark.faults
def test_who_is_watched_live_is_read_by_the_server() -> None:
    async def test(pool: Pool) -> None:
        await pool.ready()
        assert await pool.ask(many("asked for the first time")) is None
        assert await pool.ask(many("known by now")) is None
        assert await pool.ask(body(item("of another", KEYS[1]))) is not None

    run(test, "app-0")


@pytest.mark.faults
def test_a_key_is_looked_up_anew_for_each_body() -> None:
    async def test(pool: Pool) -> None:
        await pool.ready()
        for _ in range(3):
            assert await pool.ask(many("body")) is not None
        assert pool.resolved == [KEYS[0]] * 3

    run(test)
