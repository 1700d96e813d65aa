"""What questions and answers look like on the wire, for the description of the API.

Answers are written piece by piece elsewhere; a test compares them with these types.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from openinsights.operation import Content, Parameter

ROOM: Final = "queries"


class QueryBody(msgspec.Struct, rename="camel", omit_defaults=True, kw_only=True):
    """A question.

    Attributes:
        query: in KQL.
        timespan: ISO 8601 duration or interval; what both the URL and the body name holds.
        applications: further resources to read, by id, name or resource id.
        workspaces: the same.
        resources: the same.
        parameters: values by the names that the query uses them under.
        parameter_types: types by parameter, where the JSON does not tell them.
    """

    query: str
    timespan: str | None = None
    applications: list[str] | None = None
    workspaces: list[str] | None = None
    resources: list[str] | None = None
    parameters: dict[str, Any] | None = None  # values of any type
    parameter_types: dict[str, str] | None = None


class Column(msgspec.Struct):
    """A column of a result."""

    name: str
    type: Literal[
        "bool",
        "datetime",
        "dynamic",
        "int",
        "long",
        "real",
        "decimal",
        "string",
        "guid",
        "timespan",
    ]


class Table(msgspec.Struct):
    """A table of a result; the first one is `PrimaryResult`."""

    name: str
    columns: list[Column]
    rows: list[list[Any]]  # one cell per column


class DatasetStatistics(msgspec.Struct, rename="camel"):
    """How large a table is."""

    table_row_count: int
    table_size: int


class QueryStatistics(msgspec.Struct, rename="camel"):
    """What a query cost, in seconds."""

    execution_time: float
    resource_usage: dict[str, Any]
    dataset_statistics: list[DatasetStatistics]


class Statistics(msgspec.Struct):
    """With `Prefer: include-statistics=true`."""

    query: QueryStatistics


class PartialCause(msgspec.Struct):
    """Why an answer is not complete."""

    code: Literal["ResultTruncated", "QueryTimeout"]
    message: str


class PartialDetail(PartialCause):
    """Why an answer is not complete, where some clients look for it and where others do."""

    innererror: PartialCause


class PartialError(msgspec.Struct):
    """Says that an answer is not complete."""

    code: str
    message: str
    details: list[PartialDetail]


class Answer(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A result.

    Attributes:
        render: how the query asks to be drawn, with `Prefer: include-render=true`.
        sql: what the engine ran, with `Prefer: include-sql=true`.
        error: stands beside the tables when they are not complete.
    """

    tables: list[Table]
    statistics: Statistics | None = None
    render: dict[str, Any] | None = None
    sql: str | None = None
    error: PartialError | None = None


class BatchPart(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One question of several."""

    id: str
    workspace: str
    body: QueryBody
    headers: dict[str, str] | None = None
    method: str | None = None
    path: str | None = None


class BatchBody(msgspec.Struct):
    """Several questions, each with an id of its own."""

    requests: list[BatchPart]


class BatchAnswer(msgspec.Struct, omit_defaults=True):
    """The answer to one of them: a result, or the error of a status from 400 on."""

    id: str
    status: int
    body: Any  # an `Answer` or an `ErrorReply`
    headers: dict[str, str] | None = None


class BatchReply(msgspec.Struct):
    """The answers."""

    responses: list[BatchAnswer]


PREFER: Final = Parameter(
    "Prefer",
    "`wait=SECONDS`, `include-statistics=true`, `include-render=true`, in one list.",
    place="header",
)
TIMESPAN: Final = Parameter("timespan", "ISO 8601 duration or interval that limits the rows.")
QUERY: Final = Parameter("query", "The KQL of a GET; in a POST it stands in the body.")
ERRORS: Final = (400, 404, 413, 429, 499, 503, 504)
QUESTION: Final = Content(QueryBody, example={"query": "requests | count", "timespan": "PT1H"})
BATCH: Final = Content(
    BatchBody,
    example={
        "requests": [{"id": "1", "workspace": "shop", "body": {"query": "AppRequests | count"}}]
    },
)
