"""Syntax to plan: statements, sources, variables and functions of the query's own.

What an operator means stands beside it (`operators/<name>.py`); what an expression means stands in
expressions.py. A mistake is noted and binding goes on with the next operator, over columns that
are then called open, so that one mistake gives one diagnostic.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from openinsights.kql import mistakes
from openinsights.kql.again import again, can_repeat, reads_shared
from openinsights.kql.application import apply
from openinsights.kql.bound import (
    VOLATILE,
    Bound,
    Compare,
    Constant,
    Reference,
    ScalarQuery,
    SortKey,
    Symbol,
    Window,
    constant,
    reference,
    walk,
)
from openinsights.kql.database import ResourceUnavailable
from openinsights.kql.errors import (
    KqlError,
    KqlSemanticError,
    KqlUnsupported,
    LimitExceeded,
    Unknowable,
    UnknownTable,
)
from openinsights.kql.expressions import Expressions, output_name
from openinsights.kql.functions import conversion, registry
from openinsights.kql.given import Given
from openinsights.kql.operators.registry import BY_NAME, BY_NODE
from openinsights.kql.operators.render import RenderOperator
from openinsights.kql.parser import parse
from openinsights.kql.plan import (
    Extend,
    Filter,
    Group,
    Join,
    Limit,
    Plan,
    Reuse,
    Scan,
    Shared,
    Union,
    Values,
)
from openinsights.kql.scope import (
    Column,
    FunctionVariable,
    Namer,
    PatternVariable,
    Relation,
    ScalarVariable,
    Scope,
    TabularVariable,
    UnknownVariable,
    Uses,
    Variable,
    fits,
)
from openinsights.kql.statements import pattern as patterns
from openinsights.kql.statements.registry import BY_NODE as STATEMENTS
from openinsights.kql.stored import columns_of
from openinsights.kql.suggest import did_you_mean, nearest
from openinsights.kql.syntax import (
    Binary,
    Broken,
    Call,
    FunctionBody,
    Index,
    Let,
    Literal,
    Member,
    Name,
    Named,
    Node,
    Parameter,
    Pattern,
    Pipeline,
    Query,
    ResourceTables,
    Star,
    Unary,
)
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType

    from openinsights.kql.api import CompileOptions
    from openinsights.kql.database import Database
    from openinsights.kql.operators.render import Render
    from openinsights.schema.table import Table

MAX_DEPTH: Final = 200
"""How many operators may stand on each other, variables included."""
MAX_CALLS: Final = 40
"""How deep functions of the query may call each other."""
_SURELY: Final = 0.85
"""How alike a table's name must be for its columns to be taken where the table is misspelt."""
_RESOURCE_CALLS: Final = ("app", "workspace", "resource", "database")
_TABULAR_CALLS: Final = ("materialize", "table", "view", *_RESOURCE_CALLS)


_READ: Final[dict[KqlType, Callable[[str], object]]] = {
    KqlType.INT: int,
    KqlType.LONG: int,
    KqlType.REAL: float,
    KqlType.BOOL: "True".__eq__,
    KqlType.DATETIME: int,
    KqlType.TIMESPAN: int,
}
"""How an answer reads as a constant; other types may be of any size, and stay in the engine."""


def _fitting(text: str, tables: Iterable[Table]) -> list[Table]:
    """The stored tables that a wildcard fits; rows count once.

    Alternatives have nothing that the other tables have not.
    """
    found = [table for table in tables if fits(text, table.name)]
    return [table for table in found if not table.is_alternative] or found


def _may_lack_parts(relation: Relation) -> bool:
    """Whether an operator since the parts were made may have left no row of one."""
    plan = relation.plan
    while isinstance(plan, Extend):
        plan = plan.input
    return relation.parts is not None and plan is not relation.parts[0]


def _several_tables(node: Node) -> KqlError:
    return KqlSemanticError(
        "several tables stand where one is needed",
        node.start,
        node.end,
        "fork and facet end a query",
    )


def _names_made(node: Node) -> set[str]:
    """The columns that an item of a list makes; "" among them where that cannot be told."""
    if isinstance(node, Named):
        return {*node.names, ""} if node.compound else set(node.names)
    several = isinstance(node, Call) and node.name in registry.SEVERAL
    return {"" if several else output_name(node) or ""}


def _graph(node: Node) -> KqlError:
    return KqlSemanticError(
        "a graph stands where a table is needed",
        node.start,
        node.end,
        "graph-match and graph-to-table make a table of it",
    )


def _no_graph(name: str, node: Node) -> KqlError:
    return KqlSemanticError(
        f"'{name}' takes a graph", node.start, node.end, "make one: | make-graph from --> to"
    )


def _arguments(count: int) -> str:
    return "1 argument" if count == 1 else f"{count} arguments"


def _check_columns(
    variable: FunctionVariable, parameter: Parameter, relation: Relation, node: Node
) -> None:
    """Refuse a table that lacks a column which the parameter declares."""
    held = {column.name: column.type for column in relation.columns}
    for name, type_ in parameter.columns or ():
        if held.get(name) is not type_ and not relation.is_open:
            found = f", it is {held[name]}" if name in held else ""
            raise KqlSemanticError(
                f"the table given for '{parameter.name}' of {variable.name}(…) needs a column"
                f" {name}:{type_}{found}",
                node.start,
                node.end,
            )


def _given(parameters: Mapping[str, object]) -> dict[str, Variable]:
    """The values that come with a type: they need no declaration."""
    return {
        name: ScalarVariable(constant(given.value, given.type))
        for name, given in parameters.items()
        if isinstance(given, Given)
    }


