"""Plugins that look at the rows around a row: rolling_percentile and rows_near."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Constant, Symbol, constant
from openinsights.kql.expressions import Expressions
from openinsights.kql.functions.aggregates import number_of, percentile_text
from openinsights.kql.plan import Extend
from openinsights.kql.plugins.arguments import Arguments
from openinsights.kql.plugins.plugin import Plugin
from openinsights.kql.scope import Column, Namer, Relation
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.operators.evaluate import Evaluate
    from openinsights.kql.scope import Scope

MAX_BINS: Final = 10_000
"""How many bins a rolling window may span: so many rows become of one."""
MAX_ROWS: Final = 1_000_000
"""How far rows may be from the one that is looked for."""


def _rolling_percentile(
    binder: Binder, node: Evaluate, relation: Relation, scope: Scope
) -> Relation:
    """The percentile of a bin and so many bins before it, for each bin that has rows."""
    arguments = Arguments(binder, node, relation, scope)
    value = arguments.column("the values")
    share, place = arguments.value("the percentile")
    number = number_of(share)
    if number is None or not 0 <= number <= 100:
        arguments.fail("a percentile is a number from 0 to 100, known in advance", place)
    at = arguments.column("the index")
    given, place = arguments.value("the size of a bin")
    size = arguments.span(given, place, at)
    bins = arguments.whole_number("the number of bins", 1, MAX_BINS)
    dims = arguments.columns()
    arguments.finish()
    by = "".join(f", dim{number}" for number in range(len(dims)))
    result = "percentile(value, share)"
    if value.type is KqlType.INT:
        result = f"toint({result})"
    made = arguments.written(
        f"""
        let binned = materialize(rows | extend moment = bin(at, size));
        binned
        | extend one = 1
        | join kind=inner (range k from 0 to back step 1 | extend one = 1) on one
        | extend at = moment + k * size
        | join kind=leftsemi (binned | summarize by at = moment{by}) on at{by}
        | summarize result = {result} by at{by}
        """,
        {
            "rows": relation.showing(
                [
                    Column("value", value.symbol),
                    Column("at", at.symbol),
                    *(Column(f"dim{number}", dim.symbol) for number, dim in enumerate(dims)),
                ]
            )
        },
        {"size": size, "share": share, "back": constant(bins - 1, KqlType.LONG)},
    )
    title = f"rolling_{bins}_percentile_{value.name}_{percentile_text(number)}"
    namer = Namer()
    titles = [at.name, *(dim.name for dim in dims), title]
    return made.showing(
        Column(namer.take(name), column.symbol)
        for name, column in zip(titles, made.columns, strict=True)
    )


def _rows_near(binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> Relation:
    """The rows that are near one for which a condition holds, in the rows' present order."""
    arguments = Arguments(binder, node, relation, scope)
    condition = arguments.take("a condition")
    before = arguments.whole_number("the number of rows", 0, MAX_ROWS)
    after = before
    if arguments.next is not None:
        after = arguments.whole_number("the number of rows after", 0, MAX_ROWS)
    arguments.finish()
    expressions = Expressions(binder, scope, relation)
    holds = expressions.predicate(condition)
    if isinstance(holds, Constant):
        arguments.fail("the condition is the same for all rows", condition)
    settled = expressions.settled()
    symbol = Symbol("is_wanted", KqlType.BOOL)
    marked = settled.on(Extend(settled.plan, ((symbol, holds),)))
    # A hit lies near if the count of hits differs between both ends of the stretch around a row.
    made = arguments.written(
        f"""
        let counted = materialize(rows | serialize hits = row_cumsum(iff(is_wanted, 1, 0)));
        let all_hits = toscalar(counted | summarize max(hits));
        counted
        | extend earlier = prev(hits, {after + 1}, 0), later = next(hits, {before})
        | where coalesce(later, all_hits) > earlier
        """,
        {"rows": marked.showing([*marked.columns, Column("is_wanted", symbol)])},
        {},
    )
    return made.showing(made.columns[: len(relation.columns)])


PLUGINS: Final = (
    Plugin(
        "rolling_percentile", _rolling_percentile, "A percentile over several bins, for each bin."
    ),
    Plugin("rows_near", _rows_near, "The rows around those that fit a condition."),
)
"""The family's rows."""
