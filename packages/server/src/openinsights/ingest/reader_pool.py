"""Processes beside the server that read bodies for it, so that it can write meanwhile.

They are started when reading takes a good part of a processor, and end when nothing comes. For one
event loop. A body stays with the server until its record has come: a reader that dies takes nothing
with it, and what it worked on is read again by another. A body that ends two readers is refused.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import subprocess
import sys
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from openinsights.ingest.errors import IngestError
from openinsights.ingest.outcome import Outcome
from openinsights.ingest.reader_messages import (
    LENGTHS,
    Ask,
    Begin,
    Done,
    Failed,
    Keys,
    Leave,
    Read,
    Ready,
    Refused,
    answer_of,
    head_of,
)
from openinsights.ingest.reading import Part, ReadBody
from openinsights.store.errors import StoreError
from openinsights.store.record import Recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from openinsights.catalog.resource import Resource
    from openinsights.ingest.limits import IngestLimits
    from openinsights.ingest.reader_messages import Answer
    from openinsights.ingest.sender import Sender

logger = logging.getLogger(__name__)

WORTH_BYTES: Final = 16 * 1024
"""Smaller bodies are read sooner than handed over."""
PROGRAM: Final = "from openinsights.ingest.reader_process import main; main()"
"""What a reader runs."""
_ENVIRONMENT: Final = {"OPENBLAS_NUM_THREADS": "1"}
"""What would make threads that nothing here uses, with memory for each."""
_BUSY_SHARE: Final = 0.2
_WINDOW_S: Final = 1.0
_AT_A_READER: Final = 3
"""Bodies that one reader has at most: one that it reads, the others so that it never waits."""
_PIPE_BYTES = 1024 * 1024
_FEW_KEYS: Final = 16
_KEPT_KEYS: Final = 1024
_MOST_DEATHS: Final = 2
_END_S: Final = 5.0
_CHECK_S: Final = 5.0
_FIRST_KEY = re.compile(rb'"iKey"\s*:\s*"([0-9A-Za-z-]{1,64})"')
_LOOKED_AT = 64 * 1024


class _Job:
    """A body that is being read."""

    def __init__(self, body: bytes, word: Read, future: asyncio.Future[ReadBody | None]) -> None:
        self.body = body
        self.word = word
        self.future = future
        self.resources: dict[str, Resource] = {
            each.app_id: each for each in word.resources.values()
        }
        self.deaths = 0

    def resolve(self, read: ReadBody | None) -> None:
        """Say what became of it; None is that the server has to read it itself."""
        if not self.future.done():
            self.future.set_result(read)

    def fail(self, error: Exception) -> None:
        """Say that it cannot be read."""
        if not self.future.done():
            self.future.set_exception(error)


class ReaderPool:
    """Bounds and beginnings of the readers.

    Args:
        count: how many there are at most; 0 is none.
        limits: of ingestion.
        places: the database of places that they open, None for none.
        resolve_key: returns the resource of an instrumentation key, None to refuse the item; may be
            called from another thread.
        is_watched: whether somebody watches a resource live. Its items are seen only where they
            are read, so that the server reads them itself.
        patience_s: how long reading one body may take.
        idle_s: after how long without a body the readers end.
    """

    def __init__(
        self,
        count: int,
        limits: IngestLimits,
        places: Path | None,
        resolve_key: Callable[[str], Resource | None],
        is_watched: Callable[[str], bool],
        *,
        patience_s: float = 60.0,
        idle_s: float = 60.0,
    ) -> None:
        self._count = count if os.name == "posix" else 0
        self._begin = Begin(limits, str(places or ""))
        self._resolve_key = resolve_key
        self._is_watched = is_watched
        self._patience_s = patience_s
        self._idle_s = idle_s
        self._waiting: deque[_Job] = deque()
        self._readers: list[_Reader] = []
        self._gone: list[subprocess.Popen[bytes]] = []
        self._starting: set[asyncio.Task[None]] = set()
        self._known: set[str] = set()
        self._resolving = ThreadPoolExecutor(1, thread_name_prefix="openinsights-keys")
        self._since = self._spent = 0.0
        self._used_s = 0.0
        self._failures = 0
        self._not_before_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def pids(self) -> list[int]:
        """The processes of the readers that take bodies."""
        return [reader.pid for reader in self._readers if reader.is_ready]

    def note(self, size_bytes: int, seconds: float) -> None:
        """Learn how long the server took to read a body itself; starts readers if need be."""
        if size_bytes < WORTH_BYTES or self._readers:
            return
        now = asyncio.get_running_loop().time()
        if now - self._since > _WINDOW_S:
            self._since, self._spent = now, 0.0
        self._spent += seconds
        if self._spent > _BUSY_SHARE * _WINDOW_S and now >= self._not_before_s:
            self.start()

    def start(self) -> None:
        """Have as many readers as there may be."""
        while not self._closed and len(self._readers) + len(self._starting) < self._count:
            task = asyncio.get_running_loop().create_task(self._start())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    def takes(self, size_bytes: int) -> bool:
        """Return whether a body had better be read by a reader."""
        return size_bytes >= WORTH_BYTES and any(reader.is_ready for reader in self._readers)

    async def read(self, body: bytes, now_ticks: int, sender: Sender) -> ReadBody | None:
        """Return what a body brings; None when the server has to read it itself.

        Raises:
            IngestError: the body is refused.
            StoreError: its rows cannot be written.
        """
        resources = self._likely(body)
        if any(self._is_watched(each.app_id) for each in resources.values()):
            return None
        loop = asyncio.get_running_loop()
        word = Read(now_ticks, resources, sender.address, sender.user_agent)
        job = _Job(body, word, loop.create_future())
        self._used_s = loop.time()
        self._waiting.append(job)
        self.hand_out()
        return await job.future

    def hand_out(self) -> None:
        """Give waiting bodies to readers that have few."""
        while self._waiting:
            free = [each for each in self._readers if each.is_ready and each.load < _AT_A_READER]
            if not free:
                return
            min(free, key=lambda each: each.load).take(self._waiting.popleft())

    def stop(self) -> None:
        """Let the readers end. In the event loop, when no body is being read any more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for reader in list(self._readers):
            reader.end()

    def close(self) -> None:
        """Wait for the readers to end, and end those that do not."""
        self._closed = True
        self._resolving.shutdown()
        for reader in self._readers:
            reader.cut()
        for process in [*self._gone, *(reader.process for reader in self._readers)]:
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def is_watched(self, resources: Mapping[str, Resource | None]) -> bool:
        """Return whether somebody watches one of some resources live."""
        return any(
            each is not None and self._is_watched(each.app_id) for each in resources.values()
        )

    async def resolve(self, keys: list[str]) -> dict[str, Resource | None]:
        """Return the resources of keys."""

        def found() -> dict[str, Resource | None]:
            return {key: self._resolve_key(key) for key in keys}

        if len(keys) <= _FEW_KEYS:
            resources = found()
        else:
            resources = await asyncio.get_running_loop().run_in_executor(self._resolving, found)
        if len(self._known) > _KEPT_KEYS:
            self._known.clear()
        self._known.update(key for key in keys[:_FEW_KEYS] if resources[key] is not None)
        return resources

    def done(self) -> None:
        """Learn that a reader has read a body."""
        self._failures = 0
        self.hand_out()

    def lost(self, reader: _Reader, jobs: list[_Job], *, expected: bool) -> None:
        """Learn that a reader has ended, and what it had."""
        self._readers.remove(reader)
        self._gone = [process for process in self._gone if process.poll() is None]
        self._gone.append(reader.process)
        if expected and not jobs:
            return
        self._failures += 1
        self._not_before_s = asyncio.get_running_loop().time() + min(60, 2**self._failures)
        logger.warning("a reader of telemetry ended: pid=%s bodies=%s", reader.pid, len(jobs))
        if jobs:
            jobs[0].deaths += 1
            if jobs[0].deaths >= _MOST_DEATHS:
                jobs.pop(0).fail(_fatal())
        self._waiting.extendleft(reversed(jobs))
        if any(job.deaths for job in self._waiting) and reader.was_ready:
            self.start()
        elif not (self._readers or self._starting):
            self._give_back()

    def _give_back(self) -> None:
        """No reader can be had: the server reads what waits, but for what has ended one."""
        while self._waiting:
            job = self._waiting.popleft()
            if job.deaths:
                job.fail(_no_reader())
            else:
                job.resolve(None)

    def _likely(self, body: bytes) -> dict[str, Resource]:
        # most bodies have one key, which was asked for before
        found = _FIRST_KEY.search(body, 0, _LOOKED_AT)
        key = found[1].decode() if found else ""
        resource = self._resolve_key(key) if key in self._known else None
        return {} if resource is None else {key: resource}

    async def _start(self) -> None:
        try:
            reader = await _started(self, self._begin)
        except OSError as error:
            logger.warning("cannot start a reader of telemetry: %s", error)
            self._failures += 1
            self._not_before_s = asyncio.get_running_loop().time() + min(60, 2**self._failures)
            if not self._readers:
                self._give_back()
            return
        self._readers.append(reader)
        if self._closed:
            reader.end()
        elif self._timer is None:
            self._used_s = asyncio.get_running_loop().time()
            self.check()

    def check(self) -> None:
        """Called from time to time: end readers that take too long, and all when nothing comes."""
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            self._timer.cancel()
        now = loop.time()
        for reader in self._readers:
            if reader.load and now - reader.since_s > self._patience_s:
                logger.warning("a reader takes too long and is ended: pid=%s", reader.pid)
                reader.process.kill()
        if now - self._used_s > self._idle_s and not self._waiting:
            for reader in list(self._readers):
                if not reader.load:
                    reader.end()
        self._timer = loop.call_later(_CHECK_S, self.check) if self._readers else None


