"""Plugins that find patterns of values: autocluster, basket, diffpatterns and diffpatterns_text.

The engine reduces the rows first: values too rare to matter become missing, and equal rows are
counted. What is left goes to functions/itemsets.py, which knows the algorithms; their patterns come
back as rows. What is missing ('' or null) is no value of a pattern.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from openinsights.kql.application import NUMERIC, apply
from openinsights.kql.bound import (
    Aggregation,
    Bound,
    Compare,
    Constant,
    Logic,
    ScalarQuery,
    Symbol,
    constant,
    reference,
)
from openinsights.kql.expressions import Expressions
from openinsights.kql.functions import conversion, itemsets, paths, strings
from openinsights.kql.functions.aggregates import number_of
from openinsights.kql.functions.row import Aggregate, Function, Kind, Null
from openinsights.kql.plan import Expand, Extend, Filter, Group
from openinsights.kql.plugins.arguments import Arguments
from openinsights.kql.plugins.plugin import Plugin
from openinsights.kql.scope import Column, Namer, Relation
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.binder import Binder
    from openinsights.kql.operators.evaluate import Evaluate
    from openinsights.kql.scope import Scope
    from openinsights.kql.syntax import Node

MAX_CELLS: Final = 1_000_000
"""Values of all different rows that are left for the search."""
MAX_COLUMNS: Final = 100
"""Columns that are searched for patterns."""
RARE: Final = 0.01
"""Share below which a value is too rare for a cluster."""
LEAST_THRESHOLD: Final = 0.015
MAX_TOKENS: Final = 50
"""Words of a text that are compared."""
_DEFAULT: Final = "~"

_L, _R, _S = KqlType.LONG, KqlType.REAL, KqlType.STRING

_KNOWN: Final = Function(
    "known value",
    (Kind.ANY,),
    _S,
    "CASE WHEN {0} IN ('\"\"', 'null') THEN '' ELSE {0} END",
    null=Null.NEVER,
)
"""The JSON of a value, '' for what is missing."""


def _search(call: str) -> Aggregate:
    """An aggregate over reduced rows: a call of Python with `{rows}` and the weights' lists."""

    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        weights = [text for text, one in zip(arguments, bound, strict=True) if one.type is _R]
        cells = [text for text, one in zip(arguments, bound, strict=True) if one.type is _S]
        row = ", ".join(f"NULLIF({cell}, '')" for cell in cells)
        lists = ", ".join(f"COALESCE(list({weight}{{order}}), [])" for weight in weights)
        made = call.replace("{rows}", f"COALESCE(list([{row}]{{order}}), []), {lists}")
        return (
            f"CASE WHEN count(*) * {len(cells)} > {MAX_CELLS}"
            " THEN error('too many different rows for a search of patterns: project fewer columns')"
            f" ELSE COALESCE({made}, error('a search of patterns takes too long: project fewer"
            " columns, or raise the threshold')) END"
        )

    return Aggregate("patterns", (Kind.ANY,), KqlType.DYNAMIC, lower, ordered=True)


