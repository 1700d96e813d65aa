"""Queries over HTTP: by application, by workspace, by resource id, and several in one request."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.body import json_object
from openinsights.api.encoded import encoded_response
from openinsights.api.errors import BAD_ARGUMENT, ApiError, error_body
from openinsights.api.freshness import MAX_KEPT_S, max_age
from openinsights.api.gateway import request_id
from openinsights.api.query_shapes import (
    BATCH,
    ERRORS,
    PREFER,
    QUERY,
    QUESTION,
    ROOM,
    TIMESPAN,
    Answer,
    BatchReply,
)
from openinsights.api.question import Question, is_workspace_id, understood
from openinsights.api.question import resource_named as resource_named
from openinsights.api.replies import query_reply, row_taker
from openinsights.api.sharing import Kept, SharedAnswers
from openinsights.api.turn import answer_in_turn, asker, caller_of, disconnected
from openinsights.errors import OpenInsightsError
from openinsights.operation import promises
from openinsights.query.encoded_rows import EncodedReply
from openinsights.store.api import Cancellation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.catalog.resources import ResourceStore
    from openinsights.query.encoded_rows import EncodedRows
    from openinsights.query.queue import QueryQueue
    from openinsights.query.service import QueryService

MAX_PARTS = 100
"""Queries of one batch."""
_PARTS_AT_ONCE = 4
"""Queries of one batch that run or wait at the same time."""
_KEPT_BYTES = 1 << 20
"""A longer answer is not kept for others."""
_WORKSPACES = "/v1/workspaces/"
_Answer = TypeVar("_Answer")


class QueryApi:
    """The routes that run queries.

    Args:
        service: answers queries.
        queue: gives them their turn; nothing here blocks the event loop.
        resources: what ids and names mean.
        max_body_bytes: longest request body.
        folder: where long replies lie until they are read; None leaves it to the system.
    """

    def __init__(
        self,
        service: QueryService,
        queue: QueryQueue,
        resources: ResourceStore,
        max_body_bytes: int,
        folder: Path | None = None,
    ) -> None:
        self._folder = folder
        self._answers: SharedAnswers[bytes] = SharedAnswers()
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

    @promises(ROOM, Answer, body=QUESTION, parameters=(PREFER, QUERY, TIMESPAN), errors=ERRORS)
    async def one(self, request: Request) -> Response:
        """Run the query of a request."""
        parameters = request.path_params
        name = parameters["id"] if "id" in parameters else f"/subscriptions/{parameters['path']}"
        question = Question(
            name=name,
            body=await json_object(request, self._max_body_bytes),
            url=request.query_params,
            prefer=request.headers.get("prefer", ""),
            is_workspace=request.url.path.startswith(_WORKSPACES) or is_workspace_id(name),
        )
        max_age_s = max_age(request.headers.get("cache-control", ""))
        if max_age_s:
            return await self._shared(request, question, max_age_s)
        turn = self._turn(request, question, lambda: self._answer(question))
        return encoded_response(request, await answer_in_turn(request, turn, question.cancellation))

    async def _shared(self, request: Request, question: Question, max_age_s: float) -> Response:
        """Answer with what the same caller's equal question was answered, if it is new enough."""

        def begin(cancellation: Cancellation) -> Future[Kept[bytes]]:
            own = replace(question, cancellation=cancellation)
            return self._turn(request, own, lambda: self._kept(own))

        key = (asker(request), question.is_workspace, question.name, question.prefer.lower())
        asked = msgspec.json.encode((dict(question.url), question.body), order="sorted")
        content, age_s = await self._answers.answer(request, (*key, asked), max_age_s, begin)
        headers = {"age": str(int(age_s))} if age_s else {}
        return encoded_response(request, EncodedReply((content,)), headers)

    def _kept(self, question: Question) -> Kept[bytes]:
        reply, out_of_time = self._told(question)
        content = reply.whole()
        is_for_others = len(content) <= _KEPT_BYTES and not out_of_time
        return Kept(content, len(content), MAX_KEPT_S if is_for_others else 0.0)

    def _turn(
        self, request: Request, question: Question, work: Callable[[], _Answer]
    ) -> Future[_Answer]:
        text = question.body.get("query") or question.url.get("query", "")
        recognised = hash((question.name, str(text)))
        return self._queue.submit(
            work,
            caller=caller_of(request),
            text=recognised,
            cancellation=question.cancellation,
        )

    @promises(ROOM, BatchReply, body=BATCH, errors=(400, 413, 429, 499))
    async def batch(self, request: Request) -> Response:
        """Run the queries of a batch, a few at a time; each part has an outcome of its own."""
        parts = _parts(await json_object(request, self._max_body_bytes))
        cancellation = Cancellation()
        gate = asyncio.Semaphore(_PARTS_AT_ONCE)

        async def answer(part: dict[str, Any]) -> EncodedReply:  # JSON of a caller
            async with gate:
                return await self._part(request, part, cancellation)

        answers = asyncio.gather(*(answer(part) for part in parts))
        watch = asyncio.ensure_future(disconnected(request))
        try:
            await asyncio.wait((answers, watch), return_when=asyncio.FIRST_COMPLETED)
            if not answers.done():
                cancellation.cancel()
            found = await answers
        except asyncio.CancelledError:
            cancellation.cancel()
            raise
        finally:
            watch.cancel()
        return encoded_response(request, EncodedReply(tuple(_joined(found))))

    async def _part(
        self,
        request: Request,
        part: dict[str, Any],  # JSON of a caller
        cancellation: Cancellation,
    ) -> EncodedReply:
        id_ = msgspec.json.encode(part["id"])
        try:
            question = _question(part, cancellation)
            turn = self._turn(request, question, lambda: self._answer(question))
            reply = await asyncio.wrap_future(turn)
        except OpenInsightsError as error:
            status, body = error_body(error, request_id(request))
            text = msgspec.json.encode({"status": status, "body": body})
            return EncodedReply((b'{"id":' + id_ + b"," + text[1:],))
        head = b'{"id":' + id_ + b',"status":200,"body":'
        return EncodedReply((head, *reply.pieces, b"}"))

    def _answer(self, question: Question) -> EncodedReply:
        return self._told(question)[0]

    def _told(self, question: Question) -> tuple[EncodedReply, bool]:
        """Return the reply, and whether it is a part for want of time."""
        query, preferences = understood(question, self._resources)
        taker = row_taker(preferences, self._folder)
        result = self._service.run(replace(query, taker=taker))
        return query_reply(result, preferences), result.out_of_time


def _joined(parts: list[EncodedReply]) -> Iterator[bytes | EncodedRows]:
    yield b'{"responses":['
    for number, part in enumerate(parts):
        if number:
            yield b","
        yield from part.pieces
    yield b"]}"


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
