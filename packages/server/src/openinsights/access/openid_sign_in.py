"""Signing people in through an OpenID provider: the authorization code flow, with PKCE."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import OrderedDict
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool

from openinsights.access.errors import Forbidden, InvalidToken, SignInRefused
from openinsights.access.openid import LEEWAY_S
from openinsights.access.openid_roles import person_of
from openinsights.access.secrets import hash_of, new_secret
from openinsights.access.tickets import PROVIDER as TICKET
from openinsights.clock import to_datetime

if TYPE_CHECKING:
    from openinsights.access.caller import Caller
    from openinsights.access.openid import Provider
    from openinsights.access.openid_roles import Meaning
    from openinsights.access.people import PeopleStore, Person
    from openinsights.access.tickets import Tickets
    from openinsights.clock import Clock

_MAX_FLOWS: Final = 1_000
_MAX_TOKENS: Final = 1_000
_KEPT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Client:
    """What the provider knows this server by.

    Attributes:
        id: of the client.
        secret: of the client, "" for a public one.
        scopes: that are asked for.
        audiences: of tokens that services show.
        redirect_url: to which the provider sends people back.
    """

    id: str
    secret: str
    scopes: str
    audiences: tuple[str, ...]
    redirect_url: str


@dataclass(frozen=True, slots=True)
class _Flow:
    browser_hash: str
    verifier: str
    nonce: str
    destination: str
    until_s: float


class OpenIdSignIn:
    """Lets people in whom a provider knows, and services that show its tokens.

    Args:
        provider: who knows them.
        client: what it knows this server by.
        meaning: what its claims mean.
        people: where people are kept.
        clock: ends flows that nobody finishes.
        tickets: let another server of the catalog finish them; None where there is none.

    Attributes:
        flow_s: how long somebody has for signing in at the provider.
    """

    flow_s: Final = 600.0

    def __init__(
        self,
        provider: Provider,
        client: Client,
        meaning: Meaning,
        people: PeopleStore,
        clock: Clock,
        tickets: Tickets | None = None,
    ) -> None:
        self._tickets = tickets
        self._provider = provider
        self._client = client
        self._meaning = meaning
        self._people = people
        self._clock = clock
        self._flows: OrderedDict[str, _Flow] = OrderedDict()
        self._callers: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    async def begin(self, destination: str) -> tuple[str, str]:
        """Return where the browser is sent, and what it has to show when it comes back.

        Raises:
            ProviderUnreachable: the provider does not answer.
        """
        endpoint = await self._provider.endpoint("authorization_endpoint")
        browser, state, nonce = (new_secret() for _ in range(3))
        verifier = new_secret() + new_secret()  # RFC 7636 wants 43 characters at least
        until_s = self._clock.monotonic_s() + self.flow_s
        flow = _Flow(hash_of(browser), verifier, nonce, destination, until_s)
        if self._tickets is None:
            self._flows[state] = flow
            while len(self._flows) > _MAX_FLOWS:
                self._flows.popitem(last=False)
        else:
            left = partial(self._tickets.leave, TICKET, state, self.flow_s, asdict(flow))
            await run_in_threadpool(left)
        asked = {
            "response_type": "code",
            "client_id": self._client.id,
            "redirect_uri": self._client.redirect_url,
            "scope": self._client.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in endpoint else "?"
        return f"{endpoint}{joint}{urlencode(asked)}", browser

    async def finish(self, state: str, code: str, browser: str) -> tuple[Person, str]:
        """Return who signs in, and where the person wanted to go.

        Args:
            state: as the provider repeats it.
            code: that the provider gave.
            browser: what the browser was given to show.

        Raises:
            SignInRefused: the browser did not begin this, or too long ago.
            InvalidToken: what the provider says does not fit.
            Forbidden: the person has no role here.
            ProviderUnreachable: the provider does not answer.
        """
        flow = await self._flow(state)
        is_theirs = flow is not None and hmac.compare_digest(flow.browser_hash, hash_of(browser))
        if flow is None or not is_theirs:
            raise SignInRefused("cannot sign in: the attempt is too old, or not this browser's")
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_url,
            "code_verifier": flow.verifier,
            "client_id": self._client.id,
        }
        auth = (self._client.id, self._client.secret) if self._client.secret else None
        endpoint = await self._provider.endpoint("token_endpoint")
        tokens = await self._provider.form(endpoint, fields, auth)
        claims = await self._provider.claims(
            str(tokens.get("id_token") or ""), (self._client.id,), flow.nonce
        )
        claims = await self._with_groups(claims, str(tokens.get("access_token") or ""))
        key, name = person_of(claims)
        roles = self._meaning.roles(claims)
        if not roles:
            if self._people.find(key) is not None:  # other browsers may still hold a session
                self._people.signed_in_elsewhere(key, name, roles)
            raise Forbidden("cannot sign in: none of the person's groups has a role here")
        return self._people.signed_in_elsewhere(key, name, roles), flow.destination

    async def caller(self, token: str) -> Caller:
        """Return who shows a token.

        Raises:
            InvalidToken: it is not valid.
            ProviderUnreachable: that cannot be told.
        """
        digest, now = hashlib.sha256(token.encode()).digest(), self._clock.monotonic_s()
        known = self._callers.get(digest)
        if known is not None and now < known[0]:
            return known[1]
        claims = await self._provider.claims(token, self._client.audiences)
        caller = self._meaning.service(claims)
        left_s = int(claims["exp"]) + LEEWAY_S - to_datetime(self._clock.now_ticks()).timestamp()
        self._callers[digest] = (now + min(_KEPT_S, left_s), caller)
        while len(self._callers) > _MAX_TOKENS:
            self._callers.popitem(last=False)
        return caller

    async def _flow(self, state: str) -> _Flow | None:
        """Return what was begun, once; None when it never was, or too long ago."""
        if self._tickets is not None:
            facts = await run_in_threadpool(self._tickets.take, TICKET, state)
            return None if facts is None else _Flow(**facts)
        flow = self._flows.pop(state, None)
        return None if flow is None or flow.until_s < self._clock.monotonic_s() else flow

    async def _with_groups(self, claims: dict[str, Any], access_token: str) -> dict[str, Any]:
        """Return claims with what the provider tells apart from them, when groups are missing."""
        if self._meaning.groups(claims) or not access_token:
            return claims
        endpoint = await self._provider.endpoint("userinfo_endpoint")
        if not endpoint:
            return claims
        told = await self._provider.get(endpoint, access_token)
        if told.get("sub") != claims["sub"]:
            raise InvalidToken("cannot sign in: the provider tells about somebody else")
        return {**told, **claims}


def audiences_of(text: str, client_id: str) -> tuple[str, ...]:
    """Return the audiences that a setting names, separated by commas; the client when none."""
    return tuple(each.strip() for each in text.split(",") if each.strip()) or (client_id,)


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
