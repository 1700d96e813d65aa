"""Azure Resource Graph: KQL over the resources themselves, as pickers of dashboards ask it.

The tables `resources` and `resourcecontainers` are given to the query as literals, so it runs like
every other query, and reads no telemetry.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool

from openinsights.access.rights import Right
from openinsights.api.arm.route import API_VERSION, ArmRoute
from openinsights.api.arm.subscriptions import ROOM, TENANT
from openinsights.api.body import body_as
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response
from openinsights.api.lists import MOST_OF_A_PAGE
from openinsights.api.turn import answer_in_turn, caller_of
from openinsights.catalog.groups import Group
from openinsights.kql.errors import KqlError
from openinsights.operation import Content, promises
from openinsights.query.service import QueryRequest
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.api.arm.resources import AnyResource, ResourcesApi
    from openinsights.query.queue import QueryQueue
    from openinsights.query.result import QueryResult
    from openinsights.query.service import QueryService

_COLUMNS: Final = (
    ("id", "string"),
    ("name", "string"),
    ("type", "string"),
    ("tenantId", "string"),
    ("kind", "string"),
    ("location", "string"),
    ("resourceGroup", "string"),
    ("subscriptionId", "string"),
    ("tags", "dynamic"),
    ("properties", "dynamic"),
)
_TABLES: Final = ("resources", "resourcecontainers")
_SPELLINGS: Final = {"resources": ("Resources",), "resourcecontainers": ("ResourceContainers",)}


class GraphOptions(msgspec.Struct, omit_defaults=True, kw_only=True):
    """Which rows of the answer, and in which form.

    Attributes:
        resultFormat: `objectArray` or `table`.
    """

    top: Annotated[int, msgspec.Meta(ge=1, le=MOST_OF_A_PAGE)] | None = msgspec.field(
        default=None, name="$top"
    )
    skip: Annotated[int, msgspec.Meta(ge=0, le=10**6)] | None = msgspec.field(
        default=None, name="$skip"
    )
    skip_token: str | None = msgspec.field(default=None, name="$skipToken")
    resultFormat: str | None = None


class GraphBody(msgspec.Struct, omit_defaults=True):
    """A question about resources.

    Attributes:
        query: KQL over `resources` and `resourcecontainers`.
        subscriptions: only resources below these; all without it.
    """

    query: str
    subscriptions: list[str] | None = None
    options: GraphOptions | None = None


class GraphReply(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A page of the rows.

    Attributes:
        data: a list of objects, or an object of columns and rows.
    """

    totalRecords: int
    count: int
    data: Any  # one of two forms
    facets: list[Any] = msgspec.field(default_factory=lambda: [])
    resultTruncated: str
    skip_token: str | None = msgspec.field(default=None, name="$skipToken")


class GraphApi:
    """The route of questions about resources.

    Args:
        listed: knows them.
        queries: answers queries.
        queue: gives them their turn.
        max_body_bytes: longest request body.
    """

    def __init__(
        self, listed: ResourcesApi, queries: QueryService, queue: QueryQueue, max_body_bytes: int
    ) -> None:
        self._listed = listed
        self._queries = queries
        self._queue = queue
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[ArmRoute]:
        """Return the route."""
        path = "/providers/Microsoft.ResourceGraph/resources"
        return [ArmRoute(path, self.ask, right={"POST": Right.READ})]

    @promises(
        ROOM,
        GraphReply,
        body=Content(
            GraphBody,
            example={"query": "resources | where type =~ 'microsoft.insights/components'"},
        ),
        parameters=(API_VERSION,),
        errors=(400, 413, 429, 499, 504),
    )
    async def ask(self, request: Request) -> Response:
        """Run a query over the resources that the caller sees."""
        body = await body_as(request, self._max_body_bytes, GraphBody)
        if not body.query.strip():
            raise ApiError(400, BAD_ARGUMENT, "cannot run a query without text")
        wanted = {each.lower() for each in body.subscriptions or ()}
        every = await run_in_threadpool(self._listed.every, request)
        seen = [each for each in every if not wanted or _subscription(each.id).lower() in wanted]
        query = QueryRequest(text=f"{_tables(seen)}\n{body.query}", app_ids=())
        turn = self._queue.submit(
            lambda: self._queries.run(query), caller=caller_of(request), text=hash(body.query)
        )
        try:
            result = await answer_in_turn(request, turn, query.cancellation)
        except KqlError as error:
            for each in {id(each): each for each in (error, *error.diagnostics)}.values():
                each.line = max(1, each.line - 1)  # the tables stand in the line before
            raise
        return json_response(_reply(result, body.options or GraphOptions()))


