"""Queries over HTTP: by application, by workspace and by resource id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from openinsights.api.body import json_object, text_of, texts_of
from openinsights.api.errors import BAD_ARGUMENT, ApiError
from openinsights.api.prefer import Preferences, parse_prefer
from openinsights.api.replies import query_reply
from openinsights.api.turn import answer_in_turn
from openinsights.query.service import QueryRequest
from openinsights.store.api import Cancellation

if TYPE_CHECKING:
    from starlette.requests import Request

    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore
    from openinsights.query.queue import QueryQueue
    from openinsights.query.service import QueryService

_WORKSPACES = "/v1/workspaces/"
EVERY_RESOURCE = "*"
"""Stands in a path for all resources of this server."""


class QueryApi:
    """The routes that run a query.

    Args:
        service: answers queries.
        queue: gives them their turn; nothing here blocks the event loop.
        resources: what ids and names mean.
        max_body_bytes: longest request body.
    """

    def __init__(
        self,
        service: QueryService,
        queue: QueryQueue,
        resources: ResourceStore,
        max_body_bytes: int,
    ) -> None:
        self._service = service
        self._queue = queue
        self._resources = resources
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[Route]:
        """Return the routes; all of them answer GET and POST."""
        methods = ["GET", "POST"]
        return [
            Route("/v1/apps/{id:path}/query", self.answer, methods=methods),
            Route("/v1/workspaces/{id:path}/query", self.answer, methods=methods),
            Route("/v1/subscriptions/{path:path}/query", self.answer, methods=methods),
        ]

    async def answer(self, request: Request) -> Response:
        """Run the query of a request."""
        parameters = request.path_params
        name = parameters["id"] if "id" in parameters else f"/subscriptions/{parameters['path']}"
        body = await json_object(request, self._max_body_bytes)
        preferences = parse_prefer(request.headers.get("prefer", ""))
        query = self._query(request, name, body, preferences)
        content = await self._run(request, query, preferences)
        return Response(content, media_type="application/json")

    def _query(
        self, request: Request, name: str, body: dict[str, Any], preferences: Preferences
    ) -> QueryRequest:
        text = text_of(body, "query") or request.query_params.get("query", "")
        if not text.strip():
            raise ApiError(400, BAD_ARGUMENT, "cannot run a query without text: name it as 'query'")
        others = (*texts_of(body, "applications"), *texts_of(body, "workspaces"))
        return QueryRequest(
            text=text,
            app_ids=self._app_ids((name, *others, *texts_of(body, "resources"))),
            timespan=request.query_params.get("timespan"),
            further_timespan=text_of(body, "timespan"),
            timeout_s=preferences.wait_s,
            cancellation=Cancellation(),
            is_workspace=request.url.path.startswith(_WORKSPACES),
        )

    def _app_ids(self, names: tuple[str, ...]) -> tuple[str, ...] | None:
        if EVERY_RESOURCE in names:
            return None
        return tuple(dict.fromkeys(resource_named(self._resources, n).app_id for n in names))

    async def _run(self, request: Request, query: QueryRequest, preferences: Preferences) -> bytes:
        return await answer_in_turn(
            request,
            self._queue,
            lambda: query_reply(self._service.run(query), preferences),
            query.cancellation,
        )


def resource_named(resources: ResourceStore, name: str) -> Resource:
    """Return the resource that a path names by id, name or resource id.

    Raises:
        ApiError: there is none.
        AmbiguousResource: a bare name that several groups hold.
    """
    resource = resources.find(name)
    if resource is None:
        raise ApiError(
            404, "PathNotFoundError", f"The requested path does not exist: no resource {name!r}"
        )
    return resource
