"""Tokens to Syntax: a Pratt parser for expressions, recursive descent for all else.

Each tabular operator reads itself (`operators/<name>.py`); this file holds what they share. A
mistake inside one operator is noted and reading goes on at the next `|` or `;`, so that each
mistake of a query is found once.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar

from openinsights.kql import mistakes
from openinsights.kql.errors import KqlError, KqlSyntaxError, KqlUnsupported
from openinsights.kql.functions import registry
from openinsights.kql.lexer import read
from openinsights.kql.limits import DEFAULTS, CompileLimits
from openinsights.kql.source import TYPE_NAMES, NotALiteral, typed_value, unit_ticks
from openinsights.kql.spelling import json_of, json_text
from openinsights.kql.statements import pattern, restrict
from openinsights.kql.suggest import did_you_mean, nearest
from openinsights.kql.syntax import (
    Between,
    Binary,
    Broken,
    Call,
    Declare,
    FunctionBody,
    Index,
    InList,
    Let,
    Literal,
    Logical,
    Member,
    Name,
    Named,
    Node,
    Parameter,
    Pattern,
    Pipeline,
    Query,
    ResourceTables,
    SetOption,
    Star,
    TypeLiteral,
    Unary,
)
from openinsights.kql.tokens import (
    BAD,
    END,
    LONG,
    NAME,
    REAL,
    STRING,
    SYMBOL,
    TIMESPAN,
    TYPED,
    Token,
)
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openinsights.kql.operators.operator import Operator

T = TypeVar("T")

MAX_DEPTH: Final = 90
"""How deep parentheses, calls and subqueries may nest."""
MAX_OPERATORS: Final = 150
"""How many operators one pipeline may have."""
MAX_CHAIN: Final = 200
"""How many arithmetic operators may follow each other without parentheses."""

_STRING_WORDS: Final = {
    "contains",
    "contains_cs",
    "has",
    "has_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "startswith",
    "startswith_cs",
    "endswith",
    "endswith_cs",
    "containscs",
    "notcontains",
}
_REFUSED_WORDS: Final = {"like", "likecs", "notlike", "notlikecs"}
_NEGATABLE: Final = (_STRING_WORDS | {"in", "between"}) - {"notcontains"}
_BOOLS: Final = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_OPENERS: Final = {")": "(", "]": "[", "}": "{"}
_LONGEST_NUMBER: Final = 40
_OPERATOR_NAME: Final = re.compile(r"[A-Za-z_]+(?:-[a-z]+)*")
_COMPLETE: Final = "expected '|', ';' or the end of the query"


_FARTHEST: Final = 8
"""Words that the parser looks ahead at most."""
_OR, _AND, _EQUALITY, _ORDER, _SUM, _PRODUCT, _TEXT = range(1, 8)
"""How tightly operators bind: the greater, the tighter."""
_NEGATION: Final = 0
"""In place of a level: it depends on the word behind."""
_WORD_LEVELS: Final = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(("in", "has_any", "has_all", "between"), _EQUALITY),
    **dict.fromkeys((*_STRING_WORDS, *_REFUSED_WORDS, "matches"), _TEXT),
}
_SIGN_LEVELS: Final = {
    "!": _NEGATION,
    **dict.fromkeys(("==", "!=", "<>"), _EQUALITY),
    **dict.fromkeys(("<", ">", "<=", ">="), _ORDER),
    **dict.fromkeys(("+", "-"), _SUM),
    **dict.fromkeys(("*", "/", "%"), _PRODUCT),
    **dict.fromkeys(("=~", "!~", ":"), _TEXT),
}
_SIGNS: Final = ("-", "+")
_STRING_TYPE: Final = KqlType.STRING
_SIGNED: Final = (KqlType.LONG, KqlType.REAL, KqlType.INT, KqlType.TIMESPAN)
_TOO_LARGE_FOR_INT: Final = 1 << 31
_STEPS: Final = (".", "[")
_ENDS_WORD: Final = frozenset((",", ")", "|", ";"))
"""What may follow an expression, and is no part of any."""
"""What a path goes on with."""


class Parser:
    """Reads one text. Operators call the public methods."""

    def __init__(
        self, text: str, operators: Mapping[str, Operator], limits: CompileLimits = DEFAULTS
    ) -> None:
        """Take the text and the table of operators by name."""
        self._limits = limits
        self._text = text
        self._operators = operators
        tokens, self._bad = read(text, limits.words)
        # Looking ahead must not end behind the last word.
        self._tokens = [*tokens, *(tokens[-1:] * _FARTHEST)]
        self._at = 0
        self._depth = 0
        self._colon_is_has = False
        self._within: tuple[str, ...] = ()
        self._latest = ""
        self._skipped: set[int] = set()
        self._noted: set[int] = set()
        self.errors: list[KqlError] = []

    # Looking and moving.

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._at]

    def ahead(self, count: int = 1) -> Token:
        """The token `count` places after the next one."""
        return self._tokens[self._at + count]

    def advance(self) -> Token:
        """Take the next token."""
        token = self._tokens[self._at]
        if token.kind is not END:
            self._at += 1
        return token

    @property
    def last_end(self) -> int:
        """Where the token taken last ended."""
        return self._tokens[self._at - 1].end if self._at else 0

    def is_symbol(self, text: str) -> bool:
        """Whether the next token is this symbol."""
        token = self._tokens[self._at]
        return token.kind is SYMBOL and token.text == text

    def is_word(self, *words: str) -> bool:
        """Whether the next token is one of these words."""
        token = self._tokens[self._at]
        return token.kind is NAME and token.text in words

    def accept(self, symbol: str) -> bool:
        """Take the next token if it is this symbol."""
        token = self._tokens[self._at]
        if token.kind is SYMBOL and token.text == symbol:
            self._at += 1
            return True
        return False

    def accept_word(self, *words: str) -> str | None:
        """Take the next token if it is one of these words; return the word."""
        if self.is_word(*words):
            return self.advance().text
        return None

    def expect(self, symbol: str) -> Token:
        """Take this symbol or fail."""
        token = self._tokens[self._at]
        if token.kind is not SYMBOL or token.text != symbol:
            self.fail(f"expected '{symbol}'", expected=symbol)
        self._at += 1
        return token

    def expect_word(self, *words: str) -> Token:
        """Take one of these words or fail."""
        if not self.is_word(*words):
            self.fail(f"expected {' or '.join(repr(w) for w in words)}", words, words[0])
        return self.advance()

    def fail(self, message: str, candidates: tuple[str, ...] = (), expected: str = "") -> NoReturn:
        """Raise a syntax error at the next token.

        The suggestion is the nearest candidate, else what `mistakes` knows about the place.
        """
        token = self._tokens[self._at]
        # What follows a string without an end is its consequence.
        before = self._tokens[self._at - 1].start if self._at else -1
        bad = self._bad.get(token.start if token.kind is BAD else before)
        if bad is not None:
            raise bad
        shown = "the end of the query" if token.kind is END else f"'{self._source(token)}'"
        end = token.end if token.end > token.start else token.start
        hint = did_you_mean(token.text, candidates) if token.kind is NAME else ""
        hint = hint or self._mistake(expected)
        if expected in _OPENERS and token.kind is END:
            opening = self._unclosed(expected)
            if opening is not None:
                self._blame_a_string_behind(opening.start)
                line = self._text.count("\n", 0, opening.start) + 1
                column = opening.start - self._text.rfind("\n", 0, opening.start)
                where = f"line {line}, column {column}"
                hint = f"the '{opening.text}' of {where} is not closed: is '{expected}' missing?"
        raise KqlSyntaxError(f"{message}, found {shown}", token.start, end, hint)

    def _blame_a_string_behind(self, start: int) -> None:
        """Raise what is wrong with a string without an end: it holds what seems to be missing."""
        for token in self._tokens[: self._at]:
            if token.start > start and token.kind is STRING and token.start in self._bad:
                raise self._bad[token.start]

    def _unclosed(self, closing: str) -> Token | None:
        """The opening sign that lacks its closing one."""
        depth = 0
        for token in reversed(self._tokens[: self._at]):
            if token.kind is SYMBOL and token.text == closing:
                depth += 1
            elif token.kind is SYMBOL and token.text == _OPENERS[closing]:
                if depth == 0:
                    return token
                depth -= 1
        return None

    def _mistake(self, expected: str) -> str:
        start = self._tokens[self._at].start
        starts_line = "\n" in self._text[self.last_end : start]
        place = mistakes.Place(self._tokens, self._at, self._within, expected, starts_line)
        sources = [name for name, row in self._operators.items() if row.is_source]
        starts = {name.partition("-")[0] for name in self._operators}
        words = mistakes.Vocabulary(
            operators={*self._operators, *starts},
            sources=sources,
            words=(*sorted(_STRING_WORDS), "in", "between", "matches", "and", "or"),
            functions=registry.names(),
        )
        return mistakes.syntax_hint(place, words)

    def _source(self, token: Token) -> str:
        text = self._text[token.start : token.end]
        return text if len(text) <= 40 else text[:37] + "..."

    def text_between(self, start: int, end: int) -> str:
        """The query's text from one offset to another."""
        return self._text[start:end]

    def contiguous(self) -> bool:
        """Whether the next token stands directly after the one taken last."""
        return self._at > 0 and self._tokens[self._at - 1].end == self._tokens[self._at].start

    # Statements.

    def query(self) -> Query:
        """Read the whole text."""
        statements: list[Node] = []
        while True:
            while self.accept(";"):
                pass
            if self._tokens[self._at].kind is END or len(self.errors) >= self._limits.mistakes:
                break
            known, start = len(self.errors), self._tokens[self._at].start
            declared = self.ahead().text if self.is_word("let") else ""
            try:
                self._within, self._latest = (), ""
                statement = self._statement()
                if isinstance(statement, Let):
                    statements.append(statement)
                if self._tokens[self._at].kind is not END and not self.is_symbol(";"):
                    self._within = (*self._within, self._latest)
                    self.fail(_COMPLETE, expected="<query-end>")
                if not isinstance(statement, Let):
                    statements.append(statement)
            except KqlError as error:
                # What is left over by a mistake is no second one.
                if len(self.errors) == known:
                    self._note(error)
                self._depth = 0
                self._skip(to_pipe=False)
                statements.append(Broken(start, self.last_end, name=declared))
        bad = (error for at, error in self._bad.items() if at not in self._skipped)
        self.errors += islice(bad, self._limits.mistakes)
        if not self.errors:
            self.errors += islice(self._bad.values(), 1)
        if not statements and not self.errors:
            self.errors.append(KqlSyntaxError("the query is empty", 0, 0))
        return Query(0, self._tokens[self._at].end, statements)

    def _note(self, error: KqlError) -> None:
        error.without_frames()
        # What stops reading where it stopped before is no second mistake.
        if error.start not in self._noted:
            self._noted.add(error.start)
            self.errors.append(error)

    def _skip(self, *, to_pipe: bool) -> None:
        """Skip to the end of the statement, or to the next pipe of this nesting level."""
        depth = 0
        while self._tokens[self._at].kind is not END:
            token = self._tokens[self._at]
            if token.start in self._bad:
                self._skipped.add(token.start)
            if token.kind is SYMBOL:
                if token.text in "([{":
                    depth += 1
                elif token.text in ")]}":
                    if depth == 0 and to_pipe:
                        return
                    depth -= 1
                elif depth <= 0 and (token.text == ";" or (to_pipe and token.text == "|")):
                    return
            self.advance()

    def _statement(self) -> Node:
        if self.is_word("let") and self.ahead().kind in (NAME, SYMBOL):
            return self._let()
        if self.is_word("set") and self.ahead().kind is NAME:
            return self._set()
        if self.is_word("declare") and self.ahead().kind is NAME:
            return self._declare()
        if self.is_word("alias") and self.ahead().text == "database":
            word = self._tokens[self._at]
            raise KqlUnsupported(
                "aliases of databases are not run: there is one database",
                word.start,
                self.ahead().end,
                "write app('…') and the table for another resource",
            )
        if self.is_word("restrict") and self.ahead().text == "access":
            return restrict.parse(self, self.advance().start)
        if self.is_symbol(".") and self.ahead().kind is NAME:
            return self._command()
        self._refuse_sql()
        self._refuse_operator()
        return self.pipeline(self._tokens[self._at].start)

    def _command(self) -> Node:
        """Read `.show …` and what follows it; other commands are refused."""
        start = self.advance().start
        name = "." + self.advance().text
        found = self._operators.get(name)
        if found is None:
            raise KqlUnsupported(
                f"the command '{name}' is not run: a query changes nothing",
                start,
                self.last_end,
                did_you_mean(name, (".show",)) or "'.show tables' lists what there is",
            )
        return self._piped(start, found.parse(self, start))

    def _refuse_sql(self) -> None:
        word, following = self._tokens[self._at], self.ahead()
        if word.kind is NAME and word.text.lower() in mistakes.SQL_STARTS:
            is_table = following.kind is END or (following.kind is SYMBOL and following.text != "*")
            if not is_table:
                self.fail("expected a table", expected="<table>")

    def _refuse_operator(self) -> None:
        """Refuse an operator where its table should be."""
        token, following = self._tokens[self._at], self.ahead()
        found = self._operators.get(token.text) if token.kind is NAME else None
        if found is None or found.is_source or following.kind is END:
            return
        if following.kind is not SYMBOL or following.text == "-":
            raise KqlSyntaxError(
                f"'{token.text}' cannot start a query",
                token.start,
                token.end,
                mistakes.QUERY_START,
            )

    def _let(self) -> Node:
        start = self.advance().start
        self._within = (*self._within, "let")
        name_start = self._tokens[self._at].start
        name = self.name("a name after 'let'", "<let-name>")
        self.expect("=")
        value: Node
        if self.is_word("view") and self.ahead().text == "(":
            self.advance()
            value = self._function(is_view=True)
        elif self.is_symbol("(") and self._starts_function():
            value = self._function(is_view=False)
        else:
            value = self.pipeline(self._tokens[self._at].start)
        return Let(start, self.last_end, name, value, name_start)

    def _starts_function(self) -> bool:
        """Whether `( … )` at the next token is a parameter list: a `{` follows it."""
        depth, at = 0, self._at
        while at < len(self._tokens):
            token = self._tokens[at]
            if token.kind is SYMBOL:
                if token.text == "(":
                    depth += 1
                elif token.text == ")":
                    depth -= 1
                    if depth == 0:
                        after = self._tokens[at + 1]
                        return after.kind is SYMBOL and after.text == "{"
            at += 1
        return False

    def _function(self, *, is_view: bool) -> FunctionBody:
        return self.function_body(self.parameters(), is_view=is_view)

    def function_body(
        self, parameters: tuple[Parameter, ...], *, is_view: bool = False
    ) -> FunctionBody:
        """Read `{ let …; result }`; the result ends it."""
        start = self._tokens[self._at].start
        self.expect("{")
        statements: list[Node] = []
        with_depth = self._enter()
        while not self.is_symbol("}"):
            if self._tokens[self._at].kind is END:
                self.fail("expected '}'", expected="}")
            statements.append(self._statement())
            if not self.accept(";") or not isinstance(statements[-1], Let):
                break
        self.expect("}")
        self._depth = with_depth
        return FunctionBody(start, self.last_end, parameters, statements, is_view)

    def parameters(self) -> tuple[Parameter, ...]:
        """Read `(name:type = default, …)`."""
        self.expect("(")
        parameters: list[Parameter] = []
        names: set[str] = set()
        while not self.is_symbol(")"):
            start = self._tokens[self._at].start
            name = self.name("a parameter's name")
            if len(parameters) >= self._limits.columns:
                self.fail(f"at most {self._limits.columns} parameters may be declared")
            if name in names:
                raise KqlSyntaxError(f"there is a parameter '{name}' already", start, self.last_end)
            names.add(name)
            self.expect(":")
            type_: KqlType | None = None
            columns: tuple[tuple[str, KqlType], ...] | None = None
            if self.accept("("):
                if self.accept("*"):
                    self.expect(")")
                else:
                    columns = tuple(self.column_declarations(")"))
                    self.expect(")")
            else:
                type_ = self.type_name()
            default = self.expression() if self.accept("=") else None
            parameters.append(Parameter(start, self.last_end, name, type_, columns, default))
            if not self.accept(","):
                break
        self.expect(")")
        return tuple(parameters)

    def _set(self) -> Node:
        start = self.advance().start
        name = self.name("an option's name")
        value = self.expression() if self.accept("=") else None
        return SetOption(start, self.last_end, name, value)

    def _declare(self) -> Node:
        start = self.advance().start
        if self.accept_word("pattern"):
            return pattern.parse(self, start)
        self.expect_word("query_parameters")
        parameters = self.parameters()
        return Declare(start, self.last_end, parameters)

    # Pipelines.

    def pipeline(self, start: int) -> Node:
        """Read an expression or a source, and the operators that follow it."""
        token = self._tokens[self._at]
        source = None
        if token.kind is NAME and (token.text in self._operators or token.text == "macro"):
            source = self._source_operator()
        if source is None:
            source = self.expression()
        token = self._tokens[self._at]
        is_piped = token.kind is SYMBOL and token.text == "|"
        return self._piped(start, source) if is_piped else source

    def _piped(self, start: int, source: Node) -> Node:
        """Read the operators that follow a source."""
        operators: list[Node] = []
        while self.accept("|"):
            if len(operators) >= MAX_OPERATORS:
                self.fail(f"a query may have at most {MAX_OPERATORS} operators in a row")
            operators.append(self._operator_or_broken())
        if not operators:
            return source
        if isinstance(source, Pipeline):
            operators = [*source.operators, *operators]
            source = source.source
        return Pipeline(start, self.last_end, source, operators)

    def _source_operator(self) -> Node | None:
        token = self._tokens[self._at]
        if token.kind is not NAME:
            return None
        found = self._operators.get(token.text)
        if found is None:
            if token.text == "macro" and self._is_dashed("macro", "expand"):
                self.operator()
            return None
        if not found.is_source:
            return None
        following = self.ahead()
        if following.kind is SYMBOL and following.text in ("=", "|", ";", ")", ".", ","):
            return None
        if token.text == "range" and following.text == "(":
            return None
        self.advance()
        within = self._within
        self._latest = token.text
        self._within = (*within, token.text)
        node = found.parse(self, token.start)
        self._within = within
        return node

    def _is_dashed(self, first: str, second: str) -> bool:
        """Whether `first-second` comes next."""
        words = (self._tokens[self._at].text, self.ahead().text, self.ahead(2).text)
        return words == (first, "-", second)

    def _operator_or_broken(self) -> Node:
        start, depth, within = self._tokens[self._at].start, self._depth, self._within
        found = _OPERATOR_NAME.match(self._text, start)
        self._latest = found.group() if found else self._tokens[self._at].text
        self._within = (*within, self._latest)
        try:
            node = self.operator()
            if not (
                self._tokens[self._at].kind is END or self.is_symbol("|") or self._at_closing()
            ):
                self.fail(_COMPLETE, expected="<query-end>")
            return node
        except KqlError as error:
            self._note(error)
            self._depth = depth
            if self._tokens[self._at].start == start and self.ahead().text not in self._operators:
                self.advance()
            self._skip(to_pipe=True)
            # nothing was read where the next bar or the end of the text stands
            return Broken(start, max(start, self.last_end), self._meant(start))
        finally:
            self._within = within

    def _meant(self, start: int) -> str:
        """The operator that is named at an offset, or probably meant there."""
        found = _OPERATOR_NAME.match(self._text, start)
        name = found.group() if found else ""
        return name if name in self._operators else nearest(name, self._operators) or ""

    def _at_closing(self) -> bool:
        token = self._tokens[self._at]
        return token.kind is SYMBOL and token.text in (")", ";", "}", ",", "]", "..")

    def table(self) -> Node:
        """Read a table as an operand: a name, a call, or a query in parentheses."""
        return self._postfix(self._primary())

    def resource_tables(self) -> Node:
        """Read `app('x').requests` or, with a wildcard, `app('x').req*`; `app` comes next."""
        start = self._tokens[self._at].start
        base = self._primary()
        at = self._at
        if isinstance(base, Call) and self.accept("."):
            found = self.name_pattern()
            if isinstance(found, Pattern):
                return ResourceTables(start, self.last_end, base, found)
            self._at = at
        return self._postfix(base)

    def search_expression(self) -> Node:
        """Read the condition of `search`, where `column:"x"` means has."""
        self._colon_is_has = True
        try:
            return self.expression()
        finally:
            self._colon_is_has = False

    def subquery(self) -> list[Node]:
        """Read `( operator | operator … )`: the operators of a query without a source."""
        self.expect("(")
        before = self._enter()
        operators = [self._operator_or_broken()]
        while self.accept("|"):
            operators.append(self._operator_or_broken())
        self._depth = before
        self.expect(")")
        return operators

    def block(self, read: Callable[[Parser], T]) -> T:
        """Read `( … )` whose inside may hold `;`; a mistake in it leaves the rest of it unread."""
        self.expect("(")
        before, inside = self._enter(), self._at
        try:
            found = read(self)
            self.expect(")")
        except KqlError:
            self._at = inside
            depth = 0
            while self._tokens[self._at].kind is not END and (depth or not self.is_symbol(")")):
                token = self.advance()
                if token.kind is SYMBOL:
                    depth += (token.text in "([{") - (token.text in ")]}")
            self.accept(")")
            raise
        self._depth = before
        return found

    def operator(self) -> Node:
        """Read one tabular operator, its name included."""
        start = self._tokens[self._at].start
        name = self._operator_name()
        found = self._operators.get(name)
        if found is None:
            end = self.last_end
            hint = mistakes.OPERATORS.get(name.lower(), "")
            hint = hint or did_you_mean(name, tuple(self._operators))
            raise KqlSyntaxError(f"unknown operator '{name}'", start, end, hint)
        return found.parse(self, start)

    def _operator_name(self) -> str:
        if self._tokens[self._at].kind is not NAME:
            self.fail("expected the name of an operator")
        name = self.advance().text
        while self.is_symbol("-") and self.contiguous() and self.ahead().kind is NAME:
            dash = self._tokens[self._at]
            if self.ahead().start != dash.end:
                break
            self.advance()
            name += "-" + self.advance().text
        return name

    def options(self, known: tuple[str, ...]) -> dict[str, Node]:
        """Read `name=value` options that stand before an operator's operands.

        A dotted name (`hint.strategy`) is always taken as an option; other names only when known.
        """
        found: dict[str, Node] = {}
        while self._tokens[self._at].kind is NAME:
            if self.ahead().text == "." and self.ahead().kind is SYMBOL:
                if self._tokens[self._at].text != "hint":
                    break
                name = self.advance().text
                self.advance()
                name += "." + self.name("an option's name")
            elif self._tokens[self._at].text in known and self.ahead().text == "=":
                name = self.advance().text
            else:
                break
            self.expect("=")
            found[name] = self._option_value()
        return found

    def _option_value(self) -> Node:
        token = self._tokens[self._at]
        if token.kind is not NAME:
            return self._primary()
        self.advance()
        # A word is no function here: `isfuzzy=true (T | …), …`.
        if token.text in _BOOLS:
            return Literal(token.start, token.end, _BOOLS[token.text], KqlType.BOOL)
        return Name(token.start, token.end, token.text)

    # Names and types.

    def name(self, what: str = "a name", expected: str = "") -> str:
        """Read an identifier: bare, or in brackets and quotes; `expected` is for hints."""
        token = self._tokens[self._at]
        if token.kind is NAME:
            self.advance()
            return token.text
        if self.is_symbol("[") and self.ahead().kind is STRING and self.ahead(2).text == "]":
            self.advance()
            text = self.advance().text
            self.advance()
            return text
        self.fail(f"expected {what}", expected=expected)

    def name_pattern(self) -> Node:
        """Read a column or table name that may hold `*`."""
        start = self._tokens[self._at].start
        if not self.is_symbol("*") and self._tokens[self._at].kind is not NAME:
            quoted = self.name()
            return Name(start, self.last_end, quoted)
        text = ""
        while (
            self._tokens[self._at].kind is NAME
            or self.is_symbol("*")
            or self._tokens[self._at].kind is LONG
        ):
            if text and not self.contiguous():
                break
            text += self.advance().text
        if "*" in text:
            return Pattern(start, self.last_end, text)
        return Name(start, self.last_end, text)

    def type_name(self) -> KqlType:
        """Read the name of a scalar type."""
        token = self._tokens[self._at]
        if token.kind is not NAME or token.text.lower() not in TYPE_NAMES:
            meant = mistakes.TYPE_NAMES.get(token.text.lower())
            candidates = tuple(TYPE_NAMES) if meant is None else (meant,)
            self.fail("expected a type", candidates, "<type>")
        self.advance()
        return TYPE_NAMES[token.text.lower()]

    def column_declarations(self, closing: str) -> list[tuple[str, KqlType]]:
        """Read `name:type, …` up to, not including, the closing symbol."""
        columns: list[tuple[str, KqlType]] = []
        while not self.is_symbol(closing):
            name = self.name("a column's name")
            self.expect(":")
            columns.append((name, self.type_name()))
            if not self.accept(","):
                break
        return columns

    # Expressions.

    def _enter(self) -> int:
        before = self._depth
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._too_deep()
        return before

    def _too_deep(self) -> NoReturn:
        self.fail(f"the query nests deeper than {MAX_DEPTH} levels")

    def named_expressions(self, stop: tuple[str, ...] = ()) -> list[Node]:
        """Read `name = expression, …`; stop at a word of `stop` or the end of the operator."""
        items: list[Node] = []
        while not self._ends_list(stop):
            items.append(self.named_expression())
            if not self.accept(","):
                break
            if len(items) >= self._limits.columns:
                self.fail(f"a list may have at most {self._limits.columns} columns")
            if self._ends_list(stop):
                self.fail("expected an expression", expected="<list-item>")
        return items

    def _ends_list(self, stop: tuple[str, ...]) -> bool:
        token = self._tokens[self._at]
        if token.kind is END:
            return True
        if token.kind is SYMBOL:
            return token.text in ("|", ";", ")", "}")
        return (
            token.kind is NAME and token.text in stop and self.ahead().text not in ("=", "(", ".")
        )

    def named_expression(self) -> Node:
        """Read an expression that may have a name: `x = …`, `['x y'] = …`, `(a, b) = …`."""
        start = self._tokens[self._at].start
        names = self._names_before_equals()
        if names is None:
            return self.expression()
        value = self.expression()
        return Named(start, self.last_end, names[0], value, names[1])

    def _names_before_equals(self) -> tuple[tuple[str, ...], bool] | None:
        token = self._tokens[self._at]
        if token.kind is NAME:
            following = self._tokens[self._at + 1]
            if following.kind is SYMBOL and following.text == "=":
                self._at += 2
                return (token.text,), False
            return None
        if self.is_symbol("[") and self.ahead().kind is STRING and self.ahead(3).text == "=":
            name = self.name()
            self.advance()
            return (name,), False
        if self.is_symbol("("):
            return self._compound_names()
        return None

    def _compound_names(self) -> tuple[tuple[str, ...], bool] | None:
        at, names = self._at, []
        self.advance()
        try:
            while True:
                names.append(self.name())
                if not self.accept(","):
                    break
            if self.accept(")") and self.accept("="):
                return tuple(names), True
        except KqlSyntaxError:
            pass
        self._at = at
        return None

    def expression(self) -> Node:
        """Read one expression."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._too_deep()
        following = self._tokens[self._at + 1]
        # Most are one word: nothing holds it together with what follows.
        is_alone = following.kind is SYMBOL and following.text in _ENDS_WORD
        if is_alone and self._tokens[self._at].kind is NAME:
            node = self._word()
        else:
            node = self._operation(_OR)
        self._depth -= 1
        return node

    def arithmetic(self) -> Node:
        """Read an expression without comparisons: the word that follows it is no operator."""
        before = self._enter()
        node = self._operation(_SUM)
        self._depth = before
        return node

    def _operation(self, least: int) -> Node:
        """Read what operators hold together that bind at least so tightly."""
        left = self._operand()
        most, before, chain = _TEXT, _TEXT, 0
        while True:
            token = self._tokens[self._at]
            kind = token.kind
            if kind is NAME:
                level = _WORD_LEVELS.get(token.text)
            elif kind is SYMBOL:
                level = _SIGN_LEVELS.get(token.text)
                if level is _NEGATION:
                    level = self._level_of_negation(most)
            else:
                return left
            if level is None or not least <= level <= most:
                return left
            if level == _TEXT:
                operator = self._text_operator(token)
                if operator is None:
                    return left
                left = self._text_comparison(left, operator, token.start)
            elif level >= _ORDER:
                self._at += 1
                before, chain = level, chain + 1 if level == before else 1
                if chain > MAX_CHAIN:
                    self.fail(f"more than {MAX_CHAIN} operators follow each other")
                right = self._operation(level + 1)
                left = Binary(
                    left.start, right.end, token.text, left, right, token.start, token.end
                )
            elif level == _EQUALITY:
                if kind is SYMBOL and token.text != "!":
                    self._at += 1
                    right = self._operation(_ORDER)
                    operator = "!=" if token.text == "<>" else token.text
                    left = Binary(
                        left.start, right.end, operator, left, right, token.start, token.end
                    )
                    continue
                negated = kind is SYMBOL
                self._at += negated
                left = self._word_comparison(left, token.start, negated=negated)
                # It ends in a bracket: what binds tighter has nothing left to take.
                most = _EQUALITY
            else:
                left = self._logical(left, token.text, level)
                most = level

    def _logical(self, first: Node, word: str, level: int) -> Node:
        """Read the rest of a chain of one connective."""
        operands = [first]
        while (token := self._tokens[self._at]).kind is NAME and token.text == word:
            self._at += 1
            operands.append(self._operation(level + 1))
        return Logical(first.start, self.last_end, word, operands)

    def _level_of_negation(self, most: int) -> int | None:
        """How tightly `!` and the word behind it bind, where so much is the most."""
        word = self.ahead()
        if word.kind is not NAME:
            return None
        if word.text in ("in", "between"):
            return _EQUALITY
        if most < _TEXT:
            return None
        if word.text not in _STRING_WORDS:
            self._at += 1
            self.fail("expected an operator after '!'", tuple(_NEGATABLE))
        return _TEXT

    def _word_comparison(self, left: Node, start: int, *, negated: bool) -> Node:
        word = self.advance()
        if word.text == "between":
            self.expect("(")
            low = self._operation(_ORDER)
            self.expect("..")
            high = self._operation(_ORDER)
            self.expect(")")
            return Between(left.start, self.last_end, left, low, high, negated)
        name = word.text
        if name == "in" and self.is_symbol("~") and self.contiguous():
            self.advance()
            name = "in~"
        operator_end = self.last_end
        items = self._items()
        operator = ("!" if negated else "") + name
        return InList(left.start, self.last_end, operator, left, items, start, operator_end)

    def _items(self) -> list[Node]:
        if not self.is_symbol("("):
            return [self._operation(_ORDER)]
        self.advance()
        items: list[Node] = []
        while not self.is_symbol(")"):
            items.append(self.pipeline(self._tokens[self._at].start))
            if not self.accept(","):
                break
        self.expect(")")
        return items

    def _text_comparison(self, left: Node, operator: str, start: int) -> Node:
        """Read the right side of an operator on texts."""
        end = self.last_end
        if self.is_symbol("("):
            self._refuse_list(operator)
        right = self._operand()
        return Binary(left.start, right.end, operator, left, right, start, end)

    def _refuse_list(self, operator: str) -> None:
        """Refuse `has ('a', 'b')`: operators on one text take one."""
        at, depth = self._at, 0
        for token in self._tokens[at : at + MAX_CHAIN]:
            if token.kind is SYMBOL:
                depth += (token.text in "([{") - (token.text in ")]}")
                if depth == 0:
                    return
                if depth == 1 and token.text == ",":
                    raise KqlSyntaxError(
                        f"'{operator}' takes one text", token.start, token.end, mistakes.SEVERAL
                    )

    def _text_operator(self, token: Token) -> str | None:
        """Take an operator on texts; None for a word or sign that is none here."""
        text = token.text
        if text == ":":
            if not self._colon_is_has:
                return None
            text = "has"
        elif text == "!":
            self._at += 1
            text += self._tokens[self._at].text
        elif text in _REFUSED_WORDS:
            message = f"the operator '{text}' is not run: its patterns are not documented"
            hint = "did you mean 'contains' or 'matches regex'?"
            raise KqlUnsupported(message, token.start, token.end, hint)
        elif text == "matches":
            if self.ahead().text != "regex":
                return None
            self._at += 1
            text = "matches regex"
        self._at += 1
        return text

    def _operand(self) -> Node:
        """Read what stands between operators, with its sign and its path."""
        token = self._tokens[self._at]
        kind = token.kind
        if kind is NAME:
            node = self._word()
        elif kind is SYMBOL and token.text in _SIGNS:
            return self._signed(token)
        else:
            node = self._primary()
        following = self._tokens[self._at]
        if following.kind is SYMBOL and following.text in _STEPS:
            return self._postfix(node)
        return node

    def _signed(self, token: Token) -> Node:
        before = self._enter()
        self.advance()
        operand = self._operand()
        self._depth = before
        if isinstance(operand, Literal) and operand.type in _SIGNED:
            value, type_ = operand.value, operand.type
            if type(value) in (int, float):
                value *= -1 if token.text == "-" else 1  # type: ignore[operator]  # guarded above
                if value == _TOO_LARGE_FOR_INT and type_ is KqlType.INT:
                    type_ = KqlType.LONG
                return Literal(token.start, operand.end, value, type_)
        return Unary(token.start, operand.end, token.text, operand)

    def _postfix(self, node: Node) -> Node:
        count = 0
        while True:
            token = self._tokens[self._at]
            if token.kind is not SYMBOL or token.text not in _STEPS:
                return node
            if token.text == "." and self.ahead().kind in (NAME, SYMBOL):
                self.advance()
                if (
                    self._tokens[self._at].kind is NAME
                    and self.ahead().text == "("
                    and self.contiguous()
                ):
                    call = self._called(self.advance())
                    node = Member(node.start, call.end, node, "")
                    node = Index(node.start, call.end, node.base, call)
                else:
                    node = Member(node.start, self.last_end, node, self.name())
                    node.end = self.last_end
            elif token.text == "[" and not _is_plain(node):
                self.advance()
                index = self.expression()
                self.expect("]")
                node = Index(node.start, self.last_end, node, index)
            else:
                return node
            count += 1
            if count > MAX_DEPTH:
                self.fail(f"a path may have at most {MAX_DEPTH} steps")

    def _primary(self) -> Node:
        token = self._tokens[self._at]
        kind = token.kind
        if kind is NAME:
            return self._word()
        if kind is STRING:
            return self._string()
        if kind is LONG:
            self.advance()
            return self._long(token)
        if kind is REAL:
            self.advance()
            return Literal(token.start, token.end, float(token.text), KqlType.REAL)
        if kind is TIMESPAN:
            self.advance()
            if len(token.text) > _LONGEST_NUMBER:
                raise KqlSyntaxError("the timespan is too large", token.start, token.end)
            digits = token.text.rstrip("abcdefghijklmnopqrstuvwxyz")
            ticks = unit_ticks(digits, token.text[len(digits) :])
            if ticks >= 1 << 63:
                raise KqlSyntaxError(
                    f"{token.text} is too large for timespan", token.start, token.end
                )
            return Literal(token.start, token.end, ticks, KqlType.TIMESPAN)
        if kind is TYPED:
            return self._typed()
        if kind is SYMBOL:
            return self._bracketed(token)
        self.fail("expected an expression", expected="<expression>")

    def _bracketed(self, token: Token) -> Node:
        if token.text == "(":
            self.advance()
            node = self.pipeline(token.start)
            self.expect(")")
            return node
        if token.text == "[" and self.ahead().kind is STRING:
            name = self.name()
            if self.is_symbol("(") and self.contiguous():
                return self._arguments(name, token.start, self.last_end)
            return Name(token.start, self.last_end, name)
        if token.text == "*":
            self.advance()
            return Star(token.start, token.end)
        self.fail("expected an expression", expected="<expression>")

    def _string(self) -> Node:
        token = self.advance()
        text = token.text
        while self._tokens[self._at].kind is STRING:
            text += self.advance().text
        return Literal(token.start, self.last_end, text, _STRING_TYPE)

    def _long(self, token: Token) -> Node:
        if len(token.text) > _LONGEST_NUMBER:
            raise KqlSyntaxError("the number is too large for long", token.start, token.end)
        value = int(token.text, 16) if token.text[:2] in ("0x", "0X") else int(token.text)
        if value >= 1 << 64 or (value >= 1 << 63 and token.text[:2] not in ("0x", "0X")):
            if value == 1 << 63:
                return Literal(token.start, token.end, value, KqlType.LONG)
            raise KqlSyntaxError(f"{token.text} is too large for long", token.start, token.end)
        if value >= 1 << 63:
            value -= 1 << 64
        return Literal(token.start, token.end, value, KqlType.LONG)

    def _typed(self) -> Node:
        token = self.advance()
        name, _, rest = token.text.partition("(")
        type_ = TYPE_NAMES[name.strip().lower()]
        try:
            value = typed_value(type_, rest[:-1])
        except NotALiteral as error:
            hint = mistakes.LITERALS.get(type_, "")
            raise KqlSyntaxError(str(error), token.start, token.end, hint) from None
        return Literal(token.start, token.end, value, type_)

    def _word(self) -> Node:
        token = self._tokens[self._at]
        word = token.text
        following = self._tokens[self._at + 1]
        is_called = following.kind is SYMBOL and following.text == "("
        if word in ("and", "or") or (is_called and word in _STRING_WORDS):
            self.fail("expected an expression", expected="<expression>")
        self._at += 1
        if is_called:
            if word == "dynamic":
                return self._dynamic(token)
            if word == "typeof":
                return self._typeof(token)
            return self._arguments(word, token.start, token.end)
        if word in _BOOLS:
            return Literal(token.start, token.end, _BOOLS[word], KqlType.BOOL)
        return Name(token.start, token.end, word)

    def _typeof(self, token: Token) -> Node:
        self.expect("(")
        type_ = self.type_name()
        self.expect(")")
        return TypeLiteral(token.start, self.last_end, type_)

    def _called(self, name: Token) -> Call:
        return self._arguments(name.text, name.start, name.end)

    def _arguments(self, name: str, start: int, name_end: int) -> Call:
        self.expect("(")
        arguments: list[Node] = []
        while not self.is_symbol(")"):
            arguments.append(self._argument())
            if not self.accept(","):
                break
            if len(arguments) >= self._limits.columns:
                self.fail(f"a call may have at most {self._limits.columns} arguments")
            if self.is_symbol(")"):
                self.fail("expected an expression", expected="<list-item>")
        self.expect(")")
        return Call(start, self.last_end, name, arguments, name_end)

    def _argument(self) -> Node:
        token, following = self._tokens[self._at], self._tokens[self._at + 1]
        if following.kind is SYMBOL:
            if token.kind is NAME and following.text == "=":
                self._at += 2
                value = self.pipeline(self._tokens[self._at].start)
                return Named(token.start, following.end, (token.text,), value)
            if token.kind is SYMBOL and token.text == "*" and following.text in (",", ")"):
                self._at += 1
                return Star(token.start, token.end)
        return self.pipeline(token.start)

    # Dynamic literals.

    def _dynamic(self, token: Token) -> Node:
        self.expect("(")
        value = self._json()
        self.expect(")")
        text = None if value is None else json_text(value)
        return Literal(token.start, self.last_end, text, KqlType.DYNAMIC)

    def _json(self) -> object:
        before = self._enter()
        try:
            token = self._tokens[self._at]
            if token.kind is STRING:
                return self.advance().text
            if token.kind is SYMBOL:
                return self._json_symbol(token)
            if token.kind is NAME:
                return self._json_word(token)
            node = self._primary()
            if isinstance(node, Literal):
                return json_of(node.value, node.type)
            self.fail("expected a value")
        finally:
            self._depth = before

    def _json_symbol(self, token: Token) -> object:
        if token.text in ("-", "+"):
            node = self._operand()
            if isinstance(node, Literal):
                return json_of(node.value, node.type)
        if token.text == "[":
            self.advance()
            items: list[object] = []
            while not self.is_symbol("]"):
                items.append(self._json())
                if not self.accept(","):
                    break
            self.expect("]")
            return items
        if token.text == "{":
            self.advance()
            bag: dict[str, object] = {}
            while not self.is_symbol("}"):
                if self._tokens[self._at].kind not in (STRING, NAME):
                    self.fail("expected a key in quotes")
                key = self.advance().text
                self.expect(":")
                bag[key] = self._json()
                if not self.accept(","):
                    break
            self.expect("}")
            return bag
        self.fail("expected a value")

    def _json_word(self, token: Token) -> object:
        if token.text in ("true", "false", "null"):
            self.advance()
            return {"true": True, "false": False, "null": None}[token.text]
        if token.text == "dynamic":
            self.advance()
            self.expect("(")
            value = self._json()
            self.expect(")")
            return value
        self.fail("expected a value")


def parse(
    text: str, operators: Mapping[str, Operator], limits: CompileLimits = DEFAULTS
) -> tuple[Query, list[KqlError]]:
    """Read a query; return what could be read and every mistake found.

    Raises:
        KqlSyntaxError: for text that the lexer cannot split.
    """
    parser = Parser(text, operators, limits)
    return parser.query(), parser.errors


def _is_plain(node: Node) -> bool:
    """Whether the node is a constant that has no parts."""
    return isinstance(node, Literal) and node.type is not KqlType.DYNAMIC
