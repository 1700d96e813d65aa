"""A query in one canonical layout: one operator per line, one spacing, every comment kept.

Works on tokens, not on Syntax: only the white space between tokens changes, so a new operator needs
nothing here. Syntax is asked only where white space depends on what a token means: a minus that
subtracts and one in an operator's name, a call and a keyword before a parenthesis.
"""

from __future__ import annotations

import re
from bisect import bisect
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from openinsights.kql.api import check_length, raise_all
from openinsights.kql.errors import KqlError
from openinsights.kql.lexer import tokenize
from openinsights.kql.operators.graph_match import GraphMatch
from openinsights.kql.operators.registry import BY_NAME
from openinsights.kql.parser import parse
from openinsights.kql.syntax import Binary, Call, InList, Literal, Named, Node, Unary
from openinsights.kql.tokens import NAME, SYMBOL, Token
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH: Final = 100
"""Longer lines are broken where that is possible."""
_STEP: Final = 4
_OPENING: Final = {"(": ")", "[": "]", "{": "}"}
_CLOSING: Final = frozenset(_OPENING.values())
_COMMENT: Final = re.compile(r"//[^\n]*")

_TIGHT_BEFORE_PARENTHESIS: Final = frozenset(
    ("dynamic", "typeof", "datatable", "query_parameters", "materialize", "count", "view")
)
"""Words that are no calls and yet have no space before their parenthesis."""
_OPTIONS: Final = frozenset(
    (
        "accumulate", "anomalycolumns", "bagexpansion", "bin_legacy", "decodeblocks", "default",
        "flags", "isfuzzy", "kind", "legend", "max_depth", "output", "pair_delimiter", "kv_delimiter",
        "quote", "escape", "greedy", "series", "title", "with_itemindex", "with_match_id",
        "with_source", "withsource", "xaxis", "xcolumn", "xtitle", "yaxis", "ycolumns", "ymax",
        "ymin", "ysplit", "ytitle",
    )
)  # fmt: skip
"""Names whose `=` has no spaces, unless the name is a column's."""
_CLAUSES: Final = frozenset(("by", "on"))
"""Words that begin a new line of an operator that is too long for one."""
_WORDS: Final = frozenset(
    (
        *_CLAUSES, "and", "or", "in", "has_any", "has_all", "with", "to", "from", "step", "of",
        "asc", "desc", "let", "set", "as", "limit",
        *(part for name in BY_NAME for part in name.split("-")),
    )
)  # fmt: skip
"""Words after which a `[` starts a name in brackets, not an index."""


def formatted(text: str) -> str:
    """Return a query in canonical layout, ending with a line break.

    Formatting the result again changes nothing, and it compiles to what the text compiles to.

    Raises:
        KqlError: the text cannot be read; all mistakes of its syntax are in `diagnostics`.
    """
    try:
        tokens, query = _read(text)
        result = _Layout(text, tokens, query).text()
    except KqlError as error:
        for part in error.diagnostics:
            part.placed(text)
        raise
    same = [token.said for token in tokenize(result)] == [token.said for token in tokens]
    if not same or not _alike(query, parse(result, BY_NAME)[0]):
        raise AssertionError("BUG: the layout changes what the query says")
    return result


def _read(text: str) -> tuple[list[Token], Node]:
    check_length(text)
    query, errors = parse(text, BY_NAME)
    raise_all(errors)
    return tokenize(text), query


def _alike(first: object, second: object) -> bool:
    """Whether two pieces of syntax differ in places of the text only."""
    stack = [(first, second)]
    while stack:
        one, other = stack.pop()
        if type(one) is not type(other):
            return False
        if is_dataclass(one) and not isinstance(one, type):
            stack += [
                (getattr(one, row.name), getattr(other, row.name))
                for row in fields(one)
                if not row.name.endswith(("start", "end"))
            ]
        elif isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
            if len(one) != len(other):
                return False
            stack += zip(one, other, strict=True)
        elif one != other and one == one:  # a NaN is alike, though unequal
            return False
    return True


