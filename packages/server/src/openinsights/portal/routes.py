"""The portal over HTTP: its questions and its pages; resources come from the management API.

Everything below `/portal/api` is for the pages alone and may change with them; programs use the
REST API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response, StreamingResponse

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.body import json_object, text_of
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response
from openinsights.api.query import resource_named
from openinsights.api.query_shapes import Column
from openinsights.clock import TICKS_PER_SECOND
from openinsights.kql.errors import KqlError
from openinsights.operation import Content, Parameter, promises
from openinsights.portal.answers import TILE_FRESH_S, Answers, render_reply, table_reply
from openinsights.portal.editor_schema import editor_schema
from openinsights.portal.export import MAX_EXPORTED_ROWS, MEDIA_TYPES, file_of, taker
from openinsights.portal.errors import PortalNotFoundError, PortalRequestError
from openinsights.portal.filters import parse_filter
from openinsights.portal.grain import MAX_BUCKETS, choose_grain
from openinsights.portal.spa import Pages
from openinsights.portal.tiles import TileRange, operation_query, tile_named, tile_query
from openinsights.query.service import QueryRequest
from openinsights.query.timespan import parse_timespan
from openinsights.query.values import datetime_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.requests import Request

    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore
    from openinsights.clock import Clock
    from openinsights.portal.tiles import Tile
    from openinsights.query.queue import QueryQueue
    from openinsights.query.result import QueryResult
    from openinsights.query.service import QueryService

MAX_SHOWN_ROWS = 30_000
"""Rows of a result that a page shows; more are for the command line and the REST API."""

_PARAMETER = "p."


def portal_routes(
    query_service: QueryService,
    query_queue: QueryQueue,
    resources: ResourceStore,
    connection_string_for: Callable[[Resource], str],
    clock: Clock,
    max_body_bytes: int = 1_000_000,
    pages: Pages | None = None,
) -> list[Guarded]:
    """Return every route of the portal; they claim `/`, `/a/…`, `/assets/…` and `/portal/api/…`.

    Args:
        query_service: answers tiles and queries.
        query_queue: gives them their turn.
        resources: what exists.
        connection_string_for: what an application of a resource is configured with.
        clock: tells when a tile's range ends if the request does not.
        max_body_bytes: longest body of a query.
        pages: the built pages; those of this package when None.
    """
    answers = Answers(query_service, query_queue)
    api = PortalApi(answers, resources, connection_string_for, clock, max_body_bytes)
    return [*api.routes(), *(pages or Pages()).routes()]


ROOM = "portal"
_APP = Parameter("app", "The resource, by id or name.", required=True)
_RANGE = (
    Parameter("start", "When the range begins; with `end`."),
    Parameter("end", "When the range ends; without both the last four hours."),
)


class PortalResource(msgspec.Struct):
    """A resource as the pages know it; `app_id` is its part of their addresses."""

    name: str
    app_id: str
    resource_group: str
    location: str
    created: str
    connection_string: str


class PortalResources(msgspec.Struct):
    """Some of the resources that the caller sees."""

    resources: list[PortalResource]


class TileReply(msgspec.Struct):
    """The answer to a named question, and the question."""

    columns: list[Column]
    rows: list[list[Any]]  # one cell per column
    kql: str
    took_ms: float
    truncated: bool
    sampled: float | None
    start: str
    end: str
    grain_s: int


class PortalQuestion(msgspec.Struct):
    """A query of the Logs view."""

    query: str
    app: str
    timespan: str | None = None


class PortalExport(PortalQuestion):
    """A query whose rows become a file: `csv`, `json` or `parquet`."""

    format: str = "csv"


class PortalApi:
    """The routes that the pages ask.

    Args:
        answers: runs questions.
        resources: what exists.
        connection_string_for: what an application of a resource is configured with.
        clock: tells what "now" is where a request names no end.
        max_body_bytes: longest body; a longer one is refused.
    """

    def __init__(
        self,
        answers: Answers,
        resources: ResourceStore,
        connection_string_for: Callable[[Resource], str],
        clock: Clock,
        max_body_bytes: int,
    ) -> None:
        self._answers = answers
        self._resources = resources
        self._connection_string_for = connection_string_for
        self._clock = clock
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[Guarded]:
        """Return the routes."""
        return [
            Guarded("/portal/api/tile/{name}", self.tile, right=Right.READ),
            Guarded("/portal/api/resolve", self.resolve, right=Right.READ),
            Guarded("/portal/api/query", self.query, right={"POST": Right.READ}),
            Guarded("/portal/api/export", self.export, right={"POST": Right.READ}),
            Guarded("/portal/api/schema", self.schema, right=Right.READ),
        ]

    @promises(
        ROOM,
        TileReply,
        parameters=(
            Parameter(
                "app",
                "The resource, by id or name; some tiles answer for several together.",
                list[str],
                required=True,
            ),
            *_RANGE,
            Parameter("buckets", "How many points a series has at most.", int),
            Parameter("f", "What it is narrowed to: `role:web`, `-code:404`; may be repeated."),
        ),
        errors=(400, 404, 429, 499, 503, 504),
    )
    async def tile(self, request: Request) -> Response:
        """Answer a named question."""
        try:
            tile = tile_named(request.path_params["name"])
            span = self._tile_range(request.query_params)
            chosen = tuple(sorted(_chosen(request.query_params).items()))
            filters = tuple(map(parse_filter, request.query_params.getlist("f")))
            app_ids = self._app_ids(request.query_params.getlist("app"))
            text = tile_query(tile, span, dict(chosen), filters, app_ids)
        except PortalNotFoundError as error:
            raise ApiError(404, error.code, error.message) from None
        except PortalRequestError as error:
            raise ApiError(400, error.code, error.message) from None
        query = QueryRequest(text=text, app_ids=app_ids[:1], max_rows=MAX_SHOWN_ROWS)
        asked = _asked_range(tile, span, self._clock.now_ticks())
        key = (app_ids, tile.name, asked, chosen, filters)
        try:
            reply, age_s = await self._answers.tile(
                request,
                key,
                query,
                lambda result: msgspec.json.encode(_tile_reply(tile, span, text, result)),
                0.0 if tile.awaited else span.grain.seconds,
            )
        except KqlError as error:
            raise ApiError(500, "BadTile", f"cannot answer the tile {tile.name}: {error}") from None
        headers = {"age": str(int(age_s)), "cache-control": "private, no-cache"}
        return Response(reply, headers=headers, media_type="application/json")

    @promises(
        ROOM,
        PortalResources,
        parameters=(Parameter("operation_Id", "The operation that is looked for."),),
        errors=(400, 429, 499, 503, 504),
    )
    async def resolve(self, request: Request) -> Response:
        """Say which of the caller's resources hold telemetry of an operation."""
        operation_id = request.query_params.get("operation_Id", "")
        seen = {one.app_id: one for one in self._resources.list()}
        if not operation_id or not seen:
            return json_response({"resources": []})
        text = operation_query(operation_id)
        result = await self._answers.ask(request, QueryRequest(text=text, app_ids=tuple(seen)))
        found = [seen[str(app_id)] for app_id, _ in result.tables[0].raw if str(app_id) in seen]
        return json_response({"resources": [self._described(one) for one in found]})

    @promises(
        ROOM,
        Content(doc="Tables, or the mistakes of the query with their places."),
        body=PortalQuestion,
        errors=(400, 404, 413, 415, 429, 499, 503, 504),
    )
    async def query(self, request: Request) -> Response:
        """Answer a query of the Logs view; a mistake in its text is answered with its places."""
        body = await self._body(request)
        text = text_of(body, "query") or ""
        if not text.strip():
            raise ApiError(400, BAD_ARGUMENT, "cannot run a query without text")
        query = QueryRequest(
            text=text,
            app_ids=(resource_named(self._resources, text_of(body, "app") or "").app_id,),
            timespan=text_of(body, "timespan"),
            max_rows=MAX_SHOWN_ROWS,
            takes_part=True,
        )
        try:
            result = await self._answers.ask(request, query)
        except KqlError as error:
            # Half-written queries are everyday here; a failed request would fill the console.
            return json_response({"error": _kql_error(error)})
        return json_response(_query_reply(result))

    @promises(
        ROOM,
        Content(media_types=tuple(MEDIA_TYPES.values()), doc="The rows of the first table."),
        body=PortalExport,
        errors=(400, 404, 413, 415, 429, 499, 503, 504),
    )
    async def export(self, request: Request) -> Response:
        """Answer a query with a file of its rows, written as they come."""
        body = await self._body(request)
        format = text_of(body, "format") or "csv"
        if format not in MEDIA_TYPES:
            raise ApiError(
                400,
                BAD_ARGUMENT,
                f"cannot export as {format[:40]!r}: use {', '.join(MEDIA_TYPES)}",
            )
        query = QueryRequest(
            text=text_of(body, "query") or "",
            app_ids=(resource_named(self._resources, text_of(body, "app") or "").app_id,),
            timespan=text_of(body, "timespan"),
            max_rows=MAX_EXPORTED_ROWS,
            taker=taker(format, None),
        )
        try:
            result = await self._answers.ask(request, query)
        except KqlError as error:
            raise ApiError(400, error.code, error.message) from None
        for other in result.tables[1:]:
            if other.taken is not None:
                other.taken.close()
        headers = {"x-truncated": result.partial} if result.partial else {}
        chunks = file_of(format, result.tables[0], None)
        return StreamingResponse(chunks, headers=headers, media_type=MEDIA_TYPES[format])

    @promises(
        ROOM,
        Content(doc="Tables, functions and aggregates."),
        parameters=(_APP,),
        errors=(400, 404),
    )
    async def schema(self, request: Request) -> Response:
        """Describe what can be queried, for the editor."""
        self._app_id(request.query_params)
        return json_response(editor_schema())

    async def _body(self, request: Request) -> dict[str, Any]:  # the edge where JSON comes in
        """Return the JSON object of a request.

        Only what says that it is JSON is read: a page of another site cannot send that without
        the browser asking this server first, and this server never agrees.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise ApiError(415, "UnsupportedMediaType", "cannot read the body: send JSON")
        return await json_object(request, self._max_body_bytes)

    def _app_ids(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the ids of resources that the caller sees; some may be named twice."""
        found = (resource_named(self._resources, name).app_id for name in names or ("",))
        return tuple(dict.fromkeys(found))

    def _app_id(self, parameters: Mapping[str, str]) -> str:
        return resource_named(self._resources, parameters.get("app", "")).app_id

    def _described(self, resource: Resource) -> dict[str, object]:
        return {
            "name": resource.name,
            "app_id": resource.app_id,
            "resource_group": resource.resource_group,
            "location": resource.location,
            "created": datetime_text(resource.created_ticks),
            "connection_string": self._connection_string_for(resource),
        }

    def _tile_range(self, parameters: Mapping[str, str]) -> TileRange:
        now = self._clock.now_ticks()
        start, end = parameters.get("start", ""), parameters.get("end", "")
        span = parse_timespan(f"{start}/{end}" if start and end else "PT4H", now)
        from_ticks = 0 if span.start_ticks is None else span.start_ticks
        to_ticks = now if span.end_ticks is None else span.end_ticks
        if from_ticks >= to_ticks:
            raise PortalRequestError("cannot use the time range: it does not start before its end")
        grain = choose_grain(to_ticks - from_ticks, _buckets(parameters.get("buckets")))
        return TileRange(from_ticks, to_ticks, grain)


