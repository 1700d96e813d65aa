"""What the query editor knows: the tables, and the functions that this server runs.

The editor's language service comes with every function of Kusto; it is narrowed to these, so that
it never offers what would be refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.functions.registry import AGGREGATES, FUNCTIONS, SEVERAL, SPECIALS
from openinsights.schema.catalog import ALL

if TYPE_CHECKING:
    from openinsights.schema.table import Table

TABULAR_CALLS: Final = ("app", "database", "materialize", "resource", "table", "view", "workspace")
"""Calls that stand for a table; the compiler reads them as syntax, not as functions."""


def editor_schema() -> dict[str, object]:
    """Return tables with their columns, names of functions and names of aggregates."""
    return {
        "tables": [_table(table) for table in ALL],
        "functions": sorted({*FUNCTIONS, *SPECIALS, *TABULAR_CALLS}),
        "aggregates": sorted({*AGGREGATES, *SEVERAL}),
    }


def _table(table: Table) -> dict[str, object]:
    return {
        "name": table.name,
        "doc": table.doc,
        "alias_of": table.alias_of,
        "time_column": table.time_column,
        "columns": [
            {"name": column.name, "type": str(column.type), "doc": column.doc}
            for column in table.columns
        ],
    }
