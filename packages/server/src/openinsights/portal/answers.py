"""Runs a question for the portal and gives its answer the form that the browser reads.

The page may leave while its query runs: then the query is cancelled.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from openinsights.api.freshness import max_age
from openinsights.api.sharing import Kept, SharedAnswers
from openinsights.api.turn import answer_in_turn, caller_of
from openinsights.query.queue import Kind
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from concurrent.futures import Future

    from starlette.requests import Request

    from openinsights.query.queue import QueryQueue
    from openinsights.query.result import QueryResult, Render, ResultTable
    from openinsights.query.service import QueryRequest, QueryService
    from openinsights.store.api import Cancellation

TILE_FRESH_S: Final = 30.0
"""The longest time for which a tile's reply is given to others."""
FRESH_PER_COST: Final = 100.0
"""For how many times its cost in time a tile's reply is given to others."""
_KEPT_BYTES: Final = 1 << 20
GREATEST_SAFE_INTEGER = 2**53 - 1
"""A browser reads whole numbers beyond this inexactly; they travel as text."""


class Answers:
    """Answers questions on the query threads, never on the event loop.

    Args:
        service: runs a query.
        queue: gives it its turn.
    """

    def __init__(self, service: QueryService, queue: QueryQueue) -> None:
        self._service = service
        self._queue = queue
        self._shared: SharedAnswers[bytes] = SharedAnswers()

    async def ask(self, request: Request, query: QueryRequest) -> QueryResult:
        """Run a query that somebody typed; cancel it when the browser stops waiting for it.

        Raises:
            OpenInsightsError: what `QueryService.run` and `QueryQueue.submit` raise.
        """
        turn = self._queue.submit(
            lambda: self._service.run(query),
            caller=caller_of(request),
            text=hash((query.app_ids, query.text)),
            cancellation=query.cancellation,
        )
        return await answer_in_turn(request, turn, query.cancellation)

    async def tile(
        self,
        request: Request,
        key: Hashable,
        query: QueryRequest,
        write: Callable[[QueryResult], bytes],
        grain_s: float,
    ) -> tuple[bytes, float]:
        """Return the reply of a tile and its age in seconds; equal tiles share one.

        A reply is given to others for a hundred times as long as it took, but neither longer than a
        grain nor than half a minute: a cheap tile is as good as new, and what costs is not paid for
        by every viewer. Then it is made anew; until that is done it is still given to who would
        have to wait, for another such time. Who sends `Cache-Control: no-cache` gets a new one.

        Args:
            request: whose caller may see what the tile shows.
            key: what equal tiles have in common.
            query: the tile's.
            write: makes the reply.
            grain_s: the width of its buckets.

        Raises:
            OpenInsightsError: what `QueryService.run` and `QueryQueue.submit` raise.
        """

        def begin(cancellation: Cancellation) -> Future[Kept[bytes]]:
            own = replace(query, cancellation=cancellation)
            return self._queue.submit(
                lambda: self._kept(own, write), Kind.TILE, caller_of(request), key, cancellation
            )

        most_s = min(grain_s, TILE_FRESH_S)
        asked = max_age(request.headers.get("cache-control", ""), default=most_s)
        fresh_s = min(asked, most_s)
        stale_s = min(grain_s, 2 * TILE_FRESH_S) if fresh_s == most_s else fresh_s
        return await self._shared.answer(request, key, fresh_s, begin, stale_s)

    def _kept(self, query: QueryRequest, write: Callable[[QueryResult], bytes]) -> Kept[bytes]:
        result = self._service.run(query)
        reply = write(result)
        is_kept = len(reply) <= _KEPT_BYTES
        fresh_s = result.statistics.execution_s * FRESH_PER_COST if is_kept else 0.0
        return Kept(reply, len(reply), fresh_s)


def table_reply(table: ResultTable) -> dict[str, object]:
    """Return a table's columns and rows; dates, timespans and dynamics as text."""
    return {
        "columns": [{"name": name, "type": str(kind)} for name, kind in table.columns],
        "rows": _exact(table),
    }


def render_reply(render: Render | None) -> dict[str, object] | None:
    """Return how the query asks to be drawn: the visualization and its properties."""
    if render is None:
        return None
    properties = {name.lower(): value for name, value in render.properties.items()}
    return {"visualization": render.visualization} | properties


def _exact(table: ResultTable) -> list[tuple[object, ...]]:
    rows = table.rows_text()
    longs = [index for index, kind in enumerate(table.types) if kind is KqlType.LONG]
    if not any(_beyond(row[index]) for row in rows for index in longs):
        return rows
    return [
        tuple(
            str(cell) if index in longs and _beyond(cell) else cell
            for index, cell in enumerate(row)
        )
        for row in rows
    ]


def _beyond(cell: object) -> bool:
    return isinstance(cell, int) and abs(cell) > GREATEST_SAFE_INTEGER
