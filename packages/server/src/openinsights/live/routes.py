"""Live Metrics over HTTP: the two routes of clients, and the two of viewers.

What an api key or a token says is not looked at: who may reach the server may send to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.access.sending import sender_refused
from openinsights.live import bodies
from openinsights.live.errors import ForeignPage, InvalidFilter, LiveError
from openinsights.live.filters import view_of
from openinsights.live.streams import Streams, look
from openinsights.operation import Content, Parameter, promises
from openinsights_wire.errors import WireError
from openinsights_wire.live.messages import MonitoringDataPoint, decode_points
from openinsights_wire.live.names import (
    ETAG_HEADER,
    PING_PATH,
    POST_PATH,
    SUBSCRIBED_HEADER,
)
from openinsights_wire.stamps import format_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from openinsights.catalog.resource import Resource
    from openinsights.live.board import Board
    from openinsights.live.filters import View

ROOM = "live metrics"
STREAM_PATH = "/api/live/{app:path}"
LATEST_PATH = "/api/live/{app:path}/latest"


def live_routes(
    board: Board,
    streams: Streams,
    resolve_key: Callable[[str], Resource | None],
    named: Callable[[str], Resource],
) -> list[Guarded]:
    """Return the routes.

    Args:
        board: what is live.
        streams: sends it to viewers.
        resolve_key: returns the resource of an instrumentation key; None when it has none.
        named: returns the resource that a person named, or raises what the person is told.
    """
    pulse = Pulse(board, resolve_key)
    views = Views(board, streams, named)
    return [
        Guarded(PING_PATH, pulse.ping, right={"POST": Right.INGEST}),
        Guarded(POST_PATH, pulse.post, right={"POST": Right.INGEST}),
        Guarded(LATEST_PATH, views.latest, right=Right.READ),
        Guarded(STREAM_PATH, StreamEndpoint(views), right=Right.READ),
    ]


class PulseRefusal(msgspec.Struct, rename="pascal"):
    """Why a ping or post is refused."""

    request_id: str
    response_date_time: str
    code: str
    message: str
    exception: str


class Latest(msgspec.Struct):
    """What a view shows now.

    Attributes:
        sample: the last minute by metric, and each server's last second.
        documents: samples of items that came after `since`.
        newest: the number to ask for next.
    """

    sample: dict[str, Any]  # JSON by metric
    documents: list[dict[str, Any]]  # JSON of several types of items
    newest: int


_POINTS = Content(list[MonitoringDataPoint], required=False)
_PULSE = (Parameter("ikey", "The instrumentation key.", required=True),)
_PULSE_ERRORS = (400, 408, 413, 415)
_REFUSED = Content(PulseRefusal)
_VIEW = (
    Parameter("role", "Only servers of this role."),
    Parameter("instance", "Only this server."),
    Parameter("filter", "Which samples are shown; may be given several times.", list[str]),
    Parameter("metric", "A further metric; may be given several times.", list[str]),
)


class Pulse:
    """Answers clients: whether somebody watches, and what for.

    An unknown key that makes no resource is not watched by anybody, which is what its client is
    told: an error would only fill its log.
    """

    def __init__(self, board: Board, resolve_key: Callable[[str], Resource | None]) -> None:
        self._board = board
        self._resolve_key = resolve_key

    @promises(ROOM, body=_POINTS, parameters=_PULSE, errors=_PULSE_ERRORS, error=_REFUSED)
    async def ping(self, request: Request) -> Response:
        """Answer a client that waits to be asked.

        The reply never names a configuration: some clients remember a version from here without
        reading what it asks for, and would never learn it.
        """
        key = _key(request)
        if not key:
            return self._refusal(400, "cannot tell who pings: there is no ikey")
        refused = self._refused(key)
        if refused is not None:
            return refused
        try:
            await bodies.read(request)
        except bodies.BodyError as error:
            return self._refusal(error.status, str(error))
        except ClientDisconnect:
            return Response(status_code=400)
        return _reply(self._watched(key) is not None)

    @promises(
        ROOM,
        Content(
            media_types=(), doc="What the client is asked for, as JSON; nothing when it knows it."
        ),
        body=_POINTS,
        parameters=_PULSE,
        errors=_PULSE_ERRORS,
        error=_REFUSED,
    )
    async def post(self, request: Request) -> Response:
        """Take what a client did, and tell it what it is asked for if that changed."""
        key = _key(request)
        if not key:
            return self._refusal(400, "cannot tell who posts: there is no ikey")
        refused = self._refused(key)
        if refused is not None:
            return refused
        try:
            body = await bodies.read(request)
            app_id = self._watched(key)
            if app_id is None:
                return _reply(False)
            self._board.take_points(app_id, decode_points(body))
        except bodies.BodyError as error:
            return self._refusal(error.status, str(error))
        except WireError as error:
            return self._refusal(400, error.message)
        except ClientDisconnect:
            return Response(status_code=400)
        etag, configuration = self._board.configuration(app_id)
        known = request.headers.get(ETAG_HEADER, "")
        return _reply(True, etag, b"" if etag == known else configuration)

    def _watched(self, key: str) -> str | None:
        resource = self._resolve_key(key)
        if resource is None or not self._board.is_watched(resource.app_id):
            return None
        return resource.app_id

    def _refused(self, key: str) -> Response | None:
        resource = self._resolve_key(key)
        refused = None if resource is None else sender_refused(resource)
        return None if refused is None else self._refusal(refused.status, refused.message)

    def _refusal(self, status: int, message: str) -> Response:
        now = format_time(self._board.clock.now_ticks())
        error = PulseRefusal("", now, str(status), message, "")
        return Response(msgspec.json.encode(error), status, media_type="application/json")


def _key(request: Request) -> str:
    for name, value in request.query_params.multi_items():
        if name.lower() == "ikey":
            return value.strip()[:64]
    return ""


def _reply(is_subscribed: bool, etag: str = "", body: bytes = b"") -> Response:
    headers = {SUBSCRIBED_HEADER: "true" if is_subscribed else "false"}
    if etag:
        headers[ETAG_HEADER] = etag
    return Response(body, 200, headers, media_type="application/json" if body else None)


class Views:
    """What viewers ask for."""

    def __init__(self, board: Board, streams: Streams, named: Callable[[str], Resource]) -> None:
        self.streams = streams
        self._board = board
        self._named = named

    def asked(self, request: Request) -> tuple[str, View]:
        """Return the resource and the view that a request names.

        Raises:
            LiveError: the view is not understood.
            CatalogError: there is no such resource.
        """
        if _is_of_another_site(request):
            raise ForeignPage("cannot show a live view to a page of another site")
        parameters = request.query_params
        view = view_of(
            parameters.get("role", ""),
            parameters.get("instance", ""),
            parameters.getlist("filter"),
            parameters.getlist("metric"),
        )
        return self._named(request.path_params["app"]).app_id, view

    @promises(
        ROOM,
        Latest,
        parameters=(*_VIEW, Parameter("since", "Number of the newest sample seen.", int)),
        errors=(400, 404, 503),
    )
    async def latest(self, request: Request) -> Response:
        """Answer a viewer that asks from time to time instead of keeping a stream open."""
        try:
            app_id, view = self.asked(request)
            since = _whole(request.query_params.get("since", "0"))
            self._board.polled(app_id, view)
        except LiveError as error:
            return refusal(request, error)
        seen, _ = look(self._board, app_id, view, since)
        return Response(
            msgspec.json.encode(seen),
            headers={"cache-control": "no-store"},
            media_type="application/json",
        )


@promises(
    ROOM,
    Content(media_types=("text/event-stream",), doc="Events `sample` and `documents`, for ever."),
    parameters=_VIEW,
    errors=(400, 404, 503),
)
class StreamEndpoint:
    """Sends a stream of snapshots."""

    def __init__(self, views: Views) -> None:
        self._views = views

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one viewer."""
        request = Request(scope, receive)
        try:
            app_id, view = self._views.asked(request)
            await self._views.streams.send(app_id, view, receive, send)
        except LiveError as error:
            await refusal(request, error)(scope, receive, send)


def refusal(request: Request, error: LiveError) -> Response:
    """Return an error as its reply, in the shape that all errors have."""
    correlation_id = str(request.scope.get("state", {}).get("request_id", ""))
    body = {
        "error": {"message": error.message, "code": error.code, "correlationId": correlation_id}
    }
    return Response(msgspec.json.encode(body), error.status, media_type="application/json")


def _is_of_another_site(request: Request) -> bool:
    """Whether a page that is not ours asks: by looking it would have every application send."""
    origin = request.headers.get("origin", "")
    if origin and origin.partition("://")[2] != request.headers.get("host", ""):
        return True
    return request.headers.get("sec-fetch-site", "") == "cross-site"


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidFilter(f"cannot use {text[:40]!r} for since: a whole number is expected")
    return int(text)
