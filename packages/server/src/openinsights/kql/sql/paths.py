"""Walks along the edges of a graph as SQL: a recursive table expression that goes one edge further.

Each row of it is a walk: where it began, where it is, the numbers of its edges, the nodes that it
met if it may meet each once only, and what is collected of its edges, as lists of texts.
"""
# ruff: noqa: S608 - writing SQL is this file's purpose

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openinsights.kql.bound import Symbol
    from openinsights.kql.plan import Paths
    from openinsights.kql.sql.emit import Emitter, Select


def paths(emitter: Emitter, plan: Paths, needed: set[Symbol]) -> Select:
    """The walks of a plan, with the needed symbols."""
    read = {plan.source, plan.target, plan.number, *(symbol for _, symbol in plan.collected)}
    edges = emitter.closed(emitter.plan(plan.edges, read), read, materialized=True)
    starts = emitter.closed(emitter.plan(plan.starts, {plan.start}), {plan.start})
    emitter.is_recursive = True
    first, last, length, path = (
        emitter.alias(symbol) for symbol in (plan.first, plan.last, plan.length, plan.path)
    )
    start, number = starts.columns[plan.start], edges.columns[plan.number]
    source, target = edges.columns[plan.source], edges.columns[plan.target]
    node_type = emitter.types[plan.start.type]
    begin = [
        f"{start} AS {first}",
        f"{start} AS {last}",
        f"CAST(0 AS BIGINT) AS {length}",
        f"CAST([] AS BIGINT[]) AS {path}",
    ]
    step = [
        f"w.{first}",
        f"e.{target}",
        f"w.{length} + 1",
        f"list_append(w.{path}, e.{number})",
    ]
    free = ""
    if plan.once == "edges":
        free = f" AND NOT list_contains(w.{path}, e.{number})"
    elif plan.once == "nodes":
        begin.append(f'CAST([{start}] AS {node_type}[]) AS "met"')
        step.append(f'list_append(w."met", e.{target})')
        free = f' AND NOT list_contains(w."met", e.{target})'
    for made, symbol in plan.collected:
        name = emitter.alias(made)
        begin.append(f"CAST([] AS VARCHAR[]) AS {name}")
        step.append(f"list_append(w.{name}, e.{edges.columns[symbol]})")
    walks = f"q{len(emitter.ctes) + 1}"
    emitter.add_cte(
        f"SELECT {', '.join(begin)} FROM (SELECT DISTINCT {start} FROM {starts.source}"
        f" WHERE {start} IS NOT NULL) UNION ALL SELECT {', '.join(step)}"
        f" FROM {walks} AS w JOIN {edges.source} AS e ON e.{source} = w.{last}"
        f" WHERE w.{length} < {plan.most}{free}"
    )
    symbols = [plan.first, plan.last, plan.length, plan.path]
    symbols += [symbol for symbol, _ in plan.collected]
    select = emitter.selected(walks, symbols)
    select.where.append(f"{length} >= {plan.least}")
    return select
