"""Write the reference pages from the rows in the code.

python scripts/write_reference.py            write docs/reference/*.md
python scripts/write_reference.py --check    fail when a page is out of date
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

from typer.testing import CliRunner

from opencensus.ext.azure.common.options import (
    ROLE_INSTANCE_VARIABLE,
    ROLE_NAME_VARIABLES,
    Options,
)
from openinsights.cli.main import app
from openinsights.schema.catalog import APP, CLASSIC
from openinsights.settings import rows

PAGES = Path(__file__).resolve().parent.parent / "docs" / "reference"
GENERATED = (
    "<!-- written by scripts/write_reference.py; change the rows in the code instead -->\n\n"
)


def cell(text):
    """Return a text as one cell of a table."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def settings_page():
    """Return the page of settings."""
    lines = [
        "# Settings",
        "",
        "An option of the command line wins over the environment variable, that over `settings.toml` in the data",
        "folder, and that over the default.",
        "",
        "| setting | environment variable | type | default | unit | what it decides |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows():
        default = "" if row.default in (None, "") else f"`{row.default}`"
        lines.append(
            f"| `{row.name}` | `{row.environment_variable}` | {cell(row.type)} | {default} | {row.unit} | {cell(row.doc)} |"
        )
    return "\n".join(lines) + "\n"


def options_page():
    """Return the page of the client's options."""
    lines = [
        "# Options of the exporters",
        "",
        "Every exporter and handler takes every option as a keyword: `AzureExporter(export_interval=2.0)`.",
        "A connection string in code wins over an instrumentation key in code, and both win over the environment",
        "(`APPLICATIONINSIGHTS_CONNECTION_STRING`, then `APPINSIGHTS_INSTRUMENTATIONKEY`). Without a role in code,",
        f"its name is that of the first environment variable that is set: {', '.join(f'`{name}`' for name in ROLE_NAME_VARIABLES)};",
        f"else it is the program's. `{ROLE_INSTANCE_VARIABLE}` names the instance. Names that do not exist are",
        "accepted, with one warning.",
        "",
        "| option | default | unit | what it decides |",
        "|---|---|---|---|",
    ]
    for row in dataclasses.fields(Options):
        default = "" if row.default in (None, "") else f"`{row.default}`"
        sentence, unit = row.metadata["sentence"], row.metadata["unit"]
        also = f" Also `{row.metadata['also']}`." if row.metadata["also"] else ""
        lines.append(f"| `{row.name}` | {default} | {unit} | {cell(sentence)}{also} |")
    return "\n".join(lines) + "\n"


def tables_page():
    """Return the page of tables."""
    lines = [
        "# Tables",
        "",
        "The classic tables, and the same rows under the names that workspaces use.",
    ]
    for table in (*CLASSIC, *APP):
        lines += ["", f"## {table.name}", "", cell(table.doc) or f"The rows of `{table.alias_of}`."]
        lines += ["", "| column | type | what it holds |", "|---|---|---|"]
        for column in table.columns:
            meaning = column.doc or (f"`{column.stored_as}`" if column.stored_as else "")
            lines.append(f"| `{column.name}` | {column.type} | {cell(meaning)} |")
    return "\n".join(lines) + "\n"


COMMANDS = (
    (),
    ("serve",),
    ("resource", "create"),
    ("resource", "list"),
    ("resource", "show"),
    ("resource", "delete"),
    ("query",),
    ("send",),
    ("doctor",),
    ("demo",),
)


def commands_page():
    """Return the page of commands: what each says with `--help`."""
    lines = ["# Commands", ""]
    for command in COMMANDS:
        said = CliRunner().invoke(
            app, [*command, "--help"], prog_name="openinsights", terminal_width=100
        )
        help_text = "\n".join(line.rstrip() for line in said.output.strip().splitlines())
        lines += [f"## {' '.join(('openinsights', *command))}", "", "```text", help_text, "```", ""]
    return "\n".join(lines)


REFERENCE = {
    "client-options.md": options_page,
    "commands.md": commands_page,
    "settings.md": settings_page,
    "tables.md": tables_page,
}


def main():
    """Write the pages, or compare them."""
    stale = []
    for name, page in REFERENCE.items():
        path, text = PAGES / name, GENERATED + page()
        if "--check" in sys.argv:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        sys.exit(f"out of date: {', '.join(stale)}; run: python scripts/write_reference.py")


if __name__ == "__main__":
    main()
