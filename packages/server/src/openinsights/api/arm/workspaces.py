"""Components as the Log Analytics workspaces that they are too: the same name, the same id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from openinsights.access.rights import Right
from openinsights.api.arm.components import ROOM
from openinsights.api.arm.route import API_VERSION, GROUP, ArmRoute, component_of
from openinsights.api.errors import json_response
from openinsights.api.lists import PAGING, Page, page_of
from openinsights.operation import promises
from openinsights.query.values import datetime_text

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore

PROVIDER: Final = "/providers/Microsoft.OperationalInsights/workspaces"
TYPE: Final = "Microsoft.OperationalInsights/workspaces"
_BYTES_OF_GB = 1_000_000_000


class Sku(msgspec.Struct):
    """What Azure's tools read of a price."""

    name: str = "PerGB2018"


class Capping(msgspec.Struct, rename="camel"):
    """The daily cap in GB (10^9 bytes); -1 is none."""

    daily_quota_gb: float


class WorkspaceProperties(msgspec.Struct, rename="camel"):
    """What a workspace is.

    Attributes:
        customer_id: by which queries name it; the application id of the component.
    """

    customer_id: str
    retention_in_days: int
    workspace_capping: Capping
    created_date: str
    modified_date: str
    provisioning_state: str = "Succeeded"
    source: str = "Azure"
    sku: Sku = msgspec.field(default_factory=Sku)
    public_network_access_for_ingestion: str = "Enabled"
    public_network_access_for_query: str = "Enabled"


class Workspace(msgspec.Struct):
    """A component, as what queries in the names of workspaces see of it."""

    id: str
    name: str
    location: str
    tags: dict[str, str]
    properties: WorkspaceProperties
    type: str = TYPE


class WorkspacesApi:
    """The routes that list and show workspaces; they come and go with their components.

    Args:
        resources: the components.
        default_retention_days: of resources that say nothing.
    """

    def __init__(self, resources: ResourceStore, default_retention_days: int) -> None:
        self._resources = resources
        self._default_retention_days = default_retention_days

    def routes(self) -> list[ArmRoute]:
        """Return the routes."""
        lists = (f"/subscriptions/{{subscription}}{PROVIDER}", f"{GROUP}{PROVIDER}")
        return [
            *(ArmRoute(path, self.listed, right=Right.READ) for path in lists),
            ArmRoute(f"{GROUP}{PROVIDER}/{{name}}", self.show, right=Right.READ),
        ]

    @promises(ROOM, Page[Workspace], parameters=(API_VERSION, *PAGING), errors=(400,))
    async def listed(self, request: Request) -> Response:
        """List the workspaces of a subscription or resource group."""
        parts = {name: value.lower() for name, value in request.path_params.items()}
        found = [
            self._workspace(each)
            for each in self._resources.list()
            if each.subscription.lower() == parts["subscription"]
            and parts.get("group") in (None, each.resource_group.lower())
        ]
        found.sort(key=_key)
        return json_response(page_of(request, found, _key))

    @promises(ROOM, Workspace, parameters=(API_VERSION,), errors=(404,))
    async def show(self, request: Request) -> Response:
        """Show a workspace."""
        return json_response(self._workspace(component_of(request, self._resources)))

    def _workspace(self, resource: Resource) -> Workspace:
        cap = resource.settings.daily_cap_bytes
        created = datetime_text(resource.created_ticks)
        return Workspace(
            workspace_id(resource),
            resource.name,
            resource.location,
            dict(resource.tags),
            WorkspaceProperties(
                resource.app_id,
                resource.retention.days or self._default_retention_days,
                Capping(cap / _BYTES_OF_GB if cap else -1),
                created,
                created,
            ),
        )


def workspace_id(resource: Resource) -> str:
    """Return the path of a component's workspace."""
    group = f"/subscriptions/{resource.subscription}/resourceGroups/{resource.resource_group}"
    return f"{group}{PROVIDER}/{resource.name}"


def _key(workspace: Workspace) -> str:
    return workspace.id.lower()