@dataclass(slots=True)
class _Search:
    """What a call asks for, and the columns that are searched."""

    arguments: Arguments
    relation: Relation
    weight: Column | None = None
    wildcards: dict[KqlType, Constant] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()

    # Optional arguments: '~' stands for the default.

    def _optional(self) -> Node | None:
        arguments = self.arguments
        node = arguments.next
        if node is None:
            return None
        if not arguments.is_column(node):
            value = arguments.bound(node)
            if isinstance(value, Constant) and value.value == _DEFAULT:
                arguments.take("an argument")
                return None
        return arguments.take("an argument")

    def number(self, what: str, least: float, most: float, default: float) -> float:
        """The next argument, a number within bounds."""
        node = self._optional()
        if node is None:
            return default
        value = number_of(self.arguments.bound(node))
        if value is None or not least <= value <= most:
            self.arguments.fail(f"{what} is a number from {least:g} to {most:g}", node)
        return value

    def whole(self, what: str, most: int, default: int) -> int:
        """The next argument, a whole number from 1."""
        node = self._optional()
        if node is None:
            return default
        bound = self.arguments.bound(node)
        value = bound.value if isinstance(bound, Constant) else None
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            self.arguments.fail(f"{what} is a whole number from 1 to {most}", node)
        return value

    def take_weight(self) -> None:
        """The next argument, a column of weights."""
        node = self._optional()
        if node is None:
            return
        if not self.arguments.is_column(node):
            self.arguments.fail("the weight is a column of numbers", node)
        column = self.arguments.require(getattr(node, "name", ""), self.arguments.relation, node)
        if column.type not in NUMERIC:
            self.arguments.fail(f"the weight is a column of numbers, this is {column.type}", node)
        self.weight = column

    def take_wildcards(self) -> None:
        """All further arguments: for a type, what stands for any value."""
        while self.arguments.next is not None:
            node = self._optional()
            if node is None:
                continue
            value = self.arguments.bound(node)
            if not isinstance(value, Constant):
                self.arguments.fail("a wildcard is known in advance", node)
            self.wildcards[value.type] = value
        self.arguments.finish()

    # The search.

    def columns(self) -> list[Column]:
        """The columns that patterns may name."""
        own = () if self.weight is None else (self.weight.name,)
        found = [
            column for column in self.relation.columns if column.name not in (*own, *self.hidden)
        ]
        if not 1 <= len(found) <= MAX_COLUMNS:
            self.arguments.fail(
                f"{self.arguments.title} searches 1 to {MAX_COLUMNS} columns, not {len(found)}"
            )
        return found

    def reduced(self, weights: Sequence[tuple[str, Bound]], share: float) -> Relation:
        """Equal rows once each, as `cell0`, …, with the sums of their weights by name."""
        relation = self.relation
        cells: list[tuple[Symbol, Bound]] = []
        for place, column in enumerate(self.columns()):
            json_of = apply(conversion.JSON_OF[column.type], (reference(column.symbol),))
            cells.append((Symbol(f"cell{place}", _S), apply(_KNOWN, (json_of,))))
        sums = [(Symbol(name, _R), value) for name, value in weights]
        ready = relation.on(Extend(relation.plan, (*cells, *sums)))
        shown = [Column(symbol.name, symbol) for symbol, _ in (*cells, *sums)]
        names = [name for name, _ in weights]
        enough = " or ".join(f"{name} >= {name}_least" for name in names)
        totals = "".join(
            f"let {name}_least = toscalar(rows | summarize sum({name})) * {share!r};\n"
            for name in names
        )
        added = ", ".join(f"{name} = sum({name})" for name in names)
        frequent = "".join(
            f"let often{place} = rows | where isnotempty(cell{place})"
            f" | summarize {added} by cell{place} | where {enough} | project cell{place};\n"
            for place in range(len(cells))
        )
        kept = ", ".join(
            f"cell{place} = iff(cell{place} in (often{place}), cell{place}, '')"
            for place in range(len(cells))
        )
        by = ", ".join(f"cell{place}" for place in range(len(cells)))
        # The order makes equal data give equal results, whatever order they are stored in.
        text = (
            f"{totals}{frequent}rows | extend {kept} | summarize {added} by {by}"
            f" | order by {', '.join(f'cell{place} asc' for place in range(len(cells)))}"
        )
        return self.arguments.written(text, {"rows": ready.showing(shown)}, {})

    def found(self, relation: Relation, call: str) -> Relation:
        """The patterns that a search gives for reduced rows, numbered: `number`, `pattern`."""
        search = _search(call)
        array = Symbol("patterns", KqlType.DYNAMIC)
        columns = tuple(reference(column.symbol) for column in relation.columns)
        value = Aggregation(KqlType.DYNAMIC, True, search, columns, None, relation.order)
        group = Group(relation.plan, (), ((array, value),))
        pattern, number = Symbol("pattern", KqlType.DYNAMIC), Symbol("number", _L)
        plan = Expand(group, ((pattern, reference(array)),), number, None)
        columns_made = (Column("number", number), Column("pattern", pattern))
        return Relation(plan, columns_made, depth=relation.depth + 2)

    def shown(
        self, patterns: Relation, figures: Sequence[tuple[str, Bound]], columns: Sequence[Column]
    ) -> Relation:
        """Figures of each pattern, then the values that it names."""
        expressions = Expressions(self.arguments.binder, self.arguments.scope, patterns)
        pattern = reference(patterns.columns[1].symbol)
        number = patterns.columns[0]
        places = {column.name: place for place, column in enumerate(self.columns())}
        made: list[tuple[Symbol, Bound]] = []
        namer = Namer()
        listed = [Column(namer.take("SegmentId"), number.symbol)]
        for name, value in figures:
            made.append((Symbol(name, value.type), value))
            listed.append(Column(namer.take(name), made[-1][0]))
        for column in columns:
            shown: Bound = self.wildcards.get(column.type, constant(None, column.type))
            if column.name in places:
                cell = _step(_step(pattern, 1), places[column.name])
                shown = apply(_OR, (expressions.convert(cell, column.type), cell, shown))
            made.append((Symbol(column.name, column.type), shown))
            listed.append(Column(namer.take(column.name), made[-1][0]))
        return patterns.on(Extend(patterns.plan, tuple(made))).showing(listed)

    def figure(self, patterns: Relation, place: int) -> Bound:
        """A weight of a pattern."""
        expressions = Expressions(self.arguments.binder, self.arguments.scope, patterns)
        pattern = reference(patterns.columns[1].symbol)
        return expressions.convert(_step(_step(pattern, 0), place), _R)


