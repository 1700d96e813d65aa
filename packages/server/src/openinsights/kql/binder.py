"""Syntax to plan: statements, sources, variables and functions of the query's own.

What an operator means stands beside it (`operators/<name>.py`); what an expression means stands in
expressions.py. A mistake is noted and binding goes on with the next operator, over columns that
are then called open, so that one mistake gives one diagnostic.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from openinsights.kql.application import apply
from openinsights.kql.bound import (
    Bound,
    Compare,
    Reference,
    ScalarQuery,
    SortKey,
    Symbol,
    Window,
    constant,
    reference,
)
from openinsights.kql.errors import KqlError, KqlSemanticError, KqlUnsupported, Unknowable
from openinsights.kql.expressions import Expressions
from openinsights.kql.functions import conversion, registry
from openinsights.kql.operators.registry import BY_NAME, BY_NODE
from openinsights.kql.operators.render import RenderOperator
from openinsights.kql.parser import parse
from openinsights.kql.plan import Extend, Filter, Group, Limit, Plan, Reuse, Scan, Shared, Values
from openinsights.kql.scope import (
    Column,
    FunctionVariable,
    Namer,
    Relation,
    ScalarVariable,
    Scope,
    TabularVariable,
    Variable,
    fits,
)
from openinsights.kql.suggest import did_you_mean
from openinsights.kql.syntax import (
    Binary,
    Broken,
    Call,
    Declare,
    FunctionBody,
    Index,
    Let,
    Literal,
    Name,
    Named,
    Node,
    Parameter,
    Pattern,
    Pipeline,
    Query,
    SetOption,
    Star,
    Unary,
)
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openinsights.kql.api import CompileOptions, Database
    from openinsights.kql.operators.render import Render
    from openinsights.schema.table import Table

MAX_DEPTH: Final = 200
"""How many operators may stand on each other, variables included."""
MAX_OPERATORS: Final = 5_000
"""How many operators a query may have in all, each use of a variable counted."""
MAX_CALLS: Final = 40
"""How deep functions of the query may call each other."""
_RESOURCE_CALLS: Final = ("app", "workspace", "resource", "database")
_TABULAR_CALLS: Final = ("materialize", "table", "view", *_RESOURCE_CALLS)
MAX_RECORDS: Final = "truncationmaxrecords"
"""The option that bounds the rows of each result; obeyed."""
IGNORED_OPTIONS: Final = {
    "notruncation": "the server bounds results for all queries alike",
    "truncationmaxsize": "the server bounds results for all queries alike",
    "servertimeout": "the request names its time",
    "norequesttimeout": "the server bounds the time of all queries",
    "query_results_cache_max_age": "there is no cache of results",
    "best_effort": "a table is there or not; see union isfuzzy=true",
    "query_datascope": "all rows are in one place",
    "maxmemoryconsumptionperiterator": "the server bounds the memory of all queries",
    "max_memory_consumption_per_query_per_node": "the server bounds the memory of all queries",
    "query_language": "all queries are KQL",
}
"""Options of `set` that change nothing, and why; other options are refused."""


def _several_tables(node: Node) -> KqlError:
    return KqlSemanticError(
        "several tables stand where one is needed",
        node.start,
        node.end,
        "fork and facet end a query",
    )


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
        ask: Callable[[Relation], str | None],
    ) -> None:
        """Bind against these tables, at the time that the options name.

        `ask` gives the one value of a relation while the query is bound; it is used only when
        the options can answer.
        """
        self.ask = ask
        self.database = database
        self.options = options
        self.errors: list[KqlError] = []
        self.ordinals: set[Symbol] = set()
        self.shared: list[Shared] = []
        self.render: Render | None = None
        self._tables: dict[str, Table] = {table.name: table for table in database.tables}
        self._max_records: int | None = None
        self._scans = 0
        self._operators = 0
        self._calls = 0
        self._taken: set[int] = set()

    # Statements.

    def query(self, query: Query) -> list[BoundStatement]:
        """Bind every statement; mistakes are in `errors` afterwards."""
        scope = Scope()
        results: list[BoundStatement] = []
        for statement in query.statements:
            self.shared_start = len(self.shared)
            try:
                relation = self._statement(statement, scope)
            except Unknowable:
                continue
            except KqlError as error:
                self.note(error)
                continue
            if relation is not None:
                for table in relation.tables or (relation,):
                    results.append(BoundStatement(self._cut(table), self.render, self.shared))
                self.render = None
        return results

    def note(self, error: KqlError) -> None:
        """Keep a mistake for the end."""
        if not isinstance(error, Unknowable):
            self.errors.append(error)

    def _statement(self, node: Node, scope: Scope) -> Relation | None:
        if isinstance(node, Broken):
            return None
        if isinstance(node, Let):
            self._let(node, scope)
            return None
        if isinstance(node, SetOption):
            self._set_option(node, scope)
            return None
        if isinstance(node, Declare):
            self._declare(node, scope)
            return None
        if self.is_tabular(node, scope) or not isinstance(node, (Name, Call, Literal)):
            return self._relations(node, scope)
        if isinstance(node, Name):
            raise self._unknown_table(node.name, node, scope)
        return self._expression_statement(node, scope)

    def _set_option(self, node: SetOption, scope: Scope) -> None:
        name = node.name.lower()
        if name == MAX_RECORDS and node.value is not None:
            expressions = Expressions(self, scope, None)
            self._max_records = expressions.integer_constant(node.value, f"'{node.name}'")
        elif name not in IGNORED_OPTIONS:
            hint = did_you_mean(node.name, [MAX_RECORDS, *IGNORED_OPTIONS])
            message = f"the option '{node.name}' is not known"
            raise KqlUnsupported(message, node.start, node.end, hint)

    def _cut(self, relation: Relation) -> Relation:
        """The rows of a result that the query's own options let through."""
        if self._max_records is None or relation.is_open:
            return relation
        most = constant(max(self._max_records, 0), KqlType.LONG)
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
        seen = Scope(scope.parent, dict(scope.variables))
        try:
            scope.variables[node.name] = self._variable(node, seen)
        except KqlError as error:
            scope.variables[node.name] = TabularVariable(
                node.name, node.value, seen, Relation(Values((), ()), (), is_open=True)
            )
            self.note(error)

    def _variable(self, node: Let, scope: Scope) -> Variable:
        value = node.value
        if isinstance(value, FunctionBody):
            return FunctionVariable(node.name, value, scope)
        if self.is_tabular(value, scope):
            if isinstance(value, Call) and value.name == "materialize":
                return TabularVariable(node.name, value, scope, self.relation(value, scope))
            relation = self.relation(value, scope)
            return TabularVariable(node.name, value, scope, relation)
        if isinstance(value, Name) and isinstance(scope.find(value.name), FunctionVariable):
            found = scope.find(value.name)
            if found is not None:
                return found
        return ScalarVariable(Expressions(self, scope, None).bind(value))

    def _declare(self, node: Declare, scope: Scope) -> None:
        for parameter in node.parameters:
            if parameter.type is None:
                raise KqlUnsupported(
                    "a query parameter is a scalar", parameter.start, parameter.end
                )
            if parameter.name in self.options.parameters:
                value: Bound = constant(self.options.parameters[parameter.name], parameter.type)
            elif parameter.default is not None:
                expressions = Expressions(self, scope, None)
                value = expressions.convert(expressions.bind(parameter.default), parameter.type)
            else:
                raise KqlSemanticError(
                    f"the query parameter '{parameter.name}' has no value",
                    parameter.start,
                    parameter.end,
                )
            scope.variables[parameter.name] = ScalarVariable(value)

    # Tables or values.

    def table_names(self) -> list[str]:
        """The names of the stored tables."""
        return list(self._tables)

    def is_tabular(self, node: Node, scope: Scope) -> bool:
        """Whether a piece of syntax stands for a table rather than a value."""
        if isinstance(node, Pipeline):
            return True
        if isinstance(node, Name):
            variable = scope.find(node.name)
            if isinstance(variable, FunctionVariable):
                return not variable.body.parameters and self._returns_table(variable)
            if variable is not None:
                return isinstance(variable, TabularVariable)
            return node.name in self._tables
        if isinstance(node, Call):
            variable = scope.find(node.name)
            if isinstance(variable, FunctionVariable):
                return self._returns_table(variable)
            return node.name in _TABULAR_CALLS
        found = BY_NODE.get(type(node))
        if found is not None:
            return True
        base = getattr(node, "base", None)
        if isinstance(base, Index):
            base = base.base
        return isinstance(base, Call) and base.name in (*_RESOURCE_CALLS, "cluster")

    def _returns_table(self, variable: FunctionVariable) -> bool:
        """Whether a function's last statement is tabular, its parameters taken into account."""
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
        relation = self._relations(node, scope)
        if relation.tables:
            raise _several_tables(node)
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
            return found.bind_source(self, node, scope)
        base = getattr(node, "base", None)
        name = getattr(node, "name", None)
        if isinstance(base, Call) and isinstance(name, str):
            return self._resource_table(base, name, node, scope)
        if isinstance(base, Index) and isinstance(base.base, Call) and isinstance(base.index, Call):
            # `cluster('a').database('b').requests`
            first = base.base
            refusal = registry.refusal(first.name, first.start, first.end)
            if refusal is not None:
                raise refusal
        dashes = isinstance(node, (Unary, Binary)) and node.operator == "-"
        hint = "a comment starts with '//'" if dashes else ""
        raise KqlSemanticError("a table is needed here", node.start, node.end, hint)

    def _pipeline(self, node: Pipeline, scope: Scope) -> Relation:
        try:
            relation = self.relation(node.source, scope)
        except KqlError as error:
            if isinstance(error, KqlUnsupported):
                raise
            self.note(error)
            relation = Relation(Values((), ()), (), is_open=True)
        local = scope.child()
        for operator in node.operators:
            if relation.tables and not isinstance(operator, RenderOperator):
                self.note(_several_tables(operator))
                break
            relation = self._operator(operator, relation, local)
        return relation

    def subquery(self, operators: list[Node], relation: Relation, scope: Scope) -> Relation:
        """Apply the operators of a subquery that has no source of its own."""
        local = scope.child()
        for operator in operators:
            relation = self._operator(operator, relation, local)
            if relation.tables:
                raise _several_tables(operator)
        return relation

    def _operator(self, node: Node, relation: Relation, scope: Scope) -> Relation:
        if isinstance(node, Broken):
            return replace(relation, is_open=True)
        found = BY_NODE[type(node)]
        if found.bind is None:
            raise KqlSemanticError(
                f"'{found.names[0]}' can only start a query", node.start, node.end
            )
        self._count_operator(node)
        try:
            result = found.bind(self, node, relation, scope)
        except KqlError as error:
            self.note(error)
            return replace(relation, is_open=True)
        if result.depth > MAX_DEPTH:
            raise KqlUnsupported(
                f"more than {MAX_DEPTH} operators stand on each other", node.start, node.end
            )
        return replace(result, is_open=True) if relation.is_open and not result.is_open else result

    def _count_operator(self, node: Node) -> None:
        self._operators += 1
        if self._operators > MAX_OPERATORS:
            raise KqlUnsupported(
                f"the query has more than {MAX_OPERATORS} operators, each use of a variable counted",
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
        table = self._tables.get(node.name)
        if table is None:
            raise self._unknown_table(node.name, node, scope)
        return self.scan(table, None)

    def _variable_relation(self, variable: TabularVariable) -> Relation:
        ready = variable.ready
        if ready is None:
            relation = self.relation(variable.node, variable.scope)
        elif ready.is_open or isinstance(ready.plan, Reuse):
            relation = self.reuse(ready)
        elif id(variable) not in self._taken:
            # What the let itself bound serves the first use.
            self._taken.add(id(variable))
            relation = ready
        else:
            # Bound anew, so that each use has its own scans, columns and time bounds.
            relation = self.relation(variable.node, variable.scope)
        return replace(relation, label=variable.name)

    def _unknown_table(self, name: str, node: Node, scope: Scope) -> KqlError:
        known = [*self._tables, *scope.names()]
        return KqlSemanticError(
            f"unknown table '{name}'", node.start, node.end, did_you_mean(name, known)
        )

    def scan(self, table: Table, resource: str | None) -> Relation:
        """All columns of a stored table."""
        columns = tuple(Column(c.name, Symbol(c.name, c.type)) for c in table.columns)
        plan = Scan(
            self._scans,
            table.name,
            resource,
            tuple((column.name, column.symbol) for column in columns),
            table.time_column,
        )
        self._scans += 1
        return Relation(plan, columns, label=table.name)

    def tables_matching(self, pattern: Node, scope: Scope) -> list[Node]:
        """The tables and views that a wildcard pattern fits, as names."""
        if not isinstance(pattern, Pattern):
            return [pattern]
        stored = [table for table in self._tables.values() if fits(pattern.text, table.name)]
        # Rows count once: alternatives have nothing that the other tables have not.
        first = [table for table in stored if not table.is_alternative] or stored
        views = [name for name in scope.names() if self.is_view(name, scope)]
        names = [table.name for table in first]
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
        if isinstance(variable, FunctionVariable):
            return self._call_function(variable, node, scope)
        if node.name == "materialize":
            if len(node.arguments) != 1:
                raise KqlSemanticError("materialize(…) takes one table", node.start, node.end)
            return self.share(self.relation(node.arguments[0], scope))
        if node.name == "table":
            name = Expressions(self, scope, None).text_constant(node.arguments[0], "a table's name")
            return self._named_table(Name(node.start, node.end, name), Scope())
        if node.name in _RESOURCE_CALLS:
            raise KqlSemanticError(
                f"{node.name}(…) names a resource; add a table: {node.name}(…).requests",
                node.start,
                node.end,
            )
        raise registry.refusal(node.name, node.start, node.name_end) or KqlSemanticError(
            f"unknown table or function '{node.name}'",
            node.start,
            node.name_end,
            did_you_mean(node.name, [*self._tables, *scope.names()]),
        )

    def _resource_table(self, call: Call, name: str, node: Node, scope: Scope) -> Relation:
        if call.name == "cluster":
            raise registry.refusal(call.name, call.start, call.end) or AssertionError(
                "BUG: cluster(…) is not refused"
            )
        if len(call.arguments) > 1 or (not call.arguments and call.name != "database"):
            raise KqlSemanticError(f"{call.name}(…) takes one name", call.start, call.end)
        resource = None
        if call.arguments:
            expressions = Expressions(self, scope, None)
            resource = expressions.text_constant(call.arguments[0], "a resource's name")
        table = self._tables.get(name)
        if table is None:
            raise self._unknown_table(name, node, Scope())
        prefix = "" if call.name == "app" else f"{call.name}:"
        if call.name == "database":
            if resource:
                message = f"there is no database '{resource}': all tables are in one"
                hint = f"write {name}, or app('…').{name} for another resource"
                raise KqlUnsupported(message, call.start, call.end, hint)
            return self.scan(table, None)
        return self.scan(table, f"{prefix}{resource}")

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
        mistakes = self.errors[known:]
        del self.errors[known:]
        for mistake in mistakes:
            mistake.start = mistake.end = 0
            raise mistake
        return relation

    # Sharing.

    def share(self, relation: Relation) -> Relation:
        """Compute a relation once, however often it is read."""
        if relation.is_open:
            return relation
        symbols = tuple(column.symbol for column in relation.columns)
        ordered = tuple(
            key.value.symbol for key in relation.order if isinstance(key.value, Reference)
        )
        shared = Shared(relation.plan, tuple(dict.fromkeys((*symbols, *ordered))), len(self.shared))
        self.shared.append(shared)
        plan = Reuse(shared, tuple((symbol, symbol) for symbol in shared.symbols))
        return self.reuse(replace(relation, plan=plan))

    def reuse(self, relation: Relation) -> Relation:
        """One more reading of a shared relation, with columns of its own."""
        plan = relation.plan
        if not isinstance(plan, Reuse):
            return relation
        fresh = {old: Symbol(old.name, old.type) for old, _ in plan.columns}
        columns = tuple((fresh[old], inner) for old, inner in plan.columns)
        order = tuple(
            SortKey(reference(fresh[key.value.symbol]), key.descending, key.nulls_first)
            for key in relation.order
            if isinstance(key.value, Reference) and key.value.symbol in fresh
        )
        return replace(
            relation,
            plan=Reuse(plan.shared, columns),
            columns=tuple(Column(c.name, fresh[c.symbol]) for c in relation.columns),
            order=order,
        )

    # Functions of the query.

    def _call_function(self, variable: FunctionVariable, node: Call, scope: Scope) -> Relation:
        local = self._arguments(variable, node, scope, None)
        last = self._body(variable, local)
        self._calls += 1
        if self._calls > MAX_CALLS:
            raise KqlUnsupported("functions call each other too deeply", node.start, node.end)
        try:
            return replace(self.relation(last, local), label=variable.name)
        finally:
            self._calls -= 1

    def invoke(self, name: str, node: Call, relation: Relation, scope: Scope) -> Relation:
        """`| invoke f(…)`: the relation is the function's first argument."""
        variable = scope.find(name)
        if not isinstance(variable, FunctionVariable):
            raise KqlSemanticError(
                f"unknown function '{name}'",
                node.start,
                node.name_end,
                did_you_mean(name, scope.names()),
            )
        local = self._arguments(variable, node, scope, None, first=relation)
        return self.relation(self._body(variable, local), local)

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
            last = self._body(variable, local)
            inner = Expressions(self, local, caller.relation)
            inner.relation = (
                None if caller.relation is None else replace(caller.relation, columns=())
            )
            bound = inner.bind(last)
            if caller.relation is not None and inner.relation is not None:
                caller.relation = replace(
                    caller.relation, plan=inner.relation.plan, order=inner.relation.order
                )
            return bound
        finally:
            self._calls -= 1

    def _body(self, variable: FunctionVariable, local: Scope) -> Node:
        """Bind the lets of a function; return its last statement."""
        *lets, last = variable.body.statements or [Broken(0, 0)]
        for statement in lets:
            if isinstance(statement, Let):
                seen = local.child()
                seen.variables.update(local.variables)
                local.variables[statement.name] = self._variable(statement, seen)
        if isinstance(last, (Let, Broken)):
            body = variable.body
            raise KqlSemanticError(
                f"the function '{variable.name}' has no result", body.start, body.end
            )
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
                    f"{variable.name}(…) takes {len(parameters)} arguments", node.start, node.end
                )
            given[free[0].name] = argument
        local = variable.scope.child()
        for parameter in parameters:
            if first is not None and parameter is parameters[0]:
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
        for name in given:
            if name not in local.variables:
                raise KqlSemanticError(
                    f"{variable.name}(…) has no parameter '{name}'",
                    node.start,
                    node.end,
                    did_you_mean(name, local.variables),
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
            return TabularVariable(parameter.name, given, scope, self.relation(given, scope))
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
            return Expressions(self, scope, None).bind(node)
        relation = self.relation(node, scope)
        if not relation.columns:
            raise KqlSemanticError("the table has no column", node.start, node.end)
        symbol = relation.columns[0].symbol
        plan = Limit(relation.plan, constant(1, KqlType.LONG), relation.order)
        return ScalarQuery(symbol.type, symbol.type is not KqlType.STRING, plan, symbol)

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
        plan = Group(relation.plan, (*parts, *keys), tuple(aggregates))
        return Relation(
            plan,
            tuple(columns),
            label=relation.label,
            depth=relation.depth + 1,
            partition=tuple(symbol for symbol, _ in parts),
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
