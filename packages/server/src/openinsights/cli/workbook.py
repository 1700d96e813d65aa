"""`openinsights workbook`: keep documents of text and queries beside resources."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from openinsights.cli.resource import AsJson, Data, Url  # noqa: TC001 - typer reads the annotations
from openinsights.cli.saved_query import text_of
from openinsights.query.text_table import aligned

if TYPE_CHECKING:
    from openinsights.cli.kept_access import WorkbookFacts

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "Save, list, show and delete workbooks.\n\n"
        "Example:  openinsights workbook save failures.json --name Failures --app shop"
    ),
)

Name: TypeAlias = Annotated[str, typer.Argument(help="Name, displayed name or path.")]


@app.command(short_help="Save a workbook, or another form of it.")
def save(
    file: Annotated[Path, typer.Argument(help="File that holds the document.")],
    name: Annotated[
        str | None, typer.Option(help="Displayed name; the file's name by default.")
    ] = None,
    app: Annotated[
        str | None, typer.Option("--app", help="Resource that it is about; who reads it reads it.")
    ] = None,
    resource_group: Annotated[str, typer.Option(help="Group that it belongs to.")] = "default",
    category: Annotated[str, typer.Option(help="A label.")] = "workbook",
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Save a workbook, in the place of one of that displayed name in its group.

    Example:  openinsights workbook save failures.json --name Failures --app shop
    """
    from openinsights.cli.kept_access import kept_access, new_workbook
    from openinsights.cli.resource_access import found

    shown = name or file.stem
    workbook = new_workbook(shown, text_of(file), resource_group, category)
    with kept_access(url, data) as access:
        source = None if app is None else found(access.resources, app)
        for each in access.workbooks():
            place = (each.display_name.lower(), each.resource_group.lower())
            if place == (shown.lower(), workbook.resource_group.lower()):
                workbook = dataclasses.replace(workbook, name=each.name)
        saved = access.save_workbook(workbook, source)
    typer.echo(_json(saved) if as_json else f"saved {saved.display_name} as {saved.name}")


@app.command("list")
def list_(url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """List the workbooks.

    Example:  openinsights workbook list
    """
    from openinsights.cli.kept_access import kept_access

    with kept_access(url, data) as access:
        every = access.workbooks()
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(each) for each in every], indent=2))
        return
    if not every:
        typer.echo("no workbooks; save one with: openinsights workbook save FILE")
        return
    rows = [
        (each.display_name, each.resource_group, each.source.rpartition("/")[2], each.modified)
        for each in every
    ]
    for line in aligned(("workbook", "group", "resource", "modified"), rows):
        typer.echo(line)


@app.command()
def show(name: Name, url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """Print the document of a workbook.

    Example:  openinsights workbook show Failures > failures.json
    """
    from openinsights.cli.kept_access import found_workbook, kept_access

    with kept_access(url, data) as access:
        found = found_workbook(access, name)
    typer.echo(_json(found) if as_json else found.content)


@app.command()
def delete(name: Name, url: Url = None, data: Data = None) -> None:
    """Delete a workbook with what it was before.

    Example:  openinsights workbook delete Failures
    """
    from openinsights.cli.kept_access import found_workbook, kept_access

    with kept_access(url, data) as access:
        found = found_workbook(access, name)
        access.delete_workbook(found.path)
    typer.echo(f"deleted {found.display_name}")


def _json(workbook: WorkbookFacts) -> str:
    return json.dumps(dataclasses.asdict(workbook), indent=2)
