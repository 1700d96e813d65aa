"""The compiler's front: text and tables in, statements with scans and columns out, then SQL."""

from __future__ import annotations

import copy
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openinsights.kql.again import reads_shared
from openinsights.kql.binder import Binder, BoundStatement
from openinsights.kql.bound import SortKey, Symbol, symbols_of
from openinsights.kql.database import Database as Database  # noqa: TC001 - callers import it from here
from openinsights.kql.database import OtherResource as OtherResource
from openinsights.kql.database import ResourceUnavailable as ResourceUnavailable
from openinsights.kql.errors import KqlError, KqlSyntaxError, KqlUnsupported
from openinsights.kql.keys import read_keys_apart
from openinsights.kql.limits import DEFAULTS, CompileLimits
from openinsights.kql.newest import NewestFirst, newest_first
from openinsights.kql.operators.registry import BY_NAME
from openinsights.kql.parser import parse
from openinsights.kql.plan import ScanKey as ScanKey  # noqa: TC001 - callers import it from here
from openinsights.kql.rewrite import rewrite, scans_of
from openinsights.kql.rollups import roll_up
from openinsights.kql.scope import Namer
from openinsights.kql.sql.duckdb import DUCKDB
from openinsights.kql.sql.emit import Emitter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from openinsights.kql.operators.render import Render
    from openinsights.kql.plan import Plan, Shared
    from openinsights.kql.scope import Relation
    from openinsights.kql.sql.dialect import Dialect
    from openinsights.schema.rollup import Rollup
    from openinsights.schema.sql import Sql
    from openinsights.schema.types import KqlType

# Each level of nesting takes some sixteen frames of the parser; the parser's own limit on nesting
# must be what stops a query, not the interpreter's on frames.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 4_000))


