"""API keys of a resource, in the shape of Azure's management API.

What Azure calls linked properties are rights here: reading the `api` is READ, writing
`annotations` is WRITE. MANAGE has no name there; it is asked for under `OpenInsights`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.body import json_object, text_of, texts_of
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response, path_not_found
from openinsights.api.people import days_of
from openinsights.catalog.unknown_names import resource_not_found

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

    def routes(self) -> list[Guarded]:
        """Return the routes; they stand before those of the components."""
        keys = "/subscriptions/{path:path}/ApiKeys"
        return [
            _InAnyCase(keys, self.list_or_create, right=Right.MANAGE, methods=["GET", "POST"]),
            _InAnyCase(
                f"{keys}/{{id}}", self.get_or_revoke, right=Right.MANAGE, methods=["GET", "DELETE"]
            ),
        ]

    async def list_or_create(self, request: Request) -> Response:
        """List the keys, or make one; the reply that makes it alone tells it."""
        resource = self._resource(request)
        if request.method == "GET":
            keys = self._actions.keys(resource.app_id)
            return json_response({"value": [_shown(resource, each) for each in keys]})
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
        shown = {**_shown(resource, made), "apiKey": made["key"]}
        return json_response(shown, headers={"cache-control": "no-store"})

    async def get_or_revoke(self, request: Request) -> Response:
        """Answer what is known of a key, and revoke it if asked to."""
        resource, key = self._resource(request), request.path_params["id"]
        if request.method == "DELETE":
            gone = await run_in_threadpool(self._actions.revoke_key, resource.app_id, key)
            return json_response(_shown(resource, gone))
        key_id = self._actions.access.keys.get(resource.app_id, key).id
        keys = self._actions.keys(resource.app_id)
        return json_response(_shown(resource, next(k for k in keys if k["id"] == key_id)))

    def _resource(self, request: Request) -> Resource:
        path = f"/subscriptions/{request.path_params['path']}"
        if not re.search(r"/providers/microsoft\.insights/components/[^/]+$", path, re.IGNORECASE):
            raise path_not_found()
        resource = self._resources.get_by_resource_id(path)
        if resource is None:
            raise resource_not_found(path, (each.name for each in self._resources.list()))
        return resource


class _InAnyCase(Guarded):
    """A route that is matched in any letter case: Azure's tools write `ApiKeys` and `APIKeys`."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.path_regex = re.compile(self.path_regex.pattern, re.IGNORECASE)


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


def _shown(resource: Resource, key: dict[str, Any]) -> dict[str, object]:
    linked = {
        name: [f"{resource.resource_id}/{ending}"] if right in key["rights"] else []
        for name, ending, right in _LINKED
    }
    return {
        "id": f"{resource.resource_id}/apikeys/{key['id']}",
        "name": key["name"],
        "createdDate": key["created"],
        **linked,
        _OWN: {name: key[name] for name in ("rights", "expires", "lastUsed")},
    }
