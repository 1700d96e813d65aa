"""Under which names exported records have the columns of the classic tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.schema.catalog import APP, BY_NAME, CLASSIC

if TYPE_CHECKING:
    from openinsights.schema.table import Column, Table

TABLE_FIELDS: Final = ("Type", "itemType", "type", "category")
"""Fields that name a record's table, the surest first; rows of `dependencies` have a `type` of
their own."""
TIME_FIELDS: Final = ("time", "TimeGenerated", "timestamp", "timeGenerated")
"""Fields with the time of a record: diagnostic settings, workspaces, classic tables."""

_SAID_BY_THE_RESOURCE: Final = frozenset(("appId", "appName", "iKey", "_ResourceId", "itemType"))
"""Columns that say to whom a row belongs; it belongs to whom it is imported to."""
_KNOWN_ELSEWHERE: Final = frozenset(
    (
        *TABLE_FIELDS,
        *TIME_FIELDS,
        "TenantId",
        "ResourceGUID",
        "SourceSystem",
        "MG",
        "ReferencedItemId",
        "ReferencedType",
        "resourceId",
        "_SubscriptionId",
        "_BilledSize",
        "_IsBillable",
        "_TimeReceived",
        "operationName",
        "level",
        "location",
        "tenantId",
        *_SAID_BY_THE_RESOURCE,
        "IKey",
    )
)


@dataclass(frozen=True, slots=True)
class Target:
    """A classic table, as records name its columns.

    Attributes:
        table: the table.
        columns: of it by the names that records may use.
    """

    table: Table
    columns: dict[str, Column]

    def is_known(self, name: str) -> bool:
        """Whether a field of that name needs no mention when it is left out."""
        return name in self.columns or name in _KNOWN_ELSEWHERE


def _target(table: Table) -> Target:
    own = {column.name: column for column in table.columns}
    named = dict(own)
    for app in APP:
        if app.alias_of == table.name:
            named |= {
                column.name: own[column.stored_as]
                for column in app.columns
                if column.stored_as in own
            }
    left_out = _SAID_BY_THE_RESOURCE | {table.time_column}
    columns = {name: column for name, column in named.items() if column.name not in left_out}
    return Target(table, columns)


_TARGETS: Final = {table.name: _target(table) for table in CLASSIC}
_BY_ITEM_TYPE: Final = {table.item_type.lower(): table.name for table in CLASSIC}
_BY_NAME: Final = {name.lower(): table for name, table in BY_NAME.items()}


def target_named(name: str) -> Target | None:
    """Return the classic table that a name means: its own, its App* name or its item type."""
    folded = name.lower()
    table = _BY_NAME.get(folded)
    if table is not None:
        return _TARGETS.get(table.alias_of or table.name)
    return _TARGETS.get(_BY_ITEM_TYPE.get(folded, ""))


def target_of(record: dict[str, object], default: Target | None) -> Target | None:
    """Return the table that a record says it belongs to; else the default."""
    for field in TABLE_FIELDS:
        value = record.get(field)
        if isinstance(value, str) and (found := target_named(value)) is not None:
            return found
    return default