def _step(value: Bound, place: int) -> Bound:
    return paths.step(value, constant(place, _L))


def _weight_of(search: _Search, expressions: Expressions) -> Bound:
    if search.weight is None:
        return constant(1.0, _R)
    return expressions.convert(reference(search.weight.symbol), _R)


_OR: Final = Function(
    "value or wildcard",
    (Kind.ANY,) * 3,
    lambda types: types[0],
    "CASE WHEN {1} IS NULL THEN {2} ELSE {0} END",
    null=Null.MAKES,
)
_WHOLE: Final = Function(
    "whole", (Kind.REAL,), _L, "CAST(round({0}) AS BIGINT)", null=Null.PROPAGATES
)
_SHARE: Final = Function(
    "percentage", (Kind.REAL, Kind.REAL), _R, "(100e0 * {0} / {1})", null=Null.PROPAGATES
)
_APART: Final = Function(
    "apart", (Kind.REAL, Kind.REAL), _R, "abs({0} - {1})", null=Null.PROPAGATES
)


def _total(search: _Search, reduced: Relation, name: str) -> Bound:
    """The sum of a weight over all rows."""
    made = search.arguments.written(f"rows | summarize total = sum({name})", {"rows": reduced}, {})
    return ScalarQuery(_R, True, made.plan, made.columns[0].symbol)


def _one_set(search: _Search, share: float, call: str) -> Relation:
    """Patterns of all rows, with how many rows each has, and which share that is."""
    binder = search.arguments.binder
    expressions = Expressions(binder, search.arguments.scope, search.relation)
    reduced = binder.share(search.reduced([("weight", _weight_of(search, expressions))], share))
    patterns = search.found(binder.reuse(reduced), call)
    count = search.figure(patterns, 0)
    percent = apply(_SHARE, (count, _total(search, binder.reuse(reduced), "weight")))
    figures = [("Count", apply(_WHOLE, (count,))), ("Percent", percent)]
    return search.shown(patterns, figures, search.relation.columns)


def _two_sets(
    search: _Search, is_first: Bound, is_second: Bound, call: str, share: float
) -> tuple[Relation, list[Bound]]:
    """Patterns of two sets, with counts and percentages: first, second, first, second."""
    binder = search.arguments.binder
    either = Logic(KqlType.BOOL, True, "or", (is_first, is_second))
    search.relation = search.relation.on(Filter(search.relation.plan, either))
    expressions = Expressions(binder, search.arguments.scope, search.relation)
    weight = _weight_of(search, expressions)
    weights = [
        (name, apply(_IF, (weight, condition)))
        for name, condition in (("first", is_first), ("second", is_second))
    ]
    reduced = binder.share(search.reduced(weights, share))
    patterns = search.found(binder.reuse(reduced), call)
    counts = [search.figure(patterns, place) for place in (0, 1)]
    totals = [_total(search, binder.reuse(reduced), name) for name, _ in weights]
    shares = [apply(_SHARE, pair) for pair in zip(counts, totals, strict=True)]
    return patterns, [*(apply(_WHOLE, (count,)) for count in counts), *shares]


_IF: Final = Function(
    "weight if", (Kind.REAL, Kind.BOOL), _R, "CASE WHEN {1} THEN {0} ELSE 0e0 END", null=Null.MAKES
)


