"""How errors look on the wire: one JSON shape, and a row for each type that says its status.

A caller always gets `{"error": {"code", "message", "correlationId", …}}`; the correlation id is
also in the `x-ms-request-id` header and in the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response

from openinsights.access.errors import AccessError
from openinsights.catalog.errors import (
    AmbiguousResource,
    CatalogError,
    InvalidResource,
    InvalidRetention,
    PurgeNotFound,
    ResourceExists,
    ResourceNotFound,
)
from openinsights.errors import OpenInsightsError
from openinsights.keeping.backup import BackupBusy
from openinsights.keeping.purge import InvalidPurge
from openinsights.kql.errors import KqlError, KqlSyntaxError, KqlUnsupported
from openinsights.query.errors import QueryError
from openinsights.query.queue import RETRY_AFTER_S, TooManyQueries
from openinsights.store.errors import (
    QueryCancelled,
    QueryFailed,
    QueryOutOfRange,
    QueryTimeout,
    QueryTooLarge,
    SelectionError,
    SetAsideNotFound,
    StillRefused,
    StoreError,
    StoreUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

BAD_ARGUMENT = "BadArgumentError"
_INVALID_PROPERTIES = "The request had some invalid properties"


class ApiError(OpenInsightsError):
    """A request that the API itself turns down."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message, code=code)
        self.status = status


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """The status and code of a type of error; an empty code keeps the error's own."""

    type: type[OpenInsightsError]
    status: int
    code: str = ""


ROWS: tuple[ErrorRow, ...] = (
    ErrorRow(TooManyQueries, 429),
    ErrorRow(QueryTimeout, 504, "GatewayTimeout"),
    ErrorRow(QueryCancelled, 499, "ClientClosedRequest"),
    ErrorRow(QueryTooLarge, 400, "QueryLimitExceeded"),
    ErrorRow(QueryOutOfRange, 400, BAD_ARGUMENT),
    ErrorRow(QueryFailed, 500, "QueryFailed"),
    ErrorRow(StoreUnavailable, 503, "ServiceUnavailable"),
    ErrorRow(SelectionError, 400, BAD_ARGUMENT),
    ErrorRow(SetAsideNotFound, 404),
    ErrorRow(StillRefused, 409),
    ErrorRow(StoreError, 500),
    ErrorRow(BackupBusy, 409, "Conflict"),
    ErrorRow(InvalidPurge, 400, BAD_ARGUMENT),
    ErrorRow(InvalidRetention, 400, BAD_ARGUMENT),
    ErrorRow(PurgeNotFound, 404),
    ErrorRow(QueryError, 400, BAD_ARGUMENT),
    ErrorRow(InvalidResource, 400),
    ErrorRow(AmbiguousResource, 400),
    ErrorRow(ResourceExists, 409, "Conflict"),
    ErrorRow(ResourceNotFound, 404),
    ErrorRow(CatalogError, 500),
    ErrorRow(OpenInsightsError, 500),
)
"""The first row whose type fits is taken."""


def path_not_found() -> ApiError:
    """Return the error of a path that nothing answers."""
    return ApiError(404, "PathNotFoundError", "The requested path does not exist")


def error_response(error: OpenInsightsError, correlation_id: str) -> Response:
    """Return an error as its reply."""
    status, body = error_body(error, correlation_id)
    headers: Mapping[str, str] = {}
    if status == 429:
        headers = {"retry-after": str(RETRY_AFTER_S)}
    elif isinstance(error, AccessError):
        headers = error.headers
    elif isinstance(error, StoreUnavailable):
        headers = {"retry-after": str(error.retry_after_s)}
    return json_response(body, status, headers)


def error_body(error: OpenInsightsError, correlation_id: str) -> tuple[int, dict[str, object]]:
    """Return an error's status and JSON body."""
    if isinstance(error, KqlError):
        return 400, _envelope(
            BAD_ARGUMENT, _INVALID_PROPERTIES, correlation_id, innererror=_kql_error(error)
        )
    if isinstance(error, ApiError | AccessError):
        return error.status, _envelope(error.code, error.message, correlation_id)
    row = next(row for row in ROWS if isinstance(error, row.type))
    return row.status, _envelope(row.code or error.code, error.message, correlation_id)


def json_response(body: object, status: int = 200, headers: Mapping[str, str] = {}) -> Response:
    """Return a value as a JSON reply."""
    return Response(msgspec.json.encode(body), status, dict(headers), media_type="application/json")


def _envelope(code: str, message: str, correlation_id: str, **more: object) -> dict[str, object]:
    error = {"message": message, "code": code, "correlationId": correlation_id, **more}
    return {"error": error}


def _kql_error(error: KqlError) -> dict[str, object]:
    syntax = isinstance(error, KqlSyntaxError)
    return {
        "code": "SyntaxError" if syntax else "SemanticError",
        "message": (
            "A recognition error occurred in the query." if syntax else "A semantic error occurred."
        ),
        "innererror": _place(error),
        "details": [_place(each) for each in error.diagnostics],
    }


def _place(error: KqlError) -> dict[str, object]:
    hint = f"; {error.hint}" if error.hint else ""
    return {
        "code": _inner_code(error),
        "message": f"line {error.line}, column {error.column}: {error.message}{hint}",
        "line": error.line,
        "pos": error.column,
        "token": error.token,
        "suggestion": error.hint or None,
    }


def _inner_code(error: KqlError) -> str:
    if isinstance(error, KqlSyntaxError):
        return "SYN0002"
    return "NotSupported" if isinstance(error, KqlUnsupported) else "SEM0100"
