"""`openinsights purge`: delete a resource's rows that fit filters."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

import typer

from openinsights.cli.resource import AsJson, Data, Url  # noqa: TC001 - typer reads the annotations
from openinsights.errors import OpenInsightsError

_FILTER = re.compile(
    r"\s*(?P<column>\w+)(?:\[(?P<quote>['\"])(?P<key>.+)(?P=quote)\])?\s*"
    r"(?P<operator>==|!=|=~|<=|>=|<|>|in~(?=\s)|in(?=\s))\s*(?P<value>.+?)\s*",
    re.DOTALL,
)


def purge(
    name: Annotated[str, typer.Argument(help="Resource, by name, group/name or id.")],
    table: Annotated[
        str | None, typer.Option(help="Table; without one all that have the filters' columns.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILTER",
            help="Which rows: COLUMN OPERATOR VALUE with == != =~ in in~ < <= > >=; several values"
            " of 'in' are separated by commas. May be given several times; all have to hold.",
        ),
    ] = None,
    time_from: Annotated[
        str | None, typer.Option("--from", help="First time, as in 2026-11-21T08:00:00Z.")
    ] = None,
    time_to: Annotated[str | None, typer.Option("--to", help="Last time.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Delete telemetry of a resource that fits filters, and print how many rows there were.

    Example:  openinsights purge shop --where "user_Id == 4711"
    """
    from openinsights.cli.store_access import resource_named, store_access

    filters = [filter_of(text) for text in where or ()]
    for operator, time in ((">=", time_from), ("<=", time_to)):
        if time is not None:
            filters.append({"column": "timestamp", "operator": operator, "value": time})
    if not (filters or table):
        raise typer.BadParameter("name a table, a --where, a --from or a --to")
    resource = resource_named(url, data, name)
    if not yes:
        what = " and ".join((table or "every table", *(where or ())))
        typer.confirm(f"Delete telemetry of {resource.name!r} ({what})?", abort=True, err=True)
    with store_access(url, data) as access:
        rows = access.purge(resource, table, filters)
    if as_json:
        typer.echo(json.dumps({"resource": resource.app_id, "rows": rows}, indent=2))
    else:
        typer.echo(f"deleted {rows} rows of {resource.name}")


def filter_of(text: str) -> dict[str, Any]:  # JSON of the management API
    """Return the filter that a text means, in the shape of the management API.

    Raises:
        OpenInsightsError: it has another form.
    """
    match = _FILTER.fullmatch(text)
    if match is None:
        raise OpenInsightsError(
            f'cannot use filter {text!r}: write COLUMN OPERATOR VALUE, as in "user_Id == 4711"',
            code="InvalidFilter",
        )
    operator, value = match["operator"], match["value"]
    values = [_unquoted(part) for part in value.strip("()").split(",")]
    given = values if operator in ("in", "in~") else _unquoted(value)
    found: dict[str, Any] = {"column": match["column"], "operator": operator, "value": given}
    if match["key"]:
        found["key"] = match["key"]
    return found


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text
