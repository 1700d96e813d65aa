"""What may be written at a place of a query: names in scope, operators, functions and plugins.

Pure: the text before the place is read as far as it goes; mistakes in it are no obstacle.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from openinsights.kql.cursor import Place, Seen, place_of, seen_at, sides_at, words
from openinsights.kql.errors import KqlError
from openinsights.kql.functions import registry
from openinsights.kql.lexer import tokenize
from openinsights.kql.names.registry import KINDS as NAMES
from openinsights.kql.operators.join import KINDS as JOINS
from openinsights.kql.operators.registry import ALL
from openinsights.kql.operators.render import CHARTS
from openinsights.kql.plugins import registry as plugins
from openinsights.kql.tokens import NAME, SYMBOL, Token
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from openinsights.kql.database import Database

_STATEMENTS: Final = ("let", "set", "declare")
_AFTER_A_VALUE: Final = (
    "and", "or", "by", "on", "asc", "desc", "contains", "has", "startswith", "endswith",
    "in", "between", "matches regex", "has_any", "has_all",
)  # fmt: skip
_AGGREGATING: Final = ("summarize", "make-series", "top-nested")
_DECLARING: Final = ("datatable", "let", "declare", "parse", "parse-where", "parse-kv", "evaluate")
"""Words behind which `name:` is followed by a type."""
_CHART_PROPERTIES: Final = (
    "kind", "legend", "series", "title", "xaxis", "xcolumn", "xtitle", "yaxis", "ycolumns", "ymax",
    "ymin", "ysplit", "ytitle",
)  # fmt: skip
_CHART_KINDS: Final = ("default", "stacked", "stacked100", "unstacked")
_COLUMN_PROPERTIES: Final = ("xcolumn", "ycolumns", "series")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_UNIONS: Final = ("inner", "outer")
_USAGES: Final = {row.name: row.usage for kind in ("function", "aggregate") for row in NAMES[kind]}


@dataclass(frozen=True, slots=True)
class Completion:
    """One thing that may be written.

    Attributes:
        text: the whole word.
        kind: `column`, `property`, `table`, `variable`, `operator`, `function`, `plugin`, `chart`
            or `word`.
        start: offset from which the text stands in place of what is there.
        doc: a few words about it, or "".
    """

    text: str
    kind: str
    start: int
    doc: str = ""


def completions(
    text: str,
    position: int,
    database: Database,
    properties: Callable[[str, str], Sequence[str]] | None = None,
) -> list[Completion]:
    """Return what may be written at a place, the likeliest kinds first.

    Args:
        text: the query.
        position: offset of the cursor; what stands behind it is not looked at.
        database: the tables.
        properties: finds the keys that a dynamic column of a table holds, by the names of both.
    """
    before = text[:position]
    start = position
    while start > 0 and (before[start - 1].isalnum() or before[start - 1] in "_-$"):
        start -= 1
    while start < position and before[start] in "-0123456789":
        start += 1  # a word begins with a letter; `5-dur` is completed from `dur`
    try:
        tokens = tokenize(before[:start])[:-1]
    except KqlError:
        return []  # inside of a text that is not closed
    if "//" in before[(tokens[-1].end if tokens else 0) :].rpartition("\n")[2]:
        return []
    wanted = before[start:].lower()
    found = _Offers(before[:start], place_of(tokens), start, database, properties).all()
    near = [each for each in found if each.text.removeprefix('["').lower().startswith(wanted)]
    return list({each.text: each for each in reversed(near)}.values())[::-1]


class _Offers:
    """Everything that may stand at a place, whatever is begun there."""

    def __init__(
        self,
        text: str,
        place: Place,
        start: int,
        database: Database,
        properties: Callable[[str, str], Sequence[str]] | None,
    ) -> None:
        self._text = text
        self._place = place
        self._start = start
        self._database = database
        self._properties = properties

    def all(self) -> list[Completion]:
        place, frame = self._place, self._place.pipeline
        last = place.tokens[-1] if place.tokens else None
        if last is not None and last.kind == SYMBOL and last.text == ".":
            return self._keys()
        said = words(place.operator_tokens)
        if frame.kind != "steps" and _wants_type(place.tokens):
            return self._words("word", sorted(KqlType))
        if frame.kind == "steps":
            return (
                self._values("", seen_at(self._text, place, self._database))
                if said
                else (self._words("word", ["step"]))
            )
        if frame.pipe is None and frame.kind != "operators":
            return self._sources(said)
        if not said:
            return self._operators()
        special = self._special(said)
        if special is not None:
            return special
        is_condition = said[0] in ("join", "lookup") and "on" in said
        if is_condition:
            sides = sides_at(self._text, place, self._database)
            return [*self._columns(sides), *self._words("word", ("$left", "$right", "and"))]
        return self._values(said[0], seen_at(self._text, place, self._database))

    def _words(self, kind: str, names: Iterable[str]) -> list[Completion]:
        return [Completion(name, kind, self._start) for name in names]

    def _functions(self, names: Iterable[str]) -> list[Completion]:
        return [
            Completion(name, "function", self._start, _USAGES.get(name, ""))
            for name in sorted(names)
        ]

    def _operators(self) -> list[Completion]:
        is_in_parts = self._place.is_in_parts
        return [
            Completion(name, "operator", self._start, row.doc)
            for row in ALL
            if row.bind is not None and (row.in_parts or not is_in_parts)
            for name in row.names
        ]

    def _special(self, said: list[str]) -> list[Completion] | None:
        """What may stand where an operator takes one of a few words; None elsewhere."""
        operator, last = said[0], said[-1]
        if operator == "evaluate" and len(said) == 1:
            return [Completion(row.name, "plugin", self._start, row.doc) for row in plugins.ALL]
        if operator == "render":
            return self._of_chart(said)
        if said[-2:] == ["kind", "="] and operator in ("join", "lookup", "union"):
            return self._words("word", _UNIONS if operator == "union" else sorted(JOINS))
        if (operator == "summarize" and last == "by") or operator not in ("order", "sort", "top"):
            return None
        if last not in ("by", ","):
            return None
        return self._values(operator, seen_at(self._text, self._place, self._database))

    def _of_chart(self, said: list[str]) -> list[Completion]:
        last = said[-1]
        if len(said) == 1:
            return self._words("chart", sorted(CHARTS))
        if len(said) == 2:
            return self._words("word", ["with"])
        if said[-2:] == ["kind", "="]:
            return self._words("word", _CHART_KINDS)
        names = [word for word, sign in pairwise(said) if sign == "="]
        if last == "(" or (last == "," and names[-1:] != ["ycolumns"]):
            return self._words("property", _CHART_PROPERTIES)
        if names and names[-1] in _COLUMN_PROPERTIES:
            frame = self._place.pipeline
            assert frame.pipe is not None  # noqa: S101 - for mypy; render follows a pipe
            before = self._text[: self._place.tokens[frame.pipe].end]
            seen = seen_at(before, place_of(tokenize(before)[:-1]), self._database)
            return self._columns(seen)
        return []

    def _columns(self, seen: Seen) -> list[Completion]:
        return [Completion(name, "column", self._start, kind) for name, kind in seen.columns]

    def _values(self, operator: str, seen: Seen) -> list[Completion]:
        found = self._columns(seen)
        found += self._words("variable", sorted(seen.variables))
        functions = {*registry.FUNCTIONS, *registry.SPECIALS}
        aggregates = {*registry.AGGREGATES, *registry.SEVERAL}
        if operator in _AGGREGATING:
            found += self._functions(aggregates)
        found += self._functions(functions - aggregates)
        if operator in ("join", "lookup", "union"):
            found += self._tables()
        return found + self._words("word", _AFTER_A_VALUE)

    def _tables(self) -> list[Completion]:
        return [
            Completion(each.name, "table", self._start, each.doc) for each in self._database.tables
        ]

    def _sources(self, said: list[str]) -> list[Completion]:
        seen = seen_at(self._text, self._place, self._database)
        found = self._columns(seen) if said else []
        found += self._words("variable", sorted(seen.variables))
        found += self._tables()
        found += [
            Completion(name, "operator", self._start, row.doc)
            for row in ALL
            if row.is_source
            for name in row.names
        ]
        if len(self._place.frames) == 1 and not said:
            found += self._words("word", _STATEMENTS)
        return found + self._functions({*registry.FUNCTIONS, *registry.SPECIALS})

    def _keys(self) -> list[Completion]:
        """The columns behind `$left.`, else the keys that a dynamic column is known to hold."""
        tokens = self._place.tokens
        before = tokens[-2] if len(tokens) > 1 else None
        if before is None or before.kind != NAME:
            return []
        if before.text in ("$left", "$right"):
            side = "$left" if before.text == "$right" else "$right"
            other = "" if tokens[-3].text == "==" else f" == {side}.a"
            return self._columns(seen_at(self._text, self._place, self._database, other))
        if self._place.pipeline.kind == "steps":
            return self._of_step(before)
        if self._properties is None or _is_behind_a_dot(tokens[:-2]):
            return []
        table = self._table()
        keys = self._properties(table, before.text) if table else []
        return [self._key(key, before.end) for key in keys]

    def _key(self, key: str, dot: int) -> Completion:
        """A key behind a dot; one that is no name stands in brackets instead."""
        if _NAME.fullmatch(key):
            return Completion(key, "property", self._start)
        spelt = key.replace("\\", "\\\\").replace('"', '\\"')
        return Completion(f'["{spelt}"]', "property", dot)

    def _of_step(self, name: Token) -> list[Completion]:
        """What a step remembers: the columns of its row, and those that scan declares."""
        tokens = self._place.tokens
        opening = self._place.pipeline.opening
        declared: list[str] = []
        for token, sign in pairwise(tokens[:opening]):
            if token.text == "declare":
                declared = []
            elif token.kind == NAME and sign.text == ":":
                declared.append(token.text)
        before = self._text[: name.start]
        seen = seen_at(before, place_of(tokens[:-2]), self._database)
        return [*self._columns(seen), *self._words("column", declared)]

    def _table(self) -> str:
        """The stored table that the pipeline at the cursor begins with, or ""."""
        names = {table.name for table in self._database.tables}
        for frame in reversed(self._place.frames):
            if frame.kind == "source" and frame.first < len(self._place.tokens):
                first = self._place.tokens[frame.first].text
                return first if first in names else ""
        return ""


def _wants_type(tokens: list[Token]) -> bool:
    """Whether the name of a type follows: `typeof(`, and `name:` where columns are declared."""
    texts = [token.text for token in tokens[-2:]]
    if texts == ["typeof", "("]:
        return True
    if texts[-1:] != [":"] or len(tokens) < 2 or tokens[-2].kind != NAME:
        return False
    before = [token.text for token in tokens[:-2]]
    statement = before[len(before) - before[::-1].index(";") :] if ";" in before else before
    return any(word in statement for word in _DECLARING)


def _is_behind_a_dot(tokens: list[Token]) -> bool:
    return bool(tokens) and tokens[-1].text == "."
