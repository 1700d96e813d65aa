"""A query result as the JSON of a reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from openinsights.api.prefer import Preferences
    from openinsights.query.result import QueryResult, Render, ResultTable

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


def query_reply(result: QueryResult, preferences: Preferences) -> bytes:
    """Return the reply's body; half a million rows take a while, so call it off the event loop."""
    tables = [_table(table, preferences) for table in result.tables]
    reply: dict[str, object] = {"tables": tables}
    if preferences.statistics:
        reply["statistics"] = _statistics(result, tables)
    if preferences.render:
        reply["render"] = render_reply(result.render)
    if preferences.sql:
        reply["sql"] = result.sql
    if result.partial:
        reply["error"] = {
            "code": "PartialError",
            "message": "The answer is not complete",
            "details": [{"code": "ResultTruncated", "message": result.partial}],
        }
    return msgspec.json.encode(reply)


def render_reply(render: Render | None) -> dict[str, object]:
    """Return how to draw a result, with every key that clients look for."""
    properties = (
        {} if render is None else {name.lower(): value for name, value in render.properties.items()}
    )
    return {"visualization": None if render is None else render.visualization} | {
        key: properties.get(key.lower(), _RENDER_DEFAULTS.get(key)) for key in _RENDER_KEYS
    }


def _table(table: ResultTable, preferences: Preferences) -> dict[str, object]:
    return {
        "name": table.name,
        "columns": [{"name": name, "type": str(kind)} for name, kind in table.columns],
        "rows": table.rows_exact() if preferences.exact else table.rows_text(),
    }


def _statistics(result: QueryResult, tables: list[dict[str, object]]) -> dict[str, object]:
    sizes = [len(msgspec.json.encode(table["rows"])) for table in tables]
    return {
        "query": {
            "executionTime": round(result.statistics.execution_s, 6),
            "resourceUsage": {},
            "datasetStatistics": [
                {"tableRowCount": len(table.raw), "tableSize": size}
                for table, size in zip(result.tables, sizes, strict=True)
            ],
        }
    }
