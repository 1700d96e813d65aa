"""What becomes of any text: SQL, or mistakes with places in it; all else is a defect."""

from __future__ import annotations

from engine import DATABASE, OPTIONS

from openinsights.kql.api import compile, emit
from openinsights.kql.caret import pointed_out
from openinsights.kql.errors import KqlError, Unknowable
from openinsights.schema.sql import Sql


def outcome(text: str) -> str:
    """Compile a text; return the SQL of its first statement, or its mistakes for people.

    Raises:
        AssertionError: a mistake without a place, or one that is hidden by another.
        Exception: whatever the compiler lets escape.
    """
    try:
        found = compile(text, DATABASE, OPTIONS)
        sql = [emit(each, {s.id: Sql(f"t{s.id}") for s in each.scans}) for each in found.statements]
    except KqlError as error:
        for part in error.diagnostics:
            assert not isinstance(part, Unknowable), part
            assert 0 <= part.start <= part.end <= max(len(text), 1), (part, part.span)
            assert part.message, part
            assert not part.message.startswith("BUG"), part
        return pointed_out(error, text)
    return sql[0].text
