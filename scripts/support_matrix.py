"""The page of what is run of KQL: every name's example compiled, and run where it is not refused.

The page holds no counts, so that two changes of it meet on a line only where they change one name.
"""

from __future__ import annotations

from contextlib import ExitStack

from openinsights.catalog import engine
from openinsights.catalog.resources import ResourceStore
from openinsights.clock import UNIX_EPOCH_TICKS
from openinsights.kql.api import CompileOptions
from openinsights.kql.database import Database, OtherResource
from openinsights.kql.names.registry import KINDS
from openinsights.kql.names.verdict import lacked, verdict
from openinsights.kql.sql.clickhouse import CLICKHOUSE
from openinsights.kql.sql.dialect import CAPABILITIES
from openinsights.query.functions import engine_functions
from openinsights.query.service import QueryRequest, QueryService
from openinsights.schema.catalog import ALL
from openinsights.store.duckdb.store import open_duckdb_store
from openinsights.store.limits import StoreLimits

NOW = UNIX_EPOCH_TICKS + 1_768_473_000 * 10_000_000
"""2026-01-15T10:30:00Z, what now() is on the page."""
LONGEST = 160
"""Characters of a result on the page."""

INTRODUCTION = """\
# KQL: what is run

Every name of the language, with how it is written and an example. *Right* means that the example was
compiled and run when this page was written, and what it gave; *refused* that the compiler says so itself,
with the reason and what to do instead. Exactly what a name means is in [the specification](../spec/kql.md).

At a terminal, `openinsights kql help NAME` shows the same for one name. `now()` is 2026-01-15T10:30:00Z here.

Where telemetry rests in ClickHouse, a name is run *on ClickHouse too*, with equal answers, or the query
is refused for what ClickHouse is not able to do:

"""

HEADINGS = {
    "statement": "Statements",
    "tabular operator": "Tabular operators",
    "operator": "Operators between values",
    "literal or call that names tables": "Literals, and calls that name tables",
    "function": "Functions",
    "aggregate": "Aggregates",
    "plugin": "Plugins of `evaluate`",
}


class Clock:
    """A clock that stands."""

    def now_ticks(self):
        """Return what now() is."""
        return NOW

    def monotonic_s(self):
        """Return no time."""
        return 0.0


def page():
    """Return the page in Markdown."""
    with ExitStack() as opened:
        resources = ResourceStore(engine.open_memory(), Clock())
        opened.callback(resources.close)
        resources.create("shop")
        # one thread: rows that no query sorts come in one order
        limits = StoreLimits(engine_threads=1)
        store = open_duckdb_store(None, Clock(), limits=limits, functions=engine_functions())
        opened.callback(store.close)
        queries = QueryService(store, resources.named, Clock())
        missing = [
            row for row in CAPABILITIES if row.is_needed and row not in CLICKHOUSE.capabilities
        ]
        parts = [INTRODUCTION, *(f"- `{row.name}`: {row.meaning}\n" for row in missing)]
        for kind, rows in KINDS.items():
            parts.append(f"\n## {HEADINGS[kind]}\n\n")
            parts += [line(row, queries) for row in rows]
    return "".join(parts)


def line(row, queries):
    """Return the line of a name."""
    database = Database(ALL, "openinsights", lambda call, name: OtherResource(name, ALL))
    options = CompileOptions(NOW, ask=lambda question: None)
    found = verdict(row, database, options)
    if found.is_run:
        result = gives(queries.run(QueryRequest(row.example)))
        lacks = lacked(row, database, options, CLICKHOUSE)
        where = f"not on ClickHouse (`{lacks}`)" if lacks else "on ClickHouse too"
        said = f"right, {where}: {code(row.usage)}<br>{code(row.example)} gives {result}"
    else:
        instead = f"; {found.instead}" if found.instead else ""
        said = (
            f"**refused**: {found.reason}{instead}<br>{code(row.usage)}, as in {code(row.example)}"
        )
    return f"- {code(row.name)} {said}\n"


def code(text):
    """Return a text as code."""
    mark = "``" if "`" in text else "`"
    return f"{mark}{text}{mark}"


def gives(result):
    """Return a result in a few words: one value with its type, else rows with their columns."""
    parts = []
    for table in result.tables:
        rows = table.rows_text()
        if len(rows) == 1 and len(table.columns) == 1:
            parts.append(f"{value(rows[0][0])} {table.columns[0][1]}")
            continue
        names = ", ".join(name for name, _ in table.columns)
        cells = [", ".join(map(value, row)) for row in rows]
        whole = f"{names}: {' / '.join(cells)}" if rows else f"{names or 'no columns'}: no rows"
        count = f"{len(rows)} row{'' if len(rows) == 1 else 's'}"
        parts.append(whole if len(whole) <= LONGEST else f"{names}: {count}")
    return " and ".join(parts)


def value(cell):
    """Return a value as code, cut where it is long."""
    text = "null" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)
    text = text if text != "" else '""'
    return code(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")
