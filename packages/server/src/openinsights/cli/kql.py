"""`openinsights kql`: tools for queries that need no data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openinsights.data_folder import folder_named
from openinsights.errors import OpenInsightsError
from openinsights.kql.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "Lay out and explain queries; needs no server and no data.\n\n"
        "Example:  openinsights kql help make-series"
    ),
)

_ENDINGS = (".kql", ".kusto", ".csl")
"""Names with these endings are files, whether they exist or not."""


class SourceError(OpenInsightsError):
    """A query cannot be read from where it is said to be."""

    code = "SourceError"


class Source:
    """One query and where it comes from.

    Args:
        word: a file's name, `-` for standard input, or the query itself.
    """

    def __init__(self, word: str) -> None:
        self.path = Path(word) if word.endswith(_ENDINGS) or _is_file(word) else None
        self.name = "<stdin>" if word == "-" else word if self.path else "<query>"
        self.text = sys.stdin.read() if word == "-" else _read(self.path) if self.path else word


def _is_file(word: str) -> bool:
    try:
        return Path(word).is_file()
    except (OSError, ValueError):  # no name of a file: too long, or with a null character
        return False


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read().removeprefix("\ufeff").replace("\r\n", "\n")
    except OSError as error:
        raise SourceError(
            f"cannot read {path}: {error.strerror}; name a file that is there"
        ) from None
    except UnicodeDecodeError:
        raise SourceError(f"cannot read {path}: it is no UTF-8 text; save it as UTF-8") from None


def query_text(word: str) -> str:
    """Return the query that a word is, or that the file holds which it names by its ending.

    Raises:
        SourceError: the file cannot be read.
    """
    return Source(word).text if word == "-" or word.endswith(_ENDINGS) else word


def sources(words: list[str]) -> list[Source]:
    """Return what the words of a command name; without words, standard input.

    Raises:
        SourceError: a file cannot be read, or there is nothing to read.
    """
    if not words and sys.stdin.isatty():
        raise SourceError(
            "cannot find a query: give its text, the name of a file, or - for standard input"
        )
    return [Source(word) for word in words or ["-"]]


@app.command("format", short_help="Lay queries out: one operator per line, comments kept.")
def format_queries(
    queries: Annotated[
        list[str] | None,
        typer.Argument(help="Text of a query, file, or - for standard input (the default)."),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Print nothing; name what would change and end with status 1."
        ),
    ] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Rewrite files in place instead of printing.")
    ] = False,
) -> None:
    """Lay queries out: one operator per line, one spacing, all comments kept.

    What a query means does not change, and formatting twice changes nothing more.

    Example:  openinsights kql format 'requests|where duration>5|count'

    Example:  openinsights kql format --check queries/*.kql
    """
    from openinsights.kql.caret import pointed_out
    from openinsights.kql.errors import KqlError
    from openinsights.kql.formatter import formatted

    unlike, unread = 0, 0
    for source in sources(queries or []):
        try:
            result = formatted(source.text)
        except KqlError as error:
            unread += 1
            typer.echo(f"openinsights: cannot format {source.name}: {error}", err=True)
            typer.echo(pointed_out(error, source.text).partition("\n")[2], err=True)
            continue
        is_same = result == source.text
        unlike += not is_same
        if check:
            if not is_same:
                typer.echo(f"would change {source.name}", err=True)
        elif not write or source.path is None:
            typer.echo(result, nl=False)
        elif not is_same:
            _write(source.path, result)
    if unread or (check and unlike):
        raise typer.Exit(1)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise SourceError(f"cannot write {path}: {error.strerror}") from None
    typer.echo(f"changed {path}", err=True)


@app.command("help", short_help="Show how a name of KQL is written, or why it is not run.")
def help_with(
    name: Annotated[
        str,
        typer.Argument(
            help="An operator, function, aggregate, plugin or statement; 'series_*' lists several."
        ),
    ],
) -> None:
    """Show how a name of KQL is written, with an example, or why it is not run.

    Example:  openinsights kql help make-series

    Example:  openinsights kql help 'series_*'
    """
    from openinsights.cli.name_help import described

    for line in described(name):
        typer.echo(line)


@app.command(short_help="Show what becomes of a query, and what it reads.")
def explain(
    query: Annotated[
        str, typer.Argument(help="Text of a query, file, or - for standard input.")
    ] = "-",
    stages: Annotated[
        list[Stage] | None,
        typer.Option("--stage", help="Show only this stage; may be repeated."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            parser=folder_named,
            metavar="<path>",
            help="Data folder, when no server runs: which of its days are read is shown too.",
        ),
    ] = None,
    app: Annotated[
        str | None, typer.Option(help="Resource of the folder to read; all by default.")
    ] = None,
    timespan: Annotated[
        str | None, typer.Option(help="Only rows of this time, such as PT1H or P1D.")
    ] = None,
) -> None:
    """Show what becomes of a query: syntax, columns after each operator, what is read, plan, SQL.

    Tables are those of every server; --stage tokens shows the words too.

    Example:  openinsights kql explain 'requests | where duration > 5 | count'

    Example:  openinsights kql explain slow.kql --stage scans --data ./telemetry --timespan P1D
    """
    from openinsights.clock import SystemClock
    from openinsights.kql.api import CompileOptions
    from openinsights.kql.caret import noted
    from openinsights.kql.database import Database
    from openinsights.kql.errors import KqlError
    from openinsights.kql.explain import explained
    from openinsights.schema.catalog import ALL

    (source,) = sources([query])
    options = CompileOptions(now_ticks=SystemClock().now_ticks())
    wanted = stages or [stage for stage in Stage if stage is not Stage.TOKENS]

    def shown(stage: Stage) -> str:
        if stage is Stage.SCANS and data is not None:
            return "\n".join(_scans(data, source.text, app, timespan))
        return explained(source.text, stage, Database(ALL), options)

    try:
        texts = [(stage, shown(stage)) for stage in wanted]
    except KqlError as error:
        noted(error, source.text)
        raise
    for number, (stage, text) in enumerate(texts):
        if len(texts) > 1:
            typer.echo(f"{'' if number == 0 else chr(10)}== {stage} ==")
        typer.echo(text)


def _scans(data: Path, text: str, app_name: str | None, timespan: str | None) -> Iterator[str]:
    """Yield what a query reads of a data folder: columns, times, and days with their sizes."""
    from openinsights.clock import TICKS_PER_DAY, to_datetime
    from openinsights.kql.explain import NO_SCANS, scan_lines
    from openinsights.local_database import open_folder
    from openinsights.schema.catalog import ALL

    totals = {table.name: len(table.columns) for table in ALL}
    with open_folder(data) as database:
        stored = database.stored_days()
        scans = database.scans(text, app=app_name, timespan=timespan)
        if not scans:
            yield NO_SCANS
        for scan, days in scans:
            yield from scan_lines(scan, totals)
            size = sum(day.size_bytes for day in days) / 1_000_000
            yield f"  {len(days)} of {len(stored)} days, {size:,.1f} MB with all their tables"
            for day in days:
                name = to_datetime(day.day * TICKS_PER_DAY).date()
                yield f"    {name}  {day.size_bytes / 1_000_000:,.1f} MB"
