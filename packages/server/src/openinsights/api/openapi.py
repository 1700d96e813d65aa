"""The OpenAPI document: what every route of the table promises, as one description of the server.

It is made from the routes themselves and the types that their endpoints read and write; a route
without a promise (`operation.py`) is a page of the portal and is left out.
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.routing import Route

from openinsights.api.errors import ErrorReply
from openinsights.operation import Content, Parameter, operation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from starlette.routing import BaseRoute

    from openinsights.operation import Operation, Shape

_PART = re.compile(r"\{(?P<name>\w+)(?::\w+)?\}")
_WITH_BODY = ("POST", "PUT", "PATCH")
_SHOWN = ("GET", *_WITH_BODY, "DELETE")
_EVERYWHERE = (401, 403, 421)
"""Statuses of what stands before every route: who asks, from which page, under which name."""
_MEANINGS = {
    200: "What was asked for.",
    201: "It was made.",
    202: "It was noted and is done in the background.",
    204: "There is nothing more to say.",
    206: "Some of the items were accepted.",
    302: "The answer is elsewhere.",
    303: "The answer is elsewhere.",
    304: "It has not changed.",
    400: "The request cannot be understood, or asks for what cannot be.",
    401: "Nobody is signed in, and the route needs somebody.",
    403: "The caller lacks the right, or is a page of another origin.",
    404: "There is no such thing.",
    405: "The path does not take the method.",
    408: "The body did not arrive in time.",
    409: "It stands against something that exists.",
    412: "It has changed since, or exists already.",
    413: "The body is too long.",
    415: "The body is of a type that is not read here.",
    421: "The server is not known under this host name.",
    429: "There are too many requests; `retry-after` says when to try again.",
    439: "The resource has sent what it may for the day.",
    499: "The caller left.",
    500: "The server failed; the message says at what.",
    503: "The server cannot do this at the moment; `retry-after` says when to try again.",
    504: "The time for the query is over.",
}


def openapi(routes: Iterable[BaseRoute], version: str) -> dict[str, Any]:  # JSON
    """Return the document.

    Args:
        routes: the whole table.
        version: of the server.
    """
    described = list(_described(routes))
    schemas, components = _schemas([operation for _, operation in described])
    paths: dict[str, dict[str, Any]] = {}
    for route, operation in described:
        path = paths.setdefault(path_of(route), {})
        for method in methods_of(route):
            path.setdefault(method.lower(), _method(route, method, operation, schemas))
    rooms = sorted({operation.room for _, operation in described})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OpenInsights",
            "version": version,
            "description": (
                "Ingestion, queries, Live Metrics and management of a self-hosted, wire-compatible"
                " Application Insights. Paths below `/subscriptions` and `/providers` are matched"
                " in any letter case; `api-version` is accepted everywhere and changes nothing."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": room} for room in rooms],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _SECURITY},
        "security": [{}, {"apiKey": []}, {"bearer": []}],
    }


_SECURITY = {
    "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "bearer": {"type": "http", "scheme": "bearer"},
}


def path_of(route: Route) -> str:
    """Return a route's path as the document names it: without types of its parts."""
    return _PART.sub(r"{\g<name>}", route.path)


def methods_of(route: Route) -> list[str]:
    """Return the methods that the document tells of."""
    return [method for method in _SHOWN if method in (route.methods or ())]


def _described(routes: Iterable[BaseRoute]) -> Iterator[tuple[Route, Operation]]:
    for route in routes:
        if isinstance(route, Route):
            operation = operation_of(route)
            if operation is not None:
                yield route, operation


def _schemas(operations: list[Operation]) -> tuple[_Schemas, dict[str, Any]]:
    shapes: list[Shape] = [ErrorReply, str]
    for operation in operations:
        contents = [*operation.replies.values(), operation.body, operation.error]
        shapes += [each.shape for each in contents if each is not None and each.shape is not None]
        shapes += [parameter.shape for parameter in operation.parameters]
    distinct = list({_key(shape): shape for shape in shapes}.values())
    found, components = msgspec.json.schema_components(
        distinct, ref_template="#/components/schemas/{name}"
    )
    return _Schemas(dict(zip(map(_key, distinct), found, strict=True))), dict(components)


def _key(shape: Shape) -> str:
    return f"{getattr(shape, '__module__', '')}.{shape!r}"


class _Schemas:
    """What a shape looks like as JSON schema."""

    def __init__(self, schemas: dict[str, dict[str, Any]]) -> None:
        self._schemas = schemas

    def of(self, shape: Shape) -> dict[str, Any]:
        return {} if shape is None else self._schemas[_key(shape)]


def _method(route: Route, method: str, operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    path = path_of(route)
    doc = inspect.getdoc(_function(route)) or ""
    title, _, rest = doc.partition("\n\n")
    described: dict[str, Any] = {
        "tags": [operation.room],
        "operationId": _operation_id(method, path),
        "summary": " ".join(title.split()),
        "responses": _responses(operation, schemas),
    }
    if rest:
        described["description"] = rest
    parameters = _parameters(path, operation, schemas)
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None and method in _WITH_BODY:
        described["requestBody"] = {
            "required": operation.body.required,
            "content": _content(operation.body, schemas),
        }
    return described


def _function(route: Route) -> Any:  # whatever carries the docstring
    endpoint = route.endpoint
    return endpoint if inspect.isroutine(endpoint) else type(endpoint)


def _operation_id(method: str, path: str) -> str:
    return re.sub(r"\W+", "_", f"{method.lower()}{path}").strip("_")


def _parameters(path: str, operation: Operation, schemas: _Schemas) -> list[dict[str, Any]]:
    said = {each.name: each for each in operation.parameters if each.place == "path"}
    parts = [
        said.get(name) or Parameter(name, _PARTS.get(name, ""), place="path")
        for name in _PART.findall(path)
    ]
    others = [each for each in operation.parameters if each.place != "path"]
    return [_parameter(each, schemas) for each in (*parts, *others)]


_PARTS = {
    "id": "Application id, name, `group/name` or resource id of a resource.",
    "app": "Application id, name, `group/name` or resource id of a resource.",
    "subscription": "Any subscription id.",
    "group": "Name of a resource group.",
    "key": "An instrumentation key.",
    "path": "The rest of a resource id.",
}


def _parameter(parameter: Parameter, schemas: _Schemas) -> dict[str, Any]:
    schema = schemas.of(parameter.shape)
    if parameter.place == "path" and schema == {"type": "string"}:
        schema = {"type": "string", "minLength": 1}
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required or parameter.place == "path",
        "description": parameter.doc,
        "schema": schema,
    }


def _responses(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    error = operation.error or Content(ErrorReply)
    failures = dict.fromkeys(operation.errors, error)
    before = dict.fromkeys(_EVERYWHERE, Content(ErrorReply))
    every = {**before, **failures, **operation.replies}
    return {str(status): _response(status, every[status], schemas) for status in sorted(every)}


def _response(status: int, content: Content | None, schemas: _Schemas) -> dict[str, Any]:
    meaning = _MEANINGS.get(status, f"Status {status}.")
    described: dict[str, Any] = {"description": (content and content.doc) or meaning}
    if content is not None and content.media_types:
        described["content"] = _content(content, schemas)
    return described


def _content(content: Content, schemas: _Schemas) -> dict[str, Any]:
    described: dict[str, Any] = {}
    if content.shape is not None:
        described["schema"] = schemas.of(content.shape)
    if content.example is not None:
        described["example"] = content.example
    return dict.fromkeys(content.media_types, described)
