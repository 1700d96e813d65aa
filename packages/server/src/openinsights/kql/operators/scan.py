"""`scan`: reads the rows in their order, and matches and extends them step after step.

Each step has a state: the row that it matched last, and those that the steps before it had matched
when the sequence came to it. A row is held against the steps from the last to the first. It matches
a step if the step's condition holds and the step before has a state, which then moves on to this
step; else if the condition holds and the step itself has a state, or is the first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from openinsights.kql.application import NUMERIC
from openinsights.kql.bound import Bound, Constant, Reference, SortKey, Symbol, constant, reference
from openinsights.kql.errors import KqlSemanticError, KqlUnsupported
from openinsights.kql.expressions import Expressions
from openinsights.kql.operators.operator import Operator
from openinsights.kql.operators.order import Key, parse_keys, sorted_by
from openinsights.kql.plan import Extend, Remembered, Sequences
from openinsights.kql.plan import Step as PlanStep
from openinsights.kql.scope import Column, Relation
from openinsights.kql.suggest import did_you_mean
from openinsights.kql.syntax import Member, Name, Node, Parameter
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Scope

MAX_STEPS: Final = 16
"""How many steps one scan may have."""
_OUTPUTS: Final = ("all", "last", "none")


@dataclass(slots=True)
class Assignment(Node):
    """`column = value`."""

    column: str
    value: Node


@dataclass(slots=True)
class Step(Node):
    """`step name output=all: condition => column = value, …`."""

    name: str
    output: str
    condition: Node
    assignments: list[Assignment]


@dataclass(slots=True)
class Scan(Node):
    """`scan with_match_id=name order by … partition by … declare (…) with (steps)`."""

    match_id: str
    order: list[Key]
    parts: list[Node]
    declared: tuple[Parameter, ...]
    steps: list[Step]


def parse(parser: Parser, start: int) -> Scan:
    """Read the options, the declarations and the steps."""
    options = parser.options(("with_match_id", "kind"))
    if "kind" in options:
        kind = options["kind"]
        raise KqlUnsupported("kinds of scan are not run", kind.start, kind.end, "leave 'kind' out")
    match_id = options.get("with_match_id")
    order: list[Key] = []
    if parser.accept_word("order", "sort"):
        parser.expect_word("by")
        order = parse_keys(parser)
    parts: list[Node] = []
    if parser.accept_word("partition"):
        parser.expect_word("by")
        parts = parser.named_expressions(stop=("declare", "with"))
    declared: tuple[Parameter, ...] = ()
    if parser.accept_word("declare"):
        declared = parser.parameters()
    parser.expect_word("with")
    steps = parser.block(_steps)
    name = match_id.name if isinstance(match_id, Name) else ""
    return Scan(start, parser.last_end, name, order, parts, declared, steps)


def _steps(parser: Parser) -> list[Step]:
    steps: list[Step] = []
    while not parser.is_symbol(")"):
        steps.append(_step(parser))
        if not parser.accept(";"):
            break
    if not steps:
        parser.fail("expected 'step'", expected="step")
    return steps


def _step(parser: Parser) -> Step:
    start = parser.expect_word("step").start
    name = parser.name("a step's name")
    output = "all"
    if parser.accept_word("output"):
        parser.expect("=")
        output = parser.expect_word(*_OUTPUTS).text
    parser.expect(":")
    condition = parser.expression()
    assignments: list[Assignment] = []
    if parser.accept("=>"):
        while True:
            at = parser.token.start
            column = parser.name("a column's name")
            end = parser.last_end
            parser.expect("=")
            assignments.append(Assignment(at, end, column, parser.expression()))
            if not parser.accept(","):
                break
    return Step(start, parser.last_end, name, output, condition, assignments)


def bind(binder: Binder, node: Scan, relation: Relation, scope: Scope) -> Relation:
    """The rows that match, once for each step that they match, with the declared columns."""
    if node.order:
        relation = sorted_by(binder, node.order, relation, scope)
    expressions = Expressions(binder, scope, relation)
    parts: list[Bound] = [reference(symbol) for symbol in relation.partition]
    parts += [expressions.bind(part) for part in node.parts]
    (position,) = expressions.row_order()
    if not isinstance(position.value, Reference):
        raise AssertionError("BUG: rows are numbered by a column")
    ready = expressions.settled()
    held: list[tuple[Symbol, Bound]] = []
    for part in parts:
        held.append((Symbol("part", part.type), part))
    if held:
        ready = ready.on(Extend(ready.plan, tuple(held)))
    made = _Steps(binder, node, ready, scope)
    at = Symbol("at", KqlType.LONG)
    match_id = Symbol(node.match_id, KqlType.LONG) if node.match_id else None
    plan = Sequences(
        ready.plan,
        position.value.symbol,
        tuple(symbol for symbol, _ in held),
        tuple(made.steps),
        tuple(made.remembered.values()),
        tuple(made.declared),
        match_id,
        at,
    )
    columns = [*ready.columns, *(Column(symbol.name, symbol) for symbol, _ in made.declared)]
    if match_id is not None:
        columns.append(Column(node.match_id, match_id))
    names = [column.name for column in columns]
    for name in names:
        if names.count(name) > 1 and not relation.is_open:
            raise KqlSemanticError(f"there is a column '{name}' already", node.start, node.end)
    binder.ordinals.add(at)
    order = (SortKey(reference(at), descending=False, nulls_first=True),)
    return replace(ready.on(plan), order=order).showing(columns)


class _Steps:
    """Binds the steps: conditions and values over the row and what the steps remember."""

    def __init__(self, binder: Binder, node: Scan, relation: Relation, scope: Scope) -> None:
        if len(node.steps) > MAX_STEPS:
            raise KqlUnsupported(
                f"scan runs at most {MAX_STEPS} steps", node.steps[MAX_STEPS].start, node.end
            )
        self._binder = binder
        self._relation = relation
        self._scope = scope
        self.remembered: dict[tuple[int, Symbol], Remembered] = {}
        self.declared = [self._declaration(parameter) for parameter in node.declared]
        self._columns = {column.name: column.symbol for column in relation.columns}
        self._columns |= {symbol.name: symbol for symbol, _ in self.declared}
        self._places: dict[str, int] = {}
        for place, step in enumerate(node.steps):
            if step.name in self._places:
                raise KqlSemanticError(
                    f"there is a step '{step.name}' already", step.start, step.end
                )
            self._places[step.name] = place
        self.steps = [self._step(place, step) for place, step in enumerate(node.steps)]

    def _declaration(self, parameter: Parameter) -> tuple[Symbol, Bound]:
        if parameter.type is None:
            raise KqlSemanticError("expected a scalar type", parameter.start, parameter.end)
        default: Bound = constant(None, parameter.type)
        if parameter.default is not None:
            expressions = Expressions(self._binder, self._scope, None)
            default = expressions.convert(expressions.bind(parameter.default), parameter.type)
        return Symbol(parameter.name, parameter.type), default

    def _step(self, place: int, step: Step) -> PlanStep:
        condition = self._expressions(place).predicate(step.condition)
        self._unchanged(step.condition)
        values: list[tuple[Symbol, Bound]] = []
        declared = {symbol.name: symbol for symbol, _ in self.declared}
        for assignment in step.assignments:
            symbol = declared.get(assignment.column)
            if symbol is None:
                hint = did_you_mean(assignment.column, declared) or "declare it"
                raise KqlSemanticError(
                    f"the column '{assignment.column}' is not declared",
                    assignment.start,
                    assignment.end,
                    hint,
                )
            if any(symbol is known for known, _ in values):
                raise KqlSemanticError(
                    f"'{assignment.column}' is assigned twice", assignment.start, assignment.end
                )
            value = self._expressions(place).bind(assignment.value)
            self._unchanged(assignment.value)
            values.append((symbol, self._fitting(value, symbol, assignment.value)))
        return PlanStep(condition, tuple(values), step.output)

    def _fitting(self, value: Bound, symbol: Symbol, node: Node) -> Bound:
        """The value as the declared type; numbers meet, and dynamic values, but no others."""
        is_null = isinstance(value, Constant) and value.value is None
        both = {value.type, symbol.type}
        if not (is_null or len(both) == 1 or both <= NUMERIC or KqlType.DYNAMIC in both):
            raise KqlSemanticError(
                f"'{symbol.name}' is declared as {symbol.type}, this is {value.type}",
                node.start,
                node.end,
            )
        return self._latest.convert(value, symbol.type)

    def _expressions(self, place: int) -> Expressions:
        self._latest = Expressions(self._binder, self._scope, self._relation)

        def member(node: Member) -> Bound | None:
            if not isinstance(node.base, Name) or node.base.name not in self._places:
                return None
            return self._remember(place, self._places[node.base.name], node)

        self._latest.members = member
        return self._latest

    def _unchanged(self, node: Node) -> None:
        """Refuse functions of neighbouring rows: their columns would be computed beforehand."""
        if self._latest.relation is not self._relation:
            raise KqlUnsupported(
                "functions of neighbouring rows are not run in a step",
                node.start,
                node.end,
                "compute them before: | extend x = prev(…) | scan …",
            )

    def _remember(self, place: int, step: int, node: Member) -> Bound:
        if step > place:
            raise KqlSemanticError(
                "a step remembers itself and the steps before it, not those after it",
                node.start,
                node.end,
            )
        source = self._columns.get(node.name)
        if source is None:
            hint = did_you_mean(node.name, self._columns)
            raise KqlSemanticError(f"unknown column '{node.name}'", node.start, node.end, hint)
        default: Bound = constant(None, source.type)
        for symbol, value in self.declared:
            if symbol is source:
                default = value
        key = (step, source)
        if key not in self.remembered:
            symbol = Symbol(node.name, source.type)
            self.remembered[key] = Remembered(step, symbol, source, default)
        return reference(self.remembered[key].symbol)


OPERATOR = Operator(
    ("scan",), Scan, parse, bind, doc="Sequences of rows, step by step.", in_parts=True
)
