"""What a command that reads telemetry reads: the options that all such commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from openinsights.cli.configuration import DEFAULT_URL, configured
from openinsights.data_folder import folder_named

App: TypeAlias = Annotated[
    str | None, typer.Option(help="Resource to read, by name or id; all by default.")
]
Url: TypeAlias = Annotated[
    str | None, typer.Option(help="Server to ask; OPENINSIGHTS_URL or http://127.0.0.1:5380.")
]
Data: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        parser=folder_named,
        metavar="<path>",
        help="Data folder to read instead, when no server runs.",
    ),
]


def target_of(url: str | None, data: Path | None) -> Path | str:
    """Return what ``openinsights.open`` takes: the folder that is named, else the server."""
    if data is not None:
        return data
    settings, _ = configured(url=url)
    return settings.url or DEFAULT_URL
