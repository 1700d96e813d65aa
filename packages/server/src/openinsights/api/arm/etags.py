"""Changes that hold only for what the caller has seen: If-Match and If-None-Match."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from openinsights.api.errors import ApiError
from openinsights.catalog.errors import ResourceChanged

if TYPE_CHECKING:
    from starlette.requests import Request


def etag_of(value: object) -> str:
    """Return the tag of what a reply shows: another one whenever it shows something else."""
    digest = hashlib.blake2b(msgspec.json.encode(value), digest_size=12)
    return f'"{digest.hexdigest()}"'


def check_match(request: Request, what: str, etag: str | None) -> None:
    """Refuse a change that the request's conditions do not allow.

    Args:
        request: with its headers.
        what: is changed, as the message says it.
        etag: of what is there; None when nothing is.

    Raises:
        ResourceChanged: If-Match names another etag, or something where nothing is.
        ApiError: If-None-Match is `*`, and it is there.
    """
    if wants_new(request) and etag is not None:
        raise ApiError(409, "Conflict", f"cannot create {what}: it exists")
    wanted = {each.strip().removeprefix("W/") for each in _header(request, "if-match").split(",")}
    if wanted == {""} or (etag is not None and wanted & {"*", etag, etag.strip('"')}):
        return
    raise ResourceChanged(
        f"cannot change {what}: it has changed since it was read; read it again"
        if etag is not None
        else f"cannot change {what}: it does not exist"
    )


def wants_new(request: Request) -> bool:
    """Return whether the caller wants to make what must not be there yet."""
    return _header(request, "if-none-match").strip() == "*"


def _header(request: Request, name: str) -> str:
    return request.headers.get(name, "")
