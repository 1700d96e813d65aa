"""Sends spans to Zipkin, or to what takes Zipkin's second model in JSON."""

from __future__ import annotations

import json
import logging
import os
import time
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from opencensus.common.transports import sync
from opencensus.common.utils import check_str_length, timestamp_to_microseconds
from opencensus.ext.azure.common.link import Link, Received, Unreachable
from opencensus.ext.azure.common.version import __version__
from opencensus.ext.zipkin.trace_exporter.spans import KINDS, to_zipkin
from opencensus.trace import base_exporter, execution_context

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opencensus.trace.span_data import SpanData

__all__ = [
    "DEFAULT_ENDPOINT",
    "DEFAULT_HOST_NAME",
    "DEFAULT_PORT",
    "DEFAULT_PROTOCOL",
    "SPAN_KIND_MAP",
    "SUCCESS_STATUS_CODE",
    "ZIPKIN_HEADERS",
    "ZipkinExporter",
    "base_exporter",
    "check_str_length",
    "sync",
    "timestamp_to_microseconds",
]

log = logging.getLogger(__name__)

DEFAULT_ENDPOINT = "/api/v2/spans"
DEFAULT_HOST_NAME = "localhost"
DEFAULT_PORT = 9411
DEFAULT_PROTOCOL = "http"
ZIPKIN_HEADERS = {"Content-Type": "application/json"}
SPAN_KIND_MAP = KINDS
SUCCESS_STATUS_CODE = (200, 202)

_TIMEOUT_S = 5.0
_MAX_REPLY_BYTES = 65_536
_MAX_IDLE = 4
"""How many connections are kept for later."""

_REST = 10
"""After a failed attempt nothing is sent for so many times as long as it took."""


class ZipkinExporter(base_exporter.Exporter):
    """Sends spans to Zipkin. What cannot be sent is dropped, counted, and said once in the log.

    Proxies and certificates are those that requests would use: `HTTP_PROXY`, `REQUESTS_CA_BUNDLE`
    and their like. An attempt takes `timeout_s` seconds at most, and after one that got no reply none
    is made for ten times as long as it took.

    Args:
        service_name: The service that the spans are of.
        host_name: The host of Zipkin.
        port: Its port.
        endpoint: The path that takes spans.
        protocol: `http` or `https`.
        transport: Makes the way from `export` to `emit`: by default at once, on the thread that ended
            the span; :class:`opencensus.common.transports.async_.AsyncTransport` in batches, on a
            thread of its own.
        ipv4: The service's address.
        ipv6: The service's address.
        clock: Returns seconds that never go back.
    """

    def __init__(
        self,
        service_name: str = "my_service",
        host_name: str = DEFAULT_HOST_NAME,
        port: int = DEFAULT_PORT,
        endpoint: str = DEFAULT_ENDPOINT,
        protocol: str = DEFAULT_PROTOCOL,
        transport: Callable[[ZipkinExporter], Any] = sync.SyncTransport,
        ipv4: str | None = None,
        ipv6: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.service_name = service_name
        self.host_name = host_name
        self.port = port
        self.endpoint = endpoint
        self.protocol = protocol
        self.ipv4 = ipv4
        self.ipv6 = ipv6
        self.dropped = 0
        self.timeout_s = _TIMEOUT_S
        self.url = self.get_url
        self._clock = clock
        self._rests_until = 0.0
        self._said: str | None = None
        self._process_id = os.getpid()
        self._idle: deque[Link] = deque()
        self.transport = transport(self)

    @property
    def get_url(self) -> str:
        """The address that takes spans."""
        host = self.host_name
        if ":" in host and not host.startswith("["):
            host = f"[{host}]"
        return f"{self.protocol}://{host}:{self.port}{self.endpoint}"

    def emit(self, span_datas: Sequence[SpanData]) -> None:
        """Send the spans now. Never raises."""
        before = execution_context.is_exporter()
        execution_context.set_is_exporter(True)
        try:
            self._send(span_datas or ())
        except Exception as error:
            self._drop(len(span_datas), type(error).__name__, str(error))
        finally:
            execution_context.set_is_exporter(before)

    def export(self, span_datas: Sequence[SpanData]) -> None:
        """Hand the spans to the transport."""
        self.transport.export(span_datas)

    def translate_to_zipkin(self, span_datas: Sequence[SpanData]) -> list[dict[str, Any]]:
        """Return the spans in Zipkin's form; one that cannot be written is left out and counted."""
        local_endpoint: dict[str, Any] = {"serviceName": self.service_name}
        if self.ipv4 is not None:
            local_endpoint["ipv4"] = self.ipv4
        if self.ipv6 is not None:
            local_endpoint["ipv6"] = self.ipv6
        written = []
        for span in span_datas:
            try:
                written.append(to_zipkin(span, local_endpoint))
            except Exception as error:
                self._drop(1, "a span cannot be written", str(error))
        return written

    def _send(self, span_datas: Sequence[SpanData]) -> None:
        if self._clock() < self._rests_until:
            self.dropped += len(span_datas)
            return
        written = self.translate_to_zipkin(span_datas)
        if not written:
            return
        began = self._clock()
        try:
            reply = self._post(json.dumps(written).encode())
        except Unreachable as error:
            now = self._clock()
            self._rests_until = now + _REST * (now - began)
            self._drop(len(written), "no reply", str(error))
            return
        if 200 <= reply.status < 300:
            self._said = None
            return
        text = reply.body[:200].decode("utf-8", "replace")
        self._drop(len(written), f"status {reply.status}", text)

    def _post(self, body: bytes) -> Received:
        target = urlsplit(self.url)
        server = f"{target.scheme}://{target.netloc}"
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        link = self._link(server)
        try:
            reply = link.post(
                path,
                body,
                ZIPKIN_HEADERS,
                timeout_s=self.timeout_s,
                max_reply_bytes=_MAX_REPLY_BYTES,
            )
        except Unreachable:
            link.close()
            raise
        if len(self._idle) < _MAX_IDLE:
            self._idle.append(link)
        else:
            link.close()
        return reply

    def _link(self, server: str) -> Link:
        """Return what no other thread uses: threads end spans at the same time."""
        if self._process_id != os.getpid():
            # The connections are the parent's.
            self._process_id, self._idle = os.getpid(), deque()
        try:
            link = self._idle.pop()
        except IndexError:
            return Link(
                server,
                proxies={},
                credential=None,
                environ=os.environ,
                user_agent=f"openinsights-sdk/{__version__}",
            )
        link.move(server)
        return link

    def _drop(self, count: int, cause: str, details: str) -> None:
        self.dropped += count
        if self._said != cause:
            self._said = cause
            log.warning("spans cannot be sent to Zipkin url=%s: %s: %s", self.url, cause, details)
