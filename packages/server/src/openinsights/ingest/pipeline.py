"""The way of one body: decode, accept, rows, store. The only file that knows all steps.

How the bytes of a body become envelopes is told by a `BodyForm`; everything after that is the same
for every sender.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from openinsights.access.sending import sender_refused
from openinsights.ingest.accept import accept
from openinsights.ingest.body import BodyReader, Room
from openinsights.ingest.errors import IngestError
from openinsights.ingest.limits import IngestLimits
from openinsights.ingest.memory import LARGE_BODY_BYTES
from openinsights.ingest.outcome import Outcome, outcome_of
from openinsights.ingest.quota import ItemQuota
from openinsights.ingest.refused_items import refused_items, whole_body
from openinsights.ingest.rows import to_rows
from openinsights.ingest.scrub import scrubber_of
from openinsights.ingest.sender import UNKNOWN_SENDER
from openinsights.ingest.usage import UsageMeter, nowhere
from openinsights.process_memory import give_back
from openinsights.refusals import NOBODYS, Refusals
from openinsights.store.errors import StoreError, StoreUnavailable
from openinsights_wire.decode import decode_body
from openinsights_wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from openinsights.catalog.resource import Resource
    from openinsights.clock import Clock
    from openinsights.ingest.measured import Measured
    from openinsights.ingest.places import Place
    from openinsights.ingest.sender import Sender
    from openinsights.refusals import Refusal
    from openinsights.store.api import Store
    from openinsights.store.rows import Rows
    from openinsights_wire.envelope import Envelope

    Watch = Callable[[str, Sequence[Envelope]], Callable[[], None] | None]
    Decoded = Sequence[Envelope | WireError]

logger = logging.getLogger(__name__)

_DIGEST_BYTES = 16
_SAVE_USAGE_S = 5.0


class BodyForm(Protocol):
    """How bodies of one kind are read."""

    def decode(self, body: bytes, now_ticks: int, limits: IngestLimits) -> Decoded:
        """Return the items of a body in order.

        Raises:
            IngestError: the body is refused as a whole.
            WireError: the same.
        """
        ...

    def is_quick(self, body: bytes, limits: IngestLimits) -> bool:
        """Return whether the body is worked on in no time, whatever it holds."""
        ...

    def stored(self) -> None:
        """Learn that everything of the body is durable."""
        ...

    @property
    def mark(self) -> bytes:
        """What tells apart equal bytes that mean something else; empty for track requests."""
        ...


class TrackForm:
    """Envelopes as JSON, as track requests bring them."""

    mark = b""

    def decode(self, body: bytes, now_ticks: int, limits: IngestLimits) -> Decoded:
        """Return the envelopes of a body, in order."""
        items = decode_body(body, max_items=limits.max_items)
        if not items and not body.rstrip().endswith(b"]"):
            raise IngestError("100: cannot read the body: it breaks off before the first item")
        return items

    def is_quick(self, body: bytes, limits: IngestLimits) -> bool:
        """Return whether the body is small and has few objects."""
        return len(body) <= limits.inline_bytes and body.count(b"{") <= limits.inline_objects

    def stored(self) -> None:
        """Learn that everything of the body is durable; envelopes need nothing more."""


TRACK = TrackForm()


@dataclass(slots=True)
class _Part:
    """What a body brings for one resource."""

    resource: Resource
    items: int = 0
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A body on its way to the store: rows, what its sender is told, what each resource sent.

    Attributes:
        told: called once the rows are stored.
        refused: what was not taken, by resource.
    """

    rows: Rows
    outcome: Outcome
    parts: Sequence[_Part]
    told: Sequence[Callable[[], None]]
    refused: Sequence[tuple[str, Refusal]]


def _check_sender(parts: Sequence[_Part]) -> None:
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
    """

    def __init__(
        self,
        store: Store,
        resolve_key: Callable[[str], Resource | None],
        clock: Clock,
        limits: IngestLimits | None = None,
        watch: Watch = lambda app_id, items: None,
        usage: UsageMeter | None = None,
        place_of: Callable[[str], Place] | None = None,
        measured: Measured | None = None,
        refusals: Refusals | None = None,
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
        # one thread: large bodies wait for each other, not for memory
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="openinsights-ingest")

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
        parts: Sequence[_Part] = ()
        try:
            # nobody holds on to the body or its items while the rows wait to be written
            body = await reader.read(chunks, encoding, declared_bytes)
            prepared = await self._prepare(body, form, sender)
            del body
            parts = prepared.parts
            _check_sender(parts)
            self._check_quota(parts)
            if prepared.rows.days:
                await asyncio.wrap_future(self._store.append(prepared.rows))
            form.stored()
            self._count(parts)
            for app_id, refusal in prepared.refused:
                self._refusals.note(app_id, refusal)
            if self._measured is not None:
                self._measured.outcome(prepared.outcome, (p.resource for p in parts))
            for tell in prepared.told:
                tell()
            return prepared.outcome
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

    def close(self) -> None:
        """Let go of the thread; bodies that are being worked on are finished first."""
        self._beside.shutdown()
        self._usage.save()

    async def _prepare(self, body: bytes, form: BodyForm, sender: Sender) -> _Prepared:
        if form.is_quick(body, self._limits):
            return self._prepared(body, form, sender)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._beside, self._prepared, body, form, sender)

    def _prepared(self, body: bytes, form: BodyForm, sender: Sender) -> _Prepared:
        whole = hashlib.sha256(form.mark)
        whole.update(body)
        now = self._clock.now_ticks()
        items = form.decode(body, now, self._limits)
        accepted = accept(items, self._resolve_key, now, self._limits, body)
        parts: dict[str, _Part] = {}
        told = []
        for batch in accepted.batches:
            app_id = batch.resource.app_id
            part = parts.setdefault(app_id, _Part(batch.resource))
            part.items += len(batch.items)
            part.size_bytes += len(body) * len(batch.items) // accepted.received
            scrubber = scrubber_of(batch.resource.settings)
            if scrubber is not None:
                for item in batch.items:
                    scrubber.item(item)
            tell = self._watch(app_id, batch.items)
            if tell is not None:
                told.append(tell)
        refused = (
            refused_items(accepted.errors, items, self._resolve_key, parts, now)
            if accepted.errors
            else ()
        )
        return _Prepared(
            to_rows(accepted, whole.digest()[:_DIGEST_BYTES], len(body), sender, self._place_of),
            outcome_of(accepted),
            list(parts.values()),
            told,
            refused,
        )

    def _note_whole(self, error: IngestError, parts: Sequence[_Part]) -> None:
        now = self._clock.now_ticks()
        for part in parts:
            refusal = whole_body(error, part.items, now)
            self._refusals.note(part.resource.app_id, refusal)
        if not parts:
            self._refusals.note(NOBODYS, whole_body(error, 0, now))

    def _check_quota(self, parts: Sequence[_Part]) -> None:
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

    def _count(self, parts: Sequence[_Part]) -> None:
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
