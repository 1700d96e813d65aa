"""The stages of a query's compilation as text, for people who want to know what becomes of it."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from openinsights.kql.api import compile, emit
from openinsights.kql.binder import Binder
from openinsights.kql.bound import (
    Aggregation,
    Apply,
    Bound,
    Compare,
    Constant,
    Logic,
    Reference,
    SortKey,
    Symbol,
)
from openinsights.kql.lexer import tokenize
from openinsights.kql.operators.registry import BY_NAME
from openinsights.kql.parser import parse
from openinsights.kql.plan import Plan, Shared
from openinsights.kql.spelling import text_of
from openinsights.kql.stage import Stage
from openinsights.kql.syntax import Node
from openinsights.schema.sql import Sql
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openinsights.kql.api import Compiled, CompileOptions, Scan
    from openinsights.kql.database import Database

NO_SCANS: Final = "no stored table is read"
_CTE: Final = re.compile(r"\), (?=q\d+ AS )")
_LONGEST: Final = 80
_MOST: Final = 8


def explained(text: str, stage: Stage, database: Database, options: CompileOptions) -> str:
    """Return one stage of a query's compilation as text.

    Raises:
        KqlError: as `compile` does; tokens are shown of any text that has them.
    """
    if stage is Stage.TOKENS:
        return "\n".join(f"{t.start:>5}  {t.kind:<9} {t.text}" for t in tokenize(text))
    compiled = compile(text, database, options)
    if stage is Stage.SYNTAX:
        return "\n".join(_syntax(parse(text, BY_NAME)[0], "", 0))
    if stage is Stage.OPERATORS:
        return "\n".join(_operators(text, database, options))
    if stage is Stage.SCANS:
        totals = {table.name: len(table.columns) for table in database.tables}
        scans = [scan for statement in compiled.statements for scan in statement.scans]
        lines = [line for scan in scans for line in scan_lines(scan, totals)]
        return "\n".join(lines or [NO_SCANS])
    show = {Stage.COLUMNS: _columns, Stage.PLAN: _plans, Stage.SQL: _sql}[stage]
    return "\n".join(show(compiled))


def scan_lines(scan: Scan, totals: Mapping[str, int]) -> Iterator[str]:
    """Yield what is read of a stored table.

    Args:
        scan: of a compiled statement.
        totals: how many columns each table has.
    """
    where = f" of resource {scan.resource}" if scan.resource else ""
    keys = {key.name: f"{key.column}.{key.key}" for key in scan.keys}
    columns = [name for name in scan.columns if name not in keys]
    names = ", ".join(columns) or "none: rows are counted"
    yield f"{scan.table}{where}: {len(columns)} of {totals.get(scan.table, 0)} columns: {names}"
    if keys:
        yield f"  keys that are kept beside their column: {', '.join(keys.values())}"
    if scan.time_from is not None or scan.time_to is not None:
        first = "the beginning" if scan.time_from is None else _datetime(scan.time_from)
        last = "now on" if scan.time_to is None else _datetime(scan.time_to)
        yield f"  times: from {first} to {last}"
    if scan.newest_first_limit is not None:
        yield f"  the newest {scan.newest_first_limit} rows are enough"
    for column, values in scan.among:
        shown = ", ".join(repr(value) for value in sorted(values)[:_MOST])
        more = f", … {len(values) - _MOST} more" if len(values) > _MOST else ""
        yield f"  only where {column} is {shown}{more}"


def _datetime(ticks: int) -> str:
    return text_of(ticks, KqlType.DATETIME)


def _operators(text: str, database: Database, options: CompileOptions) -> Iterator[str]:
    """Yield each source and operator of the text, with the columns that it makes."""
    binder = Binder(database, options, lambda *_: None)
    binder.steps = []
    query = parse(text, BY_NAME)[0]
    binder.query(query)
    made = {
        id(node): {column.name: str(column.type) for column in relation.columns}
        for node, relation in binder.steps
    }
    rows = list(_steps(query, text, made, 0))
    wide = max((len(label) for label, _ in rows), default=0)
    for label, columns in rows:
        yield f"{label:<{wide}}  {columns}"


def _steps(
    value: object, text: str, made: Mapping[int, dict[str, str]], depth: int
) -> Iterator[tuple[str, str]]:
    """Yield the steps of the pipelines in a piece of syntax, inner ones below their operator."""
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _steps(part, text, made, depth)
        return
    if not is_dataclass(value) or isinstance(value, (type, Enum)):
        return
    before: dict[str, str] = {}
    operators = getattr(value, "operators", None)
    for row in fields(value):
        each = getattr(value, row.name)
        if row.name == "operators" and isinstance(operators, list):
            continue
        if row.name == "source" and isinstance(each, Node) and id(each) in made:
            before = made[id(each)]
            yield _step(each, text, _made(before, {}), depth, mark="")
        else:
            yield from _steps(each, text, made, depth)
    for operator in operators if isinstance(operators, list) else ():
        if id(operator) in made:
            columns = made[id(operator)]
            yield _step(operator, text, _made(columns, before), depth, mark="| ")
            before = columns
        yield from _steps(operator, text, made, depth + 1)


def _step(node: Node, text: str, made: str, depth: int, mark: str) -> tuple[str, str]:
    spelt = " ".join(text[node.start : node.end].split())
    return _scalar("    " * depth + mark + spelt), made


def _made(columns: dict[str, str], before: dict[str, str]) -> str:
    """The columns in full, or what differs from those before where they are many."""
    if columns == before:
        return f"the same {len(columns)} columns"
    if len(columns) <= _MOST:
        return ", ".join(f"{name}: {kind}" for name, kind in columns.items())
    new = [f"+ {name}: {kind}" for name, kind in columns.items() if before.get(name) != kind]
    gone = [f"- {name}" for name in before if name not in columns]
    changes = [*new, *gone] if before else []
    shown = ", ".join(changes[:_MOST]) + (", …" if len(changes) > _MOST else "")
    return f"{len(columns)} columns" + (f": {shown}" if shown else "")


def _columns(compiled: Compiled) -> Iterator[str]:
    for statement in compiled.statements:
        yield statement.name
        for name, kind in statement.columns:
            yield f"  {name}: {kind}"


def _plans(compiled: Compiled) -> Iterator[str]:
    for statement in compiled.statements:
        yield statement.name
        yield from _plan(statement.plan, 1, set())


def _sql(compiled: Compiled) -> Iterator[str]:
    for statement in compiled.statements:
        sources = {scan.id: Sql(scan.table) for scan in statement.scans}
        sql = emit(statement, sources)
        yield f"-- {statement.name}"
        yield _CTE.sub("),\n", sql.text)
        for name, value in sql.parameters.items():
            yield f"--   ${name} = {value!r}"


def _syntax(value: object, label: str, depth: int) -> Iterator[str]:
    """The tree of a piece of syntax: a node on a line, with what is no node beside it."""
    indent = "  " * depth + (f"{label}: " if label else "")
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _syntax(part, label, depth)
        return
    if not is_dataclass(value) or isinstance(value, (type, Enum)):
        return
    rows = [
        (row.name, getattr(value, row.name))
        for row in fields(value)
        if not row.name.endswith(("start", "end"))
    ]
    own = [_scalar(each) for _, each in rows if not _has_nodes(each) and each not in ((), [], "")]
    yield f"{indent}{type(value).__name__} {' '.join(own)}".rstrip()
    for name, each in rows:
        if _has_nodes(each):
            yield from _syntax(each, name, depth + 1)


def _has_nodes(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_has_nodes(each) for each in value)
    return isinstance(value, Node) or (is_dataclass(value) and not isinstance(value, (type, Enum)))


def _scalar(value: object) -> str:
    text = str(value) if isinstance(value, (str, Enum)) else repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _plan(plan: Plan, depth: int, told: set[int]) -> Iterator[str]:
    inner: list[Plan] = list(plan.inputs())
    words = []
    for row in fields(plan):
        value = getattr(plan, row.name)
        if isinstance(value, Shared):
            words.append(f"shared {value.number}")
            # read several times, told once: readings of readings would double with each level
            inner += [] if value.number in told else [value.plan]
            told.add(value.number)
        elif value not in inner and value not in (None, (), False):
            words.append(f"{row.name}={_value(value)}")
    yield f"{'  ' * depth}{type(plan).__name__} {' '.join(words)}".rstrip()
    for each in inner:
        yield from _plan(each, depth + 1, told)


def _value(value: Any) -> str:  # anything that a plan holds
    if isinstance(value, Plan):
        return type(value).__name__
    if isinstance(value, Symbol):
        return f"{value.name}:{value.type}"
    if isinstance(value, SortKey):
        return f"{expression(value.value)} {'desc' if value.descending else 'asc'}"
    if isinstance(value, Bound):
        return expression(value)
    if isinstance(value, (tuple, list)):
        shown = [*map(_value, value[:_MOST])]
        more = len(value) - len(shown)
        return f"({', '.join(shown)}{f', … {more} more' if more > 0 else ''})"
    return _scalar(value)


def expression(bound: Bound) -> str:
    """Return a bound expression as text that is read like KQL."""
    if isinstance(bound, Constant):
        if bound.value is None:
            return f"{bound.type}(null)"
        text = text_of(bound.value, bound.type)
        return repr(text) if bound.type is KqlType.STRING else text
    if isinstance(bound, Reference):
        return bound.symbol.name
    if isinstance(bound, Compare):
        return f"({expression(bound.left)} {bound.operator} {expression(bound.right)})"
    if isinstance(bound, Logic):
        return f"({f' {bound.operator} '.join(map(expression, bound.operands))})"
    if isinstance(bound, (Apply, Aggregation)):
        return f"{bound.function.name}({', '.join(map(expression, bound.parts()))})"
    parts = ", ".join(map(expression, bound.parts()))
    return f"{type(bound).__name__}({parts})"
