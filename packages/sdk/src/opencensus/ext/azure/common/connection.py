"""One POST of encoded envelopes to a server, and nothing that remembers more than a connection.

What a reply means is decided in ``reply``; what happens to the batch next is decided in
``delivery``. urllib3 is imported with the first connection, not with this module: importing
an exporter is cheap, and the first burst of telemetry does not wait for an import.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urljoin, urlsplit

from opencensus.ext.azure.common import debug
from opencensus.ext.azure.common.options import parse_proxies
from opencensus.ext.azure.common.reply import Outcome, Verdict, judge
from opencensus.trace import _opentelemetry
from openinsights_wire.encode import join_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from opencensus.ext.azure.common.debug import Tell

TRACK_PATH = "/v2.1/track"
COMPRESS_FROM_BYTES = 256
"""Smaller bodies are sent as they are: hardly anything would be saved.

Bodies for this machine are compressed too, so that what is tried there is what runs elsewhere: 100
spans of 66 kB become 3.4 kB in 0.11 ms, and the post takes 1.5 µs more of a processor per span, on
a 2-core virtual machine.
"""
CANNOT_READ_IT = 415
"""The status of a server, or of a proxy before it, that does not take compressed bodies."""
MAX_REPLY_BYTES = 4 * 1024 * 1024
MAX_REDIRECTS = 10
TOKEN_SCOPE = "https://monitor.azure.com//.default"  # noqa: S105 - the name of a scope
NEEDED_TO_SEND = ("urllib3", "gzip", "encodings.idna", "email.utils", "urllib.request")
LOOPBACK = ("localhost", "127.", "[::1]")


class Credential(Protocol):
    """Whatever hands out tokens, such as the classes of azure-identity."""

    def get_token(self, *scopes: str) -> Any:
        """Return an object whose ``token`` is sent as bearer."""


class Connection:
    """Sends batches over reused connections. Used by one thread at a time.

    Args:
        endpoint: Base address of the server; its trailing slashes do not matter.
        timeout_s: The most that one attempt may take to connect and to answer.
        proxies: Scheme to proxy address, as requests takes it, or the JSON text of it; empty means
            those of the system.
        credential: Hands out bearer tokens; None sends without.
        compress: Whether bodies are sent with gzip, to a server that takes them so.
        environ: Read for certificate bundles.
        user_agent: How the client introduces itself.
        tell: Told of each attempt; None where nobody listens.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        timeout_s: float,
        proxies: Mapping[str, str] | str,
        credential: Credential | None,
        compress: bool,
        environ: Mapping[str, str],
        user_agent: str,
        tell: Tell | None = None,
    ) -> None:
        self.endpoint = endpoint.rstrip("/")
        self._timeout_s = timeout_s
        self._proxies = proxies
        self._credential = credential
        self._compress = compress
        self._environ = environ
        self._user_agent = user_agent
        self._tell = tell
        import urllib3

        self._urllib3 = urllib3
        self._pool: Any = None  # urllib3's manager, made at the first send

    def post(self, items: Sequence[bytes], timeout_s: float | None = None) -> Outcome:
        """Send encoded envelopes as one JSON array; never raises for anything the network does."""
        body = join_batch(items)
        for _ in range(MAX_REDIRECTS):
            began = time.monotonic()
            outcome, location = self._attempt(body, len(items), timeout_s or self._timeout_s)
            if self._tell is not None:
                self._tell(self._told(outcome, len(items), len(body), time.monotonic() - began))
            if outcome.status == CANNOT_READ_IT and self._compress:
                self._compress = False
                continue
            if outcome.verdict is not Verdict.REDIRECT:
                return outcome
            if not self._follow(location):
                return Outcome(Verdict.RETRY, outcome.status, f"cannot follow to {location!r}")
        return Outcome(Verdict.RETRY, detail=f"more than {MAX_REDIRECTS} redirects")

    def _told(self, outcome: Outcome, items: int, size: int, took_s: float) -> str:
        end = f"status {outcome.status}" if outcome.status is not None else outcome.detail
        how = "gzip" if self._compress and size >= COMPRESS_FROM_BYTES else "plain"
        what = f"{debug.items(items)}, {size / 1000:.1f} kB {how}"
        return f"posted {what}, to {debug.address(self.endpoint)}: {end}, {took_s * 1000:.0f} ms"

    def close(self) -> None:
        """Close the connections."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.clear()

    @_opentelemetry.unseen()
    def _attempt(
        self, body: bytes, item_count: int, timeout_s: float
    ) -> tuple[Outcome, str | None]:
        try:
            headers = self._headers(body)
        except Exception as error:
            # A credential is somebody else's code: whatever it raises means "no token now".
            return Outcome(Verdict.RETRY, detail=f"cannot get a token: {error}"), None
        if "Content-Encoding" in headers:
            import gzip

            body = gzip.compress(body, compresslevel=1, mtime=0)
        try:
            response = self._connections().request(
                "POST",
                self.endpoint + TRACK_PATH,
                body=body,
                headers=headers,
                retries=False,
                redirect=False,
                preload_content=False,
                timeout=self._urllib3.Timeout(total=timeout_s),
            )
            try:
                reply = response.read(MAX_REPLY_BYTES, decode_content=True)
                response.drain_conn()
            finally:
                response.release_conn()
        except (self._urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return Outcome(Verdict.RETRY, detail=f"{type(error).__name__}: {error}"), None
        retry_after_s = parse_retry_after(
            response.headers.get("Retry-After"), lambda: datetime.now(timezone.utc)
        )
        outcome = judge(response.status, reply, item_count, retry_after_s)
        return outcome, response.headers.get("Location")

    def _headers(self, body: bytes) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": self._user_agent,
        }
        if self._compress and len(body) >= COMPRESS_FROM_BYTES:
            headers["Content-Encoding"] = "gzip"
        if self._credential is not None:
            headers["Authorization"] = f"Bearer {self._credential.get_token(TOKEN_SCOPE).token}"
        return headers

    def _follow(self, location: str | None) -> bool:
        if not location:
            return False
        target = urlsplit(urljoin(self.endpoint + TRACK_PATH, location))
        source = urlsplit(self.endpoint)
        downgraded = source.scheme == "https" and target.scheme != "https"
        if target.scheme not in ("http", "https") or not target.netloc or downgraded:
            return False
        if self._credential is not None and _site(source.hostname) != _site(target.hostname):
            # A token is for the servers of one owner only.
            return False
        self.close()
        self.endpoint = f"{target.scheme}://{target.netloc}"
        return True

    def _connections(self) -> Any:
        if self._pool is None:
            self._pool = open_pool(self.endpoint, parse_proxies(self._proxies), self._environ)
        return self._pool


def import_all() -> None:
    """Import all that attempts to send will import, so that none of them does."""
    for name in NEEDED_TO_SEND:
        import_module(name)


def _site(host: str | None) -> list[str]:
    return (host or "").lower().split(".")[-2:]


def parse_retry_after(text: str | None, now: Callable[[], datetime]) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for; None when it asks for nothing."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    from email.utils import parsedate_to_datetime

    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=timezone.utc)
    return max(0.0, (at - now()).total_seconds())


def open_pool(endpoint: str, proxies: Mapping[str, str], environ: Mapping[str, str]) -> Any:
    """Return urllib3's pools for a server, through the proxy and with the certificates it needs."""
    import urllib3

    settings: dict[str, Any] = {"num_pools": 2, "maxsize": 1}
    bundle = environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE")
    if bundle:
        settings["ca_cert_dir" if Path(bundle).is_dir() else "ca_certs"] = bundle
    proxy = proxy_for(endpoint, proxies)
    if proxy is None:
        return urllib3.PoolManager(**settings)
    login = urlsplit(proxy)
    if login.username is not None:
        settings["proxy_headers"] = urllib3.make_headers(
            proxy_basic_auth=f"{unquote(login.username)}:{unquote(login.password or '')}"
        )
    return urllib3.ProxyManager(proxy, **settings)


def proxy_for(endpoint: str, proxies: Mapping[str, str]) -> str | None:
    """Return the proxy for an address: the given one, else the system's, else None."""
    target = urlsplit(endpoint)
    for key in (f"{target.scheme}://{target.hostname}", target.scheme, "all"):
        if proxies.get(key):
            return _with_scheme(proxies[key])
    if proxies or _is_loopback(endpoint):
        return None
    from urllib.request import getproxies, proxy_bypass

    if proxy_bypass(target.netloc):
        return None
    system = getproxies()
    proxy = system.get(target.scheme) or system.get("all")
    return _with_scheme(proxy) if proxy else None


def _is_loopback(endpoint: str) -> bool:
    return urlsplit(endpoint).netloc.startswith(LOOPBACK)


def _with_scheme(proxy: str) -> str:
    return proxy if "://" in proxy else f"http://{proxy}"
