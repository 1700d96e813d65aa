"""`openinsights key`: API keys of programs."""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeAlias

import typer

from openinsights.access.rights import EVERYTHING, Right
from openinsights.cli.resource import AsJson, Data, Url  # noqa: TC001 - typer reads the annotations
from openinsights.query.text_table import aligned

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "Make, list and revoke API keys, which programs send as x-api-key.\n\n"
        "Example:  openinsights key create grafana --app shop --right read"
    ),
)

App: TypeAlias = Annotated[
    str, typer.Option("--app", help="Resource that the key opens; every resource by default.")
]


_COLUMNS = ("key", "id", "rights", "created", "last used", "expires")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    app: App = EVERYTHING,
    right: Annotated[
        list[str] | None,
        typer.Option(
            help="read, write, manage or probe; read by default. May be given several times."
        ),
    ] = None,
    days: Annotated[
        float | None, typer.Option(help="After which the key opens nothing; never by default.")
    ] = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, which happens only here.

    Example:  openinsights key create grafana --app shop --right read --days 365
    """
    from openinsights.cli.access import access_commands

    with access_commands(url, data) as access:
        made = access.create_key(app, name, right or [str(Right.READ)], days)
    typer.echo(json.dumps(made, indent=2) if as_json else made["key"])


@app.command("list")
def list_(
    app: App = EVERYTHING, url: Url = None, data: Data = None, as_json: AsJson = False
) -> None:
    """List keys: of a resource, or those that open every one.

    Example:  openinsights key list --app shop
    """
    from openinsights.cli.access import access_commands

    with access_commands(url, data) as access:
        keys = access.keys(app)
    if as_json:
        typer.echo(json.dumps(keys, indent=2))
        return
    for line in aligned(_COLUMNS, [_row(each) for each in keys]):
        typer.echo(line)


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="Name or id of the key.")],
    app: App = EVERYTHING,
    url: Url = None,
    data: Data = None,
) -> None:
    """Revoke a key: from then on it opens nothing.

    Example:  openinsights key revoke grafana --app shop
    """
    from openinsights.cli.access import access_commands

    with access_commands(url, data) as access:
        gone = access.revoke_key(app, key)
    typer.echo(f"revoked {gone['name']}")


def _row(key: dict[str, Any]) -> tuple[str, ...]:
    return (
        key["name"],
        key["id"],
        "+".join(key["rights"]),
        key["created"],
        key["lastUsed"] or "never",
        key["expires"] or "never",
    )
