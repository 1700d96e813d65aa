"""Which stored rows are meant: those of some tables, resources and times that fit all conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.schema.catalog import BY_NAME, CLASSIC
from openinsights.schema.types import KqlType
from openinsights.store.errors import SelectionError

if TYPE_CHECKING:
    from openinsights.schema.table import Column

OPERATORS = ("==", "!=", "=~", "in", "in~", "<", "<=", ">", ">=", "between")
_LISTS = ("in", "in~", "between")
_IGNORING_CASE = ("=~", "in~")


@dataclass(frozen=True, slots=True)
class Condition:
    """What a column of a row has to be.

    Attributes:
        column: name of the column.
        operator: one of `OPERATORS`; `between` includes both ends.
        values: what it is compared with, in the column's physical representation; one value, for
            `in` any number, for `between` two.
        key: for a dynamic column, the name of the value inside it, which is compared as text.
    """

    column: str
    operator: str
    values: tuple[object, ...]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows are meant.

    Attributes:
        table: a classic table; "" means all of them.
        app_ids: resources; None means all of them.
        other_app_ids: resources whose rows are not meant, whatever `app_ids` says.
        time_from: first tick, None for no bound.
        time_to: last tick (inclusive), None for no bound.
        conditions: all of them have to hold.
    """

    table: str = ""
    app_ids: tuple[str, ...] | None = None
    other_app_ids: tuple[str, ...] = ()
    time_from: int | None = None
    time_to: int | None = None
    conditions: tuple[Condition, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """The classic tables that it is about: those that have the columns it names."""
        names = (self.table,) if self.table else tuple(table.name for table in CLASSIC)
        return tuple(
            name
            for name in names
            if all(_column(name, one.column) is not None for one in self.conditions)
        )

    def check(self) -> None:
        """Refuse what no store can answer, before anything is deleted.

        Raises:
            SelectionError: a table, column or operator does not exist, or does not fit.
        """
        if self.table not in ("", *(table.name for table in CLASSIC)):
            raise SelectionError(f"cannot find table {self.table!r}")
        for one in self.conditions:
            self._check(one)
        if not self.tables:
            raise SelectionError("cannot select rows: no table has all columns of the filters")

    def _check(self, one: Condition) -> None:
        where = f"table {self.table}" if self.table else "any table"
        names = (self.table,) if self.table else tuple(table.name for table in CLASSIC)
        columns = [found for name in names if (found := _column(name, one.column)) is not None]
        if not columns:
            raise SelectionError(f"cannot find column {one.column!r} in {where}")
        if one.operator not in OPERATORS:
            raise SelectionError(
                f"cannot compare by {one.operator!r}: there is {' '.join(OPERATORS)}"
            )
        if one.key and columns[0].type is not KqlType.DYNAMIC:
            raise SelectionError(
                f"cannot look for a key in column {one.column!r}: it is not dynamic"
            )
        is_text = columns[0].type is KqlType.STRING or bool(one.key)
        if one.operator in _IGNORING_CASE and not is_text:
            raise SelectionError(f"cannot ignore case of column {one.column!r}: it is no text")
        wanted = 2 if one.operator == "between" else 1
        if one.operator not in ("in", "in~") and len(one.values) != wanted:
            raise SelectionError(f"cannot compare by {one.operator}: {wanted} values are needed")


def column_of(table: str, name: str) -> Column | None:
    """Return a column of a classic table, or of any table when `table` is ""; None without one."""
    names = (table,) if table else tuple(each.name for each in CLASSIC)
    return next((found for each in names if (found := _column(each, name)) is not None), None)


def _column(table: str, name: str) -> Column | None:
    return next((each for each in BY_NAME[table].columns if each.name == name), None)
