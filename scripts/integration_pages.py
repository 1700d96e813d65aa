"""The integrations of the client as rows, one file each in integrations/, and the pages made of them.

A row has:

- `title`, and `kind`: one of `KINDS`;
- `import`: what a program names; `retired`: the distribution whose place it takes, or "";
- `traces`: what becomes telemetry, in one sentence;
- `library`: the distribution that is traced, or ""; `needs`: distributions that its tests need besides;
- `peer`: the server that its example asks, where there is one;
- `example`: a program that sends something and ends; `query`, and `where`: what has to be found;
- `records`: pairs of an attribute or column and what it holds; `settings`: pairs of a name and its meaning;
- `notes`: sentences of which each is worth knowing;
- `tests`: folders and files that `make test-matrix` runs; and for each set of old versions one table
  `versions` with `of`, a name, `install`, requirements, and where not every Python will do, `python`, the
  newest that they run on, or `oldest`; `programs`: the tests have programs run, and those alone get the old versions.
"""

from __future__ import annotations

from pathlib import Path

import tomllib

ROWS = Path(__file__).with_name("integrations")

KINDS = {
    "web": "Web frameworks and servers",
    "calls": "Outgoing calls",
    "databases": "Databases",
    "rest": "Everything else",
}

SERVED = (
    ("`http.method`", "the method; `OTHER` where a client made one up"),
    ("`http.route`", "the template of the address; missing where no route was found"),
    ("`http.url`, `http.host`, `http.path`", "the address as it was asked for"),
    ("`http.status_code`", "the status of the answer; 499 where the client did not wait for one"),
    (
        "`error.name`, `error.message`, `stacktrace`",
        "an exception that the application did not handle: it becomes a row of `exceptions`",
    ),
    ("`client.disconnected`", "set where the client went away before it had the whole answer"),
)
"""What every integration of kind `web` records."""

SETTINGS = (
    ("sampler", "`SAMPLER`", "which traces are recorded"),
    ("exporter", "`EXPORTER`", "what receives the spans"),
    ("propagator", "`PROPAGATOR`", "reads the caller's trace from the headers; W3C by default"),
    (
        "excludelist_paths",
        "`EXCLUDELIST_PATHS`",
        "requests whose path begins like one of these are not traced; `_ah/health` by default",
    ),
    (
        "excludelist_hostnames",
        "`EXCLUDELIST_HOSTNAMES`",
        "hosts to which calls made while serving are not traced",
    ),
)
"""Argument, name in a framework's configuration, and meaning, for kind `web`."""


def rows():
    """Return all rows by their names, in order of kind and title."""
    found = {}
    for path in ROWS.glob("*.toml"):
        found[path.stem] = tomllib.loads(path.read_text(encoding="utf-8"))
    order = list(KINDS)
    return dict(
        sorted(
            found.items(), key=lambda one: (order.index(one[1]["kind"]), one[1]["title"].lower())
        )
    )


def table(heads, lines):
    """Return the lines of a table."""
    return [
        f"| {' | '.join(heads)} |",
        f"|{'---|' * len(heads)}",
        *(f"| {' | '.join(line)} |" for line in lines),
    ]


def page(name):
    """Return the page of an integration."""
    row = rows()[name]
    tested = ["the newest", *(one["of"] for one in row.get("versions", ()))]
    facts = [
        ("import", f"`{row['import']}`"),
        *([("library", f"`{row['library']}`")] if row.get("library") else []),
        *([("takes the place of", f"`{row['retired']}`")] if row.get("retired") else []),
        *([("tested versions", ", ".join(tested))] if row.get("library") else []),
    ]
    lines = [f"# {row['title']}", "", row["traces"], "", *table(("", ""), facts), ""]
    lines += ["## Switch it on", ""]
    lines += ["```python", row["example"].strip(), "```", ""]
    lines += ["```kusto", row["query"].strip(), "```"]
    lines += [f"<!-- where {row['where']} -->", ""] if row.get("where") else [""]
    records = [*(SERVED if row["kind"] == "web" else ()), *map(tuple, row.get("records", ()))]
    if records:
        lines += ["## What is recorded", "", *table(("attribute", "holds"), records), ""]
    settings = [tuple(one) for one in row.get("settings", ())]
    if row.get("configured"):
        lines += ["## Settings", "", f"{row['configured']}", ""]
        heads = ("argument", "in the configuration", "meaning")
        shared = [(f"`{one[0]}`", one[1], one[2]) for one in SETTINGS]
        lines += [*table(heads, shared), ""]
    elif settings or row["kind"] == "web":
        shared = [(f"`{one[0]}`", one[2]) for one in SETTINGS] if row["kind"] == "web" else []
        lines += ["## Settings", "", *table(("argument", "meaning"), shared + settings), ""]
    if row.get("notes"):
        lines += ["## Good to know", "", *(f"- {note}" for note in row["notes"]), ""]
    return "\n".join(lines).rstrip() + "\n"


def index(refused):
    """Return the page that lists every integration.

    Args:
        refused: Packages of the retired client that are not here, with a sentence each.
    """
    lines = [
        "# Integrations",
        "",
        "Each watches one library: what the application serves, calls or asks of a database becomes",
        "`requests` and `dependencies` of one trace. They are part of `openinsights-sdk`; the libraries",
        "are yours. Spans cost nothing where no tracer is, and what goes wrong in an integration goes",
        "into the log and not into the application.",
        "",
    ]
    for kind, title in KINDS.items():
        listed = [(name, row) for name, row in rows().items() if row["kind"] == kind]
        if not listed:
            continue
        lines += [f"## {title}", ""]
        lines += table(
            ("for", "import", "traces", "instead of"),
            (
                (
                    f"[{row['title']}]({name}.md)",
                    f"`{row['import']}`",
                    row["traces"],
                    f"`{row['retired']}`" if row.get("retired") else "",
                )
                for name, row in listed
            ),
        )
        lines.append("")
    lines += [
        "## Not supported",
        "",
        "Importing one of these raises `ImportError` and says this.",
        "",
    ]
    lines += table(
        ("package", "instead"),
        ((f"`opencensus.ext.{name}`", sentence) for name, sentence in refused.items()),
    )
    return "\n".join(lines) + "\n"
