"""`openinsights saved-query`: keep queries beside the resource that they read."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from openinsights.cli.resource import AsJson, Data, Url  # noqa: TC001 - typer reads the annotations
from openinsights.errors import OpenInsightsError
from openinsights.query.text_table import aligned

if TYPE_CHECKING:
    from openinsights.cli.kept_access import QueryFacts

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "Save, list, show and delete queries of a resource, which everybody who may read it"
        " shares.\n\n"
        'Example:  openinsights saved-query save slow "requests | where duration > 1000"'
    ),
)

App: TypeAlias = Annotated[
    str | None,
    typer.Option("--app", help="Resource, by name, group/name or id; the only one by default."),
]
Name: TypeAlias = Annotated[str, typer.Argument(help="Name of the query.")]


@app.command()
def save(
    name: Name,
    query: Annotated[
        str | None, typer.Argument(help="The KQL; without it and --file it is read from stdin.")
    ] = None,
    app: App = None,
    file: Annotated[Path | None, typer.Option(help="File that holds the KQL.")] = None,
    function: Annotated[
        str, typer.Option(metavar="ALIAS", help="Save it as a function of this name.")
    ] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Replace one of that name.")] = False,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Save a query under a name.

    Example:  openinsights saved-query save slow --app shop --file slow.kql --replace
    """
    from openinsights.catalog.saved_queries import SavedQuery
    from openinsights.cli.kept_access import kept_access
    from openinsights.cli.resource_access import chosen

    text = query if query is not None else text_of(file)
    if not text.strip():
        raise OpenInsightsError("cannot save a query without text", code="InvalidSavedQuery")
    with kept_access(url, data) as access:
        resource = chosen(access.resources, app)
        wanted = SavedQuery(
            resource.app_id, name, text, "function" if function else "query", alias=function
        )
        saved = access.save_query(resource, wanted, replaces=replace)
    typer.echo(_json(saved) if as_json else f"saved {saved.name} of {resource.name}")


@app.command("list")
def list_(app: App = None, url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """List the saved queries of a resource.

    Example:  openinsights saved-query list --app shop
    """
    from openinsights.cli.kept_access import kept_access
    from openinsights.cli.resource_access import chosen

    with kept_access(url, data) as access:
        found = access.queries(chosen(access.resources, app))
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(each) for each in found], indent=2))
        return
    if not found:
        typer.echo("no saved queries; save one with: openinsights saved-query save NAME KQL")
        return
    rows = [
        (each.name, each.alias or each.type, " ".join(each.content.split())[:60], each.modified)
        for each in found
    ]
    for line in aligned(("name", "type", "query", "modified"), rows):
        typer.echo(line)


@app.command()
def show(
    name: Name, app: App = None, url: Url = None, data: Data = None, as_json: AsJson = False
) -> None:
    """Print the text of a saved query, as `openinsights query` takes it.

    Example:  openinsights query "$(openinsights saved-query show slow --app shop)"
    """
    from openinsights.catalog.errors import SavedQueryNotFound
    from openinsights.cli.kept_access import kept_access
    from openinsights.cli.resource_access import chosen

    with kept_access(url, data) as access:
        every = access.queries(chosen(access.resources, app))
    for each in every:
        if name.lower() in (each.name.lower(), each.id):
            typer.echo(_json(each) if as_json else each.content)
            return
    there = ", ".join(each.name for each in every[:8]) or "none yet"
    raise SavedQueryNotFound(f"cannot find saved query {name[:80]!r}: there is {there}")


@app.command()
def delete(name: Name, app: App = None, url: Url = None, data: Data = None) -> None:
    """Delete a saved query.

    Example:  openinsights saved-query delete slow --app shop
    """
    from openinsights.cli.kept_access import kept_access
    from openinsights.cli.resource_access import chosen

    with kept_access(url, data) as access:
        access.delete_query(chosen(access.resources, app), name)
    typer.echo(f"deleted {name}")


def text_of(file: Path | None) -> str:
    """Return what a file holds, or what comes in where none is named.

    Raises:
        OpenInsightsError: it cannot be read as text.
    """
    try:
        return sys.stdin.read() if file is None else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OpenInsightsError(
            f"cannot read {file or 'what comes in'}: {error}", code="UnreadableFile"
        ) from None


def _json(query: QueryFacts) -> str:
    return json.dumps(dataclasses.asdict(query), indent=2)
