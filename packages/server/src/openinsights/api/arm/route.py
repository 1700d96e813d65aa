"""Routes of the management API: matched in any letter case, with or without a slash at the end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.catalog.resource import ResourcePath
from openinsights.catalog.unknown_names import resource_not_found
from openinsights.operation import Parameter

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore

    Handler = Callable[[Request], Awaitable[Response]]

GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"
COMPONENTS = "/providers/Microsoft.Insights/components"
COMPONENT = f"{GROUP}{COMPONENTS}/{{name}}"

API_VERSION = Parameter("api-version", "Accepted and not looked at.")
IF_MATCH = Parameter(
    "If-Match",
    "The `etag` that the caller has read; 412 when it has changed since.",
    place="header",
)
IF_NONE_MATCH = Parameter(
    "If-None-Match", "`*` makes it only if it is not there; 409 when it is.", place="header"
)


class ArmRoute(Guarded):
    """A route as Azure's tools address it."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],  # a handler of Starlette's
        *,
        right: Right | Mapping[str, Right],
        methods: Sequence[str] | None = None,
        everywhere: bool = False,
    ) -> None:
        super().__init__(path, endpoint, right=right, methods=methods, everywhere=everywhere)
        pattern = self.path_regex.pattern.removesuffix("$")
        self.path_regex = re.compile(f"{pattern}/?$", re.IGNORECASE)


def routes_of_kind(
    provider: str, listed: Handler, show: Handler, put: Handler, patch: Handler, delete: Handler
) -> list[ArmRoute]:
    """Return the routes of resources of one kind, other than components.

    Args:
        provider: the part of their ids between group and name; alone it lists those of every
            subscription.
        listed: lists those of everything, of a subscription, or of a group.
        show: shows one.
        put: makes or replaces one.
        patch: changes one.
        delete: deletes one.
    """
    one = f"{GROUP}{provider}/{{name}}"
    lists = (provider, f"/subscriptions/{{subscription}}{provider}", f"{GROUP}{provider}")
    return [
        *(ArmRoute(path, listed, right=Right.READ) for path in lists),
        ArmRoute(one, show, right=Right.READ),
        ArmRoute(one, put, right={"PUT": Right.WRITE}),
        ArmRoute(one, patch, right={"PATCH": Right.WRITE}),
        ArmRoute(one, delete, right={"DELETE": Right.WRITE}),
    ]


def start_of_ids(request: Request) -> str:
    """Return how the ids of what a list asks for begin, in lower case; "" is every id."""
    parts = request.path_params
    start = f"/subscriptions/{parts['subscription']}/" if "subscription" in parts else ""
    if "group" in parts:
        start += f"resourceGroups/{parts['group']}/"
    return start.lower()


def component_path(request: Request) -> ResourcePath:
    """Return the resource id that a path names."""
    parts = request.path_params
    return ResourcePath(parts["subscription"], parts["group"], parts["name"])


def component_of(request: Request, resources: ResourceStore) -> Resource:
    """Return the resource that a path names.

    Raises:
        ResourceNotFound: there is none.
    """
    path = str(component_path(request))
    resource = resources.get_by_resource_id(path)
    if resource is None:
        raise resource_not_found(path, (each.name for each in resources.list()))
    return resource
