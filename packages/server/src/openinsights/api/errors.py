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
    AvailabilityTestNotFound,
    CatalogError,
    CatalogUnavailable,
    GroupNotEmpty,
    GroupNotFound,
    InvalidActionGroup,
    InvalidAvailabilityTest,
    InvalidProcessingRule,
    InvalidResource,
    InvalidRetention,
    InvalidSavedQuery,
    InvalidWorkbook,
    PurgeNotFound,
    ResourceChanged,
    ResourceExists,
    ResourceNotFound,
    SavedQueryExists,
    SavedQueryNotFound,
    WorkbookNotFound,
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
    StoreHasNoFiles,
    StoreUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

BAD_ARGUMENT = "BadArgumentError"
_INVALID_PROPERTIES = "The request had some invalid properties"


class ApiError(OpenInsightsError):
    """A request that the API itself turns down."""

    def __init__(
        self, status: int, code: str, message: str, *, retry_after_s: int | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.retry_after_s = retry_after_s


class ErrorPlace(msgspec.Struct, frozen=True, rename={"column": "pos"}):
    """Where a query is wrong.

    Attributes:
        code: of the mistake.
        message: with its place.
        line: counted from 1.
        column: counted from 1.
        token: what stands there.
        suggestion: what may have been meant.
    """

    code: str
    message: str
    line: int
    column: int
    token: str
    suggestion: str | None


class InnerError(msgspec.Struct, frozen=True):
    """What is wrong with a query: its first mistake, and all of them."""

    code: str
    message: str
    innererror: ErrorPlace
    details: list[ErrorPlace]


class ErrorFacts(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What went wrong; the correlation id is in the header `x-ms-request-id` and in the log."""

    message: str
    code: str
    correlation_id: str
    innererror: InnerError | None = None


class ErrorReply(msgspec.Struct, frozen=True):
    """The body of every failure."""

    error: ErrorFacts


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
    ErrorRow(CatalogUnavailable, 503, "ServiceUnavailable"),
    ErrorRow(SelectionError, 400, BAD_ARGUMENT),
    ErrorRow(SetAsideNotFound, 404),
    ErrorRow(StillRefused, 409),
    ErrorRow(StoreHasNoFiles, 409),
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
    ErrorRow(ResourceChanged, 412),
    ErrorRow(GroupNotFound, 404),
    ErrorRow(GroupNotEmpty, 409),
    ErrorRow(InvalidWorkbook, 400),
    ErrorRow(WorkbookNotFound, 404),
    ErrorRow(InvalidSavedQuery, 400),
    ErrorRow(SavedQueryExists, 409),
    ErrorRow(SavedQueryNotFound, 404),
    ErrorRow(InvalidAvailabilityTest, 400),
    ErrorRow(AvailabilityTestNotFound, 404),
    ErrorRow(InvalidActionGroup, 400),
    ErrorRow(InvalidProcessingRule, 400),
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
    if isinstance(error, AccessError):
        headers = error.headers
    elif status == 429:
        headers = {"retry-after": str(RETRY_AFTER_S)}
    elif (isinstance(error, ApiError) and error.retry_after_s is not None) or isinstance(
        error, StoreUnavailable | CatalogUnavailable
    ):
        headers = {"retry-after": str(error.retry_after_s)}
    return json_response(body, status, headers)


def error_body(error: OpenInsightsError, correlation_id: str) -> tuple[int, ErrorReply]:
    """Return an error's status and JSON body."""
    if isinstance(error, KqlError):
        return 400, _envelope(BAD_ARGUMENT, _INVALID_PROPERTIES, correlation_id, _kql_error(error))
    if isinstance(error, ApiError | AccessError):
        return error.status, _envelope(error.code, error.message, correlation_id)
    row = next(row for row in ROWS if isinstance(error, row.type))
    return row.status, _envelope(row.code or error.code, error.message, correlation_id)


def json_response(body: object, status: int = 200, headers: Mapping[str, str] = {}) -> Response:
    """Return a value as a JSON reply."""
    return Response(msgspec.json.encode(body), status, dict(headers), media_type="application/json")


def _envelope(
    code: str, message: str, correlation_id: str, inner: InnerError | None = None
) -> ErrorReply:
    return ErrorReply(ErrorFacts(message, code, correlation_id, inner))


def _kql_error(error: KqlError) -> InnerError:
    syntax = isinstance(error, KqlSyntaxError)
    return InnerError(
        "SyntaxError" if syntax else "SemanticError",
        "A recognition error occurred in the query." if syntax else "A semantic error occurred.",
        _place(error),
        [_place(each) for each in error.diagnostics],
    )


def _place(error: KqlError) -> ErrorPlace:
    hint = f"; {error.hint}" if error.hint else ""
    return ErrorPlace(
        _inner_code(error),
        f"line {error.line}, column {error.column}: {error.message}{hint}",
        error.line,
        error.column,
        error.token,
        error.hint or None,
    )


def _inner_code(error: KqlError) -> str:
    if isinstance(error, KqlSyntaxError):
        return "SYN0002"
    return "NotSupported" if isinstance(error, KqlUnsupported) else "SEM0100"
