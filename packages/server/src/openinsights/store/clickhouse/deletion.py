"""The SQL of deleting: a selection as a condition on the rows of one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.clock import TICKS_PER_DAY
from openinsights.store.clickhouse.literals import literal, quoted
from openinsights.store.clickhouse.scan import key_value

if TYPE_CHECKING:
    from openinsights.store.selection import Condition, Selection

_COMPARISONS: Final = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def condition(selection: Selection) -> str:
    """Return the condition of the selected rows of a table; never null."""
    parts = []
    if selection.app_ids is not None:
        parts.append(f"appId IN {literal(selection.app_ids)}")
    if selection.other_app_ids:
        parts.append(f"appId NOT IN {literal(selection.other_app_ids)}")
    if selection.time_from is not None:
        parts.append(f"timestamp >= {literal(selection.time_from)}")
    if selection.time_to is not None:
        parts.append(f"timestamp <= {literal(selection.time_to)}")
    parts += [f"ifNull({_condition(one)}, false)" for one in selection.conditions]
    return " AND ".join(parts) or "true"


def whole_day(selection: Selection) -> int | None:
    """Return the day when a selection is of all rows of some resources in it; else None."""
    first, last = selection.time_from, selection.time_to
    if selection.conditions or first is None or last is None:
        return None
    is_day = first % TICKS_PER_DAY == 0 and last == first + TICKS_PER_DAY - 1
    return first // TICKS_PER_DAY if is_day else None


def _condition(one: Condition) -> str:
    value = _operand(one)
    if one.operator in _COMPARISONS:
        return f"{value} {_COMPARISONS[one.operator]} {literal(one.values[0])}"
    if one.operator == "between":
        low, high = map(literal, one.values)
        return f"{value} BETWEEN {low} AND {high}"
    if not one.values:
        return "false"
    if one.operator in ("=~", "in~"):
        return f"lowerUTF8({value}) IN {literal([str(each).lower() for each in one.values])}"
    return f"{value} IN {literal(list(one.values))}"


def _operand(one: Condition) -> str:
    column = quoted(one.column)
    if not one.key:
        return column
    bag = f"coalesce({column}, '')"
    # a key that is not there fits nothing, not even what is not equal
    return f"if(JSONHas({bag}, {literal(one.key)}), {_key(column, one.key)}, NULL)"


def _key(column: str, key: str) -> str:
    return key_value(column, key, as_text=True)
