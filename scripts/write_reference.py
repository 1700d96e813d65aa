"""Write the reference pages from the rows in the code.

python scripts/write_reference.py            write docs/reference and docs/integrations
python scripts/write_reference.py --check    fail when a page is out of date
"""

from __future__ import annotations

import dataclasses
import html
import inspect
import re
import sys
from functools import partial
from pathlib import Path

import docstrings
import integration_pages
import public_symbols
import support_matrix
from typer.testing import CliRunner

from opencensus.ext.azure.common import debug
from opencensus.ext.azure.common.ledger import Cause
from opencensus.ext.azure.common.options import (
    CONNECTION_STRING_VARIABLE,
    INSTRUMENTATION_KEY_VARIABLE,
    ROLE_INSTANCE_VARIABLE,
    ROLE_NAME_VARIABLES,
    Options,
)
from opencensus.ext.azure.common.reply import STATUS_VERDICTS, Verdict
from opencensus.ext.refused import INSTEAD
from openinsights.catalog.resource_settings import ROWS as RESOURCE_SETTINGS
from openinsights.catalog.scrub_rules import SCRUB_RULES
from openinsights.cli.main import app
from openinsights.detection.choices import DetectorChoices
from openinsights.detection.deviation import WITHOUT_STRONGEST
from openinsights.detection.look import Sensitivity
from openinsights.detection.rows import DETECTORS
from openinsights.schema.catalog import APP, CLASSIC
from openinsights.settings import rows
from openinsights_wire.base_types import BASE_TYPES
from openinsights_wire.envelope import Envelope
from openinsights_wire.plan import plan_of
from openinsights_wire.types.exception import ExceptionDetails, StackFrame
from openinsights_wire.types.metric import DataPoint

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


def detectors_page():
    """Return the page of what smart detection looks with."""
    choices = DetectorChoices()
    scaled = ", ".join(f"*{each.name.lower()}* {each.value:g} times" for each in Sensitivity)
    lines = [
        "# Detectors",
        "",
        "What [smart detection](../guide/smart-detection.md) looks with. Of a resource each detector can be switched off,",
        f"set to another sensitivity ({scaled} the deviations; {choices.sensitivity.name.lower()} by default) and given",
        "action groups (nobody by default): `openinsights detection config`, or *Settings* of the view. All else is as it",
        "stands here.",
    ]
    for row in DETECTORS:
        detector = row.make()
        azure = ", ".join(f"`{name}`" for name in row.azure)
        lines += [
            "",
            f"## {row.id}",
            "",
            f"{row.title}. {row.promise} It is about one {row.about}{' or all of them' if row.has_whole else ''}; its"
            f" alerts have severity {row.severity}. Azure's rules: {azure}.",
            "",
            "| what | value | |",
            "|---|---|---|",
        ]
        told = attributes_of(type(detector))
        lines += [
            f"| `{each.name}` | {limit(getattr(detector, each.name))} | {cell(told[each.name])} |"
            for each in dataclasses.fields(detector)
        ]
    return "\n".join(lines) + "\n"


def limit(value):
    """Return what a detector asks for, as a cell."""
    if not isinstance(value, tuple):
        return f"{value:,g}"
    return "; ".join(
        f"{each.steps * 5} minutes: {each.critical:g} deviations, and {each.critical * WITHOUT_STRONGEST:.2g} without"
        f" their strongest {each.dropped * 5} minutes"
        for each in value
    )


def attributes_of(kind):
    """Return what a class says of its attributes, by name."""
    text = inspect.getdoc(kind).partition("Attributes:\n")[2]
    found = re.findall(r"^    (\w+): (.*?)(?=^    \w+: |\Z)", text, re.MULTILINE | re.DOTALL)
    return {name: " ".join(said.split()) for name, said in found}


