"""Mistakes as people read them: the line of the query, and a caret under the token that is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from unicodedata import combining, east_asian_width

if TYPE_CHECKING:
    from openinsights.kql.errors import KqlError

MAX_SHOWN: Final = 100
"""Mistakes that are shown; of more, only the number is told."""
_WIDEST: Final = 100


def pointed_out(error: KqlError, text: str) -> str:
    """Return every mistake of an error that the compiler placed, each under its line of the text.

        line 1, column 12: unknown operator 'wher' (did you mean 'where'?)
          1 | requests | wher x > 1
            |            ^^^^

    Args:
        error: with line and column in all of its `diagnostics`.
        text: the query that the mistakes are in.
    """
    shown = [_shown(part, text) for part in error.diagnostics[:MAX_SHOWN]]
    more = len(error.diagnostics) - MAX_SHOWN
    if more > 0:
        shown.append(f"and {more} more")
    return "\n".join(shown)


def noted(error: KqlError, text: str) -> None:
    """Add the lines that point at the mistakes to an error, for tracebacks and commands to show."""
    error.add_note(pointed_out(error, text).partition("\n")[2])


def _shown(error: KqlError, text: str) -> str:
    lines = text.split("\n")
    if not 1 <= error.line <= len(lines):
        return str(error)
    whole = lines[error.line - 1].rstrip("\r")
    first = min(error.column - 1, len(whole))
    length = max(1, min(len(error.token.split("\n")[0]), len(whole) - first))
    # a long line is cut around the token, so that a terminal does not fold it
    cut = max(0, first - _WIDEST // 2) if len(whole) > _WIDEST else 0
    line = whole[cut : cut + _WIDEST]
    length = max(1, min(length, len(line) - (first - cut)))
    before = "".join(
        "\t" if letter == "\t" else " " * terminal_cells(letter) for letter in line[: first - cut]
    )
    token = line[first - cut : first - cut + length]
    marks = "^" * max(1, sum(terminal_cells(letter) for letter in token))
    number = str(error.line)
    left, right = ("…" if cut else ""), ("…" if cut + _WIDEST < len(whole) else "")
    return (
        f"{error}\n"
        f"  {number} | {left}{line}{right}\n"
        f"  {' ' * len(number)} | {' ' * len(left)}{before}{marks}"
    )


def terminal_cells(letter: str) -> int:
    """Return how many places of a terminal a letter takes."""
    if combining(letter):
        return 0
    return 2 if east_asian_width(letter) in "WF" else 1
