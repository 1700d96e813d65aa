"""Read the JSON object of a request, within a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from openinsights.api.errors import BAD_ARGUMENT, ApiError

if TYPE_CHECKING:
    from starlette.requests import Request

_Shape = TypeVar("_Shape")


async def json_object(
    request: Request, max_bytes: int
) -> dict[str, Any]:  # the edge where JSON comes in
    """Return the request's body as an object; no body is an empty object.

    Raises:
        ApiError: the body is too long, no JSON, or JSON of another kind.
    """
    value = await _json(request, max_bytes)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ApiError(400, BAD_ARGUMENT, "cannot read the body: a JSON object is needed")
    return value


async def json_array(request: Request, max_bytes: int) -> list[Any]:  # the edge where JSON comes in
    """Return the request's body as a list.

    Raises:
        ApiError: the body is too long, no JSON, or JSON of another kind.
    """
    value = await _json(request, max_bytes)
    if not isinstance(value, list):
        raise ApiError(400, BAD_ARGUMENT, "cannot read the body: a JSON array is needed")
    return value


async def _json(request: Request, max_bytes: int) -> object:
    """Return the body's JSON, None when there is no body."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > max_bytes:
            raise ApiError(
                413, "RequestTooLarge", f"cannot read the body: it is longer than {max_bytes} bytes"
            )
    if not content.strip():
        return None
    try:
        value: object = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(400, BAD_ARGUMENT, f"cannot read the body as JSON: {error}") from None
    return value


def text_of(body: dict[str, Any], name: str) -> str | None:
    """Return a text of the body, None when it is absent or null.

    Raises:
        ApiError: it is something else.
    """
    value = body.get(name)
    if value is None or isinstance(value, str):
        return value
    raise ApiError(400, BAD_ARGUMENT, f"cannot use {name!r}: a text is needed")


def texts_of(body: dict[str, Any], name: str) -> tuple[str, ...]:
    """Return a list of texts of the body, empty when it is absent or null.

    Raises:
        ApiError: it is something else.
    """
    value = body.get(name)
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    raise ApiError(400, BAD_ARGUMENT, f"cannot use {name!r}: a list of texts is needed")


async def body_as(request: Request, max_bytes: int, shape: type[_Shape]) -> _Shape:
    """Return the request's body as a struct; no body is an empty object.

    Raises:
        ApiError: the body is too long, no JSON, or JSON of another form.
    """
    value = await json_object(request, max_bytes)
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        why = str(error)
        raise ApiError(
            400, BAD_ARGUMENT, f"cannot read the body: {why[0].lower()}{why[1:]}"
        ) from None
