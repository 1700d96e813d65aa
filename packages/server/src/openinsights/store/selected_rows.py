"""A selection applied to rows that no engine holds: bodies that were set aside."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

import msgspec

from openinsights.schema.catalog import BY_NAME
from openinsights.schema.types import KqlType
from openinsights.store.rows import DayRows, Rows, TableRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from openinsights.store.selection import Condition, Selection

_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def without(rows: Rows, selection: Selection) -> tuple[Rows, int]:
    """Return a body without the selected rows, and how many those were."""
    days = [
        DayRows(day.day, tuple(_without(table, selection) for table in day.tables))
        for day in rows.days
    ]
    kept = tuple(
        DayRows(day.day, tables)
        for day in days
        if (tables := tuple(table for table in day.tables if table.count))
    )
    left = Rows(rows.digest, rows.size_bytes, kept)
    return left, rows.count - left.count


def _without(table: TableRows, selection: Selection) -> TableRows:
    if table.table not in selection.tables:
        return table
    keep = [place for place in range(table.count) if not _selected(table, place, selection)]
    if len(keep) == table.count:
        return table
    columns = {name: _at(values, keep) for name, values in table.columns.items()}
    sequences = None if table.sequences is None else _at(table.sequences, keep)
    return TableRows(table.table, len(keep), columns, sequences)


def _at(values: list[Any], places: Iterable[int]) -> list[Any]:
    return [values[place] for place in places]


def _selected(table: TableRows, place: int, selection: Selection) -> bool:
    app_id, at = _value(table, "appId", place), _value(table, "timestamp", place)
    return (
        (selection.app_ids is None or app_id in selection.app_ids)
        and app_id not in selection.other_app_ids
        and (selection.time_from is None or at >= selection.time_from)
        and (selection.time_to is None or at <= selection.time_to)
        and all(_fits(one, _compared(table, place, one)) for one in selection.conditions)
    )


def _value(table: TableRows, name: str, place: int) -> Any:  # of any column
    values = table.columns.get(name)
    if values is not None:
        return values[place]
    column = next(each for each in BY_NAME[table.table].columns if each.name == name)
    return "" if column.type is KqlType.STRING else None


def _compared(table: TableRows, place: int, one: Condition) -> Any:  # of any column
    value = _value(table, one.column, place)
    if not one.key or value is None:
        return value
    try:
        found = msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return None
    inner = found.get(one.key) if isinstance(found, dict) else None
    if inner is None or isinstance(inner, str):
        return inner
    return msgspec.json.encode(inner).decode()


def _fits(one: Condition, value: Any) -> bool:  # of any column
    if value is None:
        return False
    if one.operator in _COMPARISONS:
        return _COMPARISONS[one.operator](value, one.values[0])
    if one.operator == "between":
        return bool(one.values[0] <= value <= one.values[1])
    if one.operator == "in":
        return value in one.values
    return str(value).lower() in [str(each).lower() for each in one.values]
