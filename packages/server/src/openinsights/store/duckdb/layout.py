"""What a day file looks like inside, and how one that an earlier release wrote is brought up to it.

A file carries the version of its layout. Columns and tables that came later are added when the
file is attached, whatever its version: they have their missing value in every row. A change that an
earlier release could not read raises `ddl.LAYOUT_VERSION` and adds its statements to `STEPS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.schema.catalog import CLASSIC
from openinsights.store.duckdb import ddl, operation_index
from openinsights.store.duckdb.undoing import roll_back
from openinsights.store.errors import StoreError, StoreTooNew

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import duckdb

STEPS: Mapping[int, tuple[str, ...]] = {2: operation_index.CREATE}
"""Statements that bring a file of the version before to this one; `{alias}` is its database.

The third has none: it may have rollups, which a release that deletes rows without them must not open.
"""


def lay_out(connection: duckdb.DuckDBPyConnection, alias: str, where: str) -> None:
    """Give an attached file its tables, or bring those that it has up to date.

    One transaction: after a crash the file is as it was, or as it has to be.

    Args:
        connection: that attached it.
        alias: of the attached file.
        where: what to call it in an error.

    Raises:
        StoreTooNew: a newer release of this program wrote it.
        StoreError: another program wrote it.
    """
    found = _columns(connection, alias)
    if not found:
        _run(connection, ddl.create_day(alias))
        return
    if "layout" not in found:
        raise StoreError(f"cannot open day file {where}: another program wrote it")
    version = _version(connection, alias)
    if version > ddl.LAYOUT_VERSION:
        raise StoreTooNew(
            f"cannot open day file {where}: a newer release of OpenInsights wrote it (layout "
            f"{version}, known up to {ddl.LAYOUT_VERSION}); install that release"
        )
    changes = [*_steps(alias, version), *_additions(alias, found)]
    if changes:
        _run(connection, changes)


def _columns(connection: duckdb.DuckDBPyConnection, alias: str) -> dict[str, set[str]]:
    rows = connection.execute(ddl.ALL_COLUMNS, {"alias": alias}).fetchall()
    found: dict[str, set[str]] = {}
    for table, column in rows:
        found.setdefault(table, set()).add(column)
    return found


def _version(connection: duckdb.DuckDBPyConnection, alias: str) -> int:
    row = connection.execute(ddl.LAYOUT.format(alias=alias)).fetchall()[0]
    return int(row[0]) if row[0] is not None else 0


def _steps(alias: str, version: int) -> Iterator[str]:
    if version == ddl.LAYOUT_VERSION:
        return
    for number in range(version + 1, ddl.LAYOUT_VERSION + 1):
        for statement in STEPS.get(number, ()):
            yield statement.format(alias=alias)
    yield ddl.SET_LAYOUT.format(alias=alias)


def _additions(alias: str, found: Mapping[str, set[str]]) -> Iterator[str]:
    for table in CLASSIC:
        if table.name not in found:
            yield ddl.create_table(alias, table)
            continue
        for column in table.columns:
            if column.name not in found[table.name]:
                yield ddl.add_column(alias, table, column)


def _run(connection: duckdb.DuckDBPyConnection, statements: Iterable[str]) -> None:
    try:
        connection.execute(";\n".join(("begin", *statements, "commit")))
    except BaseException:
        roll_back(connection)
        raise
