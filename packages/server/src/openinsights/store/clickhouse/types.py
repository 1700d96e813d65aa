"""How values of each type are held by ClickHouse, and what its columns are packed with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openinsights.schema.table import Column, Table

ENGINE_TYPES: Final[Mapping[KqlType, str]] = {
    KqlType.BOOL: "Nullable(Bool)",
    KqlType.INT: "Nullable(Int32)",
    KqlType.LONG: "Nullable(Int64)",
    KqlType.REAL: "Nullable(Float64)",
    KqlType.DECIMAL: "Nullable(Decimal(38, 17))",
    KqlType.STRING: "String",
    KqlType.DATETIME: "Nullable(Int64)",
    KqlType.TIMESPAN: "Nullable(Int64)",
    KqlType.GUID: "Nullable(UUID)",
    KqlType.DYNAMIC: "Nullable(String)",
}
"""What a query gets for a column. Texts are never null, and datetimes are ticks."""

TIME_TYPE: Final = "Int64"
"""What the time of a row is held as: each row has one."""

FEW_VALUES: Final = frozenset(
    {
        "itemType", "operation_Name", "operation_SyntheticSource", "application_Version",
        "client_Type", "client_Model", "client_OS", "client_City", "client_StateOrProvince",
        "client_CountryOrRegion", "client_Browser", "cloud_RoleName", "cloud_RoleInstance", "appId",
        "appName", "iKey", "sdkVersion", "_ResourceId", "success", "resultCode", "performanceBucket",
        "target", "type", "location", "category", "counter", "instance", "assembly", "outerType",
        "outerAssembly", "innermostType", "innermostAssembly",
    }
)  # fmt: skip
"""Columns of texts that repeat: each part has a list of them, and rows have places in it. ClickHouse
keeps the texts themselves where there are too many."""

_NAMED_FEW: Final = frozenset({"requests", "dependencies", "customEvents", "customMetrics",
                               "performanceCounters", "availabilityResults"})  # fmt: skip
"""Tables whose `name` is of few values: routes, statements, metrics."""


def stored_type(table: Table, column: Column) -> str:
    """Return the type of a column of a classic table."""
    if column.name == table.time_column:
        return TIME_TYPE
    if column.type is KqlType.STRING and _has_few_values(table, column):
        return "LowCardinality(String)"
    return ENGINE_TYPES[column.type]


def codec(table: Table, column: Column) -> str:
    """Return what a column of a classic table is packed with."""
    if column.name == table.time_column:
        return "CODEC(DoubleDelta, ZSTD(1))"
    if column.type in (KqlType.INT, KqlType.LONG, KqlType.DATETIME, KqlType.TIMESPAN):
        return "CODEC(T64, ZSTD(1))"
    return "CODEC(ZSTD(1))"


def _has_few_values(table: Table, column: Column) -> bool:
    if column.name == "name":
        return table.name in _NAMED_FEW
    return column.name in FEW_VALUES
