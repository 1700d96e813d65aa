"""Tells who asks, from what a request shows: a key, a token, a cookie, or where it comes from."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any, Final

from openinsights.access.caller import LOCAL, NOBODY, Caller, nobody
from openinsights.access.errors import AccessError, ForeignPage, InvalidToken, NotAuthenticated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from openinsights.access.keys import KeyStore
    from openinsights.access.people import PeopleStore
    from openinsights.access.sessions import SessionStore

    Scope = MutableMapping[str, Any]  # ASGI's

LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
_FORWARDED: Final = frozenset(
    (b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip")
)
"""What proxies add: whoever they speak for is not on this machine."""
_READING: Final = ("GET", "HEAD", "OPTIONS")
SECURE_COOKIE: Final = "__Host-openinsights"
PLAIN_COOKIE: Final = "openinsights"


@dataclass(frozen=True, slots=True)
class Cookie:
    """The cookie of a session.

    Attributes:
        is_secure: whether browsers send it over https alone.
    """

    is_secure: bool

    @property
    def name(self) -> str:
        """Its name; one that begins with `__Host-` no other host can set."""
        return SECURE_COOKIE if self.is_secure else PLAIN_COOKIE


class Gate:
    """Tells who asks.

    Args:
        keys: API keys.
        people: who can sign in.
        sessions: who has.
        cookie: what sessions travel in.
        trusts_loopback: whether those on this machine may do everything without being asked.
        origin: scheme, host and port under which the server is reached from elsewhere.
        is_owner: whether a secret is that of the data folder's owner.
        token_caller: returns who a bearer token is about; None when tokens are not taken.
    """

    def __init__(
        self,
        keys: KeyStore,
        people: PeopleStore,
        sessions: SessionStore,
        cookie: Cookie,
        *,
        trusts_loopback: bool,
        origin: str = "",
        is_owner: Callable[[str], bool] = lambda secret: False,
        token_caller: Callable[[str], Awaitable[Caller]] | None = None,
    ) -> None:
        self._keys = keys
        self._people = people
        self._sessions = sessions
        self._cookie = cookie
        self._trusts_loopback = trusts_loopback
        self._origin = origin
        self._is_owner = is_owner
        self._token_caller = token_caller

    def is_local(self, scope: Scope) -> bool:
        """Return whether a request comes from this machine and is served without being asked."""
        if not self._trusts_loopback:
            return False
        client = scope.get("client")
        if client is not None and not _is_loopback(client[0]):
            return False
        for name, value in scope["headers"]:
            if name in _FORWARDED or (name == b"host" and not _names_loopback(value)):
                return False
        return True

    async def caller(self, scope: Scope) -> Caller:
        """Return who asks; nobody, with the reason, when what they show is not valid."""
        if self.is_local(scope):
            return LOCAL
        headers = dict(scope["headers"])
        try:
            return await self._shown(scope, headers)
        except AccessError as error:
            return nobody(error)

    def holds(self, caller: Caller) -> bool:
        """Return whether a caller who was let in still would be."""
        if caller.kind == "key":
            return self._keys.holds(caller.id)
        if caller.kind == "person":
            return self._people.get(caller.id) is not None and self._sessions.holds(caller.id)
        return True

    async def of_headers(self, headers: dict[bytes, bytes]) -> Caller:
        """Return who asks by key or token, for protocols without cookies."""
        try:
            return await self._by_secret(headers) or NOBODY
        except AccessError as error:
            return nobody(error)

    async def _shown(self, scope: Scope, headers: dict[bytes, bytes]) -> Caller:
        shown = await self._by_secret(headers)
        if shown is not None:
            return shown
        session_id = session_in(headers, self._cookie)
        person_id = self._sessions.person_of(session_id) if session_id else None
        person = self._people.get(person_id) if person_id else None
        if person is None:
            return NOBODY
        if scope["method"] not in _READING and not self.is_own_page(scope, headers):
            raise ForeignPage
        return person.caller()

    async def _by_secret(self, headers: dict[bytes, bytes]) -> Caller | None:
        key = headers.get(b"x-api-key")
        if key is not None:
            return self._by_key(key.decode("latin-1").strip())
        scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = token.strip()
        found = self._by_own_secret(token)
        if found is not None:
            return found
        if self._token_caller is None or token.count(".") != 2:
            raise InvalidToken("cannot serve the request: the token is not valid")
        return await self._token_caller(token)

    def _by_key(self, key: str) -> Caller:
        found = self._by_own_secret(key)
        if found is None:
            raise NotAuthenticated("cannot serve the request: the API key is not valid")
        return found

    def _by_own_secret(self, secret: str) -> Caller | None:
        found = self._keys.caller(secret)
        return LOCAL if found is None and self._is_owner(secret) else found

    def is_own_page(self, scope: Scope, headers: dict[bytes, bytes]) -> bool:
        """Return whether a request that changes something comes from a page of this server."""
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        if not origin:
            return headers.get(b"sec-fetch-site") == b"same-origin"
        host = headers.get(b"host", b"").decode("latin-1").lower()
        return origin in (f"{scope.get('scheme', 'http')}://{host}", self._origin)


def session_in(headers: dict[bytes, bytes], cookie: Cookie) -> str:
    """Return the id of the session that a request shows, "" when there is none."""
    text = headers.get(b"cookie", b"").decode("latin-1")
    if cookie.name not in text:
        return ""
    try:
        found = SimpleCookie(text).get(cookie.name)
    except CookieError:
        return ""
    return str(found.value) if found is not None else ""


def address_of(scope: Scope) -> str:
    """Return the address that a request comes from; what a proxy on this machine says it is."""
    peer = str((scope.get("client") or ("", 0))[0])
    if _is_loopback(peer):
        headers: dict[bytes, bytes] = dict(scope["headers"])
        last = headers.get(b"x-forwarded-for", b"").decode("latin-1")
        last = last.rpartition(",")[2].strip()
        if last:
            return last[:64]
    return peer


# asked for every request, about few addresses and names
@lru_cache(maxsize=1024)
def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=1024)
def _names_loopback(host: bytes) -> bool:
    text = host.decode("latin-1").lower()
    closing = text.find("]")
    name = text[: closing + 1] if closing > 0 else text.partition(":")[0]
    return name in LOOPBACK_NAMES
