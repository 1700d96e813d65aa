"""What the HTTP and the gRPC side share: one request's body becomes rows for one resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.ingest.errors import IngestError
from openinsights.ingest.otlp.body import OtlpForm
from openinsights.ingest.otlp.reply import refused_as_a_whole, success
from openinsights.ingest.otlp.target import key_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from openinsights.ingest.otlp.body import Signal
    from openinsights.ingest.otlp.deltas import Series
    from openinsights.ingest.pipeline import Pipeline
    from openinsights.ingest.sender import Sender


@dataclass(frozen=True, slots=True)
class Receiver:
    """Takes OTLP bodies, however they came.

    Attributes:
        pipeline: stores what they bring.
        default_key: returns the key for telemetry without one, None when there is none. It may
            write to disk.
        series: the totals of metrics that grow.
    """

    pipeline: Pipeline
    default_key: Callable[[], str | None]
    series: Series

    async def take(
        self,
        signal: Signal,
        is_json: bool,
        path_key: str | None,
        headers: Iterable[tuple[str, str]],
        chunks: AsyncIterator[bytes],
        encoding: str,
        declared_bytes: int | None,
        sender: Sender,
    ) -> bytes:
        """Return the body of the reply once what was accepted is durable.

        Raises:
            IngestError: nothing was accepted.
        """
        key = key_for(path_key, headers, self.default_key)
        form = OtlpForm(signal, is_json, key, self.series)
        outcome = await self.pipeline.take(chunks, encoding, declared_bytes, form, sender)
        refused = refused_as_a_whole(outcome)
        if refused is not None:
            raise IngestError(refused.message, refused.statusCode)
        return success(signal, form, outcome, is_json)
