"""What the command line says of a name of KQL: how it is written, an example, whether it is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.errors import OpenInsightsError

if TYPE_CHECKING:
    from collections.abc import Iterator


class UnknownName(OpenInsightsError):
    """KQL has no such name."""

    code = "UnknownName"


def described(name: str) -> Iterator[str]:
    """Yield lines about a name, once for each kind that it is of.

    Raises:
        UnknownName: there is none; the message says what is spelt nearly the same.
    """
    from openinsights.clock import SystemClock
    from openinsights.kql.api import CompileOptions
    from openinsights.kql.database import Database, OtherResource
    from openinsights.kql.names.registry import KINDS, named
    from openinsights.kql.names.verdict import verdict
    from openinsights.kql.suggest import did_you_mean
    from openinsights.schema.catalog import ALL

    found = named(name)
    if not found:
        names = [row.name for rows in KINDS.values() for row in rows]
        hint = did_you_mean(name, names) or "the KQL page of the reference lists every name"
        raise UnknownName(f"cannot explain {name!r}: KQL has no such name; {hint}")
    everywhere = Database(ALL, "openinsights", lambda call, other: OtherResource(other, ALL))
    options = CompileOptions(SystemClock().now_ticks(), ask=lambda _: None)
    for number, (kind, row) in enumerate(found):
        if number:
            yield ""
        said = verdict(row, everywhere, options)
        yield f"{row.usage}   ({kind})"
        if said.is_run:
            yield f"  {row.example}"
            continue
        yield f"  is not run: {said.reason}"
        if said.instead:
            yield f"  instead: {said.instead}"