def _diffpatterns(binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> Relation:
    arguments = Arguments(binder, node, relation, scope)
    search = _Search(arguments, relation)
    split = arguments.column("the column that parts the sets")
    sets = [arguments.text("a value of the column that parts the sets") for _ in range(2)]
    search.hidden = (split.name,)
    search.take_weight()
    threshold = search.number("the threshold", LEAST_THRESHOLD, 1, 0.05)
    dimensions = search.whole("the number of dimensions", MAX_COLUMNS, itemsets.DEPTH)
    search.take_wildcards()
    expressions = Expressions(binder, scope, relation)
    text = expressions.convert(reference(split.symbol), _S)
    is_first, is_second = (
        Compare(KqlType.BOOL, False, "==", text, constant(value, _S)) for value in sets
    )
    options = json.dumps([threshold, min(dimensions, itemsets.DEPTH), 1])
    call = f"kql_diffpatterns({{rows}}, '{options}')"
    patterns, figures = _two_sets(search, is_first, is_second, call, threshold)
    names = ("CountA", "CountB", "PercentA", "PercentB")
    titled = [*zip(names, figures, strict=True), ("PercentDiffAB", apply(_APART, figures[2:]))]
    shown = [column for column in relation.columns if column.name != split.name]
    return search.shown(patterns, titled, shown)


_WORDS: Final = Function(
    "words of a pattern",
    (Kind.DYNAMIC,),
    _S,
    r"regexp_replace(array_to_string(list_transform(CAST(json_extract({0}, '$[1]') AS VARCHAR[]),"
    r" lambda word: COALESCE(word, '*')), ' '), '( \*)+$', '')",
    null=Null.MAKES,
)


def _diffpatterns_text(
    binder: Binder, node: Evaluate, relation: Relation, scope: Scope
) -> Relation:
    arguments = Arguments(binder, node, relation, scope)
    column = arguments.column("the texts")
    if column.type is not KqlType.STRING:
        arguments.fail(f"{arguments.title} compares strings, this is {column.type}")
    condition = arguments.take("a condition")
    search = _Search(arguments, relation)
    fewest = search.whole("the number of words", MAX_TOKENS, 1)
    threshold = search.number("the threshold", LEAST_THRESHOLD, 1, 0.05)
    most = search.whole("the number of words", MAX_TOKENS, 20)
    arguments.finish()
    expressions = Expressions(binder, scope, relation)
    holds = expressions.predicate(condition)
    settled = expressions.settled()
    is_true = Symbol("is_true", KqlType.BOOL)
    marked = settled.on(Extend(settled.plan, ((is_true, apply(_TRULY, (holds,))),)))
    words = ", ".join(f"word{place} = tostring(words[{place}])" for place in range(most))
    texts = [Column("text", column.symbol), Column("is_true", is_true)]
    search.relation = arguments.written(
        rf"""
        rows
        | extend words = split(trim(@'\s+', replace_regex(text, @'\s+', ' ')), ' ')
        | project is_true, {words}
        """,
        {"rows": marked.showing(texts)},
        {},
    )
    search.hidden = ("is_true",)
    flag = reference(search.relation.columns[0].symbol)
    options = json.dumps([threshold, itemsets.DEPTH, fewest])
    patterns, figures = _two_sets(
        search,
        flag,
        apply(strings.NOT, (flag,)),
        f"kql_diffpatterns({{rows}}, '{options}')",
        threshold,
    )
    names = ("Count_of_True", "Count_of_False", "Percent_of_True", "Percent_of_False")
    made = [(Symbol(name, value.type), value)
            for name, value in zip(names, figures, strict=True)]  # fmt: skip
    text = Symbol("Pattern", _S)
    made.append((text, apply(_WORDS, (reference(patterns.columns[1].symbol),))))
    return patterns.on(Extend(patterns.plan, tuple(made))).showing(
        Column(symbol.name, symbol) for symbol, _ in made
    )


_TRULY: Final = Function(
    "truly", (Kind.BOOL,), KqlType.BOOL, "COALESCE({0}, false)", null=Null.NEVER
)


def _basket(binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> Relation:
    search = _Search(Arguments(binder, node, relation, scope), relation)
    threshold = search.number("the threshold", LEAST_THRESHOLD, 1, 0.05)
    search.take_weight()
    dimensions = search.whole("the number of dimensions", MAX_COLUMNS, itemsets.DEPTH)
    search.take_wildcards()
    call = f"kql_basket({{rows}}, {threshold!r}, CAST({dimensions} AS BIGINT))"
    return _one_set(search, threshold, call)


def _autocluster(binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> Relation:
    search = _Search(Arguments(binder, node, relation, scope), relation)
    size_weight = search.number("the size's weight", 0, 1, 0.5)
    search.take_weight()
    seeds = search.whole("the number of seeds", 1_000, 25)
    search.take_wildcards()
    call = f"kql_autocluster({{rows}}, CAST({size_weight!r} AS DOUBLE), CAST({seeds} AS BIGINT))"
    return _one_set(search, RARE, call)


PLUGINS: Final = (
    Plugin("autocluster", _autocluster, "Few patterns that many rows share."),
    Plugin("basket", _basket, "All patterns that are frequent."),
    Plugin("diffpatterns", _diffpatterns, "Patterns by which two sets of rows differ."),
    Plugin("diffpatterns_text", _diffpatterns_text, "Words by which two sets of texts differ."),
)
"""The family's rows."""
