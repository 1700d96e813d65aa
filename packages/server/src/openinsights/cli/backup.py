"""`openinsights backup` and `openinsights restore`: all telemetry and resources as a folder."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from openinsights.cli.configuration import configured
from openinsights.cli.resource import Data, Url  # noqa: TC001 - typer reads the annotations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


def backup(
    destination: Annotated[
        Path, typer.Argument(metavar="DEST", help="Folder to write; it must be new or empty.")
    ],
    force: Force = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Write all telemetry and resources to a folder, while the server goes on.

    The folder appears when it is whole. Everything that was acknowledged before is in it.

    Example:  openinsights backup /backups/monday
    """
    from openinsights.cli.resource_access import server_or_folder
    from openinsights.clock import SystemClock
    from openinsights.keeping.unpack import receive, refuse_occupied
    from openinsights.remote_database import ServerClient

    destination = destination.expanduser().absolute()
    refuse_occupied(destination, force=force)
    with ExitStack() as opened:
        place = server_or_folder(url, data, opened)
        if isinstance(place, ServerClient):
            size, chunks = opened.enter_context(place.download("store/backup"))
        else:
            from openinsights.app import open_parts

            settings, _ = configured(url=url, data=data)
            parts = open_parts(place, settings, SystemClock(), opened)
            size = sum(each.size_bytes for each in parts.store.stored_days())
            chunks = parts.backups.stream() if parts.backups else iter(())
        with _progress("backup", size) as show:
            manifest = receive(chunks, destination, force=force, progress=show)
    days = sum(each.rows is not None for each in manifest.files)
    typer.echo(f"backed up {manifest.rows} rows of {days} days to {destination}")


def restore(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="Folder that backup wrote.")],
    force: Force = False,
    data: Data = None,
) -> None:
    """Bring a backup back into a data folder that no server holds.

    Every file is checked before anything is replaced.

    Example:  openinsights restore /backups/monday --data ./telemetry
    """
    from openinsights.data_folder import DataFolder
    from openinsights.keeping.restore import manifest_of
    from openinsights.keeping.restore import restore as restore_into
    from openinsights.store.duckdb.snapshot import counts_of_file

    source = source.expanduser().absolute()
    size = sum(each.size for each in manifest_of(source).files)
    _, folder = configured(data=data)
    with DataFolder(folder), _progress("restore", size) as show:
        manifest = restore_into(
            source,
            folder,
            force=force,
            counts_of=counts_of_file,
            progress=lambda done, _: show(done),
        )
    days = sum(each.rows is not None for each in manifest.files)
    typer.echo(f"restored {manifest.rows} rows of {days} days into {folder}")


@contextmanager
def _progress(label: str, size: int) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how much is done."""
    with typer.progressbar(length=max(size, 1), label=label, file=sys.stderr) as bar:
        yield lambda done: bar.update(max(0, min(done, size) - bar.pos))