def _tables(resources: list[AnyResource]) -> str:
    containers: dict[str, tuple[object, ...]] = {}
    rows: list[tuple[object, ...]] = []
    for each in resources:
        subscription, group = _subscription(each.id), each.id.split("/")[4]
        above, within = f"/subscriptions/{subscription}", Group(subscription, group).id
        containers.setdefault(
            above.lower(),
            _row(above, subscription, "microsoft.resources/subscriptions", "", subscription),
        )
        containers.setdefault(
            within.lower(),
            _row(
                within,
                group,
                "microsoft.resources/subscriptions/resourcegroups",
                group,
                subscription,
            ),
        )
        rows.append(
            (
                each.id,
                each.name,
                each.type.lower(),
                TENANT,
                each.kind,
                each.location,
                group,
                subscription,
                each.tags,
                {},
            )
        )
    schema = ", ".join(f"['{name}']:{type_}" for name, type_ in _COLUMNS)
    lets = []
    for name, held in zip(_TABLES, (rows, list(containers.values())), strict=True):
        values = ", ".join(_literal(value) for row in held for value in row)
        lets.append(f"let {name} = datatable({schema}) [{values}];")
        lets += [f"let {other} = {name};" for other in _SPELLINGS[name]]
    return " ".join(lets)


def _row(id: str, name: str, type_: str, group: str, subscription: str) -> tuple[object, ...]:
    return (id, name, type_, TENANT, "", "", group, subscription, {}, {})


def _subscription(id: str) -> str:
    return id.split("/")[2]


def _literal(value: object) -> str:
    """Return a value in KQL; JSON's texts are KQL's, in one line."""
    text = json.dumps(value)
    return text if isinstance(value, str) else f"dynamic({text})"


def _reply(result: QueryResult, options: GraphOptions) -> GraphReply:
    table = result.tables[0]
    names = [name for name, _ in table.columns]
    dynamic = [place for place, (_, kind) in enumerate(table.columns) if kind is KqlType.DYNAMIC]
    rows = [_unpacked(list(row), dynamic) for row in table.rows_text()]
    token = options.skip_token or ""
    if token and not (token.isascii() and token.isdigit() and len(token) < 10):
        raise ApiError(400, BAD_ARGUMENT, f"cannot use $skipToken {token[:40]!r}")
    first = int(token) if token else options.skip or 0
    size = options.top or MOST_OF_A_PAGE
    shown, more = rows[first : first + size], first + size < len(rows)
    if (options.resultFormat or "").lower() == "table":
        columns = [{"name": name, "type": str(kind)} for name, kind in table.columns]
        data: object = {"columns": columns, "rows": shown}
    else:
        data = [dict(zip(names, row, strict=True)) for row in shown]
    return GraphReply(
        totalRecords=len(rows),
        count=len(shown),
        data=data,
        resultTruncated="true" if result.partial else "false",
        skip_token=str(first + size) if more else None,
    )


def _unpacked(row: list[object], dynamic: list[int]) -> list[object]:
    for place in dynamic:
        value = row[place]
        if isinstance(value, str):
            try:
                row[place] = msgspec.json.decode(value)
            except msgspec.DecodeError:  # a dynamic text travels as it is
                continue
    return row