def _nodes(root: object) -> Iterator[Node]:
    """Yield every node of a piece of syntax, those inside of operators' own values included."""
    stack = [root]
    while stack:
        value = stack.pop()
        if isinstance(value, Node):
            yield value
        if isinstance(value, (list, tuple)):
            stack += value
        elif isinstance(value, dict):
            stack += value.values()
        elif is_dataclass(value) and not isinstance(value, (type, Enum)):
            stack += [getattr(value, row.name) for row in fields(value)]


@dataclass(slots=True)
class _Roles:
    """What tokens mean where that decides about white space, by offsets into the text."""

    operators: set[int] = field(default_factory=set)
    """Where operators with two operands start."""
    signs: set[int] = field(default_factory=set)
    """Where a sign may start its operand."""
    calls: set[int] = field(default_factory=set)
    """Where names of called functions end."""
    named: set[int] = field(default_factory=set)
    """Where expressions with names start."""
    bags: list[tuple[int, int]] = field(default_factory=list)
    """From where to where dynamic literals reach, in order."""
    patterns: list[tuple[int, int]] = field(default_factory=list)
    """From where to where patterns of graphs reach, which are drawings rather than operators."""


def _roles(query: Node) -> _Roles:
    roles = _Roles()
    for node in _nodes(query):
        if isinstance(node, (Binary, InList)):
            roles.operators.add(node.operator_start)
        elif isinstance(node, Unary):
            roles.signs.add(node.start)
        elif isinstance(node, Literal):
            roles.signs.add(node.start)
            if node.type is KqlType.DYNAMIC:
                roles.bags.append((node.start, node.end))
        elif isinstance(node, Call):
            roles.calls.add(node.name_end)
        elif isinstance(node, Named):
            roles.named.add(node.start)
        elif isinstance(node, GraphMatch):
            roles.patterns.append((node.pattern_start, node.pattern_end))
    roles.bags.sort()
    return roles


