"""The HTTP side of OTLP: paths, content types and replies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.ingest.endpoint import Endpoint
from openinsights.ingest.errors import IngestError
from openinsights.ingest.otlp.body import SIGNALS
from openinsights.ingest.otlp.reply import JSON, PROTOBUF, http_refusal
from openinsights.ingest.reply import Reply
from openinsights.ingest.sender import sender_of
from openinsights.operation import Content, promises

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.types import Scope

    from openinsights.ingest.otlp.body import Signal
    from openinsights.ingest.otlp.receiver import Receiver

OTLP_PATHS = tuple(f"/v1/{signal.name}" for signal in SIGNALS)

_MEDIA_TYPES = (JSON.decode(), PROTOBUF.decode())
_PROTOBUF_TYPES = frozenset(
    (b"application/x-protobuf", b"application/protobuf", b"application/vnd.google.protobuf")
)


def otlp_routes(receiver: Receiver) -> list[Guarded]:
    """Return the routes that take OTLP, for each signal with and without a key in the path."""
    routes = []
    for signal in SIGNALS:
        endpoint = OtlpEndpoint(receiver, signal)
        for path in (f"/v1/{signal.name}", f"/{{key}}/v1/{signal.name}"):
            routes.append(Guarded(path, endpoint, methods=["POST", "OPTIONS"], right=Right.INGEST))
    return routes


@promises(
    "ingestion",
    Content(media_types=_MEDIA_TYPES, doc="All of it was taken, or all but what it names."),
    body=Content(
        media_types=_MEDIA_TYPES,
        doc="An export request of OpenTelemetry, as protobuf or JSON; gzip is read.",
        required=False,
    ),
    errors=(400, 413, 415, 429, 503),
    error=Content(media_types=_MEDIA_TYPES, doc="A `google.rpc.Status`."),
)
class OtlpEndpoint(Endpoint):
    """Takes one signal."""

    def __init__(self, receiver: Receiver, signal: Signal) -> None:
        self._receiver = receiver
        self._signal = signal

    async def reply(
        self,
        scope: Scope,
        headers: Mapping[bytes, bytes],
        chunks: AsyncIterator[bytes],
        encoding: str,
        declared_bytes: int | None,
    ) -> Reply:
        """Return the reply to an export."""
        content_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        is_json = content_type == JSON
        if not is_json and content_type not in _PROTOBUF_TYPES:
            shown = content_type.decode("latin-1")[:80]
            return http_refusal(
                IngestError(
                    f"100: cannot read a body of type {shown!r}: send application/x-protobuf or"
                    " application/json",
                    415,
                ),
                is_json=True,
            )
        try:
            body = await self._receiver.take(
                self._signal,
                is_json,
                scope["path_params"].get("key"),
                (
                    (name.decode("latin-1"), value.decode("latin-1"))
                    for name, value in headers.items()
                ),
                chunks,
                encoding,
                declared_bytes,
                sender_of(headers, (scope.get("client") or ("", 0))[0]),
            )
        except IngestError as error:
            return http_refusal(error, is_json)
        return Reply(200, body, content_type=JSON if is_json else PROTOBUF)
