"""An OpenID provider: its endpoints and keys, and what tokens that it signed say.

What lives here: discovery, keys with their rotation, the checks of a token. What does not: who the
person or the service is to this server; `openid_roles` knows that.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import httpx
import jwt

from openinsights.access.errors import InvalidToken, ProviderUnreachable, WrongAudience

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.clock import Clock

ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
"""Signatures that only the provider can make; none that knows a shared secret, and not `none`."""

LEEWAY_S: Final = 60
_MAX_TOKEN: Final = 16_384
_MAX_KEYS: Final = 100
_MAX_REPLY_BYTES: Final = 1_000_000
_REFRESH_AT_MOST_EVERY_S: Final = 30.0
_DISCOVERED_FOR_S: Final = 24 * 3600.0


class Provider:
    """A provider, by its issuer. For one event loop.

    Args:
        issuer: as its tokens name it.
        http: asks it; whoever made it closes it.
        clock: tells what has to be looked up anew.
    """

    def __init__(self, issuer: str, http: httpx.AsyncClient, clock: Clock) -> None:
        self.issuer = issuer
        self._http = http
        self._clock = clock
        self._asking = asyncio.Lock()
        self._configuration: dict[str, Any] = {}
        self._keys: dict[str, jwt.PyJWK] = {}
        self._discovered_s: float | None = None
        self._keys_s: float | None = None

    async def endpoint(self, name: str) -> str:
        """Return an endpoint of the provider, "" when it has none.

        Raises:
            ProviderUnreachable: the provider does not say.
        """
        return str((await self._discovered()).get(name) or "")

    async def claims(
        self, token: str, audiences: Sequence[str], nonce: str | None = None
    ) -> dict[str, Any]:
        """Return what a token says, once its signature, issuer, audience and times are checked.

        Args:
            token: a JWT.
            audiences: for one of which it must be.
            nonce: that it must repeat; None asks for none.

        Raises:
            InvalidToken: it is not valid.
            WrongAudience: it is for somebody else.
            ProviderUnreachable: the keys cannot be looked up.
        """
        if len(token) > _MAX_TOKEN:
            raise InvalidToken("cannot use the token: it is too long")
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise InvalidToken("cannot use the token: it is no JWT") from None
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise InvalidToken("cannot use the token: its algorithm is not accepted")
        key = await self._key(str(header.get("kid") or ""))
        if key.algorithm_name != algorithm:
            raise InvalidToken("cannot use the token: its algorithm is not its key's")
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=list(audiences),
                issuer=self.issuer,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.InvalidAudienceError:
            raise WrongAudience("cannot use the token: it is for another audience") from None
        except jwt.ExpiredSignatureError:
            raise InvalidToken("cannot use the token: it has expired") from None
        except jwt.PyJWTError as error:
            cause = type(error).__name__.removesuffix("Error")
            raise InvalidToken(f"cannot use the token: {cause}") from None
        if nonce is not None and claims.get("nonce") != nonce:
            raise InvalidToken("cannot use the token: it answers another sign-in")
        return claims

    async def form(
        self, endpoint: str, fields: dict[str, str], auth: tuple[str, str] | None
    ) -> dict[str, Any]:
        """Return what an endpoint answers to a form.

        Raises:
            InvalidToken: it refuses.
            ProviderUnreachable: it does not answer.
        """
        try:
            reply = await self._http.post(
                endpoint,
                data=fields,
                auth=httpx.USE_CLIENT_DEFAULT if auth is None else httpx.BasicAuth(*auth),
                headers={"accept": "application/json"},
            )
            if 400 <= reply.status_code < 500:
                raise InvalidToken("cannot sign in: the provider refuses the code")
            return _object(reply)
        except (httpx.HTTPError, ValueError):
            raise ProviderUnreachable("cannot sign in: the provider does not answer") from None

    async def get(self, url: str, token: str = "") -> dict[str, Any]:
        """Return the JSON object at a URL of the provider.

        Raises:
            ProviderUnreachable: it does not answer.
        """
        headers = {"authorization": f"Bearer {token}"} if token else {}
        try:
            return _object(await self._http.get(url, headers=headers))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            raise ProviderUnreachable(
                "cannot check who signs in: the provider does not answer"
            ) from None

    async def _discovered(self) -> dict[str, Any]:
        async with self._asking:
            now = self._clock.monotonic_s()
            if self._discovered_s is None or now - self._discovered_s > _DISCOVERED_FOR_S:
                url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
                found = await self.get(url)
                if found.get("issuer") != self.issuer:
                    raise ProviderUnreachable(
                        "cannot check who signs in: the provider names another issuer"
                    )
                self._configuration, self._discovered_s = found, now
            return self._configuration

    async def _key(self, kid: str) -> jwt.PyJWK:
        found = self._keys.get(kid)
        if found is None:
            # the provider may have begun to use another one; who sends nonsense does not get to
            # have it asked all the time
            await self._look_up_keys()
            found = self._keys.get(kid)
        if found is None and not kid and len(self._keys) == 1:
            found = next(iter(self._keys.values()))
        if found is None:
            raise InvalidToken("cannot use the token: its key is not known")
        return found

    async def _look_up_keys(self) -> None:
        address = await self.endpoint("jwks_uri")
        async with self._asking:
            now = self._clock.monotonic_s()
            if self._keys_s is not None and now - self._keys_s < _REFRESH_AT_MOST_EVERY_S:
                return
            self._keys_s = now
            kept: dict[str, jwt.PyJWK] = {}
            for each in (await self.get(address)).get("keys", [])[:_MAX_KEYS]:
                try:
                    key = jwt.PyJWK(each)
                except (jwt.PyJWTError, TypeError, ValueError):
                    continue  # of a kind that is not known here, which others may be for
                if key.algorithm_name in ALGORITHMS and each.get("use", "sig") == "sig":
                    kept[str(each.get("kid") or "")] = key
            self._keys = kept


def _object(reply: httpx.Response) -> dict[str, Any]:
    if reply.status_code >= 300 or len(reply.content) > _MAX_REPLY_BYTES:
        raise ValueError("an answer of another kind")
    value = reply.json()
    if not isinstance(value, dict):
        raise ValueError("an answer of another kind")
    return value
