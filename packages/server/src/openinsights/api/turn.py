"""Wait for a query's turn and answer without blocking the event loop, or stop it with its caller."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from openinsights.store.errors import QueryCancelled

if TYPE_CHECKING:
    from collections.abc import Hashable
    from concurrent.futures import Future

    from starlette.requests import Request

    from openinsights.store.api import Cancellation

_Answer = TypeVar("_Answer")


async def answer_in_turn(
    request: Request, turn: Future[_Answer], cancellation: Cancellation
) -> _Answer:
    """Return what the work returns.

    Args:
        request: whose body has been read; when its caller leaves, the query is cancelled.
        turn: what the queue gave for the work.
        cancellation: stops the query.

    Raises:
        QueryCancelled: the caller left before the query's turn came.
        OpenInsightsError: what the work raises.
    """
    running = asyncio.wrap_future(turn)
    watch = asyncio.ensure_future(disconnected(request))
    try:
        await asyncio.wait((running, watch), return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            if turn.cancel():
                raise QueryCancelled("cannot finish the query: its caller left")
            cancellation.cancel()
        return await running
    except asyncio.CancelledError:
        cancellation.cancel()
        raise
    finally:
        watch.cancel()


async def disconnected(request: Request) -> None:
    """Return once the caller of a request, whose body has been read, left."""
    while (await request.receive())["type"] != "http.disconnect":
        continue


def asker(request: Request) -> Hashable:
    """Return what tells those apart who see different things."""
    caller = request.scope.get("state", {}).get("caller")
    return None if caller is None else (caller.kind, caller.id, caller.name)


def caller_of(request: Request) -> str:
    """Return what tells callers apart for whose turn it is: who is signed in, else the program."""
    caller = request.scope.get("state", {}).get("caller")
    if caller is not None and caller.id:
        return f"{caller.kind}:{caller.id}"
    return "" if request.client is None else f"{request.client.host}:{request.client.port}"
