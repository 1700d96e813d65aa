"""What the compiler says about a query it does not accept.

Each error names the place (line and column, both counted from 1), the token there and, where
something in scope is spelt nearly the same, a suggestion. A query with several mistakes raises one
error, whose `diagnostics` hold all of them in the order of the text.
"""

from __future__ import annotations

from openinsights.errors import OpenInsightsError


class KqlError(OpenInsightsError):
    """A query that is not run, and where and why.

    Attributes:
        message: what is wrong, without the suggestion.
        start: offset of the first character that is meant.
        end: offset after the last one.
        line: counted from 1; 0 until the compiler has placed the error in its text.
        column: counted from 1; 0 until placed.
        token: the text that is meant.
        hint: a suggestion such as "did you mean 'where'?", or "".
        others: the query's other mistakes, those behind this one.
    """

    code = "KqlError"

    def __init__(self, message: str, start: int = 0, end: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.start = start
        self.end = end
        self.hint = hint
        self.line = 0
        self.column = 0
        self.token = ""
        self.others: tuple[KqlError, ...] = ()

    @property
    def diagnostics(self) -> tuple[KqlError, ...]:
        """Every mistake of the query, this one included, in the order of the text."""
        return (self, *self.others)

    @property
    def span(self) -> tuple[int, int]:
        """Offsets of the text that is meant: first character, and after the last."""
        return self.start, self.end

    def placed(self, text: str) -> KqlError:
        """Fill line, column and token from the query's text; return the error itself."""
        start = min(self.start, len(text))
        self.line = text.count("\n", 0, start) + 1
        self.column = start - (text.rfind("\n", 0, start) + 1) + 1
        self.token = text[start : self.end]
        return self

    def without_frames(self) -> KqlError:
        """Forget the calls that it came through; return the error itself.

        Their frames hold the query, all that is bound of it, and mostly the error too: only the
        garbage collector would find them, at the cost of whoever comes next.
        """
        self.__traceback__ = self.__context__ = self.__cause__ = None
        return self

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}: " if self.line else ""
        return f"{where}{self.message}" + (f" ({self.hint})" if self.hint else "")


class KqlSyntaxError(KqlError):
    """The text is not KQL."""

    code = "SyntaxError"


class KqlSemanticError(KqlError):
    """The text is KQL, but names something unknown or mixes types."""

    code = "SemanticError"


class UnknownTable(KqlSemanticError):
    """A table that is not there; `union isfuzzy=true` leaves it out."""


class KqlUnsupported(KqlError):
    """The text is KQL that this server does not run. It is refused rather than answered wrongly."""

    code = "NotSupported"


class LimitExceeded(KqlUnsupported):
    """The text is KQL that asks for more than one query may have."""


class Unknowable(KqlError):
    """A name in a place whose columns are unknown because of an earlier mistake; never reported."""
