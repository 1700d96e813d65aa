"""Serves the metrics of a registry over HTTP, on threads that end with the process."""

from __future__ import annotations

import socket
import threading
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

if TYPE_CHECKING:
    from prometheus_client.core import CollectorRegistry

ALL_ADDRESSES = "0.0.0.0"  # noqa: S104 (what the retired exporter takes when told nothing)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _ServerOfSix(_Server):
    address_family = socket.AF_INET6


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Write nothing: a fetch every few seconds is no news."""


def start(address: str, port: int, registry: CollectorRegistry) -> WSGIServer:
    """Begin to serve; `shutdown` and `server_close` of what is returned end it.

    Args:
        address: The name or address of this machine that takes connections; "" for all of IPv4.
        port: 0 for one that is free.
        registry: What is served.

    Raises:
        OSError: The address cannot be served at.
    """
    kind = _ServerOfSix if ":" in address else _Server
    server = make_server(
        address or ALL_ADDRESSES, port, make_wsgi_app(registry), kind, handler_class=_Silent
    )
    threading.Thread(
        target=server.serve_forever, name="opencensus.ext.prometheus", daemon=True
    ).start()
    return server
