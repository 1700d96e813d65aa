"""Wait for a query's turn and answer without blocking the event loop, or stop it with its caller."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from openinsights.query.queue import QueryQueue
    from openinsights.store.api import Cancellation

_Answer = TypeVar("_Answer")


async def answer_in_turn(
    request: Request,
    queue: QueryQueue,
    work: Callable[[], _Answer],
    cancellation: Cancellation,
) -> _Answer:
    """Return what the work returns.

    Args:
        request: whose body has been read; when its caller leaves, the query is cancelled.
        queue: gives the work its turn.
        work: runs the query on a thread.
        cancellation: stops the query.

    Raises:
        TooManyQueries: the queue is full.
        OpenInsightsError: what the work raises.
    """
    running = asyncio.wrap_future(queue.submit(work))
    watch = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait((running, watch), return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            cancellation.cancel()
        return await running
    except asyncio.CancelledError:
        cancellation.cancel()
        raise
    finally:
        watch.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue
