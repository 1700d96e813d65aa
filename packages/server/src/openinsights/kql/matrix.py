"""What is run: every operator and function, as lists that the documentation shows."""

from __future__ import annotations

from openinsights.kql.functions import registry
from openinsights.kql.operators import refused
from openinsights.kql.operators.registry import ALL


def _listed(names: set[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


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
        "### Operators\n\n"
        f"| operator | what it does |\n|---|---|\n{operators}\n\n"
        f"Known and refused by name: {_listed(set(refused.NAMES))}.\n\n"
        f"### Scalar functions ({len(scalars)})\n\n{_listed(scalars)}\n\n"
        f"### Aggregates ({len(aggregates)})\n\n{_listed(aggregates)}\n\n"
        f"Known and refused by name: {_listed(set(registry.REFUSED))}.\n"
    )
