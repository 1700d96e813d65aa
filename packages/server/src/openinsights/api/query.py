"""Queries over HTTP: by application, by workspace, by resource id, and several in one request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.body import json_object
from openinsights.api.errors import BAD_ARGUMENT, ApiError, error_body, json_response
from openinsights.api.gateway import request_id
from openinsights.api.question import Question, understood
from openinsights.api.question import resource_named as resource_named
from openinsights.api.replies import query_reply
from openinsights.api.turn import answer_in_turn
from openinsights.errors import OpenInsightsError
from openinsights.store.api import Cancellation

if TYPE_CHECKING:
    from starlette.requests import Request

    from openinsights.catalog.resources import ResourceStore
    from openinsights.query.queue import QueryQueue
    from openinsights.query.service import QueryService

MAX_PARTS = 100
"""Queries of one batch."""
_WORKSPACES = "/v1/workspaces/"


class QueryApi:
    """The routes that run queries.

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

    def routes(self) -> list[Guarded]:
        """Return the routes; those of a single query answer GET and POST."""
        methods = ["GET", "POST"]
        return [
            Guarded("/v1/apps/{id:path}/query", self.one, methods=methods, right=Right.READ),
            Guarded("/v1/workspaces/{id:path}/query", self.one, methods=methods, right=Right.READ),
            Guarded(
                "/v1/subscriptions/{path:path}/query", self.one, methods=methods, right=Right.READ
            ),
            Guarded("/v1/$batch", self.batch, right={"POST": Right.READ}),
        ]

    async def one(self, request: Request) -> Response:
        """Run the query of a request."""
        parameters = request.path_params
        question = Question(
            name=parameters["id"] if "id" in parameters else f"/subscriptions/{parameters['path']}",
            body=await json_object(request, self._max_body_bytes),
            url=request.query_params,
            prefer=request.headers.get("prefer", ""),
            is_workspace=request.url.path.startswith(_WORKSPACES),
        )
        content = await answer_in_turn(
            request, self._queue, lambda: self._answer(question), question.cancellation
        )
        return Response(content, media_type="application/json")

    async def batch(self, request: Request) -> Response:
        """Run the queries of a batch one after the other; each part has an outcome of its own."""
        body = await json_object(request, self._max_body_bytes)
        cancellation = Cancellation()
        parts = _parts(body)
        answers = await answer_in_turn(
            request,
            self._queue,
            lambda: [self._part(part, cancellation, request_id(request)) for part in parts],
            cancellation,
        )
        return json_response({"responses": answers})

    def _answer(self, question: Question) -> bytes:
        query, preferences = understood(question, self._resources)
        return query_reply(self._service.run(query), preferences)

    def _part(
        self,
        part: dict[str, Any],  # JSON of a caller
        cancellation: Cancellation,
        correlation_id: str,
    ) -> dict[str, object]:
        try:
            content = self._answer(_question(part, cancellation))
        except OpenInsightsError as error:
            status, body = error_body(error, correlation_id)
            return {"id": part["id"], "status": status, "body": body}
        return {"id": part["id"], "status": 200, "body": msgspec.Raw(content)}


def _parts(body: dict[str, Any]) -> list[dict[str, Any]]:
    parts = body.get("requests")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise ApiError(400, BAD_ARGUMENT, "cannot use 'requests': a list of objects is needed")
    if len(parts) > MAX_PARTS:
        raise ApiError(400, BAD_ARGUMENT, f"cannot run {len(parts)} queries: at most {MAX_PARTS}")
    ids = [part.get("id") for part in parts]
    if not all(isinstance(each, str) for each in ids) or len(set(ids)) < len(ids):
        raise ApiError(400, BAD_ARGUMENT, "cannot tell the requests apart: each needs its own 'id'")
    return parts


def _question(part: dict[str, Any], cancellation: Cancellation) -> Question:
    name, body, headers = part.get("workspace"), part.get("body"), part.get("headers") or {}
    if not isinstance(name, str) or not isinstance(body, dict) or not isinstance(headers, dict):
        raise ApiError(400, BAD_ARGUMENT, "cannot run the part: 'workspace' and 'body' are needed")
    prefer = next((value for key, value in headers.items() if key.lower() == "prefer"), "")
    return Question(
        name=name,
        body=body,
        prefer=prefer if isinstance(prefer, str) else "",
        is_workspace=True,
        cancellation=cancellation,
    )
