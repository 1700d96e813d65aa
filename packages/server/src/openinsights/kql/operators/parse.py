"""`parse`, `parse-where` and `parse-kv`: columns out of a string's parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.kql.application import apply
from openinsights.kql.bound import Bound, Constant, Symbol, constant, reference
from openinsights.kql.errors import KqlSemanticError, KqlUnsupported
from openinsights.kql.expressions import Expressions
from openinsights.kql.functions import paths, patterns
from openinsights.kql.functions.row import Function, Kind, Null
from openinsights.kql.functions.strings import constant_text
from openinsights.kql.operators.extend import extended
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.outputs import Output
from openinsights.kql.plan import Extend, Filter
from openinsights.kql.spelling import json_text
from openinsights.kql.syntax import Name, Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope

_KINDS: Final = ("simple", "relaxed", "regex")


def _parts_sql(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    """The groups of a pattern as a bag, by number; null where the text does not fit."""
    text, pattern = arguments
    written = constant_text(bound[1]) or ""
    names = ", ".join(f"'{n}'" for n in range(1, patterns.group_count(written) + 1))
    found = f"to_json(regexp_extract({text}, {pattern}, [{names}]))" if names else "'{}'"
    return f"CASE WHEN regexp_matches({text}, {pattern}) THEN CAST({found} AS VARCHAR) END"


_PARTS: Final = Function(
    "parse parts", (Kind.STRING, Kind.PATTERN), KqlType.DYNAMIC, _parts_sql, null=Null.MAKES,
)  # fmt: skip
_PAIRS: Final = Function(
    "parse pairs", (Kind.STRING,) * 4 + (Kind.BOOL,), KqlType.DYNAMIC, "kql_parse_pairs({*})",
    null=Null.MAKES,
)  # fmt: skip
_FOUND_PAIRS: Final = Function(
    "find pairs", (Kind.STRING,) * 4, KqlType.DYNAMIC, "kql_find_pairs({*})", null=Null.MAKES
)
_MATCHED_PAIRS: Final = Function(
    "parse matched pairs", (Kind.STRING, Kind.PATTERN), KqlType.DYNAMIC,
    "kql_pairs_of(regexp_extract_all({0}, {1}, 1), regexp_extract_all({0}, {1}, 2))",
    null=Null.MAKES,
)  # fmt: skip
_PRESENT: Final = Function(
    "present", (Kind.ANY,), KqlType.BOOL, "({0} IS NOT NULL)", null=Null.NEVER
)
_IF: Final = Function(
    "where present", (Kind.BOOL, Kind.ANY), lambda types: types[1],
    "CASE WHEN {0} THEN {1} END", null=Null.MAKES,
)  # fmt: skip


@dataclass(slots=True)
class Part:
    """One part of a pattern: a text, `*` (neither), or a column with its type."""

    text: str | None
    name: str
    type: KqlType
    start: int
    end: int


@dataclass(slots=True)
class ParseOperator(Node):
    """`parse kind=… value with pattern`; `keeps_all` is false for parse-where."""

    kind: str
    flags: str
    value: Node
    parts: list[Part]
    keeps_all: bool


@dataclass(slots=True)
class ParseKv(Node):
    """`parse-kv value as (columns) with (options)`."""

    value: Node
    columns: list[tuple[str, KqlType]]
    options: list[tuple[str, Node]]


def parse(parser: Parser, start: int) -> ParseOperator:
    """Read kind, value and pattern."""
    keeps_all = not parser.text_between(start, parser.last_end).endswith("where")
    options = parser.options(("kind", "flags"))
    kind_node, flags_node = options.get("kind"), options.get("flags")
    kind = kind_node.name if isinstance(kind_node, Name) else "simple"
    if kind not in _KINDS:
        at = options["kind"]
        raise KqlSemanticError("the kind of parse is simple, relaxed or regex", at.start, at.end)
    flags = flags_node.name if isinstance(flags_node, Name) else ""
    value = parser.expression()
    parser.expect_word("with")
    parts = _parts(parser)
    return ParseOperator(start, parser.last_end, kind, flags, value, parts, keeps_all)


MAX_PARTS: Final = 1_000
"""Texts, columns and `*` of one pattern."""


def _parts(parser: Parser) -> list[Part]:
    parts: list[Part] = []
    while True:
        token = parser.token
        if token.kind == "string":
            parser.advance()
            parts.append(Part(token.text, "", KqlType.STRING, token.start, token.end))
        elif parser.accept("*"):
            parts.append(Part(None, "", KqlType.STRING, token.start, token.end))
        elif token.kind == "name" or parser.is_symbol("["):
            name = parser.name()
            type_ = parser.type_name() if parser.accept(":") else KqlType.STRING
            parts.append(Part(None, name, type_, token.start, parser.last_end))
        else:
            break
        if len(parts) > MAX_PARTS:
            parser.fail(f"a pattern has at most {MAX_PARTS} parts")
    if not parts:
        parser.fail("expected a pattern: texts, columns and '*'")
    return parts


_TYPED: Final = {
    KqlType.INT: r"\s*[+-]?\d+",
    KqlType.LONG: r"\s*[+-]?\d+",
    KqlType.REAL: r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?",
    KqlType.DECIMAL: r"\s*[+-]?(?:\d+\.?\d*|\.\d+)",
}
"""What a number looks like where no text follows that would end it."""


def pattern_of(node: ParseOperator) -> str:
    """The regular expression that stands for a pattern; each column is a named group."""
    is_regex = node.kind == "regex"
    lazy = not is_regex or "U" in node.flags
    written: list[str] = []
    for place, part in enumerate(node.parts):
        following = node.parts[place + 1] if place + 1 < len(node.parts) else None
        if part.text is not None:
            written.append(f"(?:{part.text})" if is_regex else re.escape(part.text))
        elif not part.name:
            written.append(".*" if following is None else ".*?")
        else:
            open_ended = following is None or (following.text is None and not following.name)
            if part.type in _TYPED and (is_regex or open_ended):
                group = _TYPED[part.type]
            else:
                group = ".*?" if lazy and following is not None else ".*"
            written.append(f"(?P<c{place}>{group})")
    flags = "".join(flag for flag in "ims" if flag in node.flags) if is_regex else "s"
    prefix = f"(?{flags})" if flags else ""
    return f"{prefix}^{''.join(written)}$"


def bind(binder: Binder, node: ParseOperator, relation: Relation, scope: Scope) -> Relation:
    """More columns, missing where the pattern does not fit; parse-where drops those rows."""
    expressions = Expressions(binder, scope, relation)
    value = expressions.convert(expressions.bind(node.value), KqlType.STRING)
    pattern = pattern_of(node)
    if "U" in node.flags and any(re.search(r"[*+?{]", part.text or "") for part in node.parts):
        raise KqlUnsupported(
            "the flag U is not run beside quantifiers in the pattern", node.start, node.end
        )
    problem = patterns.problem(pattern)
    if problem:
        expressions.fail(f"the pattern cannot be read: {problem}", node)
    parts = apply(_PARTS, (value, constant(pattern, KqlType.STRING)))
    relation, found = _held(expressions.settled(), parts)
    columns = [part for part in node.parts if part.name]
    held: list[tuple[Symbol, Bound]] = []
    for part in columns:
        place = patterns.group_place(pattern, f"c{node.parts.index(part)}")
        text = expressions.convert(
            paths.step(found, constant(str(place), KqlType.STRING)), KqlType.STRING
        )
        held.append((Symbol(part.name, part.type), expressions.convert(text, part.type)))
    relation = relation.on(Extend(relation.plan, tuple(held)))
    values: list[Bound] = [reference(symbol) for symbol, _ in held]
    fits: list[Bound] = [apply(_PRESENT, (found,))]
    if node.kind != "relaxed":
        # Outside of kind=relaxed, one value of a wrong type means that the whole does not fit.
        fits += [
            apply(_PRESENT, (value,))
            for value, part in zip(values, columns, strict=True)
            if part.type is not KqlType.STRING
        ]
    fit = fits[0] if len(fits) == 1 else expressions.all_of(fits)
    if not node.keeps_all:
        relation = relation.on(Filter(relation.plan, fit))
    elif len(fits) > 1:
        values = [apply(_IF, (fit, value), value.type) for value in values]
    made = [
        Output(part.name, True, value, Name(part.start, part.end, part.name))
        for part, value in zip(columns, values, strict=True)
    ]
    return extended(relation, made)


def _held(relation: Relation, value: Bound) -> tuple[Relation, Bound]:
    """A value computed once, for several columns to read."""
    symbol = Symbol("parts", value.type)
    return relation.on(Extend(relation.plan, ((symbol, value),))), reference(symbol)


def parse_kv(parser: Parser, start: int) -> ParseKv:
    """Read value, columns and options."""
    value = parser.expression()
    parser.expect_word("as")
    parser.expect("(")
    columns = parser.column_declarations(")")
    parser.expect(")")
    options: list[tuple[str, Node]] = []
    if parser.accept_word("with"):
        parser.expect("(")
        while not parser.is_symbol(")"):
            name = parser.expect_word(*_KV_OPTIONS).text
            parser.expect("=")
            options.append((name, parser.expression()))
            if not parser.accept(","):
                break
        parser.expect(")")
    return ParseKv(start, parser.last_end, value, columns, options)


_KV_OPTIONS: Final = ("pair_delimiter", "kv_delimiter", "quote", "escape", "greedy", "regex")


def bind_kv(binder: Binder, node: ParseKv, relation: Relation, scope: Scope) -> Relation:
    """More columns, each the value of its key."""
    expressions = Expressions(binder, scope, relation)
    value = expressions.convert(expressions.bind(node.value), KqlType.STRING)
    pairs = _pairs_of(binder, node, value, scope)
    relation, found = _held(expressions.settled(), pairs)
    made = [
        Output(
            name,
            True,
            expressions.convert(
                expressions.convert(
                    paths.step(found, constant(name, KqlType.STRING)), KqlType.STRING
                ),
                type_,
            ),
            Name(node.start, node.end, name),
        )
        for name, type_ in node.columns
    ]
    return extended(relation, made)


def _pairs_of(binder: Binder, node: ParseKv, value: Bound, scope: Scope) -> Bound:
    """The keys and values of a text, as a bag."""
    known = Expressions(binder, scope, None)
    given: dict[str, list[str]] = {name: [] for name in _KV_OPTIONS}
    is_greedy = False
    for name, option in node.options:
        if name == "greedy":
            flag = known.predicate(option)
            is_greedy = isinstance(flag, Constant) and flag.value is True
            continue
        text = known.text_constant(option, f"the option '{name}'")
        most = {"quote": 2, "escape": 1}.get(name, len(text))
        if not 1 <= len(text) <= most:
            known.fail(f"'{name}' has at least 1 character, at most {max(most, 1)}", option)
        if given[name] and name not in ("quote", "escape"):
            known.fail(f"the option '{name}' is there twice", option)
        given[name].append(text)
    if given["regex"]:
        return _matched_pairs(known, node, value, given)
    quotes = constant(json_text(given["quote"]), KqlType.STRING)
    escapes = constant("".join(given["escape"]), KqlType.STRING)
    delimiters = [*given["pair_delimiter"], *given["kv_delimiter"]]
    if len(delimiters) == 1:
        known.fail("pair_delimiter and kv_delimiter are given together", node)
    if delimiters:
        ends = constant(json_text(delimiters), KqlType.STRING)
        return apply(_PAIRS, (value, ends, quotes, escapes, constant(is_greedy, KqlType.BOOL)))
    keys = constant(json_text([name for name, _ in node.columns]), KqlType.STRING)
    return apply(_FOUND_PAIRS, (value, keys, quotes, escapes))


def _matched_pairs(
    known: Expressions, node: ParseKv, value: Bound, given: dict[str, list[str]]
) -> Bound:
    """The pairs that a regular expression finds, by its two groups."""
    if len(node.options) > 1:
        known.fail("beside a regular expression there is no other option", node)
    (regex,) = given["regex"]
    problem = patterns.problem(regex)
    if problem or patterns.group_count(regex) != 2:
        known.fail(
            "the regular expression needs a group for keys, one for values", node.options[0][1]
        )
    return apply(_MATCHED_PAIRS, (value, constant(regex, KqlType.STRING)))


OPERATORS = (
    Operator(
        ("parse", "parse-where"),
        ParseOperator,
        parse,
        bind,
        doc="Columns out of a text.",
        in_parts=True,
    ),
    Operator(
        ("parse-kv",),
        ParseKv,
        parse_kv,
        bind_kv,
        doc="Columns out of keys and values.",
        in_parts=True,
    ),
)
