"""`openinsights live`: watch what an application does this second."""

from __future__ import annotations

import json
import shutil
import sys
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from openinsights.cli.configuration import DEFAULT_URL, configured
from openinsights.cli.live_screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator

SILENCE_S = 30.0
"""A server that sends nothing for so long is gone: it sends every second."""
_CLEAR, _HOME = "\x1b[2J", "\x1b[H"
_REST_OF_LINE, _REST_OF_SCREEN = "\x1b[K", "\x1b[J"
_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


def live(
    app: Annotated[
        str | None, typer.Option(help="Resource to watch, by name or id; the only one if one.")
    ] = None,
    role: Annotated[str, typer.Option(help="Only servers of this role.")] = "",
    instance: Annotated[str, typer.Option(help="Only servers of this name.")] = "",
    filters: Annotated[
        list[str],
        typer.Option(
            "--filter",
            help="Samples to show, such as 'request where Duration > 500ms'; may be repeated.",
        ),
    ] = [],  # noqa: B006 - typer copies it
    metrics: Annotated[
        list[str],
        typer.Option(
            "--metric",
            help="Further number to show, such as 'count() of request where Url contains /cart';"
            " may be repeated.",
        ),
    ] = [],  # noqa: B006 - typer copies it
    snapshots: Annotated[
        int, typer.Option(help="Stop after so many snapshots; 0 goes on until Ctrl-C.", min=0)
    ] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each snapshot as a line of JSON.")
    ] = False,
    url: Annotated[
        str | None,
        typer.Option(help="Server to ask; OPENINSIGHTS_URL or http://127.0.0.1:5380."),
    ] = None,
) -> None:
    """Watch requests, calls, failures, processor and memory of an application, second by second.

    Applications send these numbers only while somebody watches.

    Example:  openinsights live --app shop --filter 'request where Success == false'
    """
    from openinsights.cli.resource_access import RemoteResources, chosen
    from openinsights.remote_database import ServerClient, ServerUnreachable

    settings, _ = configured(url=url)
    client = ServerClient(settings.url or DEFAULT_URL, settings.ca_file, settings.api_key.reveal())
    asked = {"role": role, "instance": instance, "filter": filters, "metric": metrics}
    with ExitStack() as opened:
        opened.callback(client.close)
        resource = chosen(RemoteResources(client), app)
        path = f"api/live/{quote(resource.app_id)}"
        parameters = {name: value for name, value in asked.items() if value}
        events = opened.enter_context(client.events(path, parameters, SILENCE_S))
        shows = sys.stdout.isatty() and not as_json
        if shows:
            opened.callback(sys.stdout.write, _SHOW_CURSOR + "\n")
            sys.stdout.write(_CLEAR + _HIDE_CURSOR)
        opened.enter_context(suppress(KeyboardInterrupt))  # how people end it
        screen = Screen(resource.name)
        for count, (sample, documents) in enumerate(_snapshots(events), 1):
            screen.take(sample, documents)
            if as_json:
                typer.echo(json.dumps({"sample": sample, "documents": documents}))
            elif shows:
                _draw(screen)
            else:
                typer.echo(screen.line())
            if count == snapshots:
                return
        raise ServerUnreachable(client.url, "it ended the view")


def _snapshots(
    events: Iterator[tuple[str, Any]],
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield each snapshot with the samples that came before it."""
    documents: list[dict[str, Any]] = []
    for kind, data in events:
        if kind == "documents":
            documents += data
        elif kind == "sample":
            yield data, documents
            documents = []


def _draw(screen: Screen) -> None:
    size = shutil.get_terminal_size()
    lines = screen.lines(size.columns, size.lines)
    text = "\n".join(line + _REST_OF_LINE for line in lines)
    sys.stdout.write(_HOME + text + _REST_OF_SCREEN)
    sys.stdout.flush()