@dataclass(frozen=True, slots=True)
class CompileOptions:
    """What a compilation takes from outside.

    Attributes:
        now_ticks: the time that now() is, in ticks; one value for the whole query.
        parameters: values for `declare query_parameters`: JSON, or texts that are literals. A `Given`
            one has a type of its own and needs no declaration.
        ask: answers a statement of one row and one column while the query is compiled: numbers
            and times of `toscalar`, which are constants then, and what tells plugins their columns;
            None: such plugins need a declared schema.
            It MUST run the statement on the same resources and times as the query itself.
        kept_keys: for tables, for dynamic columns: keys that the store can read without the whole
            value, in some days at least. Scans may then ask for them; see `ScanKey`.
        rollups: for tables, what the store keeps of rows put together, in some days at least. Scans
            may then ask for rows that stand for several.
        limits: how much the query may ask of the compiler.
        principal: who asks, as `current_principal()` tells it; "" when nobody has signed in.
    """

    now_ticks: int
    parameters: Mapping[str, object] = field(default_factory=dict)
    ask: Callable[[Statement], str | None] | None = None
    kept_keys: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    rollups: Mapping[str, Sequence[Rollup]] = field(default_factory=dict)
    limits: CompileLimits = DEFAULTS
    principal: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """One reading of a stored table; the caller finds the relation that stands for it.

    Attributes:
        id: key of the relation in the sources given to emit.
        table: the table's name.
        resource: None for the resources that the query runs on; else the id that
            `Database.resource` gave for what the query named.
        columns: names of the columns that the relation must have, and needs no more than.
        time_from: rows whose time column is before these ticks are not needed.
        time_to: rows whose time column is after these ticks are not needed.
        newest_first_limit: this many rows, the newest ones, are enough, with all others of the
            time of the last of them.
        among: columns of texts beside their only values that matter: rows with others are not
            needed.
        keys: what names in `columns` mean that are no columns of the table.
        weights: columns of whole numbers whose least and largest values are worth knowing: the
            relation says them in `Sql.bounds` if it can.
        is_rolled_up: whether rows may stand for several; `columns` then has names of measures too,
            and a time may be the first of its period. The relation says in `Sql.is_rolled_up`
            whether any do; else it may be anything, for it is not read.
    """

    id: int
    table: str
    resource: str | None
    columns: tuple[str, ...]
    time_from: int | None
    time_to: int | None
    newest_first_limit: int | None
    among: tuple[tuple[str, frozenset[str]], ...]
    keys: tuple[ScanKey, ...]
    weights: tuple[str, ...]
    is_rolled_up: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """One result of a query.

    Attributes:
        name: as replies name the table: `PrimaryResult` for the first; then the name that the
            query gives it (`fork name=(…)`, `as name` at its end), else `Table_1`, `Table_2`, …
        scans: the stored tables that it reads.
        columns: names and types of the result's columns, in order. They, not the engine's, are
            what the result has; names may differ in case only.
        render: how the query wants it shown, or None.
        plan: the plan, for emit and for people.
        output: the columns' symbols, in order.
        order: what the result is sorted by.
        newest_first: how reading the newest part of the time first can be enough; None if not.
    """

    name: str
    scans: tuple[Scan, ...]
    columns: tuple[tuple[str, KqlType], ...]
    render: Render | None
    plan: Plan
    output: tuple[Symbol, ...]
    order: tuple[SortKey, ...]
    newest_first: NewestFirst | None = None


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query that is ready to run."""

    statements: tuple[Statement, ...]


def compile(text: str, database: Database, options: CompileOptions) -> Compiled:
    """Compile a query.

    Raises:
        KqlError: with the place of each mistake in `diagnostics`; KqlSyntaxError when the text is
            no KQL, KqlSemanticError for unknown names and wrong types, KqlUnsupported for KQL that
            is not run here.
    """
    try:
        return _compile(text, database, options)
    except KqlError as error:
        _place(error, text)
        raise error from None
    except RecursionError:
        raise KqlUnsupported("the query nests too deeply", 0, 0).placed(text) from None


def _place(error: KqlError, text: str) -> None:
    for part in error.diagnostics:
        part.placed(text).without_frames()


def check_length(text: str, limits: CompileLimits = DEFAULTS) -> None:
    """Refuse a text that is too long to be read."""
    if len(text) > limits.characters:
        message = f"a query may have at most {limits.characters} characters"
        raise KqlSyntaxError(message, limits.characters, len(text))


def _compile(text: str, database: Database, options: CompileOptions) -> Compiled:
    check_length(text, options.limits)
    query, errors = parse(text, BY_NAME, options.limits)

    def ask(binder: Binder, relation: Relation) -> str | None:
        if options.ask is None:
            raise AssertionError("BUG: a question without anybody to answer it")
        raise_all([*errors, *binder.errors])
        # Plans are pruned in place for whoever reads them, so the question has its own.
        shared = binder.shared if reads_shared(relation.plan) else []
        bound = copy.deepcopy(BoundStatement(relation, None, shared))
        (plan,) = _rewritten([bound], bound.shared, options)
        return options.ask(_statement("Question", bound, plan))

    binder = Binder(database, options, ask)
    bound = binder.query(query)
    raise_all([*errors, *binder.errors])
    if not bound:
        raise KqlSyntaxError("the query has no result: it ends after a let or set", 0, len(text))
    plans = _rewritten(bound, binder.shared, options)
    statements = []
    namer = Namer()
    for position, (part, plan) in enumerate(zip(bound, plans, strict=True)):
        title = part.relation.title or f"Table_{position}"
        name = namer.take(title if position else "PrimaryResult")
        statements.append(_statement(name, part, plan))
    return Compiled(tuple(statements))


def _rewritten(
    bound: Sequence[BoundStatement], shared: list[Shared], options: CompileOptions
) -> list[Plan]:
    """The plans as they are run; what was bound is changed in place."""
    if options.kept_keys:
        relations = [part.relation for part in bound]
        orders = [key for relation in relations for key in relation.order]
        plans_read = [relation.plan for relation in relations]
        read_keys_apart(plans_read, orders, shared, options.kept_keys)
    plans = rewrite([(part.relation.plan, _needed(part)) for part in bound], shared)
    if options.rollups:
        roll_up(plans, shared, options.rollups)
    return plans


def _needed(bound: BoundStatement) -> set[Symbol]:
    needed = {column.symbol for column in bound.relation.columns}
    for key in bound.relation.order:
        needed |= symbols_of(key.value)
    return needed


def raise_all(errors: list[KqlError]) -> None:
    """Raise the first mistake of the text with all of them attached; do nothing for none."""
    if not errors:
        return
    unique = {(error.start, error.message): error for error in errors}
    ordered = sorted(unique.values(), key=lambda error: error.start)
    first = ordered[0]
    first.others = tuple(ordered[1:])
    raise first


def _statement(name: str, bound: BoundStatement, plan: Plan) -> Statement:
    relation = bound.relation
    scans = tuple(
        Scan(
            scan.id,
            scan.table,
            scan.resource,
            tuple([column for column, _ in scan.columns]),
            scan.time_from,
            scan.time_to,
            scan.newest_first_limit,
            scan.among,
            scan.keys,
            scan.weights,
            scan.is_rolled_up,
        )
        for scan in scans_of(plan, bound.shared)
    )
    return Statement(
        name,
        scans,
        tuple((column.name, column.type) for column in relation.columns),
        bound.render,
        plan,
        tuple(column.symbol for column in relation.columns),
        relation.order,
        newest_first(plan),
    )


def emit(
    statement: Statement,
    sources: Mapping[int, Sql],
    *,
    is_frugal: bool = False,
    dialect: Dialect = DUCKDB,
) -> Sql:
    """The SQL of a statement.

    Args:
        statement: from compile.
        sources: for each scan's id a relation with the scan's columns: a table's name or a SELECT
            in parentheses, with its parameters.
        is_frugal: whether `dcount` and percentiles may be estimates, where exact numbers would take
            memory that grows with the rows.
        dialect: of the engine that the SQL is for; `dialect_named` finds it.

    Raises:
        KqlUnsupported: the query is too large, or the engine lacks a capability that it needs.

    Returns:
        One SELECT whose columns are those of `statement.columns`, in order, in the physical form
        of schema.types (ticks as BIGINT, dynamic as JSON text).
    """
    columns = [
        (name, symbol)
        for (name, _), symbol in zip(statement.columns, statement.output, strict=True)
    ]
    try:
        emitter = Emitter(sources, is_frugal=is_frugal, dialect=dialect)
        return emitter.statement(statement.plan, columns, statement.order)
    except RecursionError:
        raise KqlUnsupported("the query nests too deeply") from None