def _asked_range(tile: Tile, span: TileRange, now_ticks: int) -> tuple[int, ...]:
    """Return what the ranges of equal tiles have in common: one that ends now has its length."""
    if not tile.ranged:
        return ()
    length = span.end_ticks - span.start_ticks
    patience = round(min(span.grain.seconds, TILE_FRESH_S) * TICKS_PER_SECOND)
    if abs(now_ticks - span.end_ticks) <= patience:
        return (length, span.grain.seconds)
    return (span.start_ticks, span.end_ticks, span.grain.seconds)


def _buckets(text: str | None) -> int:
    if text is None:
        return MAX_BUCKETS
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= MAX_BUCKETS):
        raise PortalRequestError(
            f"cannot use {text!r} for buckets: a whole number from 1 to {MAX_BUCKETS} is expected"
        )
    return int(text)


def _chosen(parameters: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(_PARAMETER): value
        for name, value in parameters.items()
        if name.startswith(_PARAMETER)
    }


def _tile_reply(tile: Tile, span: TileRange, text: str, result: QueryResult) -> dict[str, object]:
    return {
        **table_reply(result.tables[0]),
        "kql": text,
        "took_ms": round(result.statistics.execution_s * 1_000, 3),
        "truncated": bool(result.partial),
        "sampled": _sampled(tile, result),
        "start": datetime_text(span.start_ticks),
        "end": datetime_text(span.end_ticks),
        "grain_s": span.grain.seconds,
    }


def _sampled(tile: Tile, result: QueryResult) -> float | None:
    """Return how many items a stored row stands for; None for a tile that does not tell."""
    if tile.sampled_by is None:
        return None
    names = [name for name, _ in result.columns]
    stored, meant = (names.index(name) for name in tile.sampled_by)
    rows = sum(int(str(row[stored])) for row in result.tables[0].raw)
    items = sum(int(str(row[meant])) for row in result.tables[0].raw)
    return items / rows if rows else 1.0


def _query_reply(result: QueryResult) -> dict[str, object]:
    return {
        "tables": [{"name": table.name, **table_reply(table)} for table in result.tables],
        "render": render_reply(result.render),
        "sql": result.sql,
        "partial": result.partial,
        "took_ms": round(result.statistics.execution_s * 1_000, 3),
    }


def _kql_error(error: KqlError) -> dict[str, object]:
    return _place(error) | {"diagnostics": [_place(each) for each in error.diagnostics]}


def _place(error: KqlError) -> dict[str, object]:
    return {
        "code": error.code,
        "message": error.message,
        "hint": error.hint or None,
        "line": error.line,
        "column": error.column,
        "length": max(1, error.end - error.start),
    }
