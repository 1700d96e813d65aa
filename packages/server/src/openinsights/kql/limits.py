"""How much one query may ask of the compiler, apart from how deep it nests.

How deep parentheses, subqueries and variables may nest is bounded by the interpreter's own stack
and is no matter of taste: those bounds stand in the parser and the binder.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CompileLimits:
    """Bounds of one query.

    Attributes:
        characters: of its text.
        words: words, numbers and signs that it is made of.
        operators: tabular operators, those of variables and functions counted wherever they are used.
        columns: of any table that it makes.
        tables: readings of stored tables, each use of a variable counted.
        results: tables that it has as its result.
        mistakes: that are looked for; with so many, reading stops.
    """

    characters: int = 1_000_000
    words: int = 60_000
    operators: int = 5_000
    columns: int = 5_000
    tables: int = 500
    results: int = 100
    mistakes: int = 100


DEFAULTS = CompileLimits()
