"""Runs a question for the portal and gives its answer the form that the browser reads.

The page may leave while its query runs: then the query is cancelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.api.turn import answer_in_turn
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from starlette.requests import Request

    from openinsights.query.queue import QueryQueue
    from openinsights.query.result import QueryResult, Render, ResultTable
    from openinsights.query.service import QueryRequest, QueryService

GREATEST_SAFE_INTEGER = 2**53 - 1
"""A browser reads whole numbers beyond this inexactly; they travel as text."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers questions on the query threads, never on the event loop.

    Attributes:
        service: runs a query.
        queue: gives it its turn.
    """

    service: QueryService
    queue: QueryQueue

    async def ask(self, request: Request, query: QueryRequest) -> QueryResult:
        """Run the query; cancel it when the browser stops waiting for the request.

        Raises:
            OpenInsightsError: what `QueryService.run` and `QueryQueue.submit` raise.
        """
        return await answer_in_turn(
            request, self.queue, lambda: self.service.run(query), query.cancellation
        )


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
