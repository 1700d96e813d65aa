"""A store full of made-up telemetry, filled the way that senders fill it."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from openinsights.app import open_parts
from openinsights.clock import UNIX_EPOCH_TICKS, SystemClock
from openinsights.ingest.errors import IngestError
from openinsights.query.limits import QueryLimits
from openinsights.query.service import QueryService
from openinsights.settings import resolve
from telemetry import Telemetry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from openinsights.ingest.outcome import Outcome
    from openinsights.ingest.pipeline import Pipeline

NOW = UNIX_EPOCH_TICKS + 1_795_248_000 * 10_000_000
"""2026-11-21T08:00:00Z."""


class StandingClock(SystemClock):
    """Real durations at a time of day that stands still."""

    def now_ticks(self) -> int:
        return NOW


async def _chunks(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def _sent(pipeline: Pipeline, body: bytes) -> Outcome:
    """Send a body as clients do: again when it is told to."""
    while True:
        try:
            return await pipeline.take(_chunks(body), "", len(body))
        except IngestError as error:
            if error.status_code != 503:
                raise
            await asyncio.sleep(error.retry_after_s or 1)


@contextmanager
def _filled(most: int | None, limits: QueryLimits, store: str = "") -> Iterator[QueryService]:
    """Answers queries on so many items of one resource, at the time of the last of them.

    `store` is what `--store` takes; "" for DuckDB in memory.
    """
    clock = StandingClock()
    with ExitStack() as opened:
        parts = open_parts(None, resolve({"reader_processes": 0, "store": store}), clock, opened)
        resource = parts.resources.create("shop")
        envelopes = Telemetry(resource.instrumentation_key, NOW).envelopes()
        body = json.dumps(list(islice(envelopes, most))).encode()
        outcome = asyncio.run(_sent(parts.pipeline, body))
        assert not outcome.errors, outcome.errors[:3]
        yield QueryService(parts.store, parts.resources.named, clock, limits)


@pytest.fixture(scope="session")
def filled_queries() -> Iterator[QueryService]:
    """Answers queries on a few thousand items of one resource, at the time of the last of them."""
    with _filled(None, QueryLimits()) as queries:
        yield queries


@pytest.fixture(scope="session")
def filled_clickhouse(clickhouse_server: str) -> Iterator[QueryService]:
    """The same items in ClickHouse."""
    from openinsights.store.clickhouse.address import address_of
    from openinsights.store.clickhouse.connection import Clients

    url = f"clickhouse://{clickhouse_server}/query_tests"
    with ExitStack() as opened:
        clients = Clients(address_of(url))
        opened.callback(clients.close)
        opened.callback(clients.command, "drop database if exists query_tests sync")
        clients.command("drop database if exists query_tests sync")
        yield opened.enter_context(_filled(None, QueryLimits(), url))


@pytest.fixture(scope="session")
def few_rows() -> Iterator[QueryService]:
    """Answers queries on a few items of one resource, each for a few seconds at most."""
    with _filled(40, QueryLimits(max_timeout_s=5.0)) as queries:
        yield queries
