"""What is run: every operator, function and plugin, as lists that the documentation shows."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from openinsights.kql.functions import registry
from openinsights.kql.operators import refused
from openinsights.kql.operators.registry import ALL
from openinsights.kql.plugins import registry as plugins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openinsights.kql.refusal import Refusal


def _listed(names: set[str]) -> str:
    """The names in order, a line for each first letter."""
    lines = groupby(sorted(names), key=lambda name: name[0])
    return ",\n".join(", ".join(f"`{name}`" for name in group) for _, group in lines)


def _plugins() -> str:
    return "\n".join(f"| `{row.name}` | {row.doc} |" for row in plugins.ALL)


def _refusals(rows: Mapping[str, Refusal]) -> str:
    """A table of reasons, with the names that share each."""
    names: dict[Refusal, list[str]] = {}
    for name, refusal in sorted(rows.items()):
        names.setdefault(refusal, []).append(f"`{name}`")
    lines = [
        f"| {', '.join(group)} | {refusal.reason} | {refusal.instead.replace('|', chr(92) + '|')} |"
        for refusal, group in names.items()
    ]
    return "\n".join(["| name | why | instead |", "|---|---|---|", *lines])


def matrix() -> str:
    """The support matrix in Markdown."""
    operators = "\n".join(
        f"| {', '.join(f'`{name}`' for name in row.names)} | {row.doc} |"
        for row in ALL
        if row.node is not refused.Refused
    )
    scalars = {name for name in registry.FUNCTIONS if " " not in name} | set(registry.SPECIALS)
    aggregates = set(registry.AGGREGATES) | set(registry.SEVERAL)
    return (
        "## Operators\n\n"
        f"| operator | what it does |\n|---|---|\n{operators}\n\n"
        f"## Operators that are refused\n\n{_refusals(refused.REFUSED)}\n\n"
        f"## Scalar functions ({len(scalars)})\n\n{_listed(scalars)}\n\n"
        f"## Aggregates ({len(aggregates)})\n\n{_listed(aggregates)}\n\n"
        f"## Plugins of `evaluate` ({len(plugins.BY_NAME)})\n\n"
        f"| plugin | what it does |\n|---|---|\n{_plugins()}\n\n"
        "## Functions and plugins that are refused\n\n"
        f"{_refusals(registry.REFUSED)}\n\n{_refusals(plugins.REFUSED)}\n"
    )
