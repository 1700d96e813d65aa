"""One ping or post, and nothing that remembers more than where to send the next one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from opencensus.ext.azure.common import lifetime
from opencensus.ext.azure.common.connection import TOKEN_SCOPE, open_pool
from opencensus.ext.azure.common.options import is_azure, parse_proxies
from opencensus.ext.azure.live.attention import Heard
from opencensus.trace import _opentelemetry
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
        self.endpoint = options.live_endpoint.rstrip("/")
        self._home = self.endpoint
        self._options = options
        self._environ = environ
        self._user_agent = user_agent
        self._time_ns = time_ns
        import urllib3

        self._urllib3 = urllib3
        self._pool: Any = None  # urllib3's manager, made at the first request

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
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.clear()

    @_opentelemetry.unseen()
    def _request(
        self, path: str, body: bytes, identity: Mapping[str, str], etag: str, timeout_s: float
    ) -> Reply:
        key = self._options.instrumentation_key
        url = f"{self.endpoint}{path}?api-version={names.API_VERSION}&ikey={key}"
        try:
            headers = {**identity, **self._headers(etag)}
        except Exception as error:
            # A credential is somebody else's code: whatever it raises means "no token now".
            return self._failed(f"cannot get a token: {error}")
        try:
            response = self._connections().request(
                "POST",
                url,
                body=body,
                headers=headers,
                retries=False,
                redirect=False,
                preload_content=False,
                timeout=self._urllib3.Timeout(total=timeout_s),
            )
            try:
                content = response.read(MAX_REPLY_BYTES, decode_content=True)
                response.drain_conn()
            finally:
                response.release_conn()
        except (self._urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return self._failed(f"{type(error).__name__}: {error}")
        return self._understood(response.status, response.headers, content)

    def _headers(self, etag: str) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": self._user_agent,
            names.TRANSMISSION_TIME_HEADER: str(ticks_from_unix_ns(self._time_ns())),
            names.ETAG_HEADER: etag,
        }
        credential = self._options.credential
        if credential is not None:
            headers["Authorization"] = f"Bearer {credential.get_token(TOKEN_SCOPE).token}"
        return headers

    def _understood(self, status: int, headers: Mapping[str, str], content: bytes) -> Reply:
        for name in names.REDIRECT_HEADERS:
            self._follow(headers.get(name))
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
            self.close()
            self.endpoint = self._home
        return Reply(Heard.FAILED, detail=detail)

    def _follow(self, address: str | None) -> None:
        """Send the next request where the server wants it, unless a token would go astray."""
        try:
            target, source = urlsplit((address or "").strip()), urlsplit(self.endpoint)
            port = target.port
        except ValueError:
            return
        if target.scheme not in ("http", "https") or not target.hostname or target.username:
            return
        if source.scheme == "https" and target.scheme != "https":
            return
        named = f"[{target.hostname}]" if ":" in target.hostname else target.hostname
        endpoint = f"{target.scheme}://{named}" + (f":{port}" if port else "")
        if self._options.credential is not None and not self._is_own(endpoint):
            return
        if endpoint != self.endpoint:
            self.close()
            self.endpoint = endpoint

    def _is_own(self, endpoint: str) -> bool:
        if is_azure(endpoint) and is_azure(self._home):
            return True
        return urlsplit(endpoint).hostname == urlsplit(self._home).hostname

    def _connections(self) -> Any:
        if self._pool is None:
            proxies = parse_proxies(self._options.proxies)
            with lifetime.forks_wait():
                self._pool = open_pool(self.endpoint, proxies, self._environ)
        return self._pool


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