def resource_settings_page():
    """Return the page of what can be set for one resource."""
    lines = [
        "# Settings of a resource",
        "",
        "`openinsights resource set NAME SETTING=VALUE …` changes them, on a running server too; Azure's tools know",
        "some under names of their own. What was stored before stays as it is.",
        "",
        "| setting | in Azure | default | unit | what it does |",
        "|---|---|---|---|---|",
    ]
    for row in RESOURCE_SETTINGS:
        default = "none" if row.default == () else f"`{str(row.default).lower()}`"
        azure = f"`{row.arm_name}`" if row.arm_name else ""
        lines.append(f"| `{row.name}` | {azure} | {default} | {row.unit} | {cell(row.doc)} |")
    lines += [
        "",
        "## What can be scrubbed",
        "",
        "| rule | what it finds | pattern |",
        "|---|---|---|",
    ]
    for rule in SCRUB_RULES:
        pattern = cell(html.escape(rule.pattern)).replace("`", "&#96;")
        lines.append(f"| `{rule.name}` | {cell(rule.doc)} | <code>{pattern}</code> |")
    return "\n".join(lines) + "\n"


ENVIRONMENT = (
    (f"`{CONNECTION_STRING_VARIABLE}`", "the connection string, unless the code gives one"),
    (f"`{INSTRUMENTATION_KEY_VARIABLE}`", "the key, when nothing else names one"),
    (
        ", ".join(f"`{name}`" for name in ROLE_NAME_VARIABLES),
        "`role_name`, unless the code gives it: the first that is set; else it is the program's name",
    ),
    (f"`{ROLE_INSTANCE_VARIABLE}`", "`role_instance`; else it is the machine's name"),
    (
        f"`{debug.VARIABLE}`",
        "`1` makes exporters tell on stderr what they send, store and drop, and why",
    ),
    (
        "`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`",
        "the system's proxies, used when `proxies` is empty",
    ),
    ("`REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE`", "certificates to trust instead of the system's"),
)
"""Variables that exporters read, and what for."""


def options_page():
    """Return the page of the client's options."""
    lines = [
        "# Options of the exporters",
        "",
        "Every exporter and handler takes every option as a keyword: `AzureExporter(export_interval=2.0)`.",
        "A connection string in code wins over an instrumentation key in code, and both win over the environment.",
        "Names that do not exist are accepted, with one warning.",
        "",
        "| option | default | unit | what it decides |",
        "|---|---|---|---|",
    ]
    for row in dataclasses.fields(Options):
        default = "" if row.default in (None, "") else f"`{row.default}`"
        sentence, unit = row.metadata["sentence"], row.metadata["unit"]
        also = f" Also `{row.metadata['also']}`." if row.metadata["also"] else ""
        lines.append(f"| `{row.name}` | {default} | {unit} | {cell(sentence)}{also} |")
    lines += ["", "## Environment", "", "| variable | what it decides |", "|---|---|"]
    lines += [f"| {variables} | {meaning} |" for variables, meaning in ENVIRONMENT]
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
    ("shell",),
    ("kql", "format"),
    ("kql", "explain"),
    ("kql", "help"),
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


def envelopes_page():
    """Return the page of the wire's types as telemetry processors see them."""
    lines = [
        "# Envelopes",
        "",
        "What telemetry processors see: an envelope, with one of these types in `envelope.data.baseData`;",
        "`envelope.data.baseType` names it. Longer texts are cut when the envelope is sent.",
    ]
    for struct in (Envelope, *BASE_TYPES.values(), DataPoint, ExceptionDetails, StackFrame):
        summary = struct.__doc__.splitlines()[0]
        lines += ["", f"## {struct.__name__}", "", summary]
        lines += ["", "| field | what | longest |", "|---|---|---|"]
        for row in plan_of(struct):
            lines.append(f"| `{row.name}` | {row.what} | {row.max_length or ''} |")
    return "\n".join(lines) + "\n"


VERDICTS = {
    Verdict.ACCEPTED: "the items arrived; of those that the reply lists, each by its own status",
    Verdict.RETRY: "kept and sent again, after a growing wait or the one in `Retry-After`",
    Verdict.QUOTA: "kept; the wait begins at `minimum_retry_interval` and grows up to an hour",
    Verdict.SPLIT: "halved and sent again; an item that is too large alone is dropped",
    Verdict.REDIRECT: "sent to the new address, from now on",
    Verdict.REFUSED: "dropped: sending it again would change nothing",
}


