"""The table of tabular operators. A new operator is a file and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.operators import (
    assert_schema,
    consume,
    count,
    datatable,
    distinct,
    evaluate,
    extend,
    find,
    fork,
    graph_match,
    graphs,
    join,
    make_series,
    mv_apply,
    mv_expand,
    naming,
    order,
    parse,
    partition,
    print,
    project,
    range,
    reduce,
    refused,
    render,
    sample_distinct,
    scan,
    search,
    show,
    summarize,
    take,
    top_nested,
    union,
    where,
)

if TYPE_CHECKING:
    from openinsights.kql.operators.operator import Operator
    from openinsights.kql.syntax import Node

ALL: Final[tuple[Operator, ...]] = (
    where.OPERATOR,
    extend.OPERATOR,
    *project.OPERATORS,
    summarize.OPERATOR,
    *order.OPERATORS,
    *take.OPERATORS,
    count.OPERATOR,
    distinct.OPERATOR,
    print.OPERATOR,
    range.OPERATOR,
    datatable.OPERATOR,
    *join.OPERATORS,
    union.OPERATOR,
    mv_expand.OPERATOR,
    mv_apply.OPERATOR,
    partition.OPERATOR,
    *naming.OPERATORS,
    *parse.OPERATORS,
    make_series.OPERATOR,
    search.OPERATOR,
    find.OPERATOR,
    *sample_distinct.OPERATORS,
    evaluate.OPERATOR,
    top_nested.OPERATOR,
    scan.OPERATOR,
    reduce.OPERATOR,
    *fork.OPERATORS,
    *graphs.OPERATORS,
    *graph_match.OPERATORS,
    consume.OPERATOR,
    assert_schema.OPERATOR,
    show.OPERATOR,
    refused.OPERATOR,
    render.OPERATOR,
)
"""Every operator."""

BY_NAME: Final[dict[str, Operator]] = {name: row for row in ALL for name in row.names}
"""Operators by each spelling."""

BY_NODE: Final[dict[type[Node], Operator]] = {row.node: row for row in ALL}
"""Operators by the class of their syntax node."""
