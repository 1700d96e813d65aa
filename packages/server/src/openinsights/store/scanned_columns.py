"""The columns that a scan asks for, as every engine looks them up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.schema.rollup import Measure, measure_named
from openinsights.schema.table import Column
from openinsights.store.api import KeyColumn
from openinsights.store.errors import StoreError

if TYPE_CHECKING:
    from openinsights.schema.table import Table
    from openinsights.store.api import ScanRequest

ScannedColumn = Column | KeyColumn | Measure


def scanned_columns(table: Table, request: ScanRequest) -> list[ScannedColumn]:
    """Return what the names of a request mean, in its order.

    Raises:
        StoreError: the table has no such column.
    """
    known: dict[str, ScannedColumn] = {column.name: column for column in table.columns}
    known.update((key.name, key) for key in request.keys)
    if request.is_rolled_up:
        measures = [measure for name in request.columns if (measure := measure_named(name))]
        known.update((measure.name, measure) for measure in measures)
    names = (*request.columns, *(key.column for key in request.keys))
    try:
        return [known[name] for name in names][: len(request.columns)]
    except KeyError as error:
        raise StoreError(
            f"cannot read column {error.args[0]!r}: table {table.name} has no such column"
        ) from None
