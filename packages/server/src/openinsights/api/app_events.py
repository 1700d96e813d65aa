"""The events endpoint of an application: single items, found and grouped in OData's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.errors import json_response
from openinsights.api.query_shapes import ROOM
from openinsights.api.question import resource_named
from openinsights.api.turn import answer_in_turn, caller_of
from openinsights.kql.errors import KqlError
from openinsights.operation import Content, Parameter, promises
from openinsights.query.errors import BadQueryArgument
from openinsights.query.events import DEFAULT_TIMESPAN, edmx, events_of, understood
from openinsights.query.service import QueryRequest

if TYPE_CHECKING:
    from starlette.requests import Request

    from openinsights.catalog.resources import ResourceStore
    from openinsights.query.queue import QueryQueue
    from openinsights.query.result import QueryResult
    from openinsights.query.service import QueryService


class Message(msgspec.Struct):
    """Something that the server did beside what was asked."""

    code: str
    message: str


class EventsReply(msgspec.Struct, omit_defaults=True, kw_only=True):
    """Events, or the groups that `$apply` makes of them."""

    context: str = msgspec.field(name="@odata.context", default="")
    messages: list[Message] = msgspec.field(name="@ai.messages")
    count: int | None = msgspec.field(name="@odata.count", default=None)
    value: list[dict[str, Any]]  # nested fields


_ERRORS = (400, 404, 429, 499, 500, 503, 504)
_DOCS = {
    "timespan": "ISO 8601 duration or interval; PT12H without one.",
    "$filter": "A condition in OData's words.",
    "$search": "Words, and texts in quotes, with AND, OR and NOT between.",
    "$orderby": "Fields with asc or desc behind, with commas between.",
    "$select": "Fields that an event is to show, with commas between.",
    "$skip": "How many events to pass over.",
    "$top": "How many events there are at most; 500 without it.",
    "$format": "application/json;odata.metadata=none leaves the context out.",
    "$count": "true tells how many there are in all.",
    "$apply": "filter(…)/groupby((…),aggregate(…))",
}
_URL = tuple(Parameter(name, doc) for name, doc in _DOCS.items())
_LIMITED = {
    "code": "AddedLimitToQuery",
    "message": "The query was limited to the last 12 hours; name a timespan to look further back",
}


class AppEventsApi:
    """The routes of events.

    Args:
        service: answers queries.
        queue: gives them their turn.
        resources: what ids and names mean.
    """

    def __init__(self, service: QueryService, queue: QueryQueue, resources: ResourceStore) -> None:
        self._service = service
        self._queue = queue
        self._resources = resources

    def routes(self) -> list[Guarded]:
        """Return the routes."""
        read = Right.READ
        return [
            Guarded("/v1/apps/{id:path}/events/$metadata", self.metadata, right=read),
            Guarded("/v1/apps/{id:path}/events/{type}", self.events, right=read),
            Guarded("/v1/apps/{id:path}/events/{type}/{event}", self.events, right=read),
        ]

    @promises(ROOM, Content(media_types=("application/xml",), doc="EDMX."), errors=(404,))
    async def metadata(self, request: Request) -> Response:
        """Describe the fields of events."""
        resource_named(self._resources, request.path_params["id"])
        return Response(edmx(), media_type="application/xml")

    @promises(ROOM, EventsReply, parameters=_URL, errors=_ERRORS)
    async def events(self, request: Request) -> Response:
        """Answer with events, or with what `$apply` makes of them."""
        parameters = request.path_params
        app_id = resource_named(self._resources, parameters["id"]).app_id
        event = parameters.get("event", "")
        question = understood(parameters["type"], event, request.query_params)
        timespan = request.query_params.get("timespan")
        is_limited = not timespan and not event
        span = DEFAULT_TIMESPAN if is_limited else timespan
        found = await self._answer(request, app_id, question.text, span)
        reply: dict[str, object] = {}
        if question.has_context:
            reply["@odata.context"] = (
                f"{request.url.scheme}://{request.url.netloc}/v1/apps/{app_id}/events/$metadata"
                f"#{parameters['type']}"
            )
        reply["@ai.messages"] = [_LIMITED] if is_limited else []
        if question.count:
            counted = await self._answer(request, app_id, question.count, span)
            reply["@odata.count"] = counted.rows_text()[0][0]
        return json_response(reply | {"value": events_of(question, found)})

    async def _answer(
        self, request: Request, app_id: str, text: str, timespan: str | None
    ) -> QueryResult:
        query = QueryRequest(text=text, app_ids=(app_id,), timespan=timespan)
        turn = self._queue.submit(
            lambda: self._service.run(query),
            caller=caller_of(request),
            text=hash(text),
            cancellation=query.cancellation,
        )
        try:
            return await answer_in_turn(request, turn, query.cancellation)
        except KqlError as error:
            raise BadQueryArgument(f"cannot answer for these options: {error.message}") from None