def delivery_page():
    """Return the page of what answers of a server mean, and why items are dropped."""
    lines = [
        "# Delivery",
        "",
        "What the answer of a server means for a batch, or for one item that the answer lists.",
        "",
        "| status | what becomes of the items |",
        "|---|---|",
    ]
    for verdict, meaning in VERDICTS.items():
        statuses = [str(status) for status, one in STATUS_VERDICTS.items() if one is verdict]
        lines.append(f"| {', '.join(statuses) or 'any other'} | {meaning} |")
    lines += [
        "",
        "No answer at all, a broken connection and a timeout are like 503.",
        "",
        "## Reasons",
        "",
        "What `stats().dropped` counts, by name. The first item of each is told in a warning,",
        "but for `filtered`, which somebody wanted.",
        "",
        "| reason | what happened |",
        "|---|---|",
    ]
    lines += [f"| `{cause.reason}` | {cell(cause.value)} |" for cause in Cause]
    return "\n".join(lines) + "\n"


CLIENT_PAGES = (
    (
        "client/trace.md",
        "Traces: tracers and spans",
        (
            "opencensus.trace.tracer",
            "opencensus.trace.span",
            "opencensus.trace.span_context",
            "opencensus.trace.trace_options",
            "opencensus.trace.tracestate",
            "opencensus.trace.status",
            "opencensus.trace.exceptions_status",
            "opencensus.trace.link",
            "opencensus.trace.time_event",
            "opencensus.trace.attributes",
            "opencensus.trace.attributes_helper",
            "opencensus.trace.stack_trace",
            "opencensus.trace.span_data",
            "opencensus.trace.execution_context",
            "opencensus.trace.config_integration",
            "opencensus.trace.integrations",
            "opencensus.trace.utils",
            "opencensus.trace.base_exporter",
            "opencensus.trace.print_exporter",
            "opencensus.trace.file_exporter",
            "opencensus.trace.logging_exporter",
            "opencensus.trace.base_span",
            "opencensus.trace.blank_span",
            "opencensus.trace.tracers.base",
            "opencensus.trace.tracers.context_tracer",
            "opencensus.trace.tracers.noop_tracer",
        ),
    ),
    ("client/samplers.md", "Samplers", ("opencensus.trace.samplers",)),
    (
        "client/propagation.md",
        "Propagation",
        (
            "opencensus.trace.propagation.trace_context_http_header_format",
            "opencensus.trace.propagation.b3_format",
            "opencensus.trace.propagation.google_cloud_format",
            "opencensus.trace.propagation.text_format",
            "opencensus.trace.propagation.binary_format",
            "opencensus.trace.propagation.tracestate_string_format",
        ),
    ),
    (
        "client/stats.md",
        "Stats: measures and views",
        (
            "opencensus.stats.stats",
            "opencensus.stats.measure",
            "opencensus.stats.view",
            "opencensus.stats.aggregation",
            "opencensus.stats.view_manager",
            "opencensus.stats.stats_recorder",
            "opencensus.stats.measurement_map",
            "opencensus.stats.measurement",
            "opencensus.stats.measure_to_view_map",
            "opencensus.stats.aggregation_data",
            "opencensus.stats.bucket_boundaries",
            "opencensus.stats.view_data",
            "opencensus.stats.metric_utils",
            "opencensus.stats.execution_context",
            "opencensus.stats.base_exporter",
        ),
    ),
    (
        "client/tags.md",
        "Tags",
        (
            "opencensus.tags.tag_map",
            "opencensus.tags.tag",
            "opencensus.tags.tag_key",
            "opencensus.tags.tag_value",
            "opencensus.tags.validation",
            "opencensus.tags.propagation.binary_serializer",
        ),
    ),
    (
        "client/metrics.md",
        "Metrics: gauges, cumulatives and what exporters read",
        (
            "opencensus.metrics.export.gauge",
            "opencensus.metrics.export.cumulative",
            "opencensus.metrics.export.metric",
            "opencensus.metrics.export.metric_descriptor",
            "opencensus.metrics.export.metric_producer",
            "opencensus.metrics.export.time_series",
            "opencensus.metrics.export.point",
            "opencensus.metrics.export.value",
            "opencensus.metrics.export.summary",
            "opencensus.metrics.label_key",
            "opencensus.metrics.label_value",
            "opencensus.metrics.transport",
        ),
    ),
    ("client/log.md", "Logs that know their trace", ("opencensus.log",)),
    (
        "client/common.md",
        "Common parts",
        (
            "opencensus.common.configuration",
            "opencensus.common.runtime_context",
            "opencensus.common.schedule",
            "opencensus.common.transports.base",
            "opencensus.common.transports.sync",
            "opencensus.common.transports.async_",
            "opencensus.common.resource",
            "opencensus.common.http_handler",
            "opencensus.common.utils",
        ),
    ),
    (
        "client/azure.md",
        "Exporters",
        (
            "opencensus.ext.azure.trace_exporter",
            "opencensus.ext.azure.log_exporter",
            "opencensus.ext.azure.metrics_exporter",
            "opencensus.ext.azure.availability",
            "opencensus.ext.azure.common.ledger:Stats",
            "opencensus.ext.azure.common.processor",
            "opencensus.ext.azure.common.utils",
        ),
    ),
    (
        "client/integrations.md",
        "Integrations",
        (
            "opencensus.ext.flask.flask_middleware",
            "opencensus.ext.django.middleware",
            "opencensus.ext.fastapi.fastapi_middleware",
            "opencensus.ext.starlette.starlette_middleware",
            "opencensus.ext.pyramid.pyramid_middleware",
            "opencensus.ext.aiohttp_server.aiohttp_middleware",
            "opencensus.ext.asgi.asgi_middleware",
            "opencensus.ext.wsgi.wsgi_middleware",
            "opencensus.ext.requests.trace",
            "opencensus.ext.httpx.trace",
            "opencensus.ext.urllib3.trace",
            "opencensus.ext.aiohttp_client.trace",
            "opencensus.ext.grpc.trace",
            "opencensus.ext.grpc.client_interceptor",
            "opencensus.ext.grpc.server_interceptor",
            "opencensus.ext.grpc.aio",
            "opencensus.ext.httplib.trace",
            "opencensus.ext.sqlite3.trace",
            "opencensus.ext.postgresql.trace",
            "opencensus.ext.mysql.trace",
            "opencensus.ext.pymysql.trace",
            "opencensus.ext.sqlalchemy.trace",
            "opencensus.ext.pymongo.trace",
            "opencensus.ext.redis.trace",
            "opencensus.ext.dbapi.trace",
            "opencensus.ext.auto.trace",
            "opencensus.ext.celery.trace",
            "opencensus.ext.logging.trace",
            "opencensus.ext.asyncio.trace",
            "opencensus.ext.threading.trace",
            "opencensus.ext.gevent.trace",
            "opencensus.ext.opentelemetry.trace",
            "opencensus.ext.opentelemetry.tracing",
            "opencensus.ext.opentelemetry.metering",
            "opencensus.ext.opentelemetry.logs",
            "opencensus.ext.opentelemetry.span_exporter",
            "opencensus.ext.opentelemetry.metric_exporter",
            "opencensus.ext.opentelemetry.log_exporter",
            "opencensus.ext.prometheus.stats_exporter",
            "opencensus.ext.zipkin.trace_exporter",
            "opencensus.extension.azure.functions",
        ),
    ),
)
"""Page of the client's reference, its title, and the modules on it."""


