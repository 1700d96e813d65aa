"""Whether a name is run, found by compiling its example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.kql.api import compile, emit
from openinsights.kql.errors import KqlUnsupported
from openinsights.kql.functions.registry import AGGREGATES, FUNCTIONS
from openinsights.schema.sql import Sql

if TYPE_CHECKING:
    from openinsights.kql.api import CompileOptions
    from openinsights.kql.database import Database
    from openinsights.kql.names.name import Name
    from openinsights.kql.sql.dialect import Dialect


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


def lacked(row: Name, database: Database, options: CompileOptions, dialect: Dialect) -> str:
    """Return the capability that a dialect lacks for a name that is run, or "".

    What an example has in constants is computed while it is compiled, so functions are looked up
    as well.

    Raises:
        KqlError: the name's example is not run at all, or has a mistake.
    """
    compiled = compile(row.example, database, options)
    try:
        for statement in compiled.statements:
            emit(statement, {scan.id: Sql("t") for scan in statement.scans}, dialect=dialect)
        if row.name in FUNCTIONS:
            dialect.lowering(FUNCTIONS[row.name])
        elif row.name in AGGREGATES:
            dialect.lowering(AGGREGATES[row.name][0])
    except KqlUnsupported as error:
        return error.message.partition(f" on {dialect.title}: ")[2].partition(";")[0]
    return ""
