"""What the server is to its clients: where it answers, whether it asks who they are, whom to trust."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.errors import ApiError, json_response
from openinsights.operation import Content, promises

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

ROOM: Final = "server"
_PEM: Final = "application/x-pem-file"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the composition root knows.

    Attributes:
        version: of the server.
        public_url: where it is reached, with one slash at its end.
        asks_everybody: whether callers on this machine have to sign in too.
        otlp_http_port: of OpenTelemetry's own protocol beside the main port, 0 for none.
        otlp_grpc_port: the same for gRPC.
        retention_days: of resources that say nothing.
        items_per_s: of resources that say nothing; 0 is no bound.
        fingerprint: of the certificate, "" without https.
        authority: what clients have to trust, None for a certificate of the operator's.
    """

    version: str
    public_url: str
    asks_everybody: bool
    otlp_http_port: int
    otlp_grpc_port: int
    retention_days: int
    items_per_s: int
    fingerprint: str = ""
    authority: Path | None = None

    @property
    def tls(self) -> Literal["none", "auto", "own"]:
        """Whose certificate is shown."""
        if not self.fingerprint:
            return "none"
        return "own" if self.authority is None else "auto"


class ServerFacts(msgspec.Struct, rename="camel"):
    """Where and how the server answers; see `Facts`.

    Attributes:
        tls: `auto` is a certificate of the server's own authority, `own` one of the operator's.
    """

    version: str
    public_url: str
    asks_everybody: bool
    otlp_http_port: int
    otlp_grpc_port: int
    retention_days: int
    items_per_s: int
    tls: Literal["none", "auto", "own"]
    fingerprint: str


class ServerFactsApi:
    """The routes about the server itself.

    Args:
        facts: what is told.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def routes(self) -> list[Guarded]:
        """Return the routes."""
        return [
            Guarded("/server", self.show, right=Right.READ),
            Guarded("/server/ca.pem", self.authority, right=Right.READ),
        ]

    @promises(ROOM, ServerFacts)
    async def show(self, request: Request) -> Response:
        """Show where and how the server answers."""
        facts = self._facts
        told = ServerFacts(
            facts.version,
            facts.public_url,
            facts.asks_everybody,
            facts.otlp_http_port,
            facts.otlp_grpc_port,
            facts.retention_days,
            facts.items_per_s,
            facts.tls,
            facts.fingerprint,
        )
        return json_response(told)

    @promises(ROOM, Content(media_types=(_PEM,)), errors=(404,))
    async def authority(self, request: Request) -> Response:
        """Answer the certificate that clients have to trust, in PEM; 404 when there is none."""
        if self._facts.authority is None:
            raise ApiError(
                404,
                "NotFound",
                "cannot find a certificate authority: the server was not started with --tls auto",
            )
        pem = await run_in_threadpool(self._facts.authority.read_bytes)
        name = "openinsights-ca.pem"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(pem, media_type=_PEM, headers=headers)
