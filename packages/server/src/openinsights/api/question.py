"""What a request asks, apart from how it came: the same for a single query and a part of a batch."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openinsights.api.body import text_of, texts_of
from openinsights.api.errors import BAD_ARGUMENT, ApiError
from openinsights.api.prefer import Preferences, parse_prefer
from openinsights.catalog.errors import ResourceNotFound
from openinsights.query.parameters import typed
from openinsights.query.service import QueryRequest
from openinsights.store.api import Cancellation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore

_WORKSPACE = re.compile(r"/providers/Microsoft\.OperationalInsights/workspaces/", re.IGNORECASE)
_COMPONENT = "/providers/Microsoft.Insights/components/"
EVERY_RESOURCE = "*"
"""Stands in a path for all resources of this server."""


@dataclass(frozen=True, slots=True)
class Question:
    """A query as it comes in.

    Attributes:
        name: of the resource or workspace that the path names.
        body: the JSON body.
        url: the URL's parameters.
        prefer: the text of the `Prefer` header.
        is_workspace: whether only the App* tables are there.
        cancellation: stops the query.
    """

    name: str
    body: dict[str, Any]  # JSON of a caller, checked where it is read
    url: Mapping[str, str] = field(default_factory=dict)
    prefer: str = ""
    is_workspace: bool = False
    cancellation: Cancellation = field(default_factory=Cancellation)


def understood(question: Question, resources: ResourceStore) -> tuple[QueryRequest, Preferences]:
    """Return what to run and what the caller wants beside the rows.

    Raises:
        ApiError: a part of it is missing, of another type, or names nothing.
        BadQueryArgument: a parameter's value cannot be used.
    """
    text = text_of(question.body, "query") or question.url.get("query", "")
    if not text.strip():
        raise ApiError(400, BAD_ARGUMENT, "cannot run a query without text: name it as 'query'")
    lists = ("applications", "workspaces", "resources")
    others = tuple(name for key in lists for name in texts_of(question.body, key))
    preferences = parse_prefer(question.prefer)
    request = QueryRequest(
        text=text,
        app_ids=_app_ids((question.name, *others), resources),
        timespan=question.url.get("timespan"),
        further_timespan=text_of(question.body, "timespan"),
        timeout_s=preferences.wait_s,
        cancellation=question.cancellation,
        is_workspace=question.is_workspace,
        takes_part=True,
        parameters=typed(_parameters(question.body), question.body.get("parameterTypes")),
    )
    return request, preferences


def is_workspace_id(name: str) -> bool:
    """Whether a resource id names a component as the workspace that it is too."""
    return _WORKSPACE.search(name) is not None


def _parameters(body: dict[str, Any]) -> dict[str, object]:
    found = body.get("parameters")
    if found is None:
        return {}
    if isinstance(found, dict):
        return found
    raise ApiError(400, BAD_ARGUMENT, "cannot use 'parameters': an object is needed")


def resource_named(resources: ResourceStore, name: str) -> Resource:
    """Return the resource that a path names by id, name or resource id.

    Raises:
        ApiError: there is none.
        AmbiguousResource: a bare name that several groups hold.
    """
    try:
        return resources.named(_WORKSPACE.sub(_COMPONENT, name))
    except ResourceNotFound as error:
        raise ApiError(404, "PathNotFoundError", error.message) from None


def _app_ids(names: tuple[str, ...], resources: ResourceStore) -> tuple[str, ...] | None:
    if EVERY_RESOURCE in names:
        return None
    return tuple(dict.fromkeys(resource_named(resources, name).app_id for name in names))
