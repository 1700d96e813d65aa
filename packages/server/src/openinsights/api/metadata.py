"""What can be queried: the tables and their columns, for query editors and clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.errors import json_response
from openinsights.api.question import resource_named
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
            Guarded("/v1/apps/{id:path}/query/schema", self.schema, right=Right.READ),
        ]

    async def application(self, request: Request) -> Response:
        """Describe the classic tables."""
        resource = resource_named(self._resources, request.path_params["id"])
        body = _tables(CLASSIC)
        return json_response(body | {"applications": [_owner(resource, CLASSIC)]})

    async def workspace(self, request: Request) -> Response:
        """Describe the workspace tables."""
        resource = resource_named(self._resources, request.path_params["id"])
        return json_response(_tables(APP) | {"workspaces": [_owner(resource, APP)]})

    async def schema(self, request: Request) -> Response:
        """Describe the classic tables in the older form: one row per column."""
        resource_named(self._resources, request.path_params["id"])
        rows = [
            [table.name, column.name, _SYSTEM_TYPES[column.type]]
            for table in CLASSIC
            for column in table.columns
        ]
        columns = [
            {"ColumnName": name, "DataType": "String", "ColumnType": "string"}
            for name in _SCHEMA_COLUMNS
        ]
        return json_response(
            {"Tables": [{"TableName": "Table_0", "Columns": columns, "Rows": rows}]}
        )


def _tables(tables: tuple[Table, ...]) -> dict[str, object]:
    group = {
        "id": _GROUP,
        "name": "StandardSchema",
        "source": "ai",
        "tables": [f"t/{table.name}" for table in tables],
    }
    return {"tables": [_table(table) for table in tables], "tableGroups": [group]}


def _table(table: Table) -> dict[str, object]:
    return {
        "id": f"t/{table.name}",
        "name": table.name,
        "description": table.doc,
        "timespanColumn": table.time_column,
        "columns": [
            {"name": column.name, "type": str(column.type), "description": column.doc}
            for column in table.columns
        ],
    }


def _owner(resource: Resource, tables: tuple[Table, ...]) -> dict[str, object]:
    return {
        "id": resource.app_id,
        "name": resource.name,
        "resourceId": resource.resource_id,
        "region": resource.location,
        "tables": [f"t/{table.name}" for table in tables],
        "tableGroups": [_GROUP],
    }
