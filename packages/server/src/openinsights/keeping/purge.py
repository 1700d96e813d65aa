"""What a purge asks for, in the words of Azure's management API, as a selection of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openinsights.catalog.purges import Purge
from openinsights.errors import OpenInsightsError
from openinsights.query.timespan import parse_instant
from openinsights.schema.types import KqlType
from openinsights.store.selection import Condition, Selection, column_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openinsights.schema.table import Column

_KEYS = ("column", "operator", "value", "key")


class InvalidPurge(OpenInsightsError):
    """A purge asks for something that is not understood; nothing is deleted."""

    code = "InvalidPurge"


def selection_of(purge: Purge) -> Selection:
    """Return the rows that a purge is about.

    Raises:
        InvalidPurge: a filter has another form, or a value that its column cannot have.
        SelectionError: a table or column does not exist.
    """
    conditions = tuple(_condition(purge.table, each) for each in purge.filters)
    selection = Selection(purge.table, (purge.app_id,), conditions=conditions)
    selection.check()
    return selection


def unchecked(app_id: str, table: str, filters: tuple[dict[str, Any], ...]) -> Purge:
    """Return a purge that nobody has noted yet, to see whether it is understood."""
    return Purge("", app_id, table, filters, 0)


def _condition(table: str, given: Mapping[str, Any]) -> Condition:  # JSON of the management API
    unknown = [name for name in given if name not in _KEYS]
    name, operator = given.get("column"), given.get("operator")
    key = given.get("key") or ""
    if unknown or not isinstance(name, str) or not isinstance(operator, str):
        raise InvalidPurge(
            f"cannot use filter {dict(given)!r}: it has a column, an operator, a value and, for a"
            " value inside a dynamic column, a key"
        )
    if not isinstance(key, str):
        raise InvalidPurge(f"cannot use key {key!r} of a filter: a text is needed")
    value = given.get("value")
    values = value if isinstance(value, list) else [value]
    column = column_of(table, name)
    if column is None:  # the selection says it in its own words
        return Condition(name, operator, tuple(values), key)
    read = _text if key else _READERS.get(column.type, _text)
    return Condition(name, operator, tuple(read(column, each) for each in values), key)


def _text(column: Column, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidPurge(f"cannot compare column {column.name} with {value!r}: use a text")
    return value


def _time(column: Column, value: object) -> int:
    try:
        return parse_instant(_text(column, value))
    except ValueError as error:
        raise InvalidPurge(f"cannot compare column {column.name}: {error}") from None


def _number(column: Column, value: object) -> int | float:
    if isinstance(value, str):
        try:
            return float(value) if column.type is KqlType.REAL else int(value)
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidPurge(f"cannot compare column {column.name}: use a number")
    return value


def _truth(column: Column, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidPurge(f"cannot compare column {column.name}: use true or false")
    return value


_READERS: dict[KqlType, Callable[[Column, object], object]] = {
    KqlType.DATETIME: _time,
    KqlType.INT: _number,
    KqlType.LONG: _number,
    KqlType.REAL: _number,
    KqlType.BOOL: _truth,
}
