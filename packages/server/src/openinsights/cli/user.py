"""`openinsights user`: who may sign in, and what for."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, TypeAlias

import typer

from openinsights.access.rights import EVERYTHING, Role
from openinsights.cli.resource import AsJson, Data, Url  # noqa: TC001 - typer reads the annotations
from openinsights.query.text_table import aligned

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "Make, list, change and remove users: people who sign in to the portal.\n\n"
        "Example:  openinsights user create ada --role admin"
    ),
)

Name: TypeAlias = Annotated[str, typer.Argument(help="Name to sign in with.")]
App: TypeAlias = Annotated[
    str, typer.Option("--app", help="Resource that the role is for; every resource by default.")
]
FromStdin: TypeAlias = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the input's first line.")
]


@app.command()
def create(
    name: Name,
    role: Annotated[Role, typer.Option(help="What the user may do.")] = Role.ADMIN,
    app: App = EVERYTHING,
    password_stdin: FromStdin = False,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Make a user; asks for the password.

    Example:  openinsights user create ada --role viewer --app shop
    """
    from openinsights.cli.access import access_commands

    password = _password(password_stdin)
    with access_commands(url, data) as access:
        made = access.create_person(name, password, {app: str(role)})
    typer.echo(json.dumps(made, indent=2) if as_json else f"made {_line(made)}")


@app.command("list")
def list_(url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """List the users and their roles.

    Example:  openinsights user list --json
    """
    from openinsights.cli.access import access_commands

    with access_commands(url, data) as access:
        people = access.people()
    if as_json:
        typer.echo(json.dumps(people, indent=2))
        return
    for line in aligned(
        ("user", "roles", "created"),
        [(each["name"], _roles(each), each["created"]) for each in people],
    ):
        typer.echo(line)


@app.command("reset-password")
def reset_password(
    name: Name, password_stdin: FromStdin = False, url: Url = None, data: Data = None
) -> None:
    """Give a user another password; ends every session.

    Example:  openinsights user reset-password ada
    """
    from openinsights.cli.access import access_commands

    password = _password(password_stdin)
    with access_commands(url, data) as access:
        access.set_password(name, password)
    typer.echo(f"changed the password of {name}")


@app.command("role")
def set_role(
    name: Name,
    role: Annotated[str, typer.Argument(help="viewer, editor, admin; none takes it away.")],
    app: App = EVERYTHING,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Change what a user may do.

    Example:  openinsights user role ada editor --app shop
    """
    from openinsights.cli.access import access_commands

    with access_commands(url, data) as access:
        changed = access.set_roles(name, {app: None if role == "none" else role})
    typer.echo(json.dumps(changed, indent=2) if as_json else _line(changed))


@app.command()
def remove(name: Name, url: Url = None, data: Data = None) -> None:
    """Remove a user; ends every session.

    Example:  openinsights user remove ada
    """
    from openinsights.cli.access import access_commands

    with access_commands(url, data) as access:
        access.remove_person(name)
    typer.echo(f"removed {name}")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def _line(person: dict[str, Any]) -> str:
    return f"{person['name']}: {_roles(person) or 'no role'}"


def _roles(person: dict[str, Any]) -> str:
    return ", ".join(
        f"{role} of {'every resource' if app == EVERYTHING else app}"
        for app, role in person["roles"].items()
    )