class _Layout:
    """One query on its way to its layout; places are indexes of tokens."""

    def __init__(self, text: str, tokens: list[Token], query: Node) -> None:
        self._tokens = tokens
        self._roles = _roles(query)
        self._words = [text[token.start : token.end] for token in tokens]
        self._end = len(tokens) - 1
        self._out: list[str] = []
        self._column = 0
        self._must_break = False
        self._match_brackets()
        self._read_gaps(text)
        self._measure()

    def text(self) -> str:
        """Return the laid out text."""
        self._statements(0, self._end, 0)
        for comment, blank in self._before[self._end]:
            self._own_line(comment, 0, blank=blank)
        return "".join(self._out).rstrip() + "\n"

    # What is known before anything is written.

    def _match_brackets(self) -> None:
        self._close: dict[int, int] = {}
        self._open: dict[int, int] = {}
        self._blocks: set[int] = set()
        stack: list[int] = []
        for at, token in enumerate(self._tokens):
            if token.kind is not SYMBOL:
                continue
            if token.text in _OPENING:
                stack.append(at)
            elif token.text in _CLOSING:
                self._open[at] = stack.pop()
                self._close[self._open[at]] = at
            elif token.text in ("|", ";") and stack:
                self._blocks.add(stack[-1])

    def _read_gaps(self, text: str) -> None:
        """Find the comments: behind a token on its line, or before one on lines of their own."""
        self._before: list[list[tuple[str, bool]]] = [[] for _ in self._tokens]
        self._behind: list[str] = ["" for _ in self._tokens]
        self._blank = [False for _ in self._tokens]
        end = 0
        for at, token in enumerate(self._tokens):
            gap, since = text[end : token.start], 0
            for found in _COMMENT.finditer(gap):
                above = gap[since : found.start()]
                if at and "\n" not in gap[: found.start()]:
                    self._behind[at - 1] = found.group().rstrip()
                else:
                    self._before[at].append((found.group().rstrip(), above.count("\n") > 1))
                since = found.end()
            self._blank[at] = gap[since:].count("\n") > 1
            end = token.end

    def _measure(self) -> None:
        """Sum up widths, and count what forces a line break, so that any range is looked up."""
        self._spaces = [self._has_space(at) for at in range(len(self._tokens))]
        self._widths, self._breaks, self._comments = [0], [0], [0]
        for at, word in enumerate(self._words):
            self._widths.append(self._widths[-1] + len(word) + self._spaces[at])
            forced = at in self._blocks or "\n" in word
            self._breaks.append(self._breaks[-1] + forced)
            commented = bool(at and (self._before[at] or self._behind[at - 1]))
            self._comments.append(self._comments[-1] + commented)

    def _has_space(self, at: int) -> bool:
        """Whether a space stands before a token that follows another one on its line."""
        if at == 0:
            return False
        token, word = self._tokens[at], self._words[at]
        before, last = self._tokens[at - 1], self._words[at - 1]
        touches = before.end == token.start
        if any(start < token.start < end for start, end in self._roles.patterns):
            return last == ","
        if before.kind is SYMBOL and last in ("(", "[", "{"):
            return last == "{" and self._is_body(at - 1) and word != "}"
        if token.kind is SYMBOL:
            if word in (",", ";", ")", "]", "."):
                return False
            if word == "}":
                return self._is_body_end(at)
            if word == "(":
                return self._space_before_parenthesis(at)
            if word == "[":
                return self._space_before_bracket(at)
            if word == "=":
                return not self._is_option(at)
            if word == ":":
                return last == ")"
            if word in ("*", "-", "+"):
                return self._space_before_sign(at, touches=touches)
            if word == "~":
                return not touches
        if before.kind is SYMBOL:
            return self._space_after_symbol(at, touches=touches)
        return True

    def _space_after_symbol(self, at: int, *, touches: bool) -> bool:
        before, last = self._tokens[at - 1], self._words[at - 1]
        if last == ".":
            return False
        if last == "!":
            return False
        if last == "=":
            return not self._is_option(at - 1)
        if last == ":":
            is_schema = at > 1 and self._words[at - 2] == ")"
            return is_schema or self._is_bag_colon(at - 1) or self._is_step_colon(at - 1)
        if last in ("-", "+", "*") and before.start not in self._roles.operators:
            return not touches and before.start not in self._roles.signs
        return True

    def _space_before_sign(self, at: int, *, touches: bool) -> bool:
        token, before = self._tokens[at], self._tokens[at - 1]
        if token.start in self._roles.operators:
            return True
        if before.kind is SYMBOL and self._words[at - 1] not in (")", "]", "}"):
            return self._space_after_symbol(at, touches=touches)
        return not touches

    def _space_before_parenthesis(self, at: int) -> bool:
        before, last = self._tokens[at - 1], self._words[at - 1]
        if before.end in self._roles.calls:
            return False
        if before.kind is NAME:
            return last not in _TIGHT_BEFORE_PARENTHESIS
        if before.kind is SYMBOL and last not in (")", "]", "}"):
            return self._space_after_symbol(at, touches=False)
        return True

    def _space_before_bracket(self, at: int) -> bool:
        before, last = self._tokens[at - 1], self._words[at - 1]
        if before.kind is NAME:
            return last in _WORDS and before.end not in self._roles.calls
        if before.kind is SYMBOL and last in (")", "]"):
            return self._columns_before(at) > 0
        if before.kind is SYMBOL:
            return self._space_after_symbol(at, touches=False)
        return True

    def _is_option(self, at: int) -> bool:
        """Whether an `=` belongs to an option such as `kind=inner`."""
        name = self._tokens[at - 1]
        if at < 1 or name.kind is not NAME or name.start in self._roles.named:
            return False
        earlier = self._words[at - 2] if at > 1 else ""
        if earlier == ".":
            return at > 2 and self._words[at - 3] == "hint"
        return self._words[at - 1].lower() in _OPTIONS and earlier not in ("let", "set")

    def _is_bag_colon(self, at: int) -> bool:
        start = self._tokens[at].start
        bag = bisect(self._roles.bags, (start, 0)) - 1
        return bag >= 0 and start < self._roles.bags[bag][1]

    def _is_step_colon(self, at: int) -> bool:
        """Whether a `:` stands behind the name of a step of `scan`, or behind its output."""
        if at >= 2 and self._words[at - 2] == "step":
            return True
        return at >= 4 and self._words[at - 2] == "=" and self._words[at - 3] == "output"

    def _is_body(self, at: int) -> bool:
        return at > 0 and self._words[at - 1] == ")"

    def _is_body_end(self, at: int) -> bool:
        return self._is_body(self._open[at]) and self._open[at] + 1 != at

    def _columns_before(self, at: int) -> int:
        """How many columns the rows have that a `[` at this place begins; 0 for none."""
        opening = self._open.get(at - 1, 0)
        if opening == 0 or self._words[opening - 1] != "datatable":
            return 0
        return sum(1 for _ in self._parts(opening + 1, at - 1))

    def _width(self, first: int, last: int) -> int:
        """How wide a range of tokens is on one line."""
        return self._widths[last] - self._widths[first] - (self._spaces[first] if first else 0)

    def _is_forced(self, first: int, last: int) -> bool:
        """Whether a range cannot stand on one line."""
        return (
            self._breaks[last] > self._breaks[first]
            or self._comments[last] > self._comments[first + 1]
        )

    def _fits(self, first: int, last: int, room: int = 0) -> bool:
        space = self._spaces[first] and self._column > 0
        width = self._width(first, last) + space + room
        return not self._is_forced(first, last) and self._column + width <= WIDTH

    def _jump(self, at: int) -> int:
        """The place behind a token, or behind the bracket that it opens."""
        return self._close[at] + 1 if at in self._close else at + 1

    def _split(self, first: int, last: int, *symbols: str) -> Iterator[tuple[int, int]]:
        """Yield the ranges between symbols outside of brackets; each but the first starts with one."""
        start = at = first
        while at < last:
            if self._tokens[at].kind is SYMBOL and self._words[at] in symbols and at > first:
                yield start, at
                start = at
            at = self._jump(at)
        yield start, last

    def _parts(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Yield the items of a list, each with the comma behind it."""
        start = at = first
        while at < last:
            comma = self._tokens[at].kind is SYMBOL and self._words[at] == ","
            at = self._jump(at)
            if comma:
                yield start, at
                start = at
        if start < last:
            yield start, last

    def _before_words(self, first: int, last: int, *words: str) -> Iterator[tuple[int, int]]:
        """Yield ranges, each but the first beginning with one of the words."""
        start = at = first
        while at < last:
            is_word = self._tokens[at].kind is NAME and self._words[at] in words
            if is_word and at > first and self._stands_alone(at):
                yield start, at
                start = at
            at = self._jump(at)
        yield start, last

    def _stands_alone(self, at: int) -> bool:
        """Whether a word is a keyword rather than a column's name, as far as tokens tell."""
        if self._words[at - 1] == "-" and not self._spaces[at]:
            return False  # part of an operator's name: project-by-names
        return self._words[at + 1] not in ("=", ",", ".", ")", "|", ";") and (
            self._words[at - 1] not in (",", ".")
        )

    # Writing.

    def _put(self, at: int, indent: int) -> None:
        for comment, _ in self._before[at]:
            self._own_line(comment, indent)
        if self._must_break:
            self._newline(indent)
        if self._column > indent or (self._out and not self._out[-1].isspace()):
            self._write(" " if self._spaces[at] and not self._at_line_start() else "")
        self._write(self._words[at])
        if self._behind[at]:
            self._write(f" {self._behind[at]}")
            self._must_break = True

    def _at_line_start(self) -> bool:
        return not self._out or (self._out[-1].isspace() and "\n" in self._out[-1])

    def _write(self, text: str) -> None:
        if text:
            self._out.append(text)
            lines = text.rsplit("\n", 1)
            self._column = len(lines[-1]) + (self._column if len(lines) == 1 else 0)

    def _newline(self, indent: int) -> None:
        if self._out and not self._at_line_start():
            self._out.append("\n" + " " * indent)
        elif self._out:
            self._out[-1] = self._out[-1].rsplit("\n", 1)[0] + "\n" + " " * indent
        self._column = indent
        self._must_break = False

    def _own_line(self, comment: str, indent: int, *, blank: bool = False) -> None:
        if self._out:
            self._newline(indent)
            if blank:
                self._blank_line(indent)
        self._write(comment)
        self._must_break = True

    def _blank_line(self, indent: int) -> None:
        self._out[-1] = "\n\n" + " " * indent

    def _run(self, first: int, last: int, indent: int) -> None:
        for at in range(first, last):
            self._put(at, indent)

    # Layout, from the whole to its parts.

    def _statements(self, first: int, last: int, indent: int) -> None:
        """Write statements, each on lines of its own."""
        for number, (start, end) in enumerate(self._statement_ranges(first, last)):
            comments, self._before[start] = self._before[start], []
            for comment, blank in comments:
                self._own_line(comment, indent, blank=blank and bool(self._out) and number > 0)
            if number or comments:
                self._newline(indent)
                if self._blank[start] and self._out:
                    self._blank_line(indent)
            self._pipeline(start, end, indent)

    def _statement_ranges(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        start = at = first
        while at < last:
            ends = self._tokens[at].kind is SYMBOL and self._words[at] == ";"
            at = self._jump(at)
            if ends:
                yield start, at
                start = at
        if start < last:
            yield start, last

    def _pipeline(self, first: int, last: int, indent: int) -> None:
        """Write a source and its operators, each on a line of its own."""
        deeper = indent + _STEP if self._words[first] == "let" else indent
        for number, (start, end) in enumerate(self._split(first, last, "|")):
            if number == 0:
                self._segment(start, end, indent)
                continue
            comments, self._before[start] = self._before[start], []
            for comment, _ in comments:
                self._own_line(comment, deeper)
            self._newline(deeper)
            self._put(start, deeper)
            self._segment(start + 1, end, deeper)

    def _segment(self, first: int, last: int, indent: int) -> None:
        """Write one operator on one line, else by its clauses, lists and conditions."""
        if first >= last:
            return
        if self._fits(first, last) or self._fits_around_blocks(first, last, indent):
            self._plain(first, last, indent)
            return
        for number, (start, end) in enumerate(self._before_words(first, last, *_CLAUSES)):
            if number == 0:
                self._head(start, end, indent)
            else:
                self._clause(start, end, indent + _STEP)

    def _fits_around_blocks(self, first: int, last: int, indent: int) -> bool:
        """Whether only blocks in brackets need lines of their own."""
        column, at = self._column, first
        while at < last:
            if (self._before[at] and at > first) or (self._behind[at] and at < last - 1):
                return False
            column += self._spaces[at] + len(self._words[at].split("\n", 1)[0])
            if column > WIDTH:
                return False
            if at in self._close and self._is_forced(at, self._close[at] + 1):
                if at not in self._blocks:
                    return False
                at, column = self._close[at], indent + 1
            elif "\n" in self._words[at]:
                column = len(self._words[at].rsplit("\n", 1)[1])
            at += 1
        return True

    def _plain(self, first: int, last: int, indent: int) -> None:
        at = first
        while at < last:
            if at in self._blocks:
                self._block(at, indent)
            else:
                self._put(at, indent)
                at += 1
                continue
            at = self._jump(at)

    def _block(self, opening: int, indent: int) -> None:
        """Write a bracket that holds pipelines or statements."""
        closing = self._close[opening]
        self._put(opening, indent)
        self._newline(indent + _STEP)
        self._statements(opening + 1, closing, indent + _STEP)
        self._newline(indent)
        self._put(closing, indent)

    def _head(self, first: int, last: int, indent: int) -> None:
        """Write an operator up to its first clause."""
        start = self._after_name(first, last)
        parts = list(self._parts(start, last))
        if start > first and len(parts) > 1:
            self._run(first, start, indent + _STEP)
            self._list(parts, indent + _STEP)
        elif start > first:
            self._run(first, start, indent + _STEP)
            self._item(start, last, indent + _STEP if self._has_chain(start, last) else indent)
        else:
            self._item(first, last, indent)

    def _after_name(self, first: int, last: int) -> int:
        """The place behind the operator's name."""
        at = first
        if self._tokens[at].kind is not NAME or self._words[at].lower() not in _WORDS:
            return first
        at += 1
        while at + 1 < last and self._words[at] == "-" and not self._spaces[at]:
            at += 2
        return at

    def _list(self, parts: list[tuple[int, int]], indent: int) -> None:
        for start, end in parts:
            self._newline(indent)
            self._item(start, end, indent)

    def _clause(self, first: int, last: int, indent: int) -> None:
        """Write `by …` or `on …`: beside the end of a block, else on a line of its own."""
        if not (self._ends_with_block() and self._fits(first, last)):
            self._newline(indent)
        if self._fits(first, last):
            self._run(first, last, indent)
            return
        parts = list(self._parts(first + 1, last))
        if len(parts) == 1:
            self._item(first, last, indent)
            return
        self._put(first, indent)
        self._list(parts, indent + _STEP)

    def _ends_with_block(self) -> bool:
        return len(self._out) > 1 and self._out[-1] == ")" and "\n" in self._out[-2]

    def _has_chain(self, first: int, last: int) -> bool:
        return any(len(list(self._before_words(first, last, word))) > 1 for word in ("or", "and"))

    def _item(self, first: int, last: int, indent: int) -> None:
        """Write one item: on one line, else broken at its connectives, else at its brackets."""
        if first >= last:
            return
        if self._fits(first, last):
            self._run(first, last, indent)
            return
        for word in ("or", "and"):
            ranges = list(self._before_words(first, last, word))
            if len(ranges) > 1:
                self._item(*ranges[0], indent)
                for start, end in ranges[1:]:
                    self._newline(indent)
                    self._item(start, end, indent + _STEP if word == "or" else indent)
                return
        self._brackets(first, last, indent)

    def _brackets(self, first: int, last: int, indent: int) -> None:
        at = first
        while at < last:
            if at in self._blocks:
                self._block(at, indent)
            elif at in self._close and not self._fits(at, self._jump(at), self._tail(at, last)):
                self._explode(at, indent)
            elif at in self._close:
                self._run(at, self._jump(at), indent)
            else:
                self._put(at, indent)
                at += 1
                continue
            at = self._jump(at)

    def _items_of_a_line(self, opening: int) -> int:
        """How many items belong together on a line; 0 where each is for itself."""
        if self._words[opening] == "[":
            return self._columns_before(opening)
        return 2 if opening and self._words[opening - 1] == "case" else 0

    def _tail(self, opening: int, last: int) -> int:
        """How much stands behind a bracket before the next one opens."""
        at = start = self._jump(opening)
        while at < last and at not in self._close:
            at += 1
        return self._widths[at] - self._widths[start]

    def _explode(self, opening: int, indent: int) -> None:
        """Write a bracket's items on lines of their own."""
        closing = self._close[opening]
        self._put(opening, indent)
        if closing > opening + 1:
            columns = self._items_of_a_line(opening)
            parts = list(self._parts(opening + 1, closing))
            rows = [
                (parts[at][0], parts[min(at + columns, len(parts)) - 1][1])
                for at in range(0, len(parts), max(1, columns))
            ]
            self._list(rows if columns else parts, indent + _STEP)
            self._newline(indent)
        self._put(closing, indent)
