"""What an endpoint promises over HTTP: bodies, replies, parameters and errors, beside its code.

What lives here: the values, and the decorator that ties one to an endpoint. `api/openapi.py` reads
them off the route table. Any room may import this; it knows none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.routing import Route

_Endpoint = TypeVar("_Endpoint", bound="Callable[..., Any] | type")

JSON: Final = "application/json"
Shape: TypeAlias = Any  # a type that msgspec describes: a struct, a typed dict, list[str], …


@dataclass(frozen=True, slots=True)
class Content:
    """What a body holds.

    Attributes:
        shape: the type of the JSON, or of each line or event; None for bytes and texts that have
            no further form.
        media_types: under which the body is sent; all of them have the shape. None where a body
            may be missing.
        doc: one sentence.
        example: a value that can be sent.
        required: whether a request has to have it.
    """

    shape: Shape = None
    media_types: tuple[str, ...] = (JSON,)
    doc: str = ""
    example: object = None
    required: bool = True


@dataclass(frozen=True, slots=True)
class Parameter:
    """A part of a request that is not its body.

    Attributes:
        name: as it is sent; of a part of the path as the route names it.
        doc: one sentence.
        shape: the type of the value.
        place: where it stands.
        required: whether it has to be sent; parts of the path always do.
    """

    name: str
    doc: str
    shape: Shape = str
    place: Literal["query", "header", "path"] = "query"
    required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """What an endpoint promises.

    Attributes:
        room: under which heading it is listed.
        replies: contents by status; None is a reply without a body.
        body: of the request, for the methods that have one.
        parameters: beside those that the path names.
        errors: statuses whose body is `error`, beside those that every route has.
        error: what a failure's body holds; None is the shape that all of the API has.
    """

    room: str
    replies: Mapping[int, Content | None] = field(default_factory=dict)
    body: Content | None = None
    parameters: tuple[Parameter, ...] = ()
    errors: tuple[int, ...] = ()
    error: Content | None = None


def promises(
    room: str,
    reply: Shape | Content = None,
    *,
    status: int = 200,
    body: Shape | Content = None,
    parameters: tuple[Parameter, ...] = (),
    errors: tuple[int, ...] = (),
    replies: Mapping[int, Shape | Content] | None = None,
    error: Content | None = None,
) -> Callable[[_Endpoint], _Endpoint]:
    """Tie a promise to an endpoint: a function, a method, or a class of ASGI endpoints.

    Args:
        room: under which heading it is listed.
        reply: what the usual reply holds; None when it has no body.
        status: of the usual reply.
        body: what the request holds.
        parameters: beside those that the path names.
        errors: statuses of failures that the endpoint tells.
        replies: further replies by status.
        error: what a failure's body holds, where it is not the shape that all of the API has.
    """
    every = {status: reply, **(replies or {})}
    operation = Operation(
        room,
        {each: content_of(shape) for each, shape in every.items()},
        content_of(body),
        parameters,
        errors,
        error,
    )

    def tie(endpoint: _Endpoint) -> _Endpoint:
        endpoint.operation = operation  # type: ignore[union-attr]  # functions take attributes
        return endpoint

    return tie


def content_of(shape: Shape | Content) -> Content | None:
    """Return a shape as the content of a JSON body."""
    if shape is None or isinstance(shape, Content):
        return shape
    return Content(shape)


def operation_of(route: Route) -> Operation | None:
    """Return the promise of a route's endpoint, None when it has none."""
    found = getattr(route.endpoint, "operation", None)
    return found if isinstance(found, Operation) else None
