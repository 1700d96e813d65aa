"""The words of a query. Made by the lexer, read by the parser, changed by nobody.

Structs, not data classes: a query has hundreds of them, and making one is three times as quick. Not
tuples: the parser asks each token several times what it is.
"""

from __future__ import annotations

from typing import Final

import msgspec

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


class Token(msgspec.Struct, gc=False):
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

    @property
    def said(self) -> tuple[str, str]:
        """Kind and text: what it says, wherever it stands."""
        return (self.kind, self.text)
