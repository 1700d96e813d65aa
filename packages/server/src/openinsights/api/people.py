"""People, the keys for every resource, and the audit log, for administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from openinsights.access.audit import MAX_READ
from openinsights.access.rights import EVERYTHING, Right
from openinsights.access.routes import Guarded
from openinsights.api.body import json_object, text_of, texts_of
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response
from openinsights.api.lists import PAGING, Page, address_with, page_of
from openinsights.operation import Parameter, promises

if TYPE_CHECKING:
    from starlette.requests import Request

    from openinsights.access.actions import Actions

_DEFAULT_ROWS = 100


ROOM = "access"


class Person(msgspec.Struct, rename="camel"):
    """Somebody who can sign in; roles by the name of a resource, `*` being every one."""

    id: str
    name: str
    roles: dict[str, Literal["viewer", "editor", "admin"]]
    created: str
    has_password: bool


class PersonBody(msgspec.Struct):
    """A person to make."""

    name: str
    password: str
    roles: dict[str, Literal["viewer", "editor", "admin"]] | None = None


class PersonChanges(msgspec.Struct, omit_defaults=True):
    """What is changed of a person; a role of null is taken away."""

    password: str | None = None
    roles: dict[str, Literal["viewer", "editor", "admin"] | None] | None = None


class ServerKey(msgspec.Struct, rename="camel", omit_defaults=True, kw_only=True):
    """What is known of a key that opens every resource.

    Attributes:
        key: the key, in the reply that makes it alone.
    """

    id: str
    name: str
    app: str
    rights: list[Literal["read", "write", "manage", "probe"]]
    created: str
    expires: str | None
    last_used: str | None
    key: str | None = None


class ServerKeyBody(msgspec.Struct, omit_defaults=True):
    """A key to make."""

    name: str
    rights: list[Literal["read", "write", "manage", "probe"]]
    days: float | None = None


class Deed(msgspec.Struct, rename="camel"):
    """A row of the audit log."""

    number: int
    time: str
    actor: str
    actor_kind: str
    action: str
    target: str
    outcome: str
    address: str


class PeopleApi:
    """The routes about who may do what.

    Args:
        actions: what is done.
        max_body_bytes: longest request body.
    """

    def __init__(self, actions: Actions, max_body_bytes: int) -> None:
        self._actions = actions
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[Guarded]:
        """Return the routes."""
        right = Right.ADMINISTER
        return [
            Guarded("/access/people", self.list_people, right=right),
            Guarded("/access/people", self.create_person, right={"POST": right}),
            Guarded("/access/people/{name}", self.change_person, right={"PATCH": right}),
            Guarded("/access/people/{name}", self.remove_person, right={"DELETE": right}),
            Guarded("/access/people/{name}/sign-out", self.sign_out, right={"POST": right}),
            Guarded("/access/keys", self.list_keys, right=right),
            Guarded("/access/keys", self.create_key, right={"POST": right}),
            Guarded("/access/keys/{id}", self.revoke_key, right={"DELETE": right}),
            Guarded("/access/audit", self.audit, right=right),
        ]

    @promises(ROOM, Page[Person], parameters=PAGING, errors=(400,))
    async def list_people(self, request: Request) -> Response:
        """List everybody, by name."""
        everybody = sorted(self._actions.people(), key=_by_name)
        return json_response(page_of(request, everybody, _by_name))

    @promises(ROOM, Person, status=201, body=PersonBody, errors=(400, 404, 409, 413))
    async def create_person(self, request: Request) -> Response:
        """Make a person of a name, a password and roles."""
        body = await json_object(request, self._max_body_bytes)
        made = await run_in_threadpool(
            self._actions.create_person,
            text_of(body, "name") or "",
            text_of(body, "password") or "",
            _roles(body),
        )
        return json_response(made, 201)

    @promises(ROOM, Person, body=PersonChanges, errors=(400, 404, 413))
    async def change_person(self, request: Request) -> Response:
        """Change a person's password, roles, or both; the person is named by name or id.

        When one of them cannot be used, neither is changed. A password ends all sessions.
        """
        body = await json_object(request, self._max_body_bytes)
        changed = await run_in_threadpool(
            self._actions.change_person,
            request.path_params["name"],
            _roles(body),
            text_of(body, "password"),
        )
        return json_response(changed)

    @promises(ROOM, status=204, errors=(400, 404))
    async def remove_person(self, request: Request) -> Response:
        """Forget a person."""
        await run_in_threadpool(self._actions.remove_person, request.path_params["name"])
        return Response(status_code=204)

    @promises(ROOM, status=204, errors=(404,))
    async def sign_out(self, request: Request) -> Response:
        """End all sessions of a person."""
        await run_in_threadpool(self._actions.sign_out_everywhere, request.path_params["name"])
        return Response(status_code=204)

    @promises(ROOM, Page[ServerKey], parameters=PAGING, errors=(400,))
    async def list_keys(self, request: Request) -> Response:
        """List the keys that open every resource, oldest first."""
        keys = sorted(self._actions.keys(EVERYTHING), key=_by_age)
        return json_response(page_of(request, keys, _by_age))

    @promises(ROOM, ServerKey, status=201, body=ServerKeyBody, errors=(400, 409, 413))
    async def create_key(self, request: Request) -> Response:
        """Make a key that opens every resource; this reply alone tells it."""
        body = await json_object(request, self._max_body_bytes)
        made = await run_in_threadpool(
            self._actions.create_key,
            EVERYTHING,
            text_of(body, "name") or "",
            texts_of(body, "rights"),
            days_of(body),
        )
        return json_response(made, 201, {"cache-control": "no-store"})

    @promises(ROOM, ServerKey, errors=(404,))
    async def revoke_key(self, request: Request) -> Response:
        """Revoke a key that opens every resource."""
        key = request.path_params["id"]
        return json_response(await run_in_threadpool(self._actions.revoke_key, EVERYTHING, key))

    @promises(
        ROOM,
        Page[Deed],
        parameters=(
            Parameter("before", "Only rows with smaller numbers.", int),
            Parameter("top", f"How many at most; {_DEFAULT_ROWS} without it.", int),
        ),
        errors=(400,),
    )
    async def audit(self, request: Request) -> Response:
        """Answer rows of the audit log, newest first; `nextLink` leads to older ones."""
        before = _whole(request, "before")
        asked = _whole(request, "top")
        count = max(1, min(_DEFAULT_ROWS if asked is None else asked, MAX_READ))
        rows = await run_in_threadpool(self._actions.audit, before, count)
        is_last = len(rows) < count or rows[-1]["number"] == 1
        older = None if is_last else address_with(request, "before", str(rows[-1]["number"]))
        return json_response(Page(rows, older))


def _by_name(person: dict[str, Any]) -> str:
    return f"{person['name'].lower()}/{person['id']}"


def _by_age(key: dict[str, Any]) -> str:
    return f"{key['created']}/{key['id']}"


def days_of(body: dict[str, Any]) -> float | None:
    """Return the days that a key is to last, None when the body names none."""
    days = body.get("days")
    if days is None or (isinstance(days, int | float) and not isinstance(days, bool)):
        return days
    raise ApiError(400, BAD_ARGUMENT, "cannot use 'days': a number is needed")


def _roles(body: dict[str, Any]) -> dict[str, str | None]:
    roles = body.get("roles") or {}
    if isinstance(roles, dict) and all(
        role is None or isinstance(role, str) for role in roles.values()
    ):
        return roles
    raise ApiError(
        400, BAD_ARGUMENT, "cannot use 'roles': an object of roles by resource is needed"
    )


def _whole(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) < 16:
        return int(text)
    raise ApiError(400, BAD_ARGUMENT, f"cannot use {name} = {text[:40]!r}: a number is needed")
