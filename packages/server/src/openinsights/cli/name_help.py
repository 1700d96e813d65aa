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
    """Yield lines about a name, once for each kind that it is of, or about all that a pattern fits.

    Args:
        name: or a pattern, in which `*` stands for any letters; then each name takes one line.

    Raises:
        UnknownName: there is none; the message says what is spelt nearly the same.
    """
    from openinsights.clock import SystemClock
    from openinsights.kql.api import CompileOptions
    from openinsights.kql.database import Database, OtherResource
    from openinsights.kql.names.registry import KINDS, named
    from openinsights.kql.names.verdict import verdict
    from openinsights.kql.scope import fits
    from openinsights.kql.suggest import did_you_mean
    from openinsights.schema.catalog import ALL

    everywhere = Database(ALL, "openinsights", lambda call, other: OtherResource(other, ALL))
    options = CompileOptions(SystemClock().now_ticks(), ask=lambda _: None)
    found = named(name)
    if not found and "*" in name:
        fitting = [(k, row) for k, rows in KINDS.items() for row in rows if fits(name, row.name)]
        for kind, row in fitting:
            refused = "" if verdict(row, everywhere, options).is_run else ", is not run"
            yield f"{row.usage}   ({kind}{refused})"
        if fitting:
            return
    if not found:
        names = [row.name for rows in KINDS.values() for row in rows]
        hint = did_you_mean(name, names) or "the KQL page of the reference lists every name"
        raise UnknownName(f"cannot explain {name!r}: KQL has no such name; {hint}")
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
