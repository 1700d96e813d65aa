"""What pickers ask first: tenants, subscriptions, their locations and providers, resource groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from openinsights.access.rights import Right
from openinsights.api.arm.callers import caller_of
from openinsights.api.arm.route import API_VERSION, GROUP, ArmRoute
from openinsights.api.body import body_as
from openinsights.api.errors import ApiError, json_response
from openinsights.api.lists import PAGING, Page, page_of
from openinsights.catalog.groups import Group, group_not_found, group_of
from openinsights.catalog.resource import DEFAULT_LOCATION, DEFAULT_SUBSCRIPTION
from openinsights.operation import promises

if TYPE_CHECKING:
    from starlette.requests import Request

    from openinsights.catalog.groups import GroupStore
    from openinsights.catalog.resources import ResourceStore

ROOM: Final = "subscriptions"
TENANT: Final = DEFAULT_SUBSCRIPTION
_NAME: Final = "OpenInsights"
_VERSIONS = {
    "Microsoft.Insights": {
        "components": ["2015-05-01", "2018-05-01-preview", "2020-02-02-preview", "2020-02-02"],
        "workbooks": ["2018-06-17-preview", "2021-03-08", "2021-08-01", "2022-04-01", "2023-06-01"],
    },
    "Microsoft.OperationalInsights": {
        "workspaces": ["2017-04-26-preview", "2020-08-01", "2021-12-01-preview", "2022-10-01"],
    },
    "Microsoft.ResourceGraph": {"resources": ["2019-04-01", "2021-03-01", "2022-10-01"]},
}
"""Types of resources by provider, with versions of Azure's that say the same as this server."""


class Tenant(msgspec.Struct, rename="camel"):
    """Whose the subscriptions are: this server's."""

    id: str
    tenant_id: str
    display_name: str
    tenant_category: str = "Home"
    domains: list[str] = []


class Policies(msgspec.Struct, rename="camel"):
    """What Azure's tools read of a subscription's terms."""

    location_placement_id: str = ""
    quota_id: str = ""
    spending_limit: str = "Off"


class Subscription(msgspec.Struct, rename="camel"):
    """A subscription: a part of paths that groups resources; any id may be used."""

    id: str
    subscription_id: str
    tenant_id: str
    display_name: str
    state: str = "Enabled"
    authorization_source: str = "RoleBased"
    subscription_policies: Policies = msgspec.field(default_factory=Policies)


class Location(msgspec.Struct, rename="camel"):
    """A label that resources have as their location."""

    id: str
    name: str
    display_name: str
    regional_display_name: str
    type: str = "Region"


class ResourceType(msgspec.Struct, rename="camel"):
    """A type of resource that is served here."""

    resource_type: str
    api_versions: list[str]
    locations: list[str] = []


class Provider(msgspec.Struct, rename="camel"):
    """Some types of resources; all that are listed are there without being registered."""

    id: str
    namespace: str
    resource_types: list[ResourceType]
    registration_state: str = "Registered"
    registration_policy: str = "RegistrationFree"


class GroupProperties(msgspec.Struct, rename="camel"):
    """What becomes of a group."""

    provisioning_state: str = "Succeeded"


class ResourceGroup(msgspec.Struct):
    """A resource group."""

    id: str
    name: str
    location: str
    tags: dict[str, str]
    type: Literal["Microsoft.Resources/resourceGroups"] = "Microsoft.Resources/resourceGroups"
    properties: GroupProperties = msgspec.field(default_factory=GroupProperties)


class GroupBody(msgspec.Struct):
    """What is set of a resource group."""

    location: str = DEFAULT_LOCATION
    tags: dict[str, str] | None = None


