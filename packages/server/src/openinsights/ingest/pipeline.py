"""The way of one body: received, read, checked against what its sender may send, stored."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import TYPE_CHECKING

from openinsights.access.sending import sender_refused
from openinsights.ingest.body import BodyReader, Room
from openinsights.ingest.errors import IngestError
from openinsights.ingest.limits import IngestLimits
from openinsights.ingest.memory import LARGE_BODY_BYTES
from openinsights.ingest.quota import ItemQuota
from openinsights.ingest.reading import TRACK, read_body, unwatched
from openinsights.ingest.refused_items import whole_body
from openinsights.ingest.sender import UNKNOWN_SENDER
from openinsights.ingest.usage import UsageMeter, nowhere
from openinsights.process_memory import give_back
from openinsights.refusals import NOBODYS, Refusals
from openinsights.store.errors import StoreError, StoreUnavailable
from openinsights.thread_names import show_thread_name
from openinsights_wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from openinsights.catalog.resource import Resource
    from openinsights.clock import Clock
    from openinsights.ingest.measured import Measured
    from openinsights.ingest.outcome import Outcome
    from openinsights.ingest.places import Place
    from openinsights.ingest.reader_pool import ReaderPool
    from openinsights.ingest.reading import BodyForm, Part, ReadBody, Watch
    from openinsights.ingest.sender import Sender
    from openinsights.store.api import Store

logger = logging.getLogger(__name__)

_SAVE_USAGE_S = 5.0


def _check_sender(parts: Sequence[Part]) -> None:
    for part in parts:
        refused = sender_refused(part.resource)
        if refused is not None:
            raise IngestError(refused.message, refused.status)


class Pipeline:
    """Takes bodies of track requests and stores what they bring.

    Args:
        store: where the rows go.
        resolve_key: returns the resource of an instrumentation key, None to refuse the item. It
            may be called from another thread than the event loop's.
        clock: the server's time.
        limits: bounds.
        watch: shown the accepted items of a resource; returns what is to be called once they are
            stored, None when nobody watches. It may be called from another thread than the event
            loop's.
        usage: counts what resources send, and knows when one is over its daily cap.
        place_of: tells where an address is, None when no places are known.
        measured: counts what becomes of items and bodies.
        refusals: keeps what was not taken lately.
        readers: read bodies in processes of their own when much comes; the pipeline's to close.
    """

    def __init__(
        self,
        store: Store,
        resolve_key: Callable[[str], Resource | None],
        clock: Clock,
        limits: IngestLimits | None = None,
        watch: Watch = unwatched,
        usage: UsageMeter | None = None,
        place_of: Callable[[str], Place] | None = None,
        measured: Measured | None = None,
        refusals: Refusals | None = None,
        readers: ReaderPool | None = None,
    ) -> None:
        self._store = store
        self._resolve_key = resolve_key
        self._clock = clock
        self._watch = watch
        self._limits = limits or IngestLimits()
        self._room = Room(self._limits.in_flight_bytes, self._limits.patience_s)
        self._quota = ItemQuota()
        self._usage = usage or UsageMeter((), nowhere)
        self._saved_s = clock.monotonic_s()
        self._place_of = place_of
        self._measured = measured
        self._refusals = refusals or Refusals()
        self._readers = readers
        # one thread: large bodies wait for each other, not for memory
        self._beside = ThreadPoolExecutor(
            1, thread_name_prefix="openinsights-ingest", initializer=show_thread_name
        )

    async def take(
        self,
        chunks: AsyncIterator[bytes],
        encoding: str,
        declared_bytes: int | None,
        form: BodyForm = TRACK,
        sender: Sender = UNKNOWN_SENDER,
    ) -> Outcome:
        """Store what a request brings, and return what became of it.

        Args:
            chunks: the body as it comes.
            encoding: the Content-Encoding header, "" when absent.
            declared_bytes: the Content-Length header, None when absent.
            form: how the body is read.
            sender: who sent it.

        Raises:
            IngestError: nothing of the body was taken.
        """
        try:
            return await self._take(chunks, encoding, declared_bytes, form, sender)
        except IngestError as error:
            if self._measured is not None:
                self._measured.refusal(error)
            raise

    async def _take(
        self,
        chunks: AsyncIterator[bytes],
        encoding: str,
        declared_bytes: int | None,
        form: BodyForm,
        sender: Sender,
    ) -> Outcome:
        reader = BodyReader(self._limits, self._room)
        parts: Sequence[Part] = ()
        try:
            # nobody holds on to the body or its items while the rows wait to be written
            body = await reader.read(chunks, encoding, declared_bytes)
            read = await self._read(body, form, sender)
            del body
            parts = read.parts
            _check_sender(parts)
            self._check_quota(parts)
            if read.rows.count:
                await asyncio.wrap_future(self._store.append(read.rows))
            form.stored()
            self._count(parts)
            for app_id, refusal in read.refused:
                self._refusals.note(app_id, refusal)
            if self._measured is not None:
                self._measured.outcome(read.outcome, (p.resource for p in parts))
            for tell in read.told:
                tell()
            return read.outcome
        except WireError as error:
            refused = IngestError(error.message, error.status_code)
            self._note_whole(refused, parts)
            raise refused from None
        except IngestError as error:
            self._note_whole(error, parts)
            raise
        except StoreUnavailable as error:
            raise IngestError(error.message, 503, retry_after_s=error.retry_after_s) from None
        except StoreError as error:
            logger.error("telemetry not stored error=%s", error.message)
            raise IngestError(error.message, 503, retry_after_s=30) from None
        finally:
            large = reader.held_bytes >= LARGE_BODY_BYTES
            reader.release()
            if large:
                self._beside.submit(give_back)

    def stop(self) -> None:
        """Let the readers end. In the event loop, when no request is being served any more."""
        if self._readers is not None:
            self._readers.stop()

    def close(self) -> None:
        """Let go of the thread; bodies that are being worked on are finished first."""
        if self._readers is not None:
            self._readers.close()
        self._beside.shutdown()
        self._usage.save()

    async def _read(self, body: bytes, form: BodyForm, sender: Sender) -> ReadBody:
        readers = self._readers
        if readers is None or form is not TRACK:
            return await self._read_here(body, form, sender)
        if readers.takes(len(body)):
            read = await readers.read(body, self._clock.now_ticks(), sender)
            if read is not None:
                return read
        begun = perf_counter()
        try:
            return await self._read_here(body, form, sender)
        finally:
            readers.note(len(body), perf_counter() - begun)

    async def _read_here(self, body: bytes, form: BodyForm, sender: Sender) -> ReadBody:
        if form.is_quick(body, self._limits):
            return self._read_body(body, form, sender)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._beside, self._read_body, body, form, sender)

    def _read_body(self, body: bytes, form: BodyForm, sender: Sender) -> ReadBody:
        return read_body(
            body,
            form,
            self._clock.now_ticks(),
            self._limits,
            self._resolve_keys,
            sender,
            self._place_of,
            self._watch,
        )

    def _resolve_keys(self, keys: set[str]) -> dict[str, Resource | None]:
        return {key: self._resolve_key(key) for key in keys}

    def _note_whole(self, error: IngestError, parts: Sequence[Part]) -> None:
        now = self._clock.now_ticks()
        for part in parts:
            refusal = whole_body(error, part.items, now)
            self._refusals.note(part.resource.app_id, refusal)
        if not parts:
            self._refusals.note(NOBODYS, whole_body(error, 0, now))

    def _check_quota(self, parts: Sequence[Part]) -> None:
        for part in parts:
            resource = part.resource
            wait = self._usage.retry_after_s(
                resource.app_id, resource.settings, self._clock.now_ticks()
            )
            if wait is not None:
                raise IngestError(
                    f"cannot take {part.items} items today: the resource has reached its daily cap"
                    f" of {resource.settings.daily_cap_bytes} bytes",
                    439,
                    retry_after_s=wait,
                )
        for part in parts:
            rate = part.resource.settings.max_items_per_s or self._limits.items_per_s
            wait = self._quota.retry_after_s(
                part.resource.app_id, part.items, rate, self._clock.monotonic_s()
            )
            if wait is not None:
                raise IngestError(
                    f"cannot take {part.items} items now: the resource sends more than {rate}"
                    " items per second",
                    429,
                    retry_after_s=wait,
                )

    def _count(self, parts: Sequence[Part]) -> None:
        now = self._clock.now_ticks()
        for part in parts:
            self._usage.count(part.resource.app_id, part.items, part.size_bytes, now)
        if self._clock.monotonic_s() - self._saved_s >= _SAVE_USAGE_S:
            self._saved_s = self._clock.monotonic_s()
            self._beside.submit(self._save_usage)

    def _save_usage(self) -> None:
        try:
            self._usage.save()
        except Exception:
            # counts stay in memory, and the next save brings them; telemetry must not wait for it
            logger.exception("usage not saved")
