"""Functions that look at neighbouring rows; the rows must be in an order."""

from __future__ import annotations

from typing import Final

from openinsights.kql.names.name import Name

NAMES: Final = (
    Name(
        "next",
        "next(column, [offset], [default_value])",
        "range x from 1 to 3 step 1 | serialize | extend after = next(x, 1, 0)",
    ),
    Name(
        "prev",
        "prev(column, [offset], [default_value])",
        "range x from 1 to 3 step 1 | serialize | extend before = prev(x, 1, 0)",
    ),
    Name(
        "row_cumsum",
        "row_cumsum(term, [restart])",
        "range x from 1 to 3 step 1 | serialize | extend total = row_cumsum(x)",
    ),
    Name(
        "row_number",
        "row_number([startingIndex], [restart])",
        "range x from 7 to 9 step 1 | serialize | extend number = row_number()",
    ),
    Name(
        "row_rank",
        "row_rank(column, [dense])",
        "datatable(x:long)[5, 5, 6] | serialize | extend rank = row_rank(x)",
    ),
    Name(
        "row_rank_dense",
        "row_rank_dense(term, [restart])",
        "datatable(x:long)[5, 5, 6] | serialize | extend rank = row_rank_dense(x)",
    ),
    Name(
        "row_rank_min",
        "row_rank_min(term, [restart])",
        "datatable(x:long)[5, 5, 6] | serialize | extend rank = row_rank_min(x)",
    ),
    Name(
        "row_window_session",
        "row_window_session(expr, maxDistanceFromFirst, maxDistanceBetweenNeighbors, [restart])",
        "datatable(at:datetime)[datetime(2026-01-15 09:00), datetime(2026-01-15 09:01), datetime(2026-01-15 10:00)] | serialize | project start = row_window_session(at, 1h, 5m)",
    ),
)
