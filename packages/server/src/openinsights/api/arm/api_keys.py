"""API keys of a resource, in the shape of Azure's management API.

What Azure calls linked properties are rights here: reading the `api` is READ, writing
`annotations` is WRITE. MANAGE has no name there; it is asked for under `OpenInsights`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from starlette.concurrency import run_in_threadpool

from openinsights.access.rights import Right
from openinsights.api.arm.components import ROOM
from openinsights.api.arm.route import API_VERSION, COMPONENT, ArmRoute, component_of
from openinsights.api.body import json_object, text_of, texts_of
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response
from openinsights.api.lists import PAGING, Page, page_of
from openinsights.api.people import days_of
from openinsights.operation import Content, promises

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.access.actions import Actions
    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore

_OWN: Final = "OpenInsights"
_LINKED: Final = (
    ("linkedReadProperties", "api", Right.READ),
    ("linkedWriteProperties", "annotations", Right.WRITE),
)
_WITHOUT_MEANING: Final = frozenset(("agentconfig",))
"""What Azure's tools ask for and nothing here needs."""


class OwnFacts(msgspec.Struct, rename="camel"):
    """What Azure has no name for."""

    rights: list[Literal["read", "write", "manage", "probe"]]
    expires: str | None
    last_used: str | None


class Key(msgspec.Struct, rename={"own": _OWN}, omit_defaults=True, kw_only=True):
    """What is known of a key.

    Attributes:
        apiKey: the key, in the reply that makes it alone.
    """

    id: str
    name: str
    createdDate: str
    linkedReadProperties: list[str]
    linkedWriteProperties: list[str]
    own: OwnFacts
    apiKey: str | None = None


class OwnWishes(msgspec.Struct, omit_defaults=True):
    """What Azure has no name for.

    Attributes:
        days: after which the key opens nothing; null is never.
    """

    rights: list[Literal["read", "write", "manage", "probe"]] | None = None
    days: float | None = None


class KeyBody(msgspec.Struct, rename={"own": _OWN}, omit_defaults=True, kw_only=True):
    """A key to make: what it is called, and what it opens."""

    name: str
    linkedReadProperties: list[str] | None = None
    linkedWriteProperties: list[str] | None = None
    own: OwnWishes | None = None


class KeysApi:
    """The routes about the keys of a resource.

    Args:
        actions: what is done.
        resources: whose keys they are.
        max_body_bytes: longest request body.
    """

    def __init__(self, actions: Actions, resources: ResourceStore, max_body_bytes: int) -> None:
        self._actions = actions
        self._resources = resources
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[ArmRoute]:
        """Return the routes."""
        keys, one = f"{COMPONENT}/ApiKeys", f"{COMPONENT}/ApiKeys/{{id}}"
        return [
            ArmRoute(keys, self.listed, right=Right.MANAGE),
            ArmRoute(keys, self.create, right={"POST": Right.MANAGE}),
            ArmRoute(one, self.show, right=Right.MANAGE),
            ArmRoute(one, self.revoke, right={"DELETE": Right.MANAGE}),
        ]

    @promises(ROOM, Page[Key], parameters=(API_VERSION, *PAGING), errors=(400, 404))
    async def listed(self, request: Request) -> Response:
        """List the keys of a component, without what opens it."""
        resource = component_of(request, self._resources)
        keys = [_shown(resource, each) for each in self._actions.keys(resource.app_id)]
        return json_response(page_of(request, sorted(keys, key=_order), _order))

    @promises(
        ROOM,
        Key,
        body=Content(
            KeyBody, example={"name": "grafana", "OpenInsights": {"rights": ["read"], "days": 365}}
        ),
        parameters=(API_VERSION,),
        errors=(400, 404, 409, 413),
    )
    async def create(self, request: Request) -> Response:
        """Make a key; this reply alone tells it."""
        resource = component_of(request, self._resources)
        body = await json_object(request, self._max_body_bytes)
        own = body.get(_OWN) or {}
        if not isinstance(own, dict):
            raise ApiError(400, BAD_ARGUMENT, f"cannot use '{_OWN}': an object is needed")
        made = await run_in_threadpool(
            self._actions.create_key,
            resource.app_id,
            text_of(body, "name") or "",
            [*_linked_rights(body), *texts_of(own, "rights")],
            days_of(own),
        )
        return json_response(_shown(resource, made), headers={"cache-control": "no-store"})

    @promises(ROOM, Key, parameters=(API_VERSION,), errors=(404,))
    async def show(self, request: Request) -> Response:
        """Show what is known of a key."""
        resource = component_of(request, self._resources)
        key_id = self._actions.access.keys.get(resource.app_id, request.path_params["id"]).id
        keys = self._actions.keys(resource.app_id)
        return json_response(_shown(resource, next(k for k in keys if k["id"] == key_id)))

    @promises(ROOM, Key, parameters=(API_VERSION,), errors=(404,))
    async def revoke(self, request: Request) -> Response:
        """Revoke a key: from then on it opens nothing."""
        resource = component_of(request, self._resources)
        gone = await run_in_threadpool(
            self._actions.revoke_key, resource.app_id, request.path_params["id"]
        )
        return json_response(_shown(resource, gone))


def _linked_rights(body: dict[str, Any]) -> list[str]:
    rights = []
    for name, ending, right in _LINKED:
        for path in texts_of(body, name):
            found = path.rpartition("/")[2].lower()
            if found == ending:
                rights.append(str(right))
            elif found not in _WITHOUT_MEANING:
                raise ApiError(
                    400,
                    BAD_ARGUMENT,
                    f"cannot use {path[:200]!r} in {name}: it must end in /{ending}",
                )
    return rights


def _shown(resource: Resource, key: dict[str, Any]) -> Key:
    linked = {
        name: [f"{resource.resource_id}/{ending}"] if right in key["rights"] else []
        for name, ending, right in _LINKED
    }
    return Key(
        id=f"{resource.resource_id}/apikeys/{key['id']}",
        name=key["name"],
        createdDate=key["created"],
        own=OwnFacts(key["rights"], key["expires"], key["lastUsed"]),
        apiKey=key.get("key"),
        **linked,
    )


def _order(key: Key) -> str:
    return f"{key.createdDate}/{key.id}"