class SubscriptionsApi:
    """The routes above the resources.

    Args:
        resources: whose subscriptions, groups and locations are shown.
        groups: those that were made by themselves.
        max_body_bytes: longest request body.
    """

    def __init__(self, resources: ResourceStore, groups: GroupStore, max_body_bytes: int) -> None:
        self._resources = resources
        self._groups = groups
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[ArmRoute]:
        """Return the routes."""
        one = "/subscriptions/{subscription}"
        return [
            ArmRoute("/tenants", self.tenants, right=Right.READ),
            ArmRoute("/subscriptions", self.subscriptions, right=Right.READ),
            ArmRoute(one, self.subscription, right=Right.READ),
            ArmRoute(f"{one}/locations", self.locations, right=Right.READ),
            ArmRoute(f"{one}/providers", self.providers, right=Right.READ),
            ArmRoute(f"{one}/providers/{{namespace}}", self.provider, right=Right.READ),
            ArmRoute(
                f"{one}/providers/{{namespace}}/register",
                self.provider,
                right={"POST": Right.READ},
            ),
            ArmRoute(f"{one}/resourceGroups", self.groups, right=Right.READ),
            ArmRoute(GROUP, self.group, right=Right.READ),
            ArmRoute(GROUP, self.put_group, right={"PUT": Right.MANAGE}, everywhere=True),
            ArmRoute(GROUP, self.delete_group, right={"DELETE": Right.MANAGE}, everywhere=True),
        ]

    @promises(ROOM, Page[Tenant], parameters=(API_VERSION,))
    async def tenants(self, request: Request) -> Response:
        """List the one tenant: this server."""
        return json_response(Page([Tenant(f"/tenants/{TENANT}", TENANT, _NAME)]))

    @promises(ROOM, Page[Subscription], parameters=(API_VERSION, *PAGING), errors=(400,))
    async def subscriptions(self, request: Request) -> Response:
        """List the server's own subscription, and every other one that holds a resource."""
        ids = {DEFAULT_SUBSCRIPTION, *(each.subscription for each in self._resources.list())}
        distinct = {each.lower(): each for each in ids}
        shown = [_subscription(distinct[key]) for key in sorted(distinct)]
        return json_response(page_of(request, shown, lambda each: each.id.lower()))

    @promises(ROOM, Subscription, parameters=(API_VERSION,))
    async def subscription(self, request: Request) -> Response:
        """Show a subscription; any id is one."""
        return json_response(_subscription(request.path_params["subscription"]))

    @promises(ROOM, Page[Location], parameters=(API_VERSION,))
    async def locations(self, request: Request) -> Response:
        """List the locations that resources have, and the one that they have by default."""
        subscription = request.path_params["subscription"]
        names = {DEFAULT_LOCATION, *(each.location for each in self._resources.list())}
        return json_response(
            Page(
                [
                    Location(f"/subscriptions/{subscription}/locations/{name}", name, name, name)
                    for name in sorted(names)
                ]
            )
        )

    @promises(ROOM, Page[Provider], parameters=(API_VERSION,))
    async def providers(self, request: Request) -> Response:
        """List the providers whose resources are served here."""
        subscription = request.path_params["subscription"]
        return json_response(Page([_provider(subscription, each) for each in _VERSIONS]))

    @promises(ROOM, Provider, parameters=(API_VERSION,), errors=(404,))
    async def provider(self, request: Request) -> Response:
        """Show a provider; registering one changes nothing."""
        wanted = request.path_params["namespace"].lower()
        for name in _VERSIONS:
            if name.lower() == wanted:
                return json_response(_provider(request.path_params["subscription"], name))
        raise ApiError(
            404,
            "InvalidResourceNamespace",
            f"cannot find provider {wanted[:80]!r}: there is {', '.join(_VERSIONS)}",
        )

    @promises(ROOM, Page[ResourceGroup], parameters=(API_VERSION, *PAGING), errors=(400,))
    async def groups(self, request: Request) -> Response:
        """List the resource groups of a subscription, by name."""
        wanted = request.path_params["subscription"].lower()
        found = [each for each in await self._every(request) if each.subscription.lower() == wanted]
        page = page_of(request, found, lambda each: each.id.lower())
        return json_response(Page([_group(each) for each in page.value], page.next_link))

    @promises(ROOM, ResourceGroup, parameters=(API_VERSION,), errors=(404,))
    async def group(self, request: Request) -> Response:
        """Show a resource group."""
        return json_response(_group(await self._existing(request)))

    @promises(
        ROOM,
        ResourceGroup,
        body=GroupBody,
        replies={201: ResourceGroup},
        parameters=(API_VERSION,),
        errors=(400, 413),
    )
    async def put_group(self, request: Request) -> Response:
        """Make a resource group, or change the one that is there."""
        body = await body_as(request, self._max_body_bytes, GroupBody)
        parts = request.path_params
        group, is_new = await run_in_threadpool(
            self._groups.put,
            parts["subscription"],
            parts["group"],
            body.location,
            tuple((body.tags or {}).items()),
        )
        return json_response(_group(group), 201 if is_new else 200)

    @promises(ROOM, parameters=(API_VERSION,), errors=(404, 409))
    async def delete_group(self, request: Request) -> Response:
        """Delete a resource group that holds nothing."""
        group = await self._existing(request)
        await run_in_threadpool(self._groups.delete, group, self._resources.list())
        return Response(status_code=200)

    async def _every(self, request: Request) -> list[Group]:
        """Return the groups that a caller sees: with a resource, or all when they see all."""
        resources = self._resources.list()
        every = await run_in_threadpool(self._groups.every, resources)
        if caller_of(request).may_everywhere(Right.READ):
            return every
        seen = {group_of(each).lower() for each in resources}
        return [each for each in every if each.id.lower() in seen]

    async def _existing(self, request: Request) -> Group:
        parts = request.path_params
        wanted = Group(parts["subscription"], parts["group"]).id.lower()
        for group in await self._every(request):
            if group.id.lower() == wanted:
                return group
        raise group_not_found(parts["group"])


def _subscription(id: str) -> Subscription:
    name = _NAME if id == DEFAULT_SUBSCRIPTION else f"{_NAME} {id}"
    return Subscription(f"/subscriptions/{id}", id, TENANT, name)


def _provider(subscription: str, name: str) -> Provider:
    types = [ResourceType(type_, versions) for type_, versions in _VERSIONS[name].items()]
    return Provider(f"/subscriptions/{subscription}/providers/{name}", name, types)


def _group(group: Group) -> ResourceGroup:
    return ResourceGroup(group.id, group.name, group.location, dict(group.tags))