class _Reader(asyncio.Protocol):
    """One reader, from the server's side: what it is told, and what it says."""

    def __init__(self, pool: ReaderPool, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.pid = process.pid
        self.is_ready = self.was_ready = False
        self.since_s = 0.0
        self._pool = pool
        self._jobs: deque[_Job] = deque()
        self._parts: list[memoryview] = []
        self._come = 0
        self._wanted = LENGTHS.size
        self._then_bytes: int | None = None
        self._answer: Answer | None = None
        self._words: Any = None
        self._answers: Any = None
        self._expected = False
        self._is_lost = False
        self._asking: asyncio.Task[None] | None = None

    @property
    def load(self) -> int:
        """How many bodies it has."""
        return len(self._jobs)

    def open(self, words: Any, answers: Any, begin: Begin) -> None:
        """Begin to talk.

        Args:
            words: the transport of what it is told.
            answers: the one of what it says.
            begin: the first word.
        """
        self._words, self._answers = words, answers
        words.write(head_of(begin))

    def take(self, job: _Job) -> None:
        """Have it read a body."""
        if not self._jobs:
            self.since_s = asyncio.get_running_loop().time()
        self._jobs.append(job)
        self._words.write(head_of(job.word, len(job.body)))
        self._words.write(job.body)

    def end(self) -> None:
        """Let it end; it does once it has nothing more to read."""
        self._expected, self.is_ready = True, False
        self._words.close()
        self._answers.close()

    def cut(self) -> None:
        """Let it end when there is no event loop any more."""
        for transport in (self._words, self._answers):
            transport.get_extra_info("pipe").close()

    def data_received(self, data: bytes) -> None:
        """Take what it says, as it comes."""
        # Hot: a record is copied once, however it comes.
        rest = memoryview(data)
        while rest:
            part = rest[: self._wanted - self._come]
            rest = rest[len(part) :]
            self._parts.append(part)
            self._come += len(part)
            if self._come < self._wanted:
                return
            whole = b"".join(self._parts)
            self._parts, self._come = [], 0
            self._take_in(whole)

    def _take_in(self, whole: bytes) -> None:
        """Go on with a part of a message that has come: its lengths, its head or its content."""
        if self._then_bytes is None:
            self._wanted, self._then_bytes = LENGTHS.unpack(whole)
            return
        if self._answer is None:
            self._answer = answer_of(whole)
            if self._then_bytes:
                self._wanted = self._then_bytes
                return
            whole = b""
        answer = self._answer
        self._wanted, self._then_bytes, self._answer = LENGTHS.size, None, None
        self._hear(answer, whole)

    def connection_lost(self, exc: Exception | None) -> None:
        """Learn that it has ended."""
        if self._is_lost:
            return
        self._is_lost, self.is_ready = True, False
        if not self._expected:
            self.process.kill()  # it may have closed its end alone
        self._words.close()
        jobs = list(self._jobs)
        self._jobs.clear()
        self._pool.lost(self, jobs, expected=self._expected)

    def _hear(self, answer: Answer, content: bytes) -> None:
        if isinstance(answer, Ready):
            self.is_ready = self.was_ready = True
            self._pool.hand_out()
        elif isinstance(answer, Ask):
            self._asking = asyncio.get_running_loop().create_task(self._tell_keys(answer.keys))
        else:
            self._finish(answer, content)

    def _finish(self, answer: Done | Refused | Any, content: bytes) -> None:
        job = self._jobs.popleft()
        self.since_s = asyncio.get_running_loop().time()
        if isinstance(answer, Done):
            job.resolve(_read_body(answer, content, job))
        elif isinstance(answer, Refused):
            job.fail(IngestError(answer.message, answer.status_code))
        elif isinstance(answer, Failed):
            job.fail(RuntimeError(f"BUG: a body could not be read\n{answer.trace}"))
        else:
            job.fail(StoreError(answer.message))
        self._pool.done()

    async def _tell_keys(self, keys: list[str]) -> None:
        job, failure = self._jobs[0], None
        resources: dict[str, Resource | None] = {}
        try:
            resources = await self._pool.resolve(keys)
        except Exception as error:
            failure = error
        if self._is_lost:
            return
        if failure is None and not self._pool.is_watched(resources):
            found = {each.app_id: each for each in resources.values() if each is not None}
            job.resources.update(found)
            self._words.write(head_of(Keys(resources)))
            return
        self._words.write(head_of(Leave()))
        self._jobs.popleft()
        if failure is None:
            job.resolve(None)
        else:
            job.fail(failure)
        self._pool.done()


def _read_body(done: Done, record: bytes, job: _Job) -> ReadBody:
    return ReadBody(
        Recorded(record, done.rows, len(job.body)),
        Outcome(done.received, done.errors, done.app_id),
        [Part(job.resources[app_id], items, size) for app_id, items, size in done.parts],
        refused=done.refused,
    )


async def _started(pool: ReaderPool, begin: Begin) -> _Reader:
    loop = asyncio.get_running_loop()
    process, words, answers = _spawned()
    reader = _Reader(pool, process)
    to_it, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, words)
    from_it, _ = await loop.connect_read_pipe(lambda: reader, answers)
    reader.open(to_it, from_it, begin)
    return reader


def _spawned() -> tuple[subprocess.Popen[bytes], BinaryIO, BinaryIO]:
    """Start a reader; the pipes to it hold a body and a record, so that nobody waits in between."""
    its_words, our_words = os.pipe()
    our_answers, its_answers = os.pipe()
    try:
        for pipe in (our_words, our_answers):
            _widen(pipe)
        process = subprocess.Popen(  # noqa: S603 - this program's own
            [sys.executable, "-P", "-c", PROGRAM],
            stdin=its_words,
            stdout=its_answers,
            env=os.environ | _ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    except OSError:
        os.close(our_words)
        os.close(our_answers)
        raise
    finally:
        os.close(its_words)
        os.close(its_answers)
    return process, os.fdopen(our_words, "wb", 0), os.fdopen(our_answers, "rb", 0)


def _widen(pipe: int) -> None:
    try:
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    except (ImportError, AttributeError, OSError):
        # Only Linux can, within the bounds of the user; the transports hold what does not fit.
        return


def _fatal() -> IngestError:
    return IngestError("100: cannot read the body: what reads bodies ended on it, twice")


def _no_reader() -> IngestError:
    return IngestError(
        "100: cannot read the body now: what reads bodies ended on it", 503, retry_after_s=30
    )
