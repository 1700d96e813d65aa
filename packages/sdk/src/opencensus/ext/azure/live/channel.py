"""One ping or post, and nothing that remembers more than where to send the next one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from opencensus.ext.azure.common.link import Link, Unreachable
from opencensus.ext.azure.live.attention import Heard
from openinsights_wire.live import names
from openinsights_wire.live.messages import encode
from openinsights_wire.stamps import ticks_from_unix_ns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from opencensus.ext.azure.common.options import Options
    from openinsights_wire.live.messages import MonitoringDataPoint

MAX_REPLY_BYTES = 1024 * 1024
POST_TIMEOUT_S = 3.0
"""A post that takes longer is of no use to anybody who watches."""
MAX_HEADER_LENGTH = 256
_SUBSCRIBED = {"true": Heard.WATCHED, "false": Heard.UNWATCHED}


@dataclass(frozen=True)
class Reply:
    """What came back.

    Attributes:
        heard: Whether somebody watches.
        etag: The version of the configuration; "" when the reply names none.
        body: The configuration, where it changed.
        hint_s: How long the server wants between pings.
        detail: Why it failed.
    """

    heard: Heard
    etag: str = ""
    body: bytes = b""
    hint_s: float | None = None
    detail: str = ""


class Channel:
    """Speaks with one server over a reused connection; for one thread.

    Args:
        options: Name the server, the key, proxies and credential.
        environ: Read for certificate bundles.
        user_agent: How the client introduces itself.
        time_ns: The time of day, in nanoseconds since 1970.
    """

    def __init__(
        self,
        options: Options,
        environ: Mapping[str, str],
        user_agent: str,
        time_ns: Callable[[], int],
    ) -> None:
        self._link = Link(
            options.live_endpoint,
            proxies=options.proxies,
            credential=options.credential,
            environ=environ,
            certificates=options.certificates,
            user_agent=user_agent,
        )
        self._home = self._link.endpoint
        self._options = options
        self._time_ns = time_ns

    @property
    def endpoint(self) -> str:
        """Where the next request goes."""
        return self._link.endpoint

    def ping(self, point: MonitoringDataPoint, etag: str) -> Reply:
        """Ask whether somebody watches; never raises for anything the network does."""
        identity = {
            names.MACHINE_NAME_HEADER: point.machine_name,
            names.INSTANCE_NAME_HEADER: point.instance,
            names.STREAM_ID_HEADER: point.stream_id,
            names.ROLE_NAME_HEADER: point.role_name,
            names.INVARIANT_VERSION_HEADER: str(point.invariant_version),
        }
        headers = {name: _sendable(value) for name, value in identity.items()}
        return self._request(names.PING_PATH, encode(point), headers, etag, self._options.timeout)

    def post(self, points: Sequence[MonitoringDataPoint], etag: str) -> Reply:
        """Tell what happened; never raises for anything the network does."""
        timeout_s = min(POST_TIMEOUT_S, self._options.timeout)
        return self._request(names.POST_PATH, encode(list(points)), {}, etag, timeout_s)

    def close(self) -> None:
        """End the connections."""
        self._link.close()

    def _request(
        self, path: str, body: bytes, identity: Mapping[str, str], etag: str, timeout_s: float
    ) -> Reply:
        key = self._options.instrumentation_key
        headers = {
            **identity,
            "Content-Type": "application/json",
            names.TRANSMISSION_TIME_HEADER: str(ticks_from_unix_ns(self._time_ns())),
            names.ETAG_HEADER: etag,
        }
        try:
            received = self._link.post(
                f"{path}?api-version={names.API_VERSION}&ikey={key}",
                body,
                headers,
                timeout_s=timeout_s,
                max_reply_bytes=MAX_REPLY_BYTES,
            )
        except Unreachable as error:
            return self._failed(str(error))
        return self._understood(received.status, received.headers, received.body)

    def _understood(self, status: int, headers: Mapping[str, str], content: bytes) -> Reply:
        for name in names.REDIRECT_HEADERS:
            self._link.follow(headers.get(name))
        heard = _SUBSCRIBED.get(headers.get(names.SUBSCRIBED_HEADER, "").strip().lower())
        if status != 200 or heard is None:
            return self._failed(f"status {status} without an answer")
        return Reply(
            heard,
            headers.get(names.ETAG_HEADER, ""),
            content,
            _hint_s(headers.get(names.POLLING_HINT_HEADER)),
        )

    def _failed(self, detail: str) -> Reply:
        if self.endpoint != self._home:
            # Where we were sent does not answer: who sent us there may know better by now.
            self._link.move(self._home)
        return Reply(Heard.FAILED, detail=detail)


def _sendable(value: str) -> str:
    """Return a text as a header can carry it; names may be of any script, headers may not."""
    return (
        value.encode("ascii", "replace")
        .decode("ascii")
        .replace("\r", " ")
        .replace("\n", " ")[:MAX_HEADER_LENGTH]
    )


def _hint_s(text: str | None) -> float | None:
    if text is None or not text.strip().isdecimal():
        return None
    return int(text.strip()[:9]) / 1000
