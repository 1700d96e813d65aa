"""`openinsights import`: telemetry that was exported elsewhere becomes a resource's."""

from __future__ import annotations

import sys
import time
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer

from openinsights.cli.resource import AsJson, Data, Url  # noqa: TC001 - typer reads the annotations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from openinsights.cli.resource_access import ResourceFacts
    from openinsights.cli.store_access import StoreAccess

_RECORDS_AT_ONCE: Final = 1_000
_BYTES_AT_ONCE: Final = 512 * 1024
"""A server takes bodies of a megabyte unless its setting says otherwise."""
_TRIES: Final = 60
_REASONS_SHOWN: Final = 5
_AT_ONCE: Final = 4
_MOST_AT_ONCE: Final = 32

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "Bring in telemetry that was exported elsewhere.\n\n"
        "Example:  openinsights import azure shop ./insights-logs-apprequests"
    ),
)


@app.callback()
def _of_several() -> None:
    """Keep `azure` a command of its own: it is not the only place that exports."""


@app.command(short_help="Read what Application Insights exported.")
def azure(
    name: Annotated[str, typer.Argument(help="Resource, by name, group/name or id.")],
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="Files, or folders of which every file is read."),
    ],
    table: Annotated[
        str, typer.Option(help="Table of records that name none, classic or App* name.")
    ] = "",
    at_once: Annotated[
        int,
        typer.Option(
            min=1, max=_MOST_AT_ONCE, help="Bodies of records that are on their way together."
        ),
    ] = _AT_ONCE,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Read what Application Insights exported into a resource.

    Takes JSON lines of diagnostic settings and data export, lists of records, and replies of the
    query API; also compressed with gzip. Ids, times and counts stay as they are. The same file may
    be read again: what is stored already is not stored twice. A record that cannot be read is told
    and stops no other.

    Example:  openinsights import azure shop ./insights-logs-apprequests

    Example:  openinsights import azure shop reply.json --table requests
    """
    from openinsights.cli.store_access import resource_named, store_access
    from openinsights.importing.columns import target_named
    from openinsights.importing.files import UnreadableFile

    if table and target_named(table) is None:
        raise typer.BadParameter(f"there is no table {table!r}; name one such as requests")
    files = list(_files(sources))
    resource = resource_named(url, data, name)
    told = _Told()
    with (
        store_access(url, data) as access,
        typer.progressbar(
            length=max(1, sum(path.stat().st_size for path in files)),
            label="import",
            file=sys.stderr,
        ) as bar,
        _Sending(access, resource, table, told, at_once) as sending,
    ):
        before = 0
        for path in files:

            def show(done: int, before: int = before) -> None:
                bar.update(max(0, before + done - bar.pos))

            try:
                _import_file(path, sending, told, show)
            except UnreadableFile as error:
                told.refuse(str(path), str(error))
            before += path.stat().st_size
            bar.update(max(0, before - bar.pos))
    told.show(resource, len(files), as_json=as_json)


class _Told:
    """What became of the records so far."""

    def __init__(self) -> None:
        self.accepted = 0
        self.refused = 0
        self._reasons: list[tuple[str, str]] = []
        self._left_out: Counter[str] = Counter()

    def refuse(self, place: str, reason: str) -> None:
        """Note a record that was not taken."""
        self.refused += 1
        self._reasons.append((place, reason))
        del self._reasons[_REASONS_SHOWN * 20 :]

    def add(self, places: Sequence[str], reply: dict[str, Any]) -> None:
        """Note a reply about the records of these places."""
        self.accepted += reply["acceptedRows"]
        for each in reply["refused"]:
            self.refuse(places[each["index"]], each["reason"])
        self._left_out.update(reply["leftOut"])

    def show(self, resource: ResourceFacts, files: int, *, as_json: bool) -> None:
        """Print all that is known; fail when a record was not taken."""
        if as_json:
            shown = {
                "resource": resource.app_id,
                "acceptedRows": self.accepted,
                "refusedRecords": self.refused,
                "refused": [{"place": place, "reason": why} for place, why in self._reasons],
                "leftOut": sorted(self._left_out),
            }
            typer.echo(msgspec.json.format(msgspec.json.encode(shown), indent=2).decode())
        else:
            typer.echo(f"imported {self.accepted} rows of {files} files into {resource.name}")
            if self._left_out:
                typer.echo(f"no column has these fields: {', '.join(sorted(self._left_out))}")
            for place, reason in self._reasons[:_REASONS_SHOWN]:
                typer.echo(f"not taken: {place}: {reason}", err=True)
            if self.refused > _REASONS_SHOWN:
                typer.echo(f"not taken: {self.refused - _REASONS_SHOWN} more", err=True)
        if self.refused:
            raise typer.Exit(1)


class _Sending:
    """Hands bodies of records over, several at once, and tells what became of them in their order.

    A store syncs what came together at once, and a server far away answers late: one body after the
    other would wait for most of the time. So many and no more are in memory.
    """

    def __init__(
        self, access: StoreAccess, resource: ResourceFacts, table: str, told: _Told, at_once: int
    ) -> None:
        self._access = access
        self._resource = resource
        self._table = table
        self._told = told
        self._at_once = at_once
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="import")
        self._under_way: deque[tuple[list[str], Future[dict[str, Any]]]] = deque()

    def __enter__(self) -> _Sending:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        try:
            while kind is None and self._under_way:
                self._wait_for_one()
        finally:
            self._pool.shutdown(cancel_futures=True)

    def send(self, places: list[str], records: list[Any]) -> None:
        """Send records of places; waits while as many bodies as may be are under way.

        Raises:
            OpenInsightsError: an earlier body was refused as a whole.
        """
        if len(self._under_way) == self._at_once:
            self._wait_for_one()
        sent = self._pool.submit(_take, self._access, self._resource, self._table, records)
        self._under_way.append((places, sent))

    def _wait_for_one(self) -> None:
        places, sent = self._under_way.popleft()
        self._told.add(places, sent.result())


def _files(sources: Sequence[Path]) -> Iterator[Path]:
    """Yield the files that are meant, those of a folder in the order of their names.

    Raises:
        typer.BadParameter: one is not there.
    """
    for source in sources:
        path = source.expanduser()
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.is_file())
        elif path.is_file():
            yield path
        else:
            raise typer.BadParameter(f"there is no file or folder {str(source)!r}")


def _import_file(path: Path, sending: _Sending, told: _Told, show: Callable[[int], None]) -> None:
    from openinsights.importing.files import UnreadableLine, records_in

    records: list[Any] = []
    places: list[str] = []
    size = 0
    for line, record in records_in(path, show):
        place = f"{path}:{line}" if line else str(path)
        if isinstance(record, UnreadableLine):
            told.refuse(place, record.reason)
            continue
        length = len(msgspec.json.encode(record))
        if records and (len(records) == _RECORDS_AT_ONCE or size + length > _BYTES_AT_ONCE):
            sending.send(places, records)
            records, places, size = [], [], 0
        records.append(record)
        places.append(place)
        size += length
    if records:
        sending.send(places, records)


def _take(
    access: StoreAccess, resource: ResourceFacts, table: str, records: list[Any]
) -> dict[str, Any]:
    """Hand records over, waiting while the store has too much to write."""
    from openinsights.store.errors import StoreUnavailable

    tries = 1
    while True:
        try:
            return access.take(resource, table, records)
        except StoreUnavailable as error:
            if tries == _TRIES:
                raise
            tries += 1
            time.sleep(error.retry_after_s)
