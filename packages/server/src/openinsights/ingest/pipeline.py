"""The way of one body: decode, accept, rows, store, reply. The only file that knows all steps."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from openinsights.ingest.accept import Accepted, accept
from openinsights.ingest.body import BodyReader, Room
from openinsights.ingest.errors import IngestError
from openinsights.ingest.limits import IngestLimits
from openinsights.ingest.quota import ItemQuota
from openinsights.ingest.reply import Reply, refusal, reply_to
from openinsights.ingest.rows import to_rows
from openinsights.store.errors import StoreError, StoreUnavailable
from openinsights_wire.decode import decode_body
from openinsights_wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from openinsights.catalog.resource import Resource
    from openinsights.clock import Clock
    from openinsights.store.api import Store
    from openinsights.store.rows import Rows

logger = logging.getLogger(__name__)

_DIGEST_BYTES = 16


class Pipeline:
    """Takes bodies of track requests and stores what they bring.

    Args:
        store: where the rows go.
        resolve_key: returns the resource of an instrumentation key, None to refuse the item. It
            may be called from another thread than the event loop's.
        clock: the server's time.
        limits: bounds.
    """

    def __init__(
        self,
        store: Store,
        resolve_key: Callable[[str], Resource | None],
        clock: Clock,
        limits: IngestLimits | None = None,
    ) -> None:
        self._store = store
        self._resolve_key = resolve_key
        self._clock = clock
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
            body = await reader.read(chunks, encoding, declared_bytes)
            return await self._store_body(body)
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
            reader.release()

    def close(self) -> None:
        """Let go of the thread; bodies that are being worked on are finished first."""
        self._beside.shutdown()

    async def _store_body(self, body: bytes) -> Reply:
        if len(body) <= self._limits.inline_bytes:
            accepted, rows = self._prepare(body)
        else:
            loop = asyncio.get_running_loop()
            accepted, rows = await loop.run_in_executor(self._beside, self._prepare, body)
        self._check_quota(accepted)
        if rows.days:
            await asyncio.wrap_future(self._store.append(rows))
        return reply_to(accepted)

    def _prepare(self, body: bytes) -> tuple[Accepted, Rows]:
        digest = hashlib.sha256(body).digest()[:_DIGEST_BYTES]
        items = decode_body(body, max_items=self._limits.max_items)
        if not items and not body.rstrip().endswith(b"]"):
            raise IngestError("100: cannot read the body: it breaks off before the first item")
        now = self._clock.now_ticks()
        accepted = accept(items, self._resolve_key, now, self._limits, len(body))
        return accepted, to_rows(accepted, digest, len(body))

    def _check_quota(self, accepted: Accepted) -> None:
        counts: dict[str, int] = {}
        for batch in accepted.batches:
            app_id = batch.resource.app_id
            counts[app_id] = counts.get(app_id, 0) + len(batch.items)
        for app_id, count in counts.items():
            wait = self._quota.retry_after_s(app_id, count, self._clock.monotonic_s())
            if wait is not None:
                raise IngestError(
                    f"cannot take {count} items now: the resource sends more than "
                    f"{self._limits.items_per_s} items per second",
                    429,
                    retry_after_s=wait,
                )
