"""Whether a name is run, found by compiling its example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.kql.api import compile
from openinsights.kql.errors import KqlUnsupported

if TYPE_CHECKING:
    from openinsights.kql.api import CompileOptions
    from openinsights.kql.database import Database
    from openinsights.kql.names.name import Name


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the compiler says to a name.

    Attributes:
        is_run: whether queries with it are answered.
        reason: why not, or "".
        instead: what does the same or nearly so, or "".
    """

    is_run: bool
    reason: str = ""
    instead: str = ""


def verdict(row: Name, database: Database, options: CompileOptions) -> Verdict:
    """Return what becomes of the name's example.

    Raises:
        KqlError: the example is neither run nor refused: it has a mistake.
    """
    try:
        compile(row.example, database, options)
    except KqlUnsupported as error:
        _, _, reason = error.message.partition(" is not run: ")
        return Verdict(False, reason or error.message, error.hint)
    return Verdict(True)
