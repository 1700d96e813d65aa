"""The way of one body: decode, accept, rows, store, reply. The only file that knows all steps."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.ingest.accept import accept
from openinsights.ingest.body import BodyReader, Room
from openinsights.ingest.errors import IngestError
from openinsights.ingest.limits import IngestLimits
from openinsights.ingest.memory import LARGE_BODY_BYTES, give_back
from openinsights.ingest.quota import ItemQuota
from openinsights.ingest.reply import refusal, reply_to
from openinsights.ingest.rows import to_rows
from openinsights.store.errors import StoreError, StoreUnavailable
from openinsights_wire.decode import decode_body
from openinsights_wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from openinsights.catalog.resource import Resource
    from openinsights.clock import Clock
    from openinsights.ingest.reply import Reply
    from openinsights.store.api import Store
    from openinsights.store.rows import Rows
    from openinsights_wire.envelope import Envelope

    Watch = Callable[[str, Sequence[Envelope]], Callable[[], None] | None]

logger = logging.getLogger(__name__)

_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A body on its way to the store: rows, the reply once they are stored, items by resource.

    Attributes:
        told: called once the rows are stored.
    """

    rows: Rows
    reply: Reply
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
        self, chunks: AsyncIterator[bytes], encoding: str, declared_bytes: int | None
    ) -> Reply:
        """Return the reply to a request; it never raises for what the sender did.

        Args:
            chunks: the body as it comes.
            encoding: the Content-Encoding header, "" when absent.
            declared_bytes: the Content-Length header, None when absent.
        """
        reader = BodyReader(self._limits, self._room)
        try:
            # nobody holds on to the body or its items while the rows wait to be written
            prepared = await self._prepare(await reader.read(chunks, encoding, declared_bytes))
            self._check_quota(prepared.counts)
            if prepared.rows.days:
                await asyncio.wrap_future(self._store.append(prepared.rows))
            for tell in prepared.told:
                tell()
            return prepared.reply
        except IngestError as error:
            return refusal(error)
        except WireError as error:
            return refusal(IngestError(error.message, error.status_code))
        except StoreUnavailable as error:
            return refusal(IngestError(error.message, 503, retry_after_s=error.retry_after_s))
        except StoreError as error:
            logger.error("telemetry not stored error=%s", error.message)
            return refusal(IngestError(error.message, 503, retry_after_s=30))
        finally:
            large = reader.held_bytes >= LARGE_BODY_BYTES
            reader.release()
            if large:
                self._beside.submit(give_back)

    def close(self) -> None:
        """Let go of the thread; bodies that are being worked on are finished first."""
        self._beside.shutdown()

    async def _prepare(self, body: bytes) -> _Prepared:
        small = len(body) <= self._limits.inline_bytes
        if small and body.count(b"{") <= self._limits.inline_objects:
            return self._prepared(body)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._beside, self._prepared, body)

    def _prepared(self, body: bytes) -> _Prepared:
        digest = hashlib.sha256(body).digest()[:_DIGEST_BYTES]
        items = decode_body(body, max_items=self._limits.max_items)
        if not items and not body.rstrip().endswith(b"]"):
            raise IngestError("100: cannot read the body: it breaks off before the first item")
        now = self._clock.now_ticks()
        accepted = accept(items, self._resolve_key, now, self._limits, len(body))
        counts: dict[str, int] = {}
        told = []
        for batch in accepted.batches:
            app_id = batch.resource.app_id
            counts[app_id] = counts.get(app_id, 0) + len(batch.items)
            tell = self._watch(app_id, batch.items)
            if tell is not None:
                told.append(tell)
        return _Prepared(to_rows(accepted, digest, len(body)), reply_to(accepted), counts, told)

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
