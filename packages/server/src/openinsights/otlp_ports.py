"""The further ports of OpenTelemetry: HTTP on its usual port, and gRPC.

A port that is taken is reported and left: OpenTelemetry still reaches the server on its main port.
"""

from __future__ import annotations

import logging
import os
import socket
from typing import TYPE_CHECKING

from openinsights.ingest.otlp.grpc_server import GrpcServer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from openinsights.ingest.otlp.grpc_server import Who
    from openinsights.ingest.otlp.receiver import Receiver
    from openinsights.settings import Settings
    from openinsights.tls import Tls

logger = logging.getLogger(__name__)

_GRACE_S = 5.0


def listen_for_otlp(settings: Settings) -> socket.socket | None:
    """Return the socket for OTLP over HTTP, None when it is off or the port is taken."""
    if not settings.otlp_http_port:
        return None
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    address = (settings.host, settings.otlp_http_port)
    try:
        listener = socket.create_server(address, family=family, backlog=2048)
    except OSError as error:
        cause = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        _report("HTTP", "otlp_http_port", settings.otlp_http_port, cause)
        return None
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class GrpcPort:
    """The gRPC server on its port; does nothing when it is off or the port is taken."""

    def __init__(
        self,
        receiver: Receiver,
        settings: Settings,
        tls: Tls | None = None,
        who: Who | None = None,
    ) -> None:
        self._port = settings.otlp_grpc_port
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        pair = None if tls is None else (tls.key.read_bytes(), tls.certificate.read_bytes())
        address = f"{host}:{self._port}"
        self._server = GrpcServer(receiver, address, pair, who) if self._port else None

    async def start(self) -> None:
        """Begin to listen, on the event loop that runs."""
        if self._server is not None and not await self._server.start():
            self._server = None
            _report("gRPC", "otlp_grpc_port", self._port, "another program has it")

    async def stop(self) -> None:
        """Finish what is under way."""
        if self._server is not None:
            await self._server.stop(_GRACE_S)


class ByPort:
    """Serves one application on one port and another on all others."""

    def __init__(self, application: ASGIApp, port: int, on_port: ASGIApp) -> None:
        self._application = application
        self._port = port
        self._on_port = on_port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        server = scope.get("server")
        is_there = server is not None and server[1] == self._port
        await (self._on_port if is_there else self._application)(scope, receive, send)


def _report(what: str, setting: str, port: int, cause: str) -> None:
    logger.warning(
        "OpenTelemetry over %s is not received on port %d: %s; stop the program that uses the port,"
        " or name another with --%s (0 is off)",
        what,
        port,
        cause,
        setting.replace("_", "-"),
    )
