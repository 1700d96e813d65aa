"""The metrics endpoint of an application: a number, its course, its segments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.body import json_array
from openinsights.api.errors import BAD_ARGUMENT, ApiError, error_body, json_response
from openinsights.api.gateway import request_id
from openinsights.api.query_shapes import ROOM
from openinsights.api.question import resource_named
from openinsights.api.turn import answer_in_turn, caller_of
from openinsights.errors import OpenInsightsError
from openinsights.kql.errors import KqlError
from openinsights.operation import Parameter, promises
from openinsights.query.errors import BadQueryArgument
from openinsights.query.metrics import (
    MetricAsked,
    metric_reply,
    metrics_metadata,
    understood,
)
from openinsights.query.service import QueryRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.catalog.resources import ResourceStore
    from openinsights.clock import Clock
    from openinsights.query.queue import QueryQueue
    from openinsights.query.service import QueryService


class MetricPart(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One metric of several: `parameters` holds its `metricId` and what the URL could say."""

    id: str
    parameters: dict[str, Any]  # texts, and lists of texts


class MetricAnswer(msgspec.Struct, kw_only=True):
    """The answer to one of them: a value, or the error of a status from 400 on."""

    id: str | None
    status: int
    body: Any  # a `MetricValue` or an `ErrorReply`


class MetricValue(msgspec.Struct):
    """`start`, `end`, and the metric's aggregations or `segments` that have them."""

    value: dict[str, Any]  # names of metrics are keys


class MetricsMetadata(msgspec.Struct):
    """Metrics and dimensions by their ids."""

    metrics: dict[str, dict[str, Any]]
    dimensions: dict[str, dict[str, Any]]


_ERRORS = (400, 404, 429, 499, 500, 503, 504)
_URL = (
    Parameter("timespan", "ISO 8601 duration or interval; PT12H without one."),
    Parameter("interval", "ISO 8601 duration of a bucket; without one there are none."),
    Parameter("aggregation", "Names with commas between, of those the metadata lists."),
    Parameter("segment", "At most three fields with commas between."),
    Parameter("top", "How many segments there are at most; 10 without it."),
    Parameter("orderby", "The aggregation that orders segments, and asc or desc."),
    Parameter("filter", "A condition in OData's words."),
)
MAX_ASKED = 100
"""Metrics of one request."""
_PARAMETERS = ("timespan", "interval", "top", "orderby", "filter")


class AppMetricsApi:
    """The routes of metrics.

    Args:
        service: answers queries.
        queue: gives them their turn.
        resources: what ids and names mean.
        clock: tells where a range ends that names no end.
        max_body_bytes: longest request body.
    """

    def __init__(
        self,
        service: QueryService,
        queue: QueryQueue,
        resources: ResourceStore,
        clock: Clock,
        max_body_bytes: int,
    ) -> None:
        self._service = service
        self._queue = queue
        self._resources = resources
        self._clock = clock
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[Guarded]:
        """Return the routes."""
        read = Right.READ
        return [
            Guarded("/v1/apps/{id:path}/metrics/metadata", self.metadata, right=read),
            Guarded("/v1/apps/{id:path}/metrics/{metric:path}", self.one, right=read),
            Guarded("/v1/apps/{id:path}/metrics", self.several, right={"POST": read}),
        ]

    @promises(ROOM, MetricsMetadata, errors=(404,))
    async def metadata(self, request: Request) -> Response:
        """Tell what there is to ask for."""
        resource_named(self._resources, request.path_params["id"])
        return json_response(metrics_metadata())

    @promises(ROOM, MetricValue, parameters=_URL, errors=_ERRORS)
    async def one(self, request: Request) -> Response:
        """Answer for the metric of the path."""
        app_id = resource_named(self._resources, request.path_params["id"]).app_id
        asked = _asked(request.path_params["metric"], request.query_params)
        return json_response(await self._answer(request, app_id, asked))

    @promises(ROOM, list[MetricAnswer], body=list[MetricPart], errors=(400, 404, 413, 499))
    async def several(self, request: Request) -> Response:
        """Answer for each metric of the body; each has an outcome of its own."""
        app_id = resource_named(self._resources, request.path_params["id"]).app_id
        parts = await json_array(request, self._max_body_bytes)
        if len(parts) > MAX_ASKED:
            raise ApiError(
                400, BAD_ARGUMENT, f"cannot answer for {len(parts)} metrics: at most {MAX_ASKED}"
            )
        answers = []
        for part in parts:
            id_ = part.get("id") if isinstance(part, dict) else None
            id_ = id_ if isinstance(id_, str) else None
            try:
                body: object = await self._answer(request, app_id, _asked_of(part))
                status = 200
            except OpenInsightsError as error:
                status, body = error_body(error, request_id(request))
            answers.append({"id": id_, "status": status, "body": body})
        return json_response(answers)

    async def _answer(self, request: Request, app_id: str, asked: MetricAsked) -> object:
        question = understood(asked, self._clock.now_ticks())
        query = QueryRequest(text=question.text, app_ids=(app_id,))
        turn = self._queue.submit(
            lambda: self._service.run(query),
            caller=caller_of(request),
            text=hash(question.text),
            cancellation=query.cancellation,
        )
        try:
            result = await answer_in_turn(request, turn, query.cancellation)
        except KqlError as error:
            raise BadQueryArgument(f"cannot use the filter: {error.message}") from None
        return metric_reply(question, result)


def _asked(metric: str, given: Mapping[str, Any]) -> MetricAsked:
    words = {name: _text(name, given.get(name)) for name in _PARAMETERS}
    return MetricAsked(
        metric=metric,
        aggregation=_texts("aggregation", given.get("aggregation")),
        segment=_texts("segment", given.get("segment")),
        **words,
    )


def _asked_of(part: object) -> MetricAsked:
    given = part.get("parameters") if isinstance(part, dict) else None
    metric = given.get("metricId") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(metric, str):
        raise ApiError(
            400, BAD_ARGUMENT, "cannot answer the part: 'parameters' with a 'metricId' is needed"
        )
    return _asked(metric, given)


def _text(name: str, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ApiError(400, BAD_ARGUMENT, f"cannot use {name!r}: a text is needed")


def _texts(name: str, value: object) -> tuple[str, ...]:
    given = value.split(",") if isinstance(value, str) else value or []
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise ApiError(400, BAD_ARGUMENT, f"cannot use {name!r}: a list of texts is needed")
    return tuple(each.strip() for each in given if each.strip())
