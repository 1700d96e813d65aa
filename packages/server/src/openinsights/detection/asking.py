"""Asks telemetry, as the product itself: each question in its turn, with a bound in time and rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from openinsights.detection.grid import TICKS_PER_STEP
from openinsights.query.queue import Kind
from openinsights.query.service import QueryRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.detection.grid import Array
    from openinsights.query.queue import QueryQueue
    from openinsights.query.service import QueryService

    Row = tuple[object, ...]

_CALLER: Final = "detection"
_MOST_ROWS: Final = 50_000
_TIMEOUT_S: Final = 60.0


class Asking:
    """Answers questions about one resource; safe to use from any thread, and blocks.

    Args:
        queries: answers them.
        queue: gives them their turn.
        settle: waits for what was acknowledged.
    """

    def __init__(
        self, queries: QueryService, queue: QueryQueue, settle: Callable[[float], object]
    ) -> None:
        self._queries = queries
        self._queue = queue
        self.settle = settle

    def rows(self, app_id: str, text: str, now_ticks: int) -> list[Row]:
        """Return the rows of an answer, as the store holds them.

        Raises:
            OpenInsightsError: what `QueryService.run` and `QueryQueue.submit` raise.
        """
        request = QueryRequest(
            text,
            (app_id,),
            timeout_s=_TIMEOUT_S,
            max_rows=_MOST_ROWS,
            now_ticks=now_ticks,
            is_settled=True,
        )
        turn = self._queue.submit(
            lambda: self._queries.run(request),
            Kind.TILE,
            _CALLER,
            hash((app_id, text)),
            request.cancellation,
        )
        return turn.result().tables[0].raw


def series_of(rows: list[Row], first: int, steps: int) -> tuple[list[str], Array]:
    """Return the names and the sums (units, columns, steps) of an answer.

    Args:
        rows: (instant of the step, name, sums…).
        first: the first step.
        steps: how many there are.
    """
    units: dict[str, int] = {}
    for row in rows:
        units.setdefault(str(row[1] or ""), len(units))
    columns = len(rows[0]) - 2 if rows else 0
    sums = np.zeros((len(units), columns, steps))
    for row in rows:
        place = int(row[0]) // TICKS_PER_STEP - first  # type: ignore[call-overload]  # ticks
        if 0 <= place < steps:
            sums[units[str(row[1] or "")], :, place] = [
                0.0 if cell is None else float(cell)  # type: ignore[arg-type]  # numbers
                for cell in row[2:]
            ]
    return list(units), sums
