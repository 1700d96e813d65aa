"""Signing in to the portal: who is signed in, in, out, the first administrator, a new password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from openinsights.access.caller import ASKING, Caller
from openinsights.access.errors import (
    AccessError,
    ForeignPage,
    NotAuthenticated,
    SignInRefused,
)
from openinsights.access.gate import address_of, session_in
from openinsights.access.rights import EVERYTHING, Right
from openinsights.access.routes import Guarded
from openinsights.api.body import json_object, text_of
from openinsights.api.errors import ApiError, json_response, path_not_found
from openinsights.operation import Parameter, promises

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.access.gate import Cookie, Gate
    from openinsights.access.openid_sign_in import OpenIdSignIn
    from openinsights.access.parts import Access
    from openinsights.access.people import Person

_MAX_BODY_BYTES = 20_000


ROOM = "portal"


class Asker(msgspec.Struct):
    """Who asks, and how they can sign in.

    Attributes:
        may: rights for every resource.
        may_by_resource: rights by application id; `*` is every resource.
    """

    name: str | None
    kind: str
    may: list[str]
    may_by_resource: dict[str, list[str]]
    awaits_first_administrator: bool
    provider: str | None


class SignedIn(msgspec.Struct):
    """Who is signed in from now on."""

    name: str | None


class Credentials(msgspec.Struct):
    """Who wants to sign in."""

    name: str
    password: str


class FirstCredentials(msgspec.Struct):
    """Who wants to be the first administrator, with the secret that the server printed."""

    secret: str
    name: str
    password: str


class Passwords(msgspec.Struct):
    """The password so far, and the new one."""

    old: str
    new: str


class SessionApi:
    """The routes of the sign-in page. They are open: whoever comes here is not known yet.

    Those that change something take only JSON from pages of this server, so that no other page can
    sign somebody in or out.

    Args:
        access: lets people in.
        gate: knows the pages of this server.
        cookie: what sessions travel in.
        longest_s: how long a browser keeps it.
        openid: signs people in whom a provider knows; None when there is none.
        provider: the provider's name.
    """

    def __init__(
        self,
        access: Access,
        gate: Gate,
        cookie: Cookie,
        longest_s: float,
        openid: OpenIdSignIn | None = None,
        provider: str = "",
    ) -> None:
        self._openid = openid
        self._access = access
        self._gate = gate
        self._cookie = cookie
        self._longest_s = longest_s
        self._provider = provider

    def routes(self) -> list[Guarded]:
        """Return the routes."""
        path, right = "/portal/api/session", Right.OPEN
        return [
            Guarded(path, self.look, right=right),
            Guarded(path, self.sign_in, right={"POST": right}),
            Guarded(path, self.sign_out, right={"DELETE": right}),
            Guarded("/portal/api/first-administrator", self.first_admin, right={"POST": right}),
            Guarded("/portal/api/password", self.change_password, right={"POST": right}),
            Guarded("/sign-in/provider", self.to_provider, right=right),
            Guarded("/sign-in/callback", self.from_provider, right=right),
        ]

    @promises(ROOM, Asker)
    async def look(self, request: Request) -> Response:
        """Answer who asks, and how they can sign in."""
        caller = _caller()
        body = {
            "name": None if caller.kind == "nobody" else caller.name,
            "kind": caller.kind,
            "may": sorted(map(str, caller.grants.get(EVERYTHING, ()))),
            "may_by_resource": {
                app_id: sorted(map(str, rights)) for app_id, rights in caller.grants.items()
            },
            "awaits_first_administrator": self._access.sign_in.awaits_first_admin,
            "provider": None if self._openid is None else self._provider,
        }
        return json_response(body, headers={"cache-control": "no-store"})

    @promises(ROOM, SignedIn, body=Credentials, errors=(400, 413, 415, 429))
    async def sign_in(self, request: Request) -> Response:
        """Sign somebody in by name and password."""
        body = await self._body(request)
        person, session_id = await run_in_threadpool(
            self._access.sign_in.sign_in,
            text_of(body, "name") or "",
            text_of(body, "password") or "",
            address_of(request.scope),
            self._shown(request),
        )
        return self.begun(json_response({"name": person.name}), session_id)

    @promises(
        ROOM,
        SignedIn,
        parameters=(Parameter("everywhere", "Whether in every browser.", bool),),
    )
    async def sign_out(self, request: Request) -> Response:
        """Sign out here, or with `?everywhere=true` in every browser."""
        self._refuse_foreign(request)
        person = self._person()
        if person is not None:
            everywhere = request.query_params.get("everywhere") == "true"
            await run_in_threadpool(
                lambda: self._access.sign_in.sign_out(
                    person,
                    self._shown(request),
                    address_of(request.scope),
                    everywhere=everywhere,
                )
            )
        reply = json_response({"name": None})
        reply.delete_cookie(
            self._cookie.name, secure=self._cookie.is_secure, httponly=True, samesite="lax"
        )
        return reply

    @promises(
        ROOM, SignedIn, status=201, body=FirstCredentials, errors=(400, 409, 413, 415, 429)
    )
    async def first_admin(self, request: Request) -> Response:
        """Make the first administrator, who shows the secret that the server printed."""
        body = await self._body(request)
        address = address_of(request.scope)
        person = await run_in_threadpool(
            self._access.sign_in.first_admin,
            text_of(body, "secret") or "",
            text_of(body, "name") or "",
            text_of(body, "password") or "",
            address,
        )
        session_id = await run_in_threadpool(
            self._access.sign_in.begin, person, address, self._shown(request)
        )
        return self.begun(json_response({"name": person.name}, 201), session_id)

    async def to_provider(self, request: Request) -> Response:
        """Send the browser to the provider."""
        if self._openid is None:
            raise path_not_found()
        wanted = request.query_params.get("to", "/")
        # nothing that a browser takes for another host
        is_here = wanted.startswith("/") and wanted[1:2] not in ("/", "\\") and wanted.isprintable()
        try:
            url, browser = await self._openid.begin(wanted if is_here else "/")
        except AccessError as error:
            return _back(error)
        reply = RedirectResponse(url, 303, {"cache-control": "no-store"})
        reply.set_cookie(
            f"{self._cookie.name}-flow",
            browser,
            max_age=int(self._openid.flow_s),
            secure=self._cookie.is_secure,
            httponly=True,
            samesite="lax",
        )
        return reply

    async def from_provider(self, request: Request) -> Response:
        """Take the browser back from the provider, and let the person in."""
        if self._openid is None:
            raise path_not_found()
        given, address = request.query_params, address_of(request.scope)
        name = f"{self._cookie.name}-flow"
        try:
            if "error" in given:
                raise SignInRefused("cannot sign in: the provider has refused")
            person, destination = await self._openid.finish(
                given.get("state", ""), given.get("code", ""), request.cookies.get(name, "")
            )
        except AccessError as error:
            audit = self._access.audit
            await run_in_threadpool(
                audit.add, "", "nobody", "sign-in", self._provider, error.code, address
            )
            return _back(error)
        session_id = await run_in_threadpool(
            self._access.sign_in.begin, person, address, self._shown(request)
        )
        reply = self.begun(RedirectResponse(destination, 303), session_id)
        reply.delete_cookie(name, secure=self._cookie.is_secure, httponly=True, samesite="lax")
        return reply

    @promises(ROOM, SignedIn, body=Passwords, errors=(400, 413, 415, 429))
    async def change_password(self, request: Request) -> Response:
        """Change one's own password; every session ends, and a new one begins here."""
        body = await self._body(request)
        person, address = self._person(), address_of(request.scope)
        if person is None:
            raise NotAuthenticated("cannot change the password: nobody is signed in")
        await run_in_threadpool(
            self._access.sign_in.change_password,
            person,
            text_of(body, "old") or "",
            text_of(body, "new") or "",
            address,
        )
        session_id = await run_in_threadpool(self._access.sign_in.begin, person, address)
        return self.begun(json_response({"name": person.name}), session_id)

    def begun(self, reply: Response, session_id: str) -> Response:
        """Return a reply that hands a session to the browser."""
        reply.set_cookie(
            self._cookie.name,
            session_id,
            max_age=int(self._longest_s),
            path="/",
            secure=self._cookie.is_secure,
            httponly=True,
            samesite="lax",
        )
        reply.headers["cache-control"] = "no-store"
        return reply

    def _shown(self, request: Request) -> str:
        return session_in(dict(request.scope["headers"]), self._cookie)

    def _person(self) -> Person | None:
        caller = _caller()
        return self._access.people.get(caller.id) if caller.kind == "person" else None

    async def _body(self, request: Request) -> dict[str, Any]:  # JSON of a page
        self._refuse_foreign(request)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise ApiError(415, "UnsupportedMediaType", "cannot read the body: send JSON")
        return await json_object(request, _MAX_BODY_BYTES)

    def _refuse_foreign(self, request: Request) -> None:
        headers = dict(request.scope["headers"])
        if b"origin" in headers and not self._gate.is_own_page(request.scope, headers):
            raise ForeignPage


def _back(error: AccessError) -> Response:
    """Return the way back to the sign-in page, which tells what went wrong."""
    return RedirectResponse(f"/sign-in?{urlencode({'problem': error.message})}", 303)


def _caller() -> Caller:
    asking = ASKING.get()
    if asking is None:
        raise RuntimeError("BUG: a route is not Guarded")
    return asking.caller
