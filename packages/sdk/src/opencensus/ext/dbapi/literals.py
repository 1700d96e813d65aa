"""Statements without the values that are written into them.

A value in a statement may be anybody's name or password, and it makes a new text of each call. What
cannot be told for certain is hidden too: too little is shown rather than too much.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

HIDDEN: Final = "?"
MOST_CHARACTERS: Final = 16_384
"""How much of a statement is looked at; more than a row of telemetry holds."""

BACKSLASH_COMPONENTS: Final = frozenset({"mysql", "pymysql", "mariadb"})
r"""Databases where `\'` in a text is a quote, and where a text may stand in double quotes."""

STANDARD_COMPONENTS: Final = frozenset(
    {"postgresql", "sqlite3", "sqlite", "oracle", "mssql", "cockroachdb"}
)
r"""Databases where `\` in a text is itself, and where names stand in double quotes."""

_NUMBER: Final = r"(?<![\w$@:?.%])(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?!\w)"
_SHARED: Final = rf"""
      (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<tagged>(?<!\w)\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z))
    | (?P<number>{_NUMBER})
"""
_FLAGS: Final = re.VERBOSE | re.DOTALL
_STANDARD: Final = re.compile(
    rf"""
      (?P<escaped>(?<!\w)[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z))
    | (?P<text>'(?:[^']|'')*(?:'|\Z))
    | (?P<name>"(?:[^"]|"")*(?:"|\Z))
    | {_SHARED}""",
    _FLAGS,
)
_BACKSLASH: Final = re.compile(
    rf"""
      (?P<text>'(?:[^'\\]|\\.|'')*(?:'|\Z) | "(?:[^"\\]|\\.|"")*(?:"|\Z))
    | (?P<name>`(?:[^`]|``)*(?:`|\Z))
    | (?P<hash>\#[^\n]*)
    | {_SHARED}""",
    _FLAGS,
)
_UNTOLD: Final = re.compile(
    rf"""
      (?P<rest>'(?:[^'\\]|'')*\\.*)
    | (?P<text>'(?:[^'\\]|'')*(?:'|\Z))
    | (?P<name>"(?:[^"\\]|"")*(?:"|\Z) | "(?:[^"]|"")*\\.*)
    | {_SHARED}""",
    _FLAGS,
)
"""Where nobody knows what a backslash means, all is hidden from the text on that has one."""


def without_literals(statement: str, component: str = "") -> str:
    """Return a statement with a `?` for each text and number, and without comments.

    Names, placeholders (`%s`, `:id`, `$1`, `?`) and keywords stay. Of a long statement the
    beginning is returned.

    Args:
        statement: SQL.
        component: The kind of database, which decides what quotes and backslashes mean.
    """
    return _without(statement[:MOST_CHARACTERS], component)


@lru_cache(maxsize=512)
def _without(statement: str, component: str) -> str:
    if component in BACKSLASH_COMPONENTS:
        pattern = _BACKSLASH
    else:
        pattern = _STANDARD if component in STANDARD_COMPONENTS else _UNTOLD
    return pattern.sub(_hidden, statement).strip()


def _hidden(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind == "name":
        return match[0]
    if kind in ("comment", "hash"):
        return " "
    return HIDDEN
