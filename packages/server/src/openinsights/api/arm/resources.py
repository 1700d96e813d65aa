"""Resources of every type in one list, as pickers and `az resource list` ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from starlette.concurrency import run_in_threadpool

from openinsights.access.rights import Right
from openinsights.api.arm.components import TYPE as COMPONENT_TYPE
from openinsights.api.arm.filters import fits, parse_filter
from openinsights.api.arm.route import API_VERSION, GROUP, ArmRoute
from openinsights.api.arm.subscriptions import ROOM
from openinsights.api.arm.workbooks import TYPE as WORKBOOK_TYPE
from openinsights.api.arm.workbooks import seen_workbooks
from openinsights.api.arm.workspaces import TYPE as WORKSPACE_TYPE
from openinsights.api.arm.workspaces import workspace_id
from openinsights.api.errors import json_response
from openinsights.api.lists import PAGING, Page, page_of
from openinsights.operation import Parameter, promises

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.catalog.resources import ResourceStore
    from openinsights.catalog.workbooks import WorkbookStore

    Further = Callable[[Request], Iterable["AnyResource"]]

FILTER: Final = Parameter(
    "$filter",
    "Comparisons by `eq`, `ne` and `substringof('text', field)` of `resourceType`, `name`,"
    " `resourceGroup`, `location`, `tagName` and `tagValue`, joined by `and` and `or`.",
)


class AnyResource(msgspec.Struct, omit_defaults=True):
    """What resources of every type have."""

    id: str
    name: str
    type: str
    location: str
    tags: dict[str, str]
    kind: str = ""

    @property
    def key(self) -> str:
        """By which it is ordered."""
        return f"{self.id.lower()}"

    def fields(self) -> dict[str, str]:
        """Return what a filter compares."""
        return {
            "resourcetype": self.type,
            "name": self.name,
            "resourcegroup": self.id.split("/")[4],
            "location": self.location,
        }


class ResourcesApi:
    """The routes that list resources of every type.

    Args:
        resources: the components, which are workspaces too.
        workbooks: those.
        further: each returns the resources of one more type that a caller sees; they may block.
    """

    def __init__(
        self, resources: ResourceStore, workbooks: WorkbookStore, further: Sequence[Further] = ()
    ) -> None:
        self._resources = resources
        self._workbooks = workbooks
        self._further = further

    def routes(self) -> list[ArmRoute]:
        """Return the routes."""
        return [
            ArmRoute("/subscriptions/{subscription}/resources", self.listed, right=Right.READ),
            ArmRoute(f"{GROUP}/resources", self.listed, right=Right.READ),
        ]

    @promises(ROOM, Page[AnyResource], parameters=(API_VERSION, FILTER, *PAGING), errors=(400,))
    async def listed(self, request: Request) -> Response:
        """List the resources of every type of a subscription or resource group."""
        wanted = parse_filter(request.query_params.get("$filter", ""))
        parts = request.path_params
        within = f"/subscriptions/{parts['subscription']}/"
        if "group" in parts:
            within += f"resourceGroups/{parts['group']}/"
        found = [
            each
            for each in await run_in_threadpool(self.every, request)
            if each.key.startswith(within.lower()) and fits(wanted, each.fields(), each.tags)
        ]
        return json_response(page_of(request, found, lambda each: each.key))

    def every(self, request: Request) -> list[AnyResource]:
        """Return all resources that a caller sees, in the order of their paths; it may block."""
        found = []
        for each in self._resources.list():
            tags = dict(each.tags)
            for id, type_, kind in (
                (each.resource_id, COMPONENT_TYPE, dict(each.labels).get("kind", "web")),
                (workspace_id(each), WORKSPACE_TYPE, ""),
            ):
                found.append(AnyResource(id, each.name, type_, each.location, tags, kind))
        found += [
            AnyResource(
                each.id, each.name, WORKBOOK_TYPE, each.location, dict(each.tags), each.kind
            )
            for each in seen_workbooks(request, self._workbooks)
        ]
        for further in self._further:
            found += further(request)
        return sorted(found, key=lambda each: each.key)
