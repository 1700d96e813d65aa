"""The SQL of deleting: a selection as a condition on the rows of one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openinsights.store.duckdb import ddl

if TYPE_CHECKING:
    from openinsights.store.selection import Condition, Selection

_COMPARISONS = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def delete(alias: str, table: str, selection: Selection) -> tuple[str, dict[str, Any]]:
    """Return the statement that deletes the selected rows of a table, and its parameters."""
    parameters: dict[str, Any] = {}
    conditions = [*_bounds(selection, parameters)]
    for place, one in enumerate(selection.conditions):
        conditions.append(_condition(one, f"v{place}", parameters))
    where = f" where {' and '.join(conditions)}" if conditions else ""
    return f"delete from {alias}.{ddl.quoted(table)}{where}", parameters  # noqa: S608 - quoted names, parameters for values


def _bounds(selection: Selection, parameters: dict[str, Any]) -> list[str]:
    conditions = []
    if selection.app_ids is not None:
        parameters["apps"] = list(selection.app_ids)
        conditions.append('"appId" in (select unnest($apps::VARCHAR[]))')
    if selection.other_app_ids:
        parameters["others"] = list(selection.other_app_ids)
        conditions.append('"appId" not in (select unnest($others::VARCHAR[]))')
    if selection.time_from is not None:
        parameters["first"] = selection.time_from
        conditions.append('"timestamp" >= $first')
    if selection.time_to is not None:
        parameters["last"] = selection.time_to
        conditions.append('"timestamp" <= $last')
    return conditions


def _condition(one: Condition, name: str, parameters: dict[str, Any]) -> str:
    value = _operand(one, name, parameters)
    if one.operator in _COMPARISONS:
        parameters[name] = one.values[0]
        return f"{value} {_COMPARISONS[one.operator]} ${name}"
    if one.operator == "between":
        parameters[f"{name}_low"], parameters[f"{name}_high"] = one.values
        return f"{value} between ${name}_low and ${name}_high"
    values = list(one.values)
    if one.operator in ("=~", "in~"):
        value = f"lower({value})"
        values = [str(each).lower() for each in values]
    parameters[name] = values
    return f"{value} in (select unnest(${name}))"


def _operand(one: Condition, name: str, parameters: dict[str, Any]) -> str:
    if not one.key:
        return ddl.quoted(one.column)
    # a pointer: unlike a path it can name any key
    parameters[f"{name}_key"] = "/" + one.key.replace("~", "~0").replace("/", "~1")
    return f"json_extract_string({ddl.quoted(one.column)}, ${name}_key)"
