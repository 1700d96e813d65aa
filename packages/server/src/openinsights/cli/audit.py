"""`openinsights audit`: who did what."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from openinsights.cli.resource import AsJson, Data, Url  # noqa: TC001 - typer reads the annotations
from openinsights.query.text_table import aligned


def audit(
    top: Annotated[int, typer.Option(min=1, max=1000, help="How many rows.")] = 50,
    before: Annotated[
        int | None, typer.Option(help="Number of the row before which to begin; the newest.")
    ] = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Print who signed in and who changed what, newest first.

    Example:  openinsights audit --top 20
    """
    from openinsights.cli.access import access_commands

    with access_commands(url, data) as access:
        rows = access.audit(before, top)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    names = ("number", "time", "actor", "action", "target", "outcome", "address")
    for line in aligned(names, [tuple(str(row[name]) for name in names) for row in rows]):
        typer.echo(line)