INTERNAL = (
    "opencensus.common.backports",
    "opencensus.common.monitored_resource",
    "opencensus.common.runtime_context.version",
    "opencensus.common.version",
    "opencensus.ext.aiohttp_server",
    "opencensus.ext.asgi",
    "opencensus.ext.auto.configured",
    "opencensus.ext.auto.libraries",
    "opencensus.ext.auto.run",
    "opencensus.ext.auto.start.sitecustomize",
    "opencensus.ext.azure",
    "opencensus.ext.datadog",
    "opencensus.ext.dbapi.literals",
    "opencensus.ext.dbapi.methods",
    "opencensus.ext.dbapi.statement",
    "opencensus.ext.django.databases",
    "opencensus.ext.django.route",
    "opencensus.ext.flask.common",
    "opencensus.ext.gevent.geventcompatibility",
    "opencensus.ext.google_cloud_clientlibs",
    "opencensus.ext.grpc",
    "opencensus.ext.grpc.carried",
    "opencensus.ext.grpc.spans",
    "opencensus.ext.jaeger",
    "opencensus.ext.logging.context",
    "opencensus.ext.ocagent",
    "opencensus.ext.opentelemetry",
    "opencensus.ext.opentelemetry.conventions",
    "opencensus.ext.opentelemetry.current",
    "opencensus.ext.opentelemetry.records",
    "opencensus.ext.opentelemetry.reported",
    "opencensus.ext.opentelemetry.resources",
    "opencensus.ext.opentelemetry.sending",
    "opencensus.ext.opentelemetry.spans",
    "opencensus.ext.prometheus.families",
    "opencensus.ext.prometheus.http_server",
    "opencensus.ext.patched",
    "opencensus.ext.pyramid.config",
    "opencensus.ext.refused",
    "opencensus.ext.spans",
    "opencensus.ext.requests.common",
    "opencensus.ext.stackdriver",
    "opencensus.ext.starlette",
    "opencensus.ext.threading.remote",
    "opencensus.ext.wsgi",
    "opencensus.ext.zipkin.trace_exporter.spans",
    "opencensus.tags",
    "opencensus.trace.samplers.probability",
    "opencensus.trace.samplers.rate_limiting",
)
"""Modules, with those inside them, that are no part of the reference unless a page names them."""


