"""The words of a query. Made by the lexer, read by the parser."""

from __future__ import annotations

from typing import Final, NamedTuple

NAME: Final = "name"
LONG: Final = "long"
REAL: Final = "real"
TIMESPAN: Final = "timespan"
STRING: Final = "string"
TYPED: Final = "typed"
"""A literal that names its type and holds raw text: `datetime(2024-01-01)`, `long(null)`."""
SYMBOL: Final = "symbol"
BAD: Final = "bad"
"""Characters that start no word."""
END: Final = "end"


class Token(NamedTuple):
    """One word.

    Attributes:
        kind: one of this module's constants.
        text: as written; for a string, its value.
        start: offset of the first character.
        end: offset after the last one.
    """

    kind: str
    text: str
    start: int
    end: int
