"""`sample-distinct` and `top-hitters`: some values of a column, or the most frequent ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from openinsights.kql.bound import Aggregation, Bound, SortKey, Symbol, reference
from openinsights.kql.expressions import Expressions, output_name
from openinsights.kql.functions import registry
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.take import row_count
from openinsights.kql.plan import Extend
from openinsights.kql.scope import Column
from openinsights.kql.syntax import Named, Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope


@dataclass(slots=True)
class SampleDistinct(Node):
    """`sample-distinct 5 of column`."""

    count: Node
    value: Node


@dataclass(slots=True)
class TopHitters(Node):
    """`top-hitters 5 of column by weight`."""

    count: Node
    value: Node
    weight: Node | None


def parse_sample(parser: Parser, start: int) -> SampleDistinct:
    """Read count and column."""
    count = parser.expression()
    parser.expect_word("of")
    value = parser.named_expression()
    return SampleDistinct(start, parser.last_end, count, value)


def parse_hitters(parser: Parser, start: int) -> TopHitters:
    """Read count, column and weight."""
    count = parser.expression()
    parser.expect_word("of")
    value = parser.named_expression()
    weight = parser.expression() if parser.accept_word("by") else None
    return TopHitters(start, parser.last_end, count, value, weight)


def _key(expressions: Expressions, node: Node) -> tuple[str, Bound]:
    inner = node.value if isinstance(node, Named) else node
    name = node.names[0] if isinstance(node, Named) else output_name(node) or "Column1"
    return name, expressions.bind(inner)


def bind_sample(binder: Binder, node: SampleDistinct, relation: Relation, scope: Scope) -> Relation:
    """So many different values."""
    expressions = Expressions(binder, scope, relation)
    name, value = _key(expressions, node.value)
    symbol = Symbol(name, value.type)
    count = row_count(binder, node.count, scope)
    found = binder.grouped(expressions.settled(), [(symbol, value)], (), [Column(name, symbol)])
    return binder.limited(found, count)


def bind_hitters(binder: Binder, node: TopHitters, relation: Relation, scope: Scope) -> Relation:
    """The most frequent values, or those of the greatest weight."""
    expressions = Expressions(binder, scope, relation)
    name, value = _key(expressions, node.value)
    symbol = Symbol(name, value.type)
    if node.weight is None:
        aggregate, _ = registry.AGGREGATES["count"]
        title, type_ = f"approximate_count_{name}", KqlType.LONG
        hits = Aggregation(type_, False, aggregate, ())
        shown = type_
    else:
        aggregate, _ = registry.AGGREGATES["sum"]
        weight = expressions.bind(node.weight)
        type_ = aggregate.result_type([weight.type])
        title = f"approximate_sum_{output_name(node.weight) or ''}"
        hits = Aggregation(type_, False, aggregate, (weight,))
        shown = weight.type
    count = row_count(binder, node.count, scope)
    total = Symbol(title, type_)
    found = binder.grouped(
        expressions.settled(),
        [(symbol, value)],
        [(total, hits)],
        [Column(name, symbol), Column(title, total)],
    )
    order = (SortKey(reference(total), descending=True, nulls_first=False),)
    ranked = binder.limited(replace(found, order=order), count)
    if shown is type_:
        return ranked
    narrow = Symbol(title, shown)
    value = Expressions(binder, scope, ranked).convert(reference(total), shown)
    narrowed = ranked.on(Extend(ranked.plan, ((narrow, value),)))
    return narrowed.showing([ranked.columns[0], Column(title, narrow)])


OPERATORS = (
    Operator(
        ("sample-distinct",),
        SampleDistinct,
        parse_sample,
        bind_sample,
        doc="Some values.",
        in_parts=True,
    ),
    Operator(
        ("top-hitters",),
        TopHitters,
        parse_hitters,
        bind_hitters,
        doc="The most frequent values.",
        in_parts=True,
    ),
)