def forgotten_modules():
    """Return the public modules that neither a page of the client's reference nor `INTERNAL` names."""
    shown = {module for _, _, modules in CLIENT_PAGES for module in modules}
    return sorted(
        module
        for module in docstrings.modules("opencensus")
        if module not in shown | {"opencensus.trace"}
        and not f"{module}.".startswith(tuple(f"{one}." for one in INTERNAL))
    )


def client_page(title, modules):
    """Return a page made of the docstrings of modules."""
    lines = [f"# {title}", ""]
    for module in modules:
        lines += docstrings.section(module)
    text = "\n".join(lines).rstrip() + "\n"
    return text.replace("`common.options`", "[the options](../client-options.md)")


def symbols_page():
    """Return the list of public symbols."""
    return public_symbols.listing({one for _, _, modules in CLIENT_PAGES for one in modules})


REFERENCE = {
    "../integrations/index.md": partial(integration_pages.index, INSTEAD),
    **{
        f"../integrations/{name}.md": partial(integration_pages.page, name)
        for name in integration_pages.rows()
    },
    **{name: partial(client_page, title, modules) for name, title, modules in CLIENT_PAGES},
    "client-options.md": options_page,
    "delivery.md": delivery_page,
    "envelopes.md": envelopes_page,
    "commands.md": commands_page,
    "kql.md": support_matrix.page,
    "detectors.md": detectors_page,
    "settings.md": settings_page,
    "resource-settings.md": resource_settings_page,
    "tables.md": tables_page,
    "public-symbols.txt": symbols_page,
}


def main():
    """Write the pages, or compare them."""
    stale = []
    for name, page in REFERENCE.items():
        path = PAGES / name
        text = page() if path.suffix == ".txt" else GENERATED + page()
        if "--check" in sys.argv:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if forgotten_modules():
        sys.exit(f"on no page of CLIENT_PAGES: {', '.join(forgotten_modules())}")
    if stale:
        sys.exit(f"out of date: {', '.join(stale)}; run: python scripts/write_reference.py")


if __name__ == "__main__":
    main()
