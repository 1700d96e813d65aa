"""A query result as the JSON of a reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from openinsights.query.encoded_rows import EncodedReply, EncodedRows
from openinsights.query.values import TO_REPLY_TEXT, TO_TEXT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from openinsights.api.prefer import Preferences
    from openinsights.query.result import QueryResult, Render, ResultTable
    from openinsights.schema.types import KqlType

TRUNCATED = "ResultTruncated"
OUT_OF_TIME = "QueryTimeout"
"""Why an answer is not complete: more rows, cells or bytes than allowed, or more time."""
_RENDER_KEYS = (
    "title",
    "xColumn",
    "series",
    "yColumns",
    "anomalyColumns",
    "xTitle",
    "yTitle",
    "xAxis",
    "yAxis",
    "legend",
    "ySplit",
    "accumulate",
    "isQuerySorted",
    "kind",
    "ymin",
    "ymax",
    "by",
)
_RENDER_DEFAULTS = {"accumulate": False, "isQuerySorted": False}


def row_taker(
    preferences: Preferences, folder: Path | None
) -> Callable[[tuple[KqlType, ...]], EncodedRows]:
    """Return what makes the JSON of a table's rows while they come."""
    conversions = TO_TEXT if preferences.exact else TO_REPLY_TEXT
    return lambda types: EncodedRows(types, conversions, folder)


def query_reply(result: QueryResult, preferences: Preferences) -> EncodedReply:
    """Return the reply's body; its tables' rows were taken by `row_taker`'s."""
    pieces: list[bytes | EncodedRows] = []
    for table in result.tables:
        columns = [{"name": name, "type": str(kind)} for name, kind in table.columns]
        head = msgspec.json.encode({"name": table.name, "columns": columns})
        pieces += [b'{"tables":[' if not pieces else b"},", head[:-1] + b',"rows":', _rows(table)]
    more: dict[str, object] = {}
    if preferences.statistics:
        more["statistics"] = _statistics(result)
    if preferences.render:
        more["render"] = render_reply(result.render)
    if preferences.sql:
        more["sql"] = result.sql
    if result.partial:
        more["error"] = _partial_error(result)
    rest = msgspec.json.encode(more)
    pieces.append(b"}]" + (b"," + rest[1:] if more else b"}"))
    return EncodedReply(tuple(pieces))


def _partial_error(result: QueryResult) -> dict[str, object]:
    why = {"code": OUT_OF_TIME if result.out_of_time else TRUNCATED, "message": result.partial}
    return {
        "code": "PartialError",
        "message": "The answer is not complete",
        "details": [{**why, "innererror": why}],
    }


def _rows(table: ResultTable) -> EncodedRows:
    if not isinstance(table.taken, EncodedRows):
        raise TypeError("BUG: the rows were not taken as a reply needs them")
    return table.taken


def render_reply(render: Render | None) -> dict[str, object]:
    """Return how to draw a result, with every key that clients look for."""
    properties = (
        {} if render is None else {name.lower(): value for name, value in render.properties.items()}
    )
    return {"visualization": None if render is None else render.visualization} | {
        key: properties.get(key.lower(), _RENDER_DEFAULTS.get(key)) for key in _RENDER_KEYS
    }


def _statistics(result: QueryResult) -> dict[str, object]:
    return {
        "query": {
            "executionTime": round(result.statistics.execution_s, 6),
            "resourceUsage": {},
            "datasetStatistics": [
                {"tableRowCount": table.count, "tableSize": _rows(table).size_bytes}
                for table in result.tables
            ],
        }
    }
