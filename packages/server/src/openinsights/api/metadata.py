"""What can be queried: the tables and their columns, for query editors and clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.errors import json_response
from openinsights.api.query_shapes import ROOM
from openinsights.api.question import is_workspace_id, resource_named
from openinsights.operation import promises
from openinsights.schema.catalog import APP, CLASSIC
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore
    from openinsights.schema.table import Table

_SYSTEM_TYPES = {
    KqlType.BOOL: "System.SByte",
    KqlType.INT: "System.Int32",
    KqlType.LONG: "System.Int64",
    KqlType.REAL: "System.Double",
    KqlType.DECIMAL: "System.Data.SqlTypes.SqlDecimal",
    KqlType.STRING: "System.String",
    KqlType.DATETIME: "System.DateTime",
    KqlType.TIMESPAN: "System.TimeSpan",
    KqlType.GUID: "System.Guid",
    KqlType.DYNAMIC: "System.Object",
}
_SCHEMA_COLUMNS = ("TableName", "ColumnName", "ColumnType")
_GROUP = "ai/StandardSchema"


class DescribedColumn(msgspec.Struct):
    """A column."""

    name: str
    type: str
    description: str


class DescribedTable(msgspec.Struct, rename="camel"):
    """A table."""

    id: str
    name: str
    description: str
    timespan_column: str
    columns: list[DescribedColumn]


class TableGroup(msgspec.Struct):
    """Tables that belong together, by their ids."""

    id: str
    name: str
    source: str
    tables: list[str]


class Owner(msgspec.Struct, rename="camel"):
    """A resource with the tables that it has, by their ids."""

    id: str
    name: str
    resource_id: str
    region: str
    tables: list[str]
    table_groups: list[str]


class Metadata(msgspec.Struct, rename="camel", omit_defaults=True):
    """What can be queried."""

    tables: list[DescribedTable]
    table_groups: list[TableGroup]
    applications: list[Owner] | None = None
    workspaces: list[Owner] | None = None


class SchemaColumn(msgspec.Struct):
    """A column of the table of columns."""

    ColumnName: str
    DataType: str
    ColumnType: str


class SchemaTable(msgspec.Struct):
    """The table of columns: table, column and type of each."""

    TableName: str
    Columns: list[SchemaColumn]
    Rows: list[list[str]]


class Schema(msgspec.Struct):
    """What can be queried, in the older form."""

    Tables: list[SchemaTable]


class MetadataApi:
    """The routes that describe tables.

    Args:
        resources: what ids and names mean.
    """

    def __init__(self, resources: ResourceStore) -> None:
        self._resources = resources

    def routes(self) -> list[Guarded]:
        """Return the routes."""
        methods = ["GET", "POST"]
        return [
            Guarded(
                "/v1/apps/{id:path}/metadata", self.application, methods=methods, right=Right.READ
            ),
            Guarded(
                "/v1/workspaces/{id:path}/metadata",
                self.workspace,
                methods=methods,
                right=Right.READ,
            ),
            Guarded(
                "/v1/subscriptions/{path:path}/metadata",
                self.resource,
                methods=methods,
                right=Right.READ,
            ),
            Guarded("/v1/apps/{id:path}/query/schema", self.schema, right=Right.READ),
        ]

    @promises(ROOM, Metadata, errors=(400, 404))
    async def application(self, request: Request) -> Response:
        """Describe the classic tables."""
        resource = resource_named(self._resources, request.path_params["id"])
        tables, groups = _tables(CLASSIC)
        return json_response(Metadata(tables, groups, applications=[_owner(resource, CLASSIC)]))

    @promises(ROOM, Metadata, errors=(400, 404))
    async def workspace(self, request: Request) -> Response:
        """Describe the workspace tables."""
        resource = resource_named(self._resources, request.path_params["id"])
        tables, groups = _tables(APP)
        return json_response(Metadata(tables, groups, workspaces=[_owner(resource, APP)]))

    @promises(ROOM, Metadata, errors=(400, 404))
    async def resource(self, request: Request) -> Response:
        """Describe the tables of a component, or of the workspace that it is too."""
        name = f"/subscriptions/{request.path_params['path']}"
        resource = resource_named(self._resources, name)
        if is_workspace_id(name):
            tables, groups = _tables(APP)
            return json_response(Metadata(tables, groups, workspaces=[_owner(resource, APP)]))
        tables, groups = _tables(CLASSIC)
        return json_response(Metadata(tables, groups, applications=[_owner(resource, CLASSIC)]))

    @promises(ROOM, Schema, errors=(400, 404))
    async def schema(self, request: Request) -> Response:
        """Describe the classic tables in the older form: one row per column."""
        resource_named(self._resources, request.path_params["id"])
        rows = [
            [table.name, column.name, _SYSTEM_TYPES[column.type]]
            for table in CLASSIC
            for column in table.columns
        ]
        columns = [SchemaColumn(name, "String", "string") for name in _SCHEMA_COLUMNS]
        return json_response(Schema([SchemaTable("Table_0", columns, rows)]))


def _tables(tables: tuple[Table, ...]) -> tuple[list[DescribedTable], list[TableGroup]]:
    group = TableGroup(_GROUP, "StandardSchema", "ai", [f"t/{table.name}" for table in tables])
    return [_table(table) for table in tables], [group]


def _table(table: Table) -> DescribedTable:
    columns = [
        DescribedColumn(column.name, str(column.type), column.doc) for column in table.columns
    ]
    return DescribedTable(f"t/{table.name}", table.name, table.doc, table.time_column, columns)


def _owner(resource: Resource, tables: tuple[Table, ...]) -> Owner:
    return Owner(
        resource.app_id,
        resource.name,
        resource.resource_id,
        resource.location,
        [f"t/{table.name}" for table in tables],
        [_GROUP],
    )
