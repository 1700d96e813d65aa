"""`openinsights`: the commands under one name, and how their errors reach people."""

from __future__ import annotations

import sys

import typer

from openinsights.cli.alerts import app as alerts
from openinsights.cli.audit import audit
from openinsights.cli.availability import app as availability
from openinsights.cli.backup import backup, restore
from openinsights.cli.catalog import app as catalog
from openinsights.cli.demo import demo
from openinsights.cli.detection import app as detection
from openinsights.cli.doctor import doctor
from openinsights.cli.health import health
from openinsights.cli.importing import app as importing
from openinsights.cli.key import app as key
from openinsights.cli.kql import app as kql
from openinsights.cli.live import live
from openinsights.cli.probe import probe
from openinsights.cli.purge import purge
from openinsights.cli.query import query
from openinsights.cli.resource import app as resource
from openinsights.cli.saved_query import app as saved_query
from openinsights.cli.send import send
from openinsights.cli.serve import serve
from openinsights.cli.shell import shell
from openinsights.cli.store import app as store
from openinsights.cli.user import app as user
from openinsights.cli.workbook import app as workbook
from openinsights.errors import OpenInsightsError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help=(
        "A self-hosted, wire-compatible Application Insights.\n\n"
        "Example:  openinsights demo\n\n"
        "Example:  openinsights serve --data ./telemetry"
    ),
)
app.command()(serve)
app.add_typer(
    resource, name="resource", short_help="Make, list, show, change and delete resources."
)
app.add_typer(user, name="user", short_help="Make, list, change and remove users of the portal.")
app.add_typer(key, name="key", short_help="Make, list and revoke API keys.")
app.command(short_help="Print who signed in and who changed what.")(audit)
app.command()(query)
app.command(short_help="Ask queries one after the other, with completion and history.")(shell)
app.add_typer(
    saved_query, name="saved-query", short_help="Save, list, show and delete queries of a resource."
)
app.add_typer(alerts, name="alerts", short_help="Make, list, test and delete alert rules.")
app.add_typer(
    detection, name="detection", short_help="Show, mute and set what smart detection finds."
)
app.add_typer(workbook, name="workbook", short_help="Save, list, show and delete workbooks.")
app.add_typer(
    availability,
    name="availability",
    short_help="Make, list, run, show and delete availability tests.",
)
app.command(short_help="Run availability tests from this machine.")(probe)
app.add_typer(kql, name="kql")
app.add_typer(store, name="store")
app.add_typer(catalog, name="catalog", short_help="Move what is configured to PostgreSQL.")
app.command(short_help="Delete telemetry of a resource that fits filters.")(purge)
app.add_typer(
    importing, name="import", short_help="Bring in telemetry that was exported elsewhere."
)
app.command(short_help="Write all telemetry to a folder, while the server goes on.")(backup)
app.command(short_help="Bring a backup back into a data folder.")(restore)
app.command(short_help="Watch requests, failures, processor and memory as they happen.")(live)
app.command()(send)
app.command(short_help="Check the data folder, the port, the server and clients.")(doctor)
app.command(short_help="Ask a server whether it takes telemetry.")(health)
app.command(short_help="Start a server and a small shop that reports to it.")(demo)


@app.callback(invoke_without_command=True)
def _version(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    if version:
        from importlib.metadata import version as version_of

        typer.echo(version_of("openinsights"))
        raise typer.Exit


def main() -> None:
    """Run a command; print what went wrong as one sentence, without a traceback."""
    try:
        app()
    except OpenInsightsError as error:
        typer.echo(f"openinsights: {error}", err=True)
        for note in getattr(error, "__notes__", ()):
            typer.echo(note, err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
