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

from openinsights.ingest.accept import accept
from openinsights.ingest.body import BodyReader, Room
from openinsights.ingest.errors import IngestError
from openinsights.ingest.limits import IngestLimits
from openinsights.ingest.memory import LARGE_BODY_BYTES, give_back
from openinsights.ingest.outcome import Outcome, outcome_of
from openinsights.ingest.quota import ItemQuota
from openinsights.ingest.rows import to_rows
from openinsights.store.errors import StoreError, StoreUnavailable
from openinsights_wire.decode import decode_body
from openinsights_wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from openinsights.catalog.resource import Resource
    from openinsights.clock import Clock
    from openinsights.store.api import Store
    from openinsights.store.rows import Rows
    from openinsights_wire.envelope import Envelope

    Watch = Callable[[str, Sequence[Envelope]], Callable[[], None] | None]
    Decoded = Sequence[Envelope | WireError]

logger = logging.getLogger(__name__)

_DIGEST_BYTES = 16


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


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A body on its way to the store: rows, what its sender is told, items by resource.

    Attributes:
        told: called once the rows are stored.
    """

    rows: Rows
    outcome: Outcome
    counts: dict[str, int]
    told: Sequence[Callable[[], None]]


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
    """

    def __init__(
        self,
        store: Store,
        resolve_key: Callable[[str], Resource | None],
        clock: Clock,
        limits: IngestLimits | None = None,
        watch: Watch = lambda app_id, items: None,
    ) -> None:
        self._store = store
        self._resolve_key = resolve_key
        self._clock = clock
        self._watch = watch
        self._limits = limits or IngestLimits()
        self._room = Room(self._limits.in_flight_bytes, self._limits.patience_s)
        self._quota = ItemQuota(self._limits.items_per_s)
        # one thread: large bodies wait for each other, not for memory
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="openinsights-ingest")

    async def take(
        self,
        chunks: AsyncIterator[bytes],
        encoding: str,
        declared_bytes: int | None,
        form: BodyForm = TRACK,
    ) -> Outcome:
        """Store what a request brings, and return what became of it.

        Args:
            chunks: the body as it comes.
            encoding: the Content-Encoding header, "" when absent.
            declared_bytes: the Content-Length header, None when absent.
            form: how the body is read.

        Raises:
            IngestError: nothing of the body was taken.
        """
        reader = BodyReader(self._limits, self._room)
        try:
            # nobody holds on to the body or its items while the rows wait to be written
            body = await reader.read(chunks, encoding, declared_bytes)
            prepared = await self._prepare(body, form)
            del body
            self._check_quota(prepared.counts)
            if prepared.rows.days:
                await asyncio.wrap_future(self._store.append(prepared.rows))
            form.stored()
            for tell in prepared.told:
                tell()
            return prepared.outcome
        except WireError as error:
            raise IngestError(error.message, error.status_code) from None
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

    async def _prepare(self, body: bytes, form: BodyForm) -> _Prepared:
        if form.is_quick(body, self._limits):
            return self._prepared(body, form)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._beside, self._prepared, body, form)

    def _prepared(self, body: bytes, form: BodyForm) -> _Prepared:
        whole = hashlib.sha256(form.mark)
        whole.update(body)
        now = self._clock.now_ticks()
        items = form.decode(body, now, self._limits)
        accepted = accept(items, self._resolve_key, now, self._limits, len(body))
        counts: dict[str, int] = {}
        told = []
        for batch in accepted.batches:
            app_id = batch.resource.app_id
            counts[app_id] = counts.get(app_id, 0) + len(batch.items)
            tell = self._watch(app_id, batch.items)
            if tell is not None:
                told.append(tell)
        return _Prepared(
            to_rows(accepted, whole.digest()[:_DIGEST_BYTES], len(body)),
            outcome_of(accepted),
            counts,
            told,
        )

    def _check_quota(self, counts: dict[str, int]) -> None:
        for app_id, count in counts.items():
            wait = self._quota.retry_after_s(app_id, count, self._clock.monotonic_s())
            if wait is not None:
                raise IngestError(
                    f"cannot take {count} items now: the resource sends more than "
                    f"{self._limits.items_per_s} items per second",
                    429,
                    retry_after_s=wait,
                )
