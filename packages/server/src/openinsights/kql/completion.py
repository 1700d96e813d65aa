"""What may be written at a place of a query: names in scope, operators, functions and plugins.

Pure: the text before the place is read as far as it goes; mistakes in it are no obstacle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.kql.api import CompileOptions
from openinsights.kql.binder import Binder
from openinsights.kql.errors import KqlError
from openinsights.kql.functions import registry
from openinsights.kql.lexer import tokenize
from openinsights.kql.operators.registry import ALL, BY_NAME
from openinsights.kql.operators.render import CHARTS
from openinsights.kql.parser import parse
from openinsights.kql.plugins import registry as plugins
from openinsights.kql.tokens import NAME, SYMBOL, Token

if TYPE_CHECKING:
    from openinsights.kql.database import Database

_STATEMENTS: Final = ("let", "set", "declare")
_AFTER_A_VALUE: Final = (
    "and", "or", "by", "on", "asc", "desc", "contains", "has", "startswith", "endswith",
    "in", "between", "matches regex", "has_any", "has_all",
)  # fmt: skip
_AGGREGATING: Final = ("summarize", "make-series", "top-nested")
_OPENING: Final = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Completion:
    """One thing that may be written.

    Attributes:
        text: the whole word.
        kind: `column`, `table`, `variable`, `operator`, `function`, `plugin`, `chart` or `word`.
        start: offset from which the text stands in place of what is there.
        doc: a few words about it, or "".
    """

    text: str
    kind: str
    start: int
    doc: str = ""


def completions(text: str, position: int, database: Database) -> list[Completion]:
    """Return what may be written at a place, the likeliest kinds first.

    Args:
        text: the query.
        position: offset of the cursor; what stands behind it is not looked at.
        database: the tables.
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
    found = _offered(before, tokens, start, database)
    near = [each for each in found if each.text.lower().startswith(wanted)]
    return list({each.text: each for each in reversed(near)}.values())[::-1]


def _offered(text: str, tokens: list[Token], start: int, database: Database) -> list[Completion]:
    def rows(kind: str, names: object) -> list[Completion]:
        return [Completion(str(name), kind, start) for name in sorted(set(names))]  # type: ignore[call-overload]

    opening, pipe = _place(tokens)
    last = tokens[-1] if tokens else None
    if last is not None and last.kind == SYMBOL and last.text == ".":
        return []
    if pipe is None or last is None:
        return _sources(text, tokens, opening, start, database)
    if last is tokens[pipe]:
        return [
            Completion(name, "operator", start, row.doc)
            for row in ALL
            for name in row.names
            if row.bind is not None
        ]
    operator = _operator(tokens[pipe + 1 :])
    if operator == "evaluate" and tokens[-1].text == "evaluate":
        return [Completion(row.name, "plugin", start, row.doc) for row in plugins.ALL]
    if operator == "render" and tokens[-1].text == "render":
        return rows("chart", CHARTS)
    columns, variables = _scope(text, tokens, opening, pipe, database)
    functions = {*registry.FUNCTIONS, *registry.SPECIALS}
    aggregates = {*registry.AGGREGATES, *registry.SEVERAL}
    found = [Completion(name, "column", start, kind) for name, kind in columns]
    found += rows("variable", variables)
    if operator in _AGGREGATING:
        found += rows("function", aggregates)
    found += rows("function", functions - aggregates)
    if operator in ("join", "lookup", "union"):
        found += rows("table", (table.name for table in database.tables))
    return found + rows("word", _AFTER_A_VALUE)


def _sources(
    text: str, tokens: list[Token], opening: int, start: int, database: Database
) -> list[Completion]:
    _, variables = _scope(text, tokens, opening, None, database)
    found = [Completion(name, "variable", start) for name in sorted(variables)]
    found += [Completion(each.name, "table", start, each.doc) for each in database.tables]
    found += [
        Completion(name, "operator", start, row.doc)
        for row in ALL
        for name in row.names
        if row.is_source
    ]
    if opening < 0:
        found += [Completion(word, "word", start) for word in _STATEMENTS]
    functions = sorted({*registry.FUNCTIONS, *registry.SPECIALS})
    return found + [Completion(name, "function", start) for name in functions]


def _place(tokens: list[Token]) -> tuple[int, int | None]:
    """Where the pipeline around the end begins: its bracket or -1; and its last pipe, or None."""
    stack: list[tuple[int, int | None]] = [(-1, None)]
    for at, token in enumerate(tokens):
        if token.kind != SYMBOL:
            continue
        if token.text in _OPENING:
            stack.append((at, None))
        elif token.text in _OPENING.values() and len(stack) > 1:
            stack.pop()
        elif token.text == "|":
            stack[-1] = (stack[-1][0], at)
        elif token.text == ";":
            stack[-1] = (stack[-1][0], None)
    while len(stack) > 1 and stack[-1][1] is None and not _begins_pipeline(tokens, stack[-1][0]):
        stack.pop()
    return stack[-1]


def _begins_pipeline(tokens: list[Token], opening: int) -> bool:
    """Whether a bracket begins a query of its own rather than arguments."""
    if tokens[opening].text != "(" or opening == 0:
        return tokens[opening].text == "{"
    before = tokens[opening - 1]
    return before.text in ("join", "lookup", "union", "toscalar", "materialize", "=") or (
        before.kind == NAME and opening > 3 and "join" in (tokens[opening - 4].text,)
    )


def _operator(tokens: list[Token]) -> str:
    name = ""
    for token in tokens:
        if name and name + token.text not in {known[: len(name + token.text)] for known in BY_NAME}:
            break
        name += token.text
    return name


def _scope(
    text: str, tokens: list[Token], opening: int, pipe: int | None, database: Database
) -> tuple[list[tuple[str, str]], set[str]]:
    """The columns before a pipe, with their types, and the variables of the statements before."""
    statement = 0
    depth = 0
    for token in tokens:
        if token.kind == SYMBOL:
            depth += (token.text in _OPENING) - (token.text in _OPENING.values())
            if token.text == ";" and depth == 0:
                statement = token.end
    first = tokens[opening].end if opening >= 0 else statement
    query = text[first : tokens[pipe].start] if pipe is not None else ""
    words = query.split(None, 3)
    if opening < 0 and words[:1] == ["let"] and "=" in query:
        query = query.partition("=")[2]
    binder = Binder(database, CompileOptions(now_ticks=0), lambda _: None)
    try:
        bound = binder.query(parse(f"{text[:statement]}\n{query}", BY_NAME)[0])
    except (KqlError, RecursionError):
        return [], set()
    columns = bound[-1].relation.columns if bound and query.strip() else ()
    return [(c.name, str(c.type)) for c in columns], set(binder.scope.variables)
