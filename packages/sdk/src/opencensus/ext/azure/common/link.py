"""One server over reused connections: where it is, how it is reached, and who we are to it.

What is asked of it, and what its replies mean, is elsewhere. urllib3 is imported with the first link,
not with this module: importing an exporter is cheap, and the first burst of telemetry does not wait
for an import.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import unquote, urljoin, urlsplit

from opencensus.ext.azure.common import lifetime
from opencensus.ext.azure.common.options import is_azure, parse_proxies
from opencensus.trace import _opentelemetry

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN_SCOPE = "https://monitor.azure.com//.default"  # noqa: S105 - the name of a scope
NEEDED_TO_SEND = ("urllib3", "gzip", "encodings.idna", "email.utils", "urllib.request")
FINGERPRINT = "sha256:"
LOOPBACK = ("localhost", "127.", "[::1]")


class Credential(Protocol):
    """Whatever hands out tokens, such as the classes of azure-identity."""

    def get_token(self, *scopes: str) -> Any:
        """Return an object whose ``token`` is sent as bearer."""


class Received(NamedTuple):
    """A reply as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Unreachable(Exception):
    """There is no reply, and the text says why."""


class Link:
    """Reaches one server. Used by one thread at a time.

    Args:
        endpoint: Base address of the server; its trailing slashes do not matter.
        proxies: Scheme to proxy address, as requests takes it, or the JSON text of it; empty means
            those of the system.
        credential: Hands out bearer tokens; None sends without.
        environ: Read for certificate bundles, unless some are named.
        certificates: As the option of that name.
        user_agent: How the client introduces itself.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        proxies: Mapping[str, str] | str,
        credential: Credential | None,
        environ: Mapping[str, str],
        user_agent: str,
        certificates: str | None = None,
    ) -> None:
        self.endpoint = endpoint.rstrip("/")
        self._proxies = proxies
        self._credential = credential
        self._environ = environ
        self._certificates = certificates
        self._user_agent = user_agent
        import urllib3

        self._urllib3 = urllib3
        self._pools: Any = None  # urllib3's manager, made at the first request
        self._pool: Any = None
        self._before_path = ""

    @_opentelemetry.unseen()
    def post(
        self,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        timeout_s: float,
        max_reply_bytes: int,
    ) -> Received:
        """Send a body and return the reply, whatever it says.

        Args:
            path: Below the endpoint, with its query.
            body: As it is sent.
            headers: Beside those that every request has.
            timeout_s: The most that connecting and the reply may take.
            max_reply_bytes: How much of the reply is read.

        Raises:
            Unreachable: There is no token, no connection or no reply.
        """
        try:
            own = {"Accept": "application/json", "User-Agent": self._user_agent, **self._token()}
        except Exception as error:
            # A credential is somebody else's code: whatever it raises means "no token now".
            raise Unreachable(f"cannot get a token: {error}") from error
        try:
            if self._pool is None:
                self._connect()
            response = self._pool.urlopen(
                "POST",
                self._before_path + path,
                body=body,
                headers={**own, **headers},
                retries=False,
                redirect=False,
                preload_content=False,
                timeout=self._urllib3.Timeout(total=timeout_s),
            )
            try:
                reply: bytes = response.read(max_reply_bytes, decode_content=True)
                response.drain_conn()
            finally:
                response.release_conn()
        except (self._urllib3.exceptions.HTTPError, OSError, ValueError, RuntimeError) as error:
            # The last: gevent's sockets need a thread, and a process that ends starts none.
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        return Received(response.status, response.headers, reply)

    def follow(self, location: str | None) -> bool:
        """Send further requests where the server wants them; return whether that is done.

        Never from https to http, and with a token only to the same host, or from one of Azure's to
        another: a token is for the servers of one owner.
        """
        try:
            target = urlsplit(urljoin(self.endpoint + "/", (location or "").strip()))
            port = target.port
        except ValueError:
            return False
        if not location or target.scheme not in ("http", "https") or not target.hostname:
            return False
        if target.username or (self.endpoint.startswith("https:") and target.scheme != "https"):
            return False
        named = f"[{target.hostname}]" if ":" in target.hostname else target.hostname
        endpoint = f"{target.scheme}://{named}" + (f":{port}" if port else "")
        if self._credential is not None and not _have_one_owner(self.endpoint, endpoint):
            return False
        self.move(endpoint)
        return True

    def move(self, endpoint: str) -> None:
        """Send further requests to another address."""
        if endpoint != self.endpoint:
            self.close()
            self.endpoint = endpoint

    def close(self) -> None:
        """Close the connections."""
        pools, self._pools, self._pool = self._pools, None, None
        if pools is not None:
            pools.clear()

    def _token(self) -> dict[str, str]:
        if self._credential is None:
            return {}
        return {"Authorization": f"Bearer {self._credential.get_token(TOKEN_SCOPE).token}"}

    def _connect(self) -> None:
        with lifetime.forks_wait():
            pools = open_pool(
                self.endpoint, parse_proxies(self._proxies), self._environ, self._certificates
            )
        self._pools, self._pool, self._before_path = pools, pools, self.endpoint
        if pools.proxy is None:
            # All requests go to one server: to look for its pool anew costs a quarter of a request.
            self._pool = pools.connection_from_url(self.endpoint)
            self._before_path = self._urllib3.util.parse_url(self.endpoint).path or ""


def import_all() -> None:
    """Import all that attempts to send will import, so that none of them does."""
    for name in NEEDED_TO_SEND:
        import_module(name)
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.is_module_patched("socket"):
        # Its sockets look names up on threads, and cannot import those when the process ends.
        import_module("gevent.threadpool")


def _have_one_owner(endpoint: str, other: str) -> bool:
    if is_azure(endpoint) and is_azure(other):
        return True
    return urlsplit(endpoint).hostname == urlsplit(other).hostname


def open_pool(
    endpoint: str,
    proxies: Mapping[str, str],
    environ: Mapping[str, str],
    certificates: str | None = None,
) -> Any:
    """Return urllib3's pools for a server, through the proxy and with the certificates it needs."""
    import urllib3

    settings: dict[str, Any] = {"num_pools": 2, "maxsize": 1}
    bundle = certificates or environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE")
    if bundle and bundle.lower().startswith(FINGERPRINT):
        # the one certificate is known: neither who signed it nor its names add anything
        settings["cert_reqs"] = "CERT_NONE"
        settings["assert_fingerprint"] = bundle[len(FINGERPRINT) :]
    elif bundle:
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
