"""Bodies that were set aside, as people and programs get to see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openinsights.clock import day_name
from openinsights.query.values import datetime_text
from openinsights.schema.catalog import BY_NAME
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openinsights.store.rows import Rows, TableRows
    from openinsights.store.set_aside import SetAsideBody


def facts(body: SetAsideBody) -> dict[str, Any]:  # JSON of the management API
    """Return what is known of a body without its rows."""
    return {
        "id": body.id,
        "sizeBytes": body.size_bytes,
        "rows": body.rows,
        "tables": [
            {"day": day_name(day), "table": table, "rows": count}
            for day, table, count in body.counts
        ],
    }


def row_objects(rows: Rows) -> Iterator[dict[str, Any]]:
    """Yield each row of a body: its table, then those of its columns that have a value."""
    for day in rows.days:
        for table in day.tables:
            yield from _objects(table)


def _objects(table: TableRows) -> Iterator[dict[str, Any]]:
    schema = BY_NAME.get(table.table)
    times = {
        column.name
        for column in (schema.columns if schema else ())
        if column.type is KqlType.DATETIME
    }
    for place in range(table.count):
        row = {"table": table.table}
        for name, values in table.columns.items():
            value = values[place]
            if value not in (None, ""):
                row[name] = datetime_text(value) if name in times else value
        yield row