class _Enough(KqlError):
    """There are so many mistakes that nobody reads more of them."""


class _Recovering:
    """The block of `Binder.recovering`; one for each column of a list, so it is no generator."""

    __slots__ = ("_binder", "_node")

    def __init__(self, binder: Binder, node: Node | None) -> None:
        self._binder, self._node = binder, node

    def __enter__(self) -> None:
        """Nothing is to be done."""

    def __exit__(
        self, kind: object, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        """Note what went wrong."""
        if not isinstance(error, KqlError):
            return False
        self._binder.note_and_hide(error, self._node)
        return True


class BoundStatement:
    """One result of a query: a relation, and how it wants to be shown."""

    def __init__(self, relation: Relation, render: Render | None, shared: list[Shared]) -> None:
        """Take what the binder found."""
        self.relation = relation
        self.render = render
        self.shared = shared


class Binder:
    """Binds one query."""

    def __init__(
        self,
        database: Database,
        options: CompileOptions,
        ask: Callable[[Binder, Relation], str | None],
    ) -> None:
        """Bind against these tables, at the time that the options name.

        `ask` gives the one value of a relation while the query is bound; it is used only when
        the options can answer. It is given the binder rather than holding it, so that a query is
        gone with its last use and no collector need look for it.
        """
        self._ask = ask
        self.database = database
        self.options = options
        self.limits = options.limits
        self.errors: list[KqlError] = []
        self.ordinals: set[Symbol] = set()
        self.shared: list[Shared] = []
        self.chosen: dict[tuple[int, tuple[object, ...]], Shared] = {}
        # one level up: a declaration of the same name is no second one
        self.scope = Scope(Scope(variables=_given(options.parameters)))
        self.render: Render | None = None
        self._tables: dict[str, Table] = {table.name: table for table in database.tables}
        self._stored_columns: set[str] | None = None
        self.max_records: int | None = None
        self.bins: dict[str, Bound] = {}
        self._scans = 0
        self._operators = 0
        # what first uses of variables would have added, had they been bound anew
        self._lent_scans = self._lent_operators = 0
        self._calls = 0
        self._hidden: set[str] = set()
        self.watched = ""
        self.seen: tuple[Relation | None, Scope] | None = None
        self.steps: list[tuple[Node, Relation]] | None = None

    def ask(self, relation: Relation) -> str | None:
        """The one value of a relation, while the query is bound."""
        return self._ask(self, relation)

    def look(self, name: str, relation: Relation | None, scope: Scope) -> None:
        """Keep what names mean where the watched one first stands; completion asks for it."""
        if name == self.watched and self.seen is None:
            self.seen = relation, scope

    # Statements.

    def query(self, query: Query) -> list[BoundStatement]:
        """Bind every statement; mistakes are in `errors` afterwards."""
        scope = self.scope
        results: list[BoundStatement] = []
        try:
            for statement in query.statements:
                self._result(statement, scope, results)
        except _Enough:
            pass
        return results

    def _result(self, statement: Node, scope: Scope, results: list[BoundStatement]) -> None:
        """Bind a statement and add what it gives to the results."""
        self.shared_start = len(self.shared)
        try:
            relation = self._statement(statement, scope)
            if relation is None:
                return
            for table in relation.tables or (relation,):
                results.append(BoundStatement(self._cut(table), self.render, self.shared))
            self.render = None
            if len(results) > self.limits.results:
                raise LimitExceeded(
                    f"a query may have at most {self.limits.results} results",
                    statement.start,
                    statement.end,
                )
        except KqlError as error:
            self.note(error)

    def note(self, error: KqlError) -> None:
        """Keep a mistake for the end."""
        if isinstance(error, _Enough):
            raise error
        error.without_frames()
        if not isinstance(error, Unknowable):
            self.errors.append(error)
            if len(self.errors) >= self.limits.mistakes or isinstance(error, LimitExceeded):
                raise _Enough("there are too many mistakes")

    def raise_first(self, found: Sequence[KqlError]) -> None:
        """Raise the first mistake and note the others; do nothing for none."""
        for mistake in found[1:]:
            self.note(mistake)
        for mistake in found[:1]:
            raise mistake

    def recovering(self, node: Node | None = None) -> _Recovering:
        """Note a mistake and go on behind it, without the columns that the node would have made."""
        return _Recovering(self, node)

    def note_and_hide(self, error: KqlError, node: Node | None) -> None:
        """Note a mistake; call no name unknown that its piece of syntax would have made."""
        self.note(error)
        if node is not None:
            self._hidden |= _names_made(node)

    def _statement(self, node: Node, scope: Scope) -> Relation | None:
        if isinstance(node, Broken):
            if node.name and node.name not in scope.variables:
                scope.variables[node.name] = UnknownVariable()
            return None
        if isinstance(node, Let):
            self._let(node, scope)
            return None
        statement = STATEMENTS.get(type(node))
        if statement is not None:
            statement(self, node, scope)
            return None
        if self.is_tabular(node, scope) or not isinstance(node, (Name, Call, Literal)):
            relation = self._relations(node, scope)
            if relation.graph is not None:
                raise _graph(node)
            return relation
        if isinstance(node, Name):
            return self._named_table(node, scope)
        return self._expression_statement(node, scope)

    def _cut(self, relation: Relation) -> Relation:
        """The rows of a result that the query's own options let through."""
        if self.max_records is None or relation.is_open:
            return relation
        most = constant(max(self.max_records, 0), KqlType.LONG)
        return relation.on(Limit(relation.plan, most, relation.order))

    def _expression_statement(self, node: Node, scope: Scope) -> Relation:
        if (
            isinstance(node, Call)
            and scope.find(node.name) is None
            and not registry.is_known(node.name)
        ):
            raise Expressions.unknown_function(node, scope)
        value = Expressions(self, scope, None).bind(node)
        symbol = Symbol("print_0", value.type)
        plan = Extend(Values((), ((),)), ((symbol, value),))
        return Relation(plan, (Column("print_0", symbol),))

    def _let(self, node: Let, scope: Scope) -> None:
        # Names are visible to later statements only, so each let sees the scope as it is now.
        seen = scope.copy()
        try:
            self.declare(node.name, node.name_start, scope)
            scope.variables[node.name] = UnknownVariable()
            scope.variables[node.name] = self._variable(node, seen)
        except KqlError as error:
            self.note(error)

    def _variable(self, node: Let, scope: Scope) -> Variable:
        value = node.value
        if isinstance(value, FunctionBody):
            return FunctionVariable(node.name, value, scope)
        if self.is_tabular(value, scope):
            if isinstance(value, Call) and value.name == "materialize":
                return TabularVariable(node.name, value, scope, self.relation(value, scope))
            return self._table_bound(node.name, value, scope)
        if isinstance(value, Name) and isinstance(scope.find(value.name), FunctionVariable):
            found = scope.find(value.name)
            if found is not None:
                return found
        return ScalarVariable(Expressions(self, scope, None).bind(value))

    def declare(self, name: str, start: int, scope: Scope) -> None:
        """Make sure that a name is free in its scope."""
        if name in scope.variables:
            end = start + len(name)
            raise KqlSemanticError(f"there is a variable '{name}' already", start, end)

    # Tables or values.

    def tables(self, scope: Scope) -> Mapping[str, Table]:
        """The stored tables that may be read in a scope."""
        readable = scope.readable()
        if readable is None:
            return self._tables
        return {name: self._tables[name] for name in readable}

    def is_stored_column(self, name: str) -> bool:
        """Whether some stored table has a column of that name."""
        if self._stored_columns is None:
            tables = self.database.tables
            self._stored_columns = {column.name for table in tables for column in table.columns}
        return name in self._stored_columns

    def is_tabular(self, node: Node, scope: Scope) -> bool:
        """Whether a piece of syntax stands for a table rather than a value."""
        if isinstance(node, Pipeline):
            return True
        if isinstance(node, Name):
            variable = scope.find(node.name)
            if isinstance(variable, FunctionVariable):
                return not variable.body.parameters and self._returns_table(variable)
            if variable is not None:
                return isinstance(variable, (TabularVariable, PatternVariable))
            return node.name in self.tables(scope)
        if isinstance(node, Call):
            variable = scope.find(node.name)
            if isinstance(variable, FunctionVariable):
                return self._returns_table(variable)
            return isinstance(variable, PatternVariable) or node.name in _TABULAR_CALLS
        found = BY_NODE.get(type(node))
        if found is not None:
            return True
        base = getattr(node, "base", None)
        if isinstance(base, Index):
            base = base.base
        return isinstance(base, Call) and base.name in (*_RESOURCE_CALLS, "cluster")

    def _returns_table(self, variable: FunctionVariable) -> bool:
        """Whether a function's last statement is tabular, its parameters taken into account."""
        if variable.gives.is_table is None:
            variable.gives.is_table = self._ends_in_table(variable)
        return variable.gives.is_table

    def _ends_in_table(self, variable: FunctionVariable) -> bool:
        scope = variable.scope.child()
        for parameter in variable.body.parameters:
            scope.variables[parameter.name] = self._placeholder(parameter, scope)
        last: Node | None = None
        for statement in variable.body.statements:
            if isinstance(statement, Let):
                if isinstance(statement.value, FunctionBody):
                    scope.variables[statement.name] = FunctionVariable(
                        statement.name, statement.value, scope.child(scope.variables)
                    )
                elif self.is_tabular(statement.value, scope):
                    scope.variables[statement.name] = TabularVariable(
                        statement.name, statement.value, scope
                    )
                else:
                    scope.variables[statement.name] = ScalarVariable(constant(0, KqlType.LONG))
            last = statement
        return last is not None and not isinstance(last, Let) and self.is_tabular(last, scope)

    def _placeholder(self, parameter: Parameter, scope: Scope) -> Variable:
        if parameter.type is None:
            return TabularVariable(parameter.name, parameter, scope)
        return ScalarVariable(constant(None, parameter.type))

    # Relations.

    def relation(self, node: Node, scope: Scope) -> Relation:
        """Bind something that stands for a table.

        Raises:
            KqlError: where the source is wrong; a wrong operator is noted instead.
        """
        relation = self.relation_or_graph(node, scope)
        if relation.graph is not None:
            raise _graph(node)
        return relation

    def relation_or_graph(self, node: Node, scope: Scope) -> Relation:
        """Bind something that stands for a table or a graph.

        Raises:
            KqlError: where the source is wrong; a wrong operator is noted instead.
        """
        try:
            relation = self._relations(node, scope)
        except KqlError as error:
            if error.end == 0:
                error.start, error.end = node.start, node.end
            raise
        if relation.tables:
            raise _several_tables(node)
        if relation.partition:
            raise KqlUnsupported(
                "the rows of one part are not read a second time", node.start, node.end
            )
        return relation

    def _relations(self, node: Node, scope: Scope) -> Relation:
        """Bind a table, or the several tables that a whole statement may have as its result."""
        if isinstance(node, Pipeline):
            return self._pipeline(node, scope)
        if isinstance(node, Name):
            return self._named_table(node, scope)
        if isinstance(node, Call):
            return self._call_table(node, scope)
        found = BY_NODE.get(type(node))
        if found is not None and found.bind_source is not None:
            self._count_operator(node)
            hidden, self._hidden = self._hidden, set()
            try:
                return self._hiding(found.bind_source(self, node, scope))
            finally:
                self._hidden = hidden
        base = getattr(node, "base", None)
        name = getattr(node, "name", None)
        if isinstance(base, Call) and isinstance(name, str):
            return self._member_table(base, name, node, scope)
        if isinstance(base, Index) and isinstance(base.base, Call) and isinstance(base.index, Call):
            # `cluster('a').database('b').requests`
            first = base.base
            refusal = registry.refusal(first.name, first.start, first.end)
            if refusal is not None:
                raise refusal
        dashes = isinstance(node, (Unary, Binary)) and node.operator == "-"
        hint = "a comment starts with '//'" if dashes else mistakes.QUERY_START
        raise KqlSemanticError("a table is needed here", node.start, node.end, hint)

    def _pipeline(self, node: Pipeline, scope: Scope) -> Relation:
        try:
            relation = self.relation_or_graph(node.source, scope)
        except KqlError as error:
            if isinstance(error, KqlUnsupported):
                raise
            self.note(error)
            relation = self._guessed(node.source, scope)
        self._note_step(node.source, relation)
        local = scope.child()
        for operator in node.operators:
            if relation.tables and not isinstance(operator, RenderOperator):
                self.note(_several_tables(operator))
                break
            relation = self._operator(operator, relation, local)
            self._note_step(operator, relation)
        return relation

    def _note_step(self, node: Node, relation: Relation) -> None:
        """Keep what a source or an operator makes, for those who want to see it."""
        if self.steps is not None:
            self.steps.append((node, relation))

    def _guessed(self, node: Node, scope: Scope) -> Relation:
        """The table that was most probably meant where there is none; else any columns."""
        if isinstance(node, Name) and scope.find(node.name) is None:
            known = [*self.tables(scope), *scope.names()]
            meant = nearest(node.name, known, _SURELY)
            if meant is not None and meant != node.name:
                try:
                    return self.relation(Name(node.start, node.end, meant), scope)
                except KqlError:
                    pass
        return Relation(Values((), ()), (), is_open=True)

    def subquery(self, operators: list[Node], relation: Relation, scope: Scope) -> Relation:
        """Apply the operators of a subquery that has no source of its own."""
        local = scope.child()
        outer = relation.parts
        if relation.partition:
            relation = replace(relation, parts=(relation.plan, relation.partition))
        for operator in operators:
            relation = self._operator(operator, relation, local)
            self._note_step(operator, relation)
            if relation.tables:
                raise _several_tables(operator)
        return replace(relation, parts=outer)

    def _operator(self, node: Node, relation: Relation, scope: Scope) -> Relation:
        if isinstance(node, Broken):
            meant = BY_NAME.get(node.operator)
            return (
                relation
                if meant is not None and meant.keeps
                else replace(relation, graph=None, is_open=True)
            )
        found = BY_NODE[type(node)]
        if found.bind is None:
            raise KqlSemanticError(
                f"'{found.names[0]}' can only start a query", node.start, node.end
            )
        self._count_operator(node)
        if found.takes_graph != (relation.graph is not None) and not relation.is_open:
            self.note(_no_graph(found.names[0], node) if found.takes_graph else _graph(node))
            return replace(relation, graph=None, is_open=True)
        if found.takes_graph and relation.graph is None:
            return relation
        parts = bool(relation.partition)
        hidden, self._hidden = self._hidden, set()
        try:
            result = (
                found.bind(self, node, relation, scope) if found.in_parts or not parts else None
            )
            if result is None or (parts and not result.partition):
                raise KqlUnsupported(
                    f"'{found.names[0]}' is not run inside mv-apply or partition",
                    node.start,
                    node.end,
                )
            result = self._hiding(result)
        except KqlError as error:
            self.note(error)
            return relation if found.keeps else replace(relation, graph=None, is_open=True)
        finally:
            self._hidden = hidden
        if result.depth > MAX_DEPTH:
            raise KqlUnsupported(
                f"more than {MAX_DEPTH} operators stand on each other", node.start, node.end
            )
        if len(result.columns) > self.limits.columns:
            raise LimitExceeded(
                f"a table may have at most {self.limits.columns} columns", node.start, node.end
            )
        return replace(result, is_open=True) if relation.is_open and not result.is_open else result

    def _hiding(self, relation: Relation) -> Relation:
        """The relation, with the names that an operator would have made without its mistakes."""
        if not self._hidden:
            return relation
        is_open = relation.is_open or "" in self._hidden
        return replace(relation, unknown=relation.unknown | self._hidden, is_open=is_open)

    def _count_operator(self, node: Node) -> None:
        self._count_operators(1, node)

    def _count_operators(self, count: int, node: Node) -> None:
        self._operators += count
        if self._operators > self.limits.operators:
            raise LimitExceeded(
                f"the query has more than {self.limits.operators} operators, each use of a variable"
                " counted",
                node.start,
                node.end,
            )

    def _named_table(self, node: Name, scope: Scope) -> Relation:
        variable = scope.find(node.name)
        if isinstance(variable, TabularVariable):
            return self._variable_relation(variable)
        if isinstance(variable, FunctionVariable):
            return self._call_function(
                variable, Call(node.start, node.end, node.name, [], node.end), scope
            )
        if isinstance(variable, ScalarVariable):
            raise KqlSemanticError(f"'{node.name}' is a value, not a table", node.start, node.end)
        if isinstance(variable, UnknownVariable):
            return Relation(Values((), ()), (), is_open=True)
        if isinstance(variable, PatternVariable):
            raise KqlSemanticError(
                f"'{node.name}' is a pattern; write {node.name}(…)", node.start, node.end
            )
        table = self.tables(scope).get(node.name)
        if table is None:
            raise self._unknown_table(node.name, node, scope)
        return self.scan(table, None)

    def _variable_relation(self, variable: TabularVariable) -> Relation:
        ready = variable.ready
        if ready is None:
            relation = self.relation_or_graph(variable.node, variable.scope)
        elif ready.is_open or isinstance(ready.plan, Reuse):
            relation = self.reuse(ready)
        elif not variable.uses.has_begun:
            variable.uses.has_begun = True
            self._lent_scans += variable.uses.scans
            self._lent_operators += variable.uses.operators
            relation = ready
        else:
            relation = self._again(variable, ready)
        return relation.named(variable.name)

    def _table_bound(
        self, name: str, node: Node, scope: Scope, *, may_be_graph: bool = True
    ) -> TabularVariable:
        """A variable for a table that is bound now, and once."""
        scans = self._scans + self._lent_scans
        operators = self._operators + self._lent_operators
        bind = self.relation_or_graph if may_be_graph else self.relation
        relation = bind(node, scope)
        scans = self._scans + self._lent_scans - scans
        operators = self._operators + self._lent_operators - operators
        return TabularVariable(name, node, scope, relation, Uses(scans, operators))

    def _again(self, variable: TabularVariable, ready: Relation) -> Relation:
        """One more use of a table, with scans, columns and time bounds of its own."""
        uses = variable.uses
        if uses.can_repeat is None:
            uses.can_repeat = self.steps is None and can_repeat(ready)
        if not uses.can_repeat:
            return self.relation_or_graph(variable.node, variable.scope)
        relation = again(ready, self._scans, self.ordinals)
        self._count_operators(uses.operators, variable.node)
        self._count_scans(uses.scans)
        return relation

    def _unknown_table(self, name: str, node: Node, scope: Scope) -> KqlError:
        known = [*self.tables(scope), *scope.names()]
        return UnknownTable(
            f"unknown table '{name}'", node.start, node.end, did_you_mean(name, known)
        )

    def scan(self, table: Table, resource: str | None) -> Relation:
        """All columns of a stored table."""
        held = columns_of(table, self._scans)
        plan = Scan(self._scans, table.name, resource, held.pairs, table.time_column)
        self._count_scans(1)
        relation = Relation(plan, held.columns, label=table.name)
        relation.symbols = held.symbols
        return relation

    def _count_scans(self, count: int) -> None:
        self._scans += count
        if self._scans > self.limits.tables:
            raise LimitExceeded(
                f"the query reads more than {self.limits.tables} tables, each use of a variable"
                " counted"
            )

    def tables_matching(self, pattern: Node, scope: Scope) -> list[Node]:
        """The tables and views that a wildcard pattern fits, as names."""
        if isinstance(pattern, ResourceTables):
            tables = self._resource(pattern.base, scope)[1]
            return [
                Member(pattern.start, pattern.end, pattern.base, table.name)
                for table in _fitting(pattern.pattern.text, tables)
            ]
        if not isinstance(pattern, Pattern):
            return [pattern]
        stored = _fitting(pattern.text, self.tables(scope).values())
        views = [name for name in scope.names() if self.is_view(name, scope)]
        names = [table.name for table in stored]
        names += [name for name in views if fits(pattern.text, name)]
        return [Name(pattern.start, pattern.end, name) for name in dict.fromkeys(names)]

    def is_view(self, name: str, scope: Scope) -> bool:
        """Whether a variable is a view without parameters, which wildcards read as a table."""
        variable = scope.find(name)
        if not isinstance(variable, FunctionVariable) or not variable.body.is_view:
            return False
        return not variable.body.parameters and self._returns_table(variable)

    def _call_table(self, node: Call, scope: Scope) -> Relation:
        variable = scope.find(node.name)
        if isinstance(variable, UnknownVariable):
            return Relation(Values((), ()), (), is_open=True)
        if isinstance(variable, FunctionVariable):
            return self._call_function(variable, node, scope)
        if isinstance(variable, PatternVariable):
            return patterns.relation(self, variable, node, None, scope)
        if node.name == "materialize":
            if len(node.arguments) != 1:
                raise KqlSemanticError("materialize(…) takes one table", node.start, node.end)
            return self.share(self.relation(node.arguments[0], scope))
        if node.name == "table":
            if not 1 <= len(node.arguments) <= 2:
                raise KqlSemanticError("table(…) takes one name", node.start, node.end)
            name = Expressions(self, scope, None).text_constant(node.arguments[0], "a table's name")
            return self._named_table(Name(node.start, node.end, name), scope.bare())
        if node.name in _RESOURCE_CALLS:
            raise KqlSemanticError(
                f"{node.name}(…) names a resource; add a table: {node.name}(…).requests",
                node.start,
                node.end,
            )
        raise registry.refusal(node.name, node.start, node.name_end) or UnknownTable(
            f"unknown table or function '{node.name}'",
            node.start,
            node.name_end,
            did_you_mean(node.name, [*self.tables(scope), *scope.names()]),
        )

    def _member_table(self, call: Call, name: str, node: Node, scope: Scope) -> Relation:
        """`app('x').requests`, or a form of a pattern with a path."""
        variable = scope.find(call.name)
        if isinstance(variable, PatternVariable):
            return patterns.relation(self, variable, call, name, scope)
        resource, tables = self._resource(call, scope, name)
        table = next((table for table in tables if table.name == name), None)
        if table is None:
            known = [table.name for table in tables]
            raise UnknownTable(
                f"unknown table '{name}'", node.start, node.end, did_you_mean(name, known)
            )
        found = self.scan(table, resource)
        if call.name == "database":
            return found
        return replace(found, label=f"{call.name}('{self._resource_name(call, scope)}').{name}")

    def _resource(
        self, call: Call, scope: Scope, table: str = "the table"
    ) -> tuple[str | None, Sequence[Table]]:
        """The id of the resource that a call names, None for the query's own; and its tables."""
        if call.name == "cluster":
            raise registry.refusal(call.name, call.start, call.end) or AssertionError(
                "BUG: cluster(…) is not refused"
            )
        name = self._resource_name(call, scope)
        if call.name == "database":
            if name and name != self.database.name:
                raise KqlUnsupported(
                    f"there is no database '{name}': all tables are in one",
                    call.start,
                    call.end,
                    f"write {table}, or app('…').{table} for another resource",
                )
            return None, list(self.tables(scope).values())
        if scope.readable() is not None:
            raise KqlSemanticError(
                "'restrict access to' leaves no other resources", call.start, call.end
            )
        if self.database.resource is None:
            raise KqlUnsupported("there are no other resources here", call.start, call.end)
        try:
            found = self.database.resource(call.name, name)
        except ResourceUnavailable as error:
            raise UnknownTable(str(error), call.start, call.end) from None
        return found.id, found.tables

    def _resource_name(self, call: Call, scope: Scope) -> str:
        if len(call.arguments) > 1 or (not call.arguments and call.name != "database"):
            raise KqlSemanticError(f"{call.name}(…) takes one name", call.start, call.end)
        if not call.arguments:
            return ""
        expressions = Expressions(self, scope, None)
        return expressions.text_constant(call.arguments[0], "a resource's name")

    def written(self, text: str, scope: Scope) -> Relation:
        """Bind a query of the server's own, such as plugins are written in.

        Raises:
            KqlError: its first mistake, without a place: it is none of the user's text.
        """
        known = len(self.errors)
        *lets, last = _parsed(text)
        for let in lets:
            if isinstance(let, Let):
                self._let(let, scope)
        try:
            relation = self.relation(last, scope)
        except KqlError as error:
            self.note(error)
        made = self.errors[known:]
        del self.errors[known:]
        for mistake in made:
            mistake.start = mistake.end = 0
            raise mistake
        return relation

    # Sharing.

    def share(self, relation: Relation) -> Relation:
        """Compute a relation once, however often it is read."""
        if relation.is_open:
            return relation
        symbols = [column.symbol for column in relation.columns]
        symbols += relation.partition
        symbols += [key.value.symbol for key in relation.order if isinstance(key.value, Reference)]
        shared = Shared(relation.plan, tuple(dict.fromkeys(symbols)), len(self.shared))
        self.shared.append(shared)
        plan = Reuse(shared, tuple(zip(shared.symbols, shared.symbols, strict=True)))
        return self.reuse(replace(relation, plan=plan))

    def reuse(self, relation: Relation) -> Relation:
        """One more reading of a shared relation, with columns of its own."""
        plan = relation.plan
        if not isinstance(plan, Reuse):
            return relation
        fresh = {old: Symbol(old.name, old.type) for old, _ in plan.columns}
        columns = tuple([(fresh[old], inner) for old, inner in plan.columns])
        order = tuple(
            SortKey(reference(fresh[key.value.symbol]), key.descending, key.nulls_first)
            for key in relation.order
            if isinstance(key.value, Reference) and key.value.symbol in fresh
        )
        return replace(
            relation,
            plan=Reuse(plan.shared, columns),
            columns=tuple([Column(c.name, fresh[c.symbol]) for c in relation.columns]),
            order=order,
            partition=tuple(fresh[symbol] for symbol in relation.partition),
        )

    # Functions of the query.

    def _call_function(self, variable: FunctionVariable, node: Call, scope: Scope) -> Relation:
        local = self._arguments(variable, node, scope, None)
        self._calls += 1
        if self._calls > MAX_CALLS:
            raise KqlUnsupported("functions call each other too deeply", node.start, node.end)
        try:
            return self.result_of(variable.body, variable.name, local)
        finally:
            self._calls -= 1

    def result_of(self, body: FunctionBody, name: str, local: Scope) -> Relation:
        """The table that the body of a function or of a pattern's form stands for."""
        last = self._body(body, name, local)
        return self.relation(last, local).named(name)

    def invoke(self, name: str, node: Call, relation: Relation, scope: Scope) -> Relation:
        """`| invoke f(…)`: the relation is the function's first argument."""
        variable = scope.find(name)
        if isinstance(variable, UnknownVariable):
            raise Unknowable(f"unknown function '{name}'", node.start, node.end)
        if not isinstance(variable, FunctionVariable):
            raise KqlSemanticError(
                f"unknown function '{name}'",
                node.start,
                node.name_end,
                did_you_mean(name, scope.names()),
            )
        local = self._arguments(variable, node, scope, None, first=relation)
        return self.relation(self._body(variable.body, variable.name, local), local)

    def call_scalar(self, variable: FunctionVariable, node: Call, caller: Expressions) -> Bound:
        """A call of a scalar function of the query, in an expression."""
        if self._returns_table(variable):
            raise KqlSemanticError(
                f"{variable.name}(…) gives a table; use toscalar(…)", node.start, node.end
            )
        self._calls += 1
        if self._calls > MAX_CALLS:
            raise KqlUnsupported("functions call each other too deeply", node.start, node.end)
        try:
            local = self._arguments(variable, node, caller.scope, caller)
            last = self._body(variable.body, variable.name, local)
            inner = Expressions(self, local, caller.relation)
            outer = caller.relation
            before = inner.relation = None if outer is None else outer.showing(())
            bound = inner.bind(last)
            if outer is not None and inner.relation is not None and inner.relation is not before:
                caller.relation = replace(
                    outer, plan=inner.relation.plan, order=inner.relation.order
                )
            return bound
        finally:
            self._calls -= 1

    def _body(self, body: FunctionBody, name: str, local: Scope) -> Node:
        """Bind the lets of a function; return its last statement."""
        *lets, last = body.statements or [Broken(0, 0)]
        for statement in lets:
            if isinstance(statement, Let):
                seen = local.child()
                seen.variables.update(local.variables)
                local.variables[statement.name] = self._variable(statement, seen)
        if isinstance(last, (Let, Broken)):
            raise KqlSemanticError(f"'{name}' has no result", body.start, body.end)
        return last

    def _arguments(
        self,
        variable: FunctionVariable,
        node: Call,
        scope: Scope,
        caller: Expressions | None,
        first: Relation | None = None,
    ) -> Scope:
        parameters = variable.body.parameters
        given: dict[str, Node] = {}
        positional = list(parameters)
        if first is not None and positional:
            positional.pop(0)
        for argument in node.arguments:
            if isinstance(argument, Named):
                given[argument.names[0]] = argument.value
                continue
            free = [p for p in positional if p.name not in given]
            if not free:
                raise KqlSemanticError(
                    f"{variable.name}(…) takes {_arguments(len(parameters))}", node.start, node.end
                )
            given[free[0].name] = argument
        names = [parameter.name for parameter in parameters]
        for name in given:
            if name not in names:
                raise KqlSemanticError(
                    f"{variable.name}(…) has no parameter '{name}'",
                    node.start,
                    node.end,
                    did_you_mean(name, names),
                )
        local = variable.scope.child()
        for parameter in parameters:
            if first is not None and parameter is parameters[0]:
                _check_columns(variable, parameter, first, node)
                relation = self.share(first) if not isinstance(first.plan, Scan) else first
                local.variables[parameter.name] = TabularVariable(
                    parameter.name, Broken(node.start, node.end), scope, relation
                )
                if not isinstance(relation.plan, Reuse):
                    local.variables[parameter.name] = TabularVariable(
                        parameter.name,
                        Broken(node.start, node.end),
                        scope,
                        self.share(relation),
                    )
                continue
            local.variables[parameter.name] = self._argument(
                variable, parameter, given.get(parameter.name), node, scope, caller
            )
        return local

    def _argument(
        self,
        variable: FunctionVariable,
        parameter: Parameter,
        given: Node | None,
        node: Call,
        scope: Scope,
        caller: Expressions | None,
    ) -> Variable:
        if parameter.type is None:
            if given is None or isinstance(given, Star):
                raise KqlSemanticError(
                    f"{variable.name}(…) needs a table for '{parameter.name}'", node.start, node.end
                )
            table = self._table_bound(parameter.name, given, scope, may_be_graph=False)
            if table.ready is not None:
                _check_columns(variable, parameter, table.ready, given)
            return table
        value = given if given is not None else parameter.default
        if value is None:
            raise KqlSemanticError(
                f"{variable.name}(…) needs a value for '{parameter.name}'", node.start, node.end
            )
        expressions = caller if caller is not None and given is not None else None
        if expressions is None:
            expressions = Expressions(self, scope, None)
        bound = expressions.bind(value)
        if bound.type is not parameter.type:
            bound = expressions.convert(bound, parameter.type)
        return ScalarVariable(bound)

    # What expressions and operators share.

    def scalar(self, node: Node, scope: Scope) -> Bound:
        """`toscalar(…)`: the first column of the first row."""
        if not self.is_tabular(node, scope):
            return self._once(Expressions(self, scope, None).bind(node), node)
        relation = self.relation(node, scope.for_table())
        if not relation.columns and (relation.is_open or relation.unknown):
            raise Unknowable("unknown column", node.start, node.end)
        if not relation.columns:
            raise KqlSemanticError("the table has no column", node.start, node.end)
        symbol = relation.columns[0].symbol
        plan = Limit(relation.plan, constant(1, KqlType.LONG), relation.order)
        read = _READ.get(symbol.type)
        if read is not None and self._can_ask(relation):
            answer = self.ask(Relation(plan, (relation.columns[0],)))
            return constant(None if answer is None else read(answer), symbol.type)
        return ScalarQuery(symbol.type, symbol.type is not KqlType.STRING, plan, symbol)

    def _can_ask(self, relation: Relation) -> bool:
        """Whether a value of a relation may be had before the rest of the query is bound."""
        if self.options.ask is None or self.errors:
            return False
        return can_repeat(relation) and not reads_shared(relation.plan)

    def _once(self, value: Bound, node: Node) -> Bound:
        """A value of no rows, made once for the whole query if each call may give another one."""
        if not value.traits & VOLATILE:
            return value
        given = tuple(part.value for part in walk(value) if isinstance(part, Constant))
        key = (id(node), given)
        if key not in self.chosen:
            symbol = Symbol("value", value.type)
            self.chosen[key] = Shared(Values((symbol,), ((value,),)), (symbol,), len(self.shared))
            self.shared.append(self.chosen[key])
        shared = self.chosen[key]
        symbol = Symbol("value", value.type)
        plan = Reuse(shared, ((symbol, shared.symbols[0]),))
        return ScalarQuery(value.type, value.nullable, plan, symbol)

    def as_string(self, relation: Relation, symbol: Symbol) -> tuple[Relation, Symbol]:
        """The relation with a column converted to string."""
        expressions = Expressions(self, Scope(), relation)
        value = expressions.convert(reference(symbol), KqlType.STRING)
        text = Symbol(symbol.name, KqlType.STRING)
        return relation.on(Extend(relation.plan, ((text, value),))), text

    def column_as_array(self, relation: Relation) -> Bound:
        """The first column of a relation as one dynamic array."""
        column = relation.columns[0].symbol
        expressions = Expressions(self, Scope(), relation)
        expressions.aggregates = []
        aggregate, _ = registry.AGGREGATES["make_list"]
        json = apply(conversion.JSON_OF[column.type], (reference(column),))
        node = Star(0, 0)
        expressions.add_aggregate(aggregate, (json,), None, node)
        symbol, value = expressions.aggregates[0]
        plan: Plan = Group(relation.plan, (), ((symbol, value),))
        return ScalarQuery(KqlType.DYNAMIC, True, plan, symbol)

    def limited(self, relation: Relation, count: Bound) -> Relation:
        """The first rows in the present order, of each part if there are parts."""
        if not relation.partition:
            return relation.on(Limit(relation.plan, count, relation.order))
        number = Symbol("number", KqlType.LONG)
        parts = tuple(reference(symbol) for symbol in relation.partition)
        value = Window(KqlType.LONG, False, registry.ROW_ORDINAL, (), parts, relation.order)
        numbered = relation.on(Extend(relation.plan, ((number, value),)))
        few = Compare(KqlType.BOOL, count.nullable, "<=", reference(number), count)
        return self.filtered(numbered, few)

    def grouped(
        self,
        relation: Relation,
        keys: Sequence[tuple[Symbol, Bound]],
        aggregates: Sequence[tuple[Symbol, Bound]],
        columns: Sequence[Column],
    ) -> Relation:
        """The groups of a relation's rows, of each part if there are parts; in no order."""
        parts = [(Symbol(s.name, s.type), reference(s)) for s in relation.partition]
        plan: Plan = Group(relation.plan, (*parts, *keys), tuple(aggregates))
        partition = tuple(symbol for symbol, _ in parts)
        if partition and not keys and _may_lack_parts(relation):
            plan = self._with_empty_parts(plan, relation, partition, aggregates)
        return Relation(
            plan,
            tuple(columns),
            label=relation.label,
            depth=relation.depth + 1,
            partition=partition,
            parts=relation.parts,
        )

    def _with_empty_parts(
        self,
        plan: Plan,
        relation: Relation,
        partition: tuple[Symbol, ...],
        aggregates: Sequence[tuple[Symbol, Bound]],
    ) -> Plan:
        """The groups of a plan, and one for each part without rows, as there is one of no rows."""
        symbols = (*partition, *(symbol for symbol, _ in aggregates))
        shared = Shared(plan, symbols, len(self.shared))
        self.shared.append(shared)
        there = {symbol: Symbol(symbol.name, symbol.type) for symbol in symbols}
        again = {symbol: Symbol(symbol.name, symbol.type) for symbol in partition}
        every = {symbol: Symbol(symbol.name, symbol.type) for symbol in partition}
        empty = {symbol: Symbol(symbol.name, symbol.type) for symbol, _ in aggregates}
        if relation.parts is None:
            raise AssertionError("BUG: parts that nothing makes")
        source, old = relation.parts
        pairs = zip(partition, old, strict=True)
        parts = Group(source, tuple((every[new], reference(part)) for new, part in pairs), ())
        held = Reuse(shared, tuple((again[symbol], symbol) for symbol in partition))
        same = tuple((reference(every[s]), reference(again[s])) for s in partition)
        missing = Join("leftanti", parts, held, same)
        nothing = Filter(relation.plan, constant(False, KqlType.BOOL))
        none = Group(nothing, (), tuple((empty[symbol], value) for symbol, value in aggregates))
        both = Join("inner", missing, none, ())
        return Union(
            symbols,
            (
                (
                    Reuse(shared, tuple((there[symbol], symbol) for symbol in symbols)),
                    tuple(reference(there[symbol]) for symbol in symbols),
                ),
                (
                    both,
                    (
                        *(reference(every[symbol]) for symbol in partition),
                        *(reference(empty[symbol]) for symbol, _ in aggregates),
                    ),
                ),
            ),
        )

    def filtered(self, relation: Relation, predicate: Bound) -> Relation:
        """The rows of a relation for which a predicate is true."""
        return relation.on(Filter(relation.plan, predicate))

    def namer(self, relation: Relation | None = None) -> Namer:
        """Names for output columns, beside those of a relation."""
        return Namer(() if relation is None else relation.names())


@lru_cache(maxsize=256)
def _parsed(text: str) -> tuple[Node, ...]:
    """The statements of a query of the server's own; nobody changes them."""
    query, errors = parse(text, BY_NAME)
    if errors:
        raise AssertionError(f"BUG: a query of the server's own cannot be read: {errors[0]}")
    return tuple(query.statements)
