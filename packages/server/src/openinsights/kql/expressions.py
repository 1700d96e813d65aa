"""Syntax of expressions to Bound: names are resolved, types checked, conversions inserted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NoReturn

from openinsights.kql import mistakes
from openinsights.kql.application import INTEGRAL, NUMERIC, apply
from openinsights.kql.bound import (
    Aggregation,
    Bound,
    Compare,
    Constant,
    InQuery,
    Logic,
    SortKey,
    Symbol,
    Window,
    constant,
    reference,
)
from openinsights.kql.errors import KqlError, KqlSemanticError, Unknowable
from openinsights.kql.functions import (
    arithmetic,
    choices,
    conversion,
    growth,
    paths,
    patterns,
    registry,
    strings,
    tuples,
)
from openinsights.kql.functions.kinds import TAKEN
from openinsights.kql.functions.row import Aggregate, Function, Kind, Null
from openinsights.kql.plan import Extend
from openinsights.kql.scope import (
    FunctionVariable,
    Relation,
    RowVariable,
    ScalarVariable,
    Scope,
    TabularVariable,
    UnknownVariable,
)
from openinsights.kql.suggest import did_you_mean
from openinsights.kql.syntax import (
    Between,
    Binary,
    Call,
    Index,
    InList,
    Literal,
    Logical,
    Member,
    Name,
    Named,
    Node,
    Pipeline,
    Star,
    TypeLiteral,
    Unary,
)
from openinsights.schema.types import (
    BOOL,
    DATETIME,
    DYNAMIC,
    GUID,
    INT,
    LONG,
    REAL,
    STRING,
    TIMESPAN,
    KqlType,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from openinsights.kql.binder import Binder

_STRING_OPERATORS: Final = strings.OPERATORS
_ANY: Final = Kind.ANY
_PATTERN: Final = Kind.PATTERN


class Expressions:
    """Binds expressions over the columns of one relation.

    Window functions and aggregates are taken out of the expressions and given symbols of their
    own; after binding, `settled()` is the relation that has those columns.
    """

    def __init__(
        self,
        binder: Binder,
        scope: Scope,
        relation: Relation | None,
        *,
        right: Relation | None = None,
    ) -> None:
        """Bind in a scope, over a relation (None: constants only); `right` is for joins."""
        self.binder = binder
        self.scope = scope
        self.relation = relation
        self.right = right
        self.aggregates: list[tuple[Symbol, Bound]] | None = None
        self.group_keys: dict[str, Symbol] = {}
        self.inside_aggregate = False
        self.members: Callable[[Member], Bound | None] | None = None
        self.calls: Callable[[Call], Bound | None] | None = None

    # Errors.

    def fail(self, message: str, node: Node, hint: str = "") -> NoReturn:
        """Raise a semantic error at a node."""
        raise KqlSemanticError(message, node.start, node.end, hint)

    # Entry points.

    def name_of(self, node: Node) -> str | None:
        """What an unnamed column that holds the expression is called; None: ColumnN."""
        if isinstance(node, Call) and node.name in choices.COLUMN_IF_EXISTS and node.arguments:
            name = node.arguments[0]
            names = [] if self.relation is None else self.relation.names()
            is_there = isinstance(name, Literal) and name.value in names
            return str(name.value) if is_there and isinstance(name, Literal) else None
        return output_name(node)

    def bind(self, node: Node) -> Bound:
        """Bind one expression."""
        handler = _HANDLERS.get(type(node))
        if handler is None:
            if isinstance(node, Pipeline) or self.binder.is_tabular(node, self.scope):
                self.fail("a table stands where a value is needed; use toscalar(…)", node)
            self.fail("this cannot stand where a value is needed", node)
        try:
            return handler(self, node)
        except KqlError as error:
            if error.end == 0:
                error.start, error.end = node.start, node.end
            raise

    def bind_all(
        self, nodes: Iterable[Node], bind: Callable[[Node], Bound] | None = None
    ) -> list[Bound]:
        """Bind each; a mistake in one does not hide those in the others.

        Raises:
            KqlError: the first mistake; the binder has noted the others.
        """
        bound: list[Bound] = []
        mistakes: list[KqlError] = []
        bind = bind or self.bind
        for node in nodes:
            try:
                bound.append(bind(node))
            except KqlError as error:
                mistakes.append(error)
        if mistakes:
            self.binder.raise_first(mistakes)
        return bound

    def settled(self) -> Relation:
        """The relation, with the columns that window functions added."""
        if self.relation is None:
            raise KqlSemanticError("this needs rows, and there are none here")
        return self.relation

    def predicate(self, node: Node) -> Bound:
        """Bind an expression that must be true or false."""
        bound = self.bind(node)
        if bound.type is BOOL:
            return bound
        if bound.type is DYNAMIC or bound.type in NUMERIC:
            return self.convert(bound, BOOL)
        self.fail(f"expected a condition, this is {_a(bound.type)}", node)

    def integer_constant(self, node: Node, what: str) -> int:
        """The value of an expression that must be a whole number known at compile time."""
        bound = self.bind(node)
        if isinstance(bound, Constant) and isinstance(bound.value, int):
            return int(bound.value)
        self.fail(f"{what} must be a whole number known in advance", node)

    def text_constant(self, node: Node, what: str) -> str:
        """The value of an expression that must be a string known at compile time."""
        bound = self.bind(node)
        if isinstance(bound, Constant) and bound.type is STRING:
            return str(bound.value)
        self.fail(f"{what} must be a string known in advance", node)

    # Names.

    def name(self, node: Name) -> Bound:
        """A column, else a let variable."""
        if self.relation is not None:
            if node.name in self.relation.unknown:
                raise Unknowable(f"unknown name '{node.name}'", node.start, node.end)
            symbol = self.relation.find(node.name)
            if symbol is not None:
                return reference(symbol)
        if node.name in self.group_keys:
            return reference(self.group_keys[node.name])
        variable = self.scope.find(node.name)
        if isinstance(variable, ScalarVariable):
            return variable.value
        if isinstance(variable, RowVariable):
            self.fail(
                f"'{node.name}' depends on the row, and a table inside an expression does not",
                node,
                "join the tables",
            )
        if isinstance(variable, UnknownVariable):
            raise Unknowable(f"unknown name '{node.name}'", node.start, node.end)
        if isinstance(variable, TabularVariable):
            self.fail(
                f"'{node.name}' is a table; use toscalar(…) or in (…) to take values of it", node
            )
        if isinstance(variable, FunctionVariable):
            if not variable.body.parameters:
                return self._user_function(
                    variable, Call(node.start, node.end, node.name, [], node.end)
                )
            self.fail(f"'{node.name}' is a function; write {node.name}(…)", node)
        self._unknown_name(node)

    def _unknown_name(self, node: Name) -> NoReturn:
        self.binder.look(node.name, self.relation, self.scope)
        if self.relation is not None and self.relation.hides(node.name):
            raise Unknowable(f"unknown name '{node.name}'", node.start, node.end)
        known = [*self.scope.names()]
        if self.relation is not None:
            known = [*self.relation.names(), *known]
        if node.name in self.binder.tables(self.scope):
            self.fail(f"'{node.name}' is a table, a value is needed here", node)
        hint = mistakes.NAMES.get(node.name.lower(), "") or did_you_mean(node.name, known)
        if not hint and registry.is_known(node.name):
            hint = f"write {node.name}(…)"
        if not hint and self.relation is not None and self.binder.is_stored_column(node.name):
            hint = mistakes.LEFT_OUT
        if node.name in mistakes.DATE_PARTS and not hint:
            hint = f"a part of a date is a text: '{node.name}'"
        if node.name[:1].isdigit():
            hint = mistakes.STARTS_WITH_DIGIT
        self.fail(f"unknown column or variable '{node.name}'", node, hint)

    def literal(self, node: Literal) -> Bound:
        """A constant."""
        if node.type is LONG and isinstance(node.value, int) and node.value >= 1 << 63:
            self.fail(f"{node.value} is too large for long", node)
        return constant(node.value, node.type)

    def star(self, node: Star) -> Bound:
        """`*` has no value of its own."""
        self.fail("'*' cannot stand here", node)

    def named(self, node: Named) -> Bound:
        """A name where only a value may stand."""
        self.fail("a name cannot be given here", node)

    def type_literal(self, node: TypeLiteral) -> Bound:
        """`typeof(…)` outside the places that take it."""
        self.fail("typeof(…) cannot stand here", node)

    # Paths.

    def member(self, node: Member) -> Bound:
        """`a.b`: a key of a dynamic value, or `$left.x`."""
        side = self._side(node)
        if side is None and self.members is not None:
            side = self.members(node)
        if side is not None:
            return side
        base = self.bind(node.base)
        if base.type is not DYNAMIC:
            message = f"'.{node.name}' needs a dynamic value, this is {_a(base.type)}"
            self.fail(message, node.base, mistakes.PATHS.get(base.type, ""))
        return paths.step(base, constant(node.name, STRING))

    def _side(self, node: Member) -> Bound | None:
        if not isinstance(node.base, Name) or node.base.name not in ("$left", "$right"):
            return None
        relation = self.relation if node.base.name == "$left" else self.right
        if relation is None or self.right is None:
            self.fail(f"'{node.base.name}' has a meaning only in the conditions of a join", node)
        symbol = relation.find(node.name)
        if symbol is None:
            self.binder.look(node.name, relation, self.scope)
            if relation.hides(node.name):
                raise Unknowable("unknown column", node.start, node.end)
            hint = did_you_mean(node.name, relation.names())
            # `on a` stands for a column of each side, at the same place.
            start = node.start
            if node.base.end < node.end:
                start = max(node.base.end, node.end - len(node.name))
            raise KqlSemanticError(f"unknown column '{node.name}'", start, node.end, hint)
        return reference(symbol)

    def index(self, node: Index) -> Bound:
        """`a[0]`, `a["key"]`."""
        if isinstance(node.base, Call):
            part = tuples.value_at(self, node.base, self.bind(node.index))
            if part is not None:
                return part
        base = self.bind(node.base)
        if isinstance(node.index, Call) and node.index.end == node.end:
            self._no_method(node.index)
        if base.type is not DYNAMIC:
            message = f"only a dynamic value can be indexed, this is {_a(base.type)}"
            self.fail(message, node.base, mistakes.PATHS.get(base.type, ""))
        index = self.bind(node.index)
        if index.type is STRING:
            return paths.step(base, index)
        if index.type in INTEGRAL:
            return paths.step(base, self.convert(index, LONG))
        if index.type is DYNAMIC:
            return paths.step(base, self.convert(index, STRING))
        self.fail(f"an index is a string or a whole number, this is {_a(index.type)}", node.index)

    def _no_method(self, call: Call) -> NoReturn:
        """Refuse `value.f(…)`, which indexing by the result of `f(…)` looks like."""
        name = call.name.lower()
        hint = did_you_mean(call.name, registry.names()) or mistakes.FUNCTIONS.get(name, "")
        if name in _STRING_OPERATORS:
            hint = f"write: value {name} 'text'"
        elif registry.is_known(name):
            hint = f"write {name}(value, …)"
        message = f"values have no methods such as '{call.name}(…)'"
        raise KqlSemanticError(message, call.start, call.name_end, hint)

    # Operators.

    def unary(self, node: Unary) -> Bound:
        """`-x`, `+x`."""
        operand = self.bind(node.operand)
        if operand.type is INT:
            operand = self.convert(operand, LONG)
        if operand.type is DYNAMIC:
            zero = self.convert(constant(0, LONG), DYNAMIC)
            value = self.arithmetic(node.operator, zero, operand)
            if value is None:
                raise AssertionError("BUG: no arithmetic of dynamic values")
            return value
        if operand.type not in NUMERIC and operand.type is not TIMESPAN:
            self.fail(f"cannot negate {_a(operand.type)}", node)
        return operand if node.operator == "+" else apply(arithmetic.NEGATE, (operand,))

    def logical(self, node: Logical) -> Bound:
        """`and`, `or`."""
        operands = self.bind_all(node.operands, self.predicate)
        stop = node.operator == "or"
        kept = []
        for operand in operands:
            if isinstance(operand, Constant) and operand.value is not None:
                if operand.value is stop:
                    return operand
                continue
            kept.append(operand)
        if not kept:
            return constant(not stop, BOOL)
        if len(kept) == 1:
            return kept[0]
        nullable = any(operand.nullable for operand in kept)
        return Logic(BOOL, nullable, node.operator, tuple(kept))

    def binary(self, node: Binary) -> Bound:
        """Arithmetic, comparison and string operators."""
        if isinstance(node.left, Star):
            return self._any_column(node)
        left, right = self.bind_all((node.left, node.right))
        operator = node.operator
        if operator in _STRING_OPERATORS:
            return self._string_operator(node, left, right)
        if operator in ("==", "!=", "<", ">", "<=", ">="):
            return self.compare(operator, left, right, node)
        found = self.arithmetic(operator, left, right)
        if found is None:
            self._undefined(node, left, right)
        return found

    def arithmetic(self, operator: str, left: Bound, right: Bound) -> Bound | None:
        """`+ - * / %` of two values; None when it is not defined for their types."""
        if left.type is DYNAMIC and right.type is DYNAMIC:
            numbers = [self.convert(side, REAL) for side in (left, right)]
            value = self.arithmetic(operator, *numbers)
            if value is None:
                return None
            parts = (value, self.convert(value, DYNAMIC), left, right)
            return apply(arithmetic.OF_DYNAMIC, parts)
        found = arithmetic.find(operator, left.type, right.type)
        if found is None:
            return None
        function, left_type, right_type = found
        return apply(function, (self.convert(left, left_type), self.convert(right, right_type)))

    def all_of(self, conditions: Sequence[Bound]) -> Bound:
        """All conditions at once."""
        nullable = any(condition.nullable for condition in conditions)
        return Logic(BOOL, nullable, "and", tuple(conditions))

    def _undefined(self, node: Binary, left: Bound, right: Bound, hint: str = "") -> NoReturn:
        if hint:
            pass
        elif node.operator == "+" and STRING in (left.type, right.type):
            hint = "use strcat(…) to join strings"
        else:
            hint = mistakes.TYPES.get(frozenset({left.type, right.type}), "")
        raise KqlSemanticError(
            f"'{node.operator}' is not defined for {left.type} and {right.type}",
            node.operator_start,
            node.operator_end,
            hint,
        )

    def _any_column(self, node: Binary) -> Bound:
        """`* has "x"`: some string column does; `* == 2`: some column of a kindred type does."""
        if self.relation is None:
            self.fail("'*' cannot stand here", node.left)
        if node.operator not in _STRING_OPERATORS and node.operator not in ("==", "!="):
            self.fail(f"'*' cannot stand before '{node.operator}'", node.left)
        right = self.bind(node.right)
        kindred = {STRING, DYNAMIC}
        if node.operator in ("==", "!=") and right.type not in kindred:
            alike = NUMERIC if right.type in NUMERIC else {right.type}
            kindred = {*alike, DYNAMIC}
        found = []
        for column in self.relation.columns:
            if column.type not in kindred:
                continue
            value = reference(column.symbol)
            if node.operator in _STRING_OPERATORS:
                found.append(self._string_operator(node, value, right))
            else:
                found.append(self.compare(node.operator, value, right, node))
        if not found:
            return constant(False, BOOL)
        return found[0] if len(found) == 1 else Logic(BOOL, True, "or", tuple(found))

    def _string_operator(self, node: Binary, left: Bound, right: Bound) -> Bound:
        if left.type not in (STRING, DYNAMIC):
            self._undefined(node, left, right, "convert the value first: tostring(…)")
        if right.type not in (STRING, DYNAMIC):
            right = self.convert(right, STRING)
        left = self.convert(left, STRING)
        right = self.convert(right, STRING)
        if node.operator == "matches regex":
            self.check_pattern(node.right, right)
        return apply(_STRING_OPERATORS[node.operator], (left, right))

    def check_pattern(self, node: Node, pattern: Bound) -> None:
        """Refuse a regular expression that is known in advance and cannot be run."""
        if isinstance(pattern, Constant):
            problem = patterns.problem(str(pattern.value))
            if problem:
                self.fail(f"the regular expression cannot be read: {problem}", node)

    def compare(self, operator: str, left: Bound, right: Bound, node: Node) -> Bound:
        """Compare two values after making their types meet."""
        pair = self._meet(left, right, is_equality=operator in ("==", "!="))
        if pair is None:
            start, end = node.start, node.end
            if isinstance(node, Binary):
                start, end = node.operator_start, node.operator_end
            elif isinstance(node, Between):
                operator = "between"
            hint = mistakes.TYPES.get(frozenset({left.type, right.type}), "")
            raise KqlSemanticError(
                f"'{operator}' is not defined for {left.type} and {right.type}", start, end, hint
            )
        left, right = pair
        if isinstance(left, Constant) and isinstance(right, Constant):
            folded = _fold_comparison(operator, left.value, right.value)
            if folded is not None:
                return folded
        total = operator in ("==", "!=")
        nullable = (
            (left.nullable and right.nullable) if total else (left.nullable or right.nullable)
        )
        return Compare(BOOL, nullable, operator, left, right)

    def _meet(self, left: Bound, right: Bound, *, is_equality: bool) -> tuple[Bound, Bound] | None:
        a, b = left.type, right.type
        if a is b:
            if a is DYNAMIC:
                if not is_equality:
                    return self.convert(left, REAL), self.convert(right, REAL)
                return self.convert(left, STRING), self.convert(right, STRING)
            if a in (STRING, BOOL, GUID) and not is_equality:
                return (left, right) if a is not GUID else None
            return left, right
        if a in NUMERIC and b in NUMERIC:
            return left, right
        if a is DYNAMIC:
            return self.convert_for_comparison(left, b), right
        if b is DYNAMIC:
            return left, self.convert_for_comparison(right, a)
        if {a, b} & {BOOL} and {a, b} & NUMERIC:
            sides = (self.convert(s, LONG) if s.type is BOOL else s for s in (left, right))
            return next(sides), next(sides)
        if STRING in (a, b) and is_equality:
            other = b if a is STRING else a
            if other in INTEGRAL or other in NUMERIC:
                fixed = apply(conversion.STRING_AS_NUMBER, (left if a is STRING else right,))
                return (fixed, right) if a is STRING else (left, fixed)
            return self.convert(left, other), self.convert(right, other)
        return None

    def convert_for_comparison(self, bound: Bound, type_: KqlType) -> Bound:
        """A dynamic value as the type of what it is compared with."""
        if type_ in INTEGRAL:
            return apply(conversion.DYNAMIC_AS_NUMBER, (bound,))
        return self.convert(bound, type_)

    def between(self, node: Between) -> Bound:
        """`x between (a .. b)`, both ends included."""
        value, low, high = self.bind_all((node.value, node.low, node.high))
        if low.type is DATETIME and high.type is TIMESPAN:
            shifted = self.arithmetic("+", low, high)
            if shifted is None:
                raise AssertionError("BUG: datetime + timespan is missing")
            high = shifted
        operators = ("<", ">") if node.negated else (">=", "<=")
        lower = self.compare(operators[0], value, low, node)
        upper = self.compare(operators[1], value, high, node)
        word = "or" if node.negated else "and"
        return Logic(BOOL, lower.nullable or upper.nullable, word, (lower, upper))

    def in_list(self, node: InList) -> Bound:
        """in, !in, in~, !in~, has_any, has_all."""
        negated = node.operator.startswith("!")
        operator = node.operator.removeprefix("!")
        if operator in ("has_any", "has_all"):
            found = self._has_items(node, operator)
        else:
            found = self._in_items(node, ignore_case=operator == "in~")
        return self.negate(found) if negated else found

    def negate(self, bound: Bound) -> Bound:
        """Not."""
        return apply(strings.NOT, (bound,))

    def _in_items(self, node: InList, *, ignore_case: bool) -> Bound:
        value = self.bind(node.value)
        if len(node.items) == 1 and self.binder.is_tabular(node.items[0], self.scope):
            return self._in_query(node, value, ignore_case=ignore_case)
        if value.type is DYNAMIC:
            value = self.convert(value, STRING)
        if ignore_case:
            value = apply(strings.LOWER, (self.convert(value, STRING),))
        constants: list[Bound] = []
        others: list[Bound] = []
        for item in node.items:
            for bound in self._elements(self.bind(item)):
                if bound.type is DYNAMIC:
                    others.append(self._in_array(value, bound, ignore_case=ignore_case))
                    continue
                if isinstance(bound, Constant) and bound.value is None and not ignore_case:
                    continue
                if ignore_case:
                    bound = apply(strings.LOWER, (self.convert(bound, STRING),))
                meets = self._meet(value, bound, is_equality=True)
                if meets is None:
                    self.fail(f"{_a(value.type)} is never among values of type {bound.type}", item)
                if meets[0] is value and isinstance(meets[1], Constant):
                    if meets[1].value is not None:
                        constants.append(meets[1])
                else:
                    same = self.compare("==", value, bound, node)
                    others.append(apply(strings.SURELY, (same,)) if same.nullable else same)
        if constants:
            others.insert(0, apply(strings.IN_CONSTANTS, (value, *constants)))
        if not others:
            return constant(False, BOOL)
        if len(others) == 1:
            return others[0]
        return Logic(BOOL, False, "or", tuple(others))

    def _in_array(self, value: Bound, array: Bound, *, ignore_case: bool) -> Bound:
        typed = strings.IN_ARRAY_OF.get(value.type)
        if typed is not None:
            return apply(typed, (value, array))
        function = strings.IN_ARRAY_IGNORE_CASE if ignore_case else strings.IN_ARRAY
        return apply(function, (self.convert(value, STRING), array))

    def _elements(self, bound: Bound) -> list[Bound]:
        """The elements of a constant dynamic array, else the value itself."""
        if isinstance(bound, Constant) and bound.type is DYNAMIC:
            return paths.constant_elements(bound)
        return [bound]

    def _in_query(self, node: InList, value: Bound, *, ignore_case: bool) -> Bound:
        relation = self.binder.relation(node.items[0], self.scope.for_table())
        if not relation.columns:
            self.fail("the table has no column to look in", node.items[0])
        symbol = relation.columns[0].symbol
        same = value.type is symbol.type and value.type is not DYNAMIC and not ignore_case
        if not same and not (value.type in NUMERIC and symbol.type in NUMERIC):
            value = self.convert(value, STRING)
            relation, symbol = self.binder.as_string(relation, symbol)
        return InQuery(BOOL, False, value, relation.plan, symbol, ignore_case)

    def _has_items(self, node: InList, operator: str) -> Bound:
        value = self.convert(self.bind(node.value), STRING)
        items = node.items
        if len(items) == 1 and self.binder.is_tabular(items[0], self.scope):
            relation = self.binder.relation(items[0], self.scope.for_table())
            array = self.binder.column_as_array(relation)
            return apply(strings.HAS_ARRAY[operator], (value, array))
        parts: list[Bound] = []
        for item in items:
            for bound in self._elements(self.bind(item)):
                if bound.type is DYNAMIC:
                    parts.append(apply(strings.HAS_ARRAY[operator], (value, bound)))
                else:
                    text = self.convert(bound, STRING)
                    parts.append(apply(_STRING_OPERATORS["has"], (value, text)))
        if not parts:
            return constant(operator == "has_all", BOOL)
        if len(parts) == 1:
            return parts[0]
        return Logic(BOOL, False, "or" if operator == "has_any" else "and", tuple(parts))

    # Conversions.

    def convert(self, bound: Bound, type_: KqlType) -> Bound:
        """The value as another type, the way the to… functions do it."""
        if bound.type is type_:
            return bound
        if isinstance(bound, Constant) and bound.value is None:
            return constant(None, type_)
        if bound.type is DYNAMIC and type_ is STRING:
            path = paths.as_text(bound)
            if path is not None:
                return path
        function = conversion.CONVERSIONS.get((bound.type, type_))
        if function is None:
            raise KqlSemanticError(f"cannot make {_a(type_)} of {_a(bound.type)}")
        return apply(function, (bound,))

    def coerce(self, bound: Bound, kind: Kind, node: Node, name: str) -> Bound:
        """An argument as its parameter needs it.

        Raises:
            KqlSemanticError: the argument's type does not fit.
        """
        if kind is _ANY:
            return bound
        wanted = TAKEN[kind].get(bound.type)
        if wanted is not None:
            made = bound if wanted is bound.type else self.convert(bound, wanted)
            if kind is _PATTERN:
                self.check_pattern(node, made)
            return made
        if kind is Kind.JSON:
            return apply(conversion.JSON_OF[bound.type], (bound,))
        if kind is _PATTERN:
            kind = Kind.STRING
        hint = mistakes.KINDS.get((kind.value, bound.type), "")
        self.fail(f"{name}(…) needs {_a_kind(kind)} here, this is {_a(bound.type)}", node, hint)

    # Calls.

    def call(self, node: Call) -> Bound:
        """A call of a built-in function, an aggregate, or a function of the query's own."""
        variable = self.scope.find(node.name)
        if isinstance(variable, FunctionVariable):
            return self._user_function(variable, node)
        if isinstance(variable, UnknownVariable):
            raise Unknowable(f"unknown function '{node.name}'", node.start, node.end)
        found = None if self.calls is None else self.calls(node)
        if found is not None:
            return found
        special = registry.SPECIALS.get(node.name)
        if special is not None:
            return special.bind(self, node)
        function = registry.FUNCTIONS.get(node.name)
        if function is not None:
            return self._function(function, node)
        if node.name in registry.AGGREGATES:
            return self.aggregate(node)
        if node.name in registry.SEVERAL:
            return self._first_of_several(node)
        mistake = self.unknown_function(node, self.scope)
        for argument in node.arguments:
            # What may stand only where the function takes it is no mistake of its own.
            if not isinstance(argument, (Star, Named, TypeLiteral, Pipeline)):
                try:
                    self.bind(argument)
                except KqlError as error:
                    self.binder.note(error)
        raise mistake

    @staticmethod
    def unknown_function(node: Call, scope: Scope) -> KqlError:
        """The error for a name that is no function, or one that is not run."""
        refusal = registry.refusal(node.name, node.start, node.name_end)
        if refusal is not None:
            return refusal
        hint = mistakes.FUNCTIONS.get(node.name.lower(), "")
        return KqlSemanticError(
            f"unknown function '{node.name}'",
            node.start,
            node.name_end,
            hint or did_you_mean(node.name, [*registry.names(), *scope.names()]),
        )

    def _function(self, function: Function, node: Call) -> Bound:
        arguments = self.arguments(function, node)
        if function.window:
            return self.window(function, arguments)
        made = apply(function, arguments)
        return growth.bounded(made, arguments) if function.name in growth.JOINING else made

    def _check_choice(self, node: Call, arguments: Sequence[Bound]) -> None:
        """Refuse a text that is known in advance and none of those that the function takes."""
        choices = mistakes.CHOICES.get(node.name)
        value = arguments[0] if choices and arguments else None
        if choices is None or not isinstance(value, Constant) or value.value is None:
            return
        text = str(value.value)
        if text.lower() not in choices:
            hint = did_you_mean(text, choices) or f"the parts are {', '.join(choices)}"
            self.fail(f"'{text}' is no part of a datetime", node.arguments[0], hint)

    def arguments(self, function: Function, node: Call) -> list[Bound]:
        """Bind and convert the arguments of a call of a plain function."""
        count, declared = len(node.arguments), len(function.parameters)
        fewest = declared - function.optional
        if count < fewest or (count > declared and not function.variadic):
            self.wrong_count(node, fewest, None if function.variadic else declared)
        arguments: list[Bound] = []
        mistakes: list[KqlError] = []
        for position, argument in enumerate(node.arguments):
            kind = function.parameters[min(position, declared - 1)]
            try:
                arguments.append(self.coerce(self.bind(argument), kind, argument, node.name))
            except KqlError as error:
                mistakes.append(error)
        if mistakes:
            self.binder.raise_first(mistakes)
        self._check_choice(node, arguments)
        return arguments

    def wrong_count(self, node: Call, fewest: int, most: int | None) -> NoReturn:
        """Raise the error for a wrong number of arguments."""
        if most is None:
            wanted = f"at least {fewest}"
        elif fewest == most:
            wanted = str(fewest)
        else:
            wanted = f"{fewest} to {most}"
        plural = "" if wanted == "1" else "s"
        self.fail(
            f"{node.name}(…) takes {wanted} argument{plural}, not {len(node.arguments)}",
            node,
            mistakes.COUNTS.get((node.name, len(node.arguments)), ""),
        )

    def window(
        self, function: Function, arguments: Sequence[Bound], partition: tuple[Bound, ...] = ()
    ) -> Bound:
        """A window function over the rows in their present order, as a new column."""
        order = self.row_order()
        partition = (*(reference(symbol) for symbol in self.settled().partition), *partition)
        types = [argument.type for argument in arguments]
        result = function.result_type(types)
        nullable = result is not STRING and function.null is not Null.NEVER
        value = Window(result, nullable, function, tuple(arguments), partition, order)
        return reference(self._hoist(value, function.name))

    def row_order(self) -> tuple[SortKey, ...]:
        """A key that numbers the rows in their present order."""
        relation = self.settled()
        if (
            relation.order
            and getattr(relation.order[0].value, "symbol", None) in self.binder.ordinals
        ):
            return relation.order[:1]
        numbering = Window(LONG, False, registry.ROW_ORDINAL, (), (), relation.order)
        symbol = self._hoist(numbering, "row")
        self.binder.ordinals.add(symbol)
        key = SortKey(reference(symbol), descending=False, nulls_first=True)
        self.relation = replace(self.settled(), order=(key,))
        return (key,)

    def _hoist(self, value: Bound, name: str) -> Symbol:
        relation = self.settled()
        symbol = Symbol(name, value.type)
        self.relation = relation.on(Extend(relation.plan, ((symbol, value),)))
        return symbol

    # Aggregates.

    def aggregate(self, node: Call) -> Bound:
        """An aggregate call: becomes a column of the group, and a reference to it."""
        aggregate, is_conditional = registry.AGGREGATES[node.name]
        arguments, predicate = self.aggregate_arguments(aggregate, node, is_conditional)
        return self.add_aggregate(aggregate, arguments, predicate, node)

    def aggregate_arguments(
        self, aggregate: Aggregate, node: Call, is_conditional: bool
    ) -> tuple[list[Bound], Bound | None]:
        """Bind the arguments of an aggregate, and its predicate if it has one."""
        nodes = list(node.arguments)
        predicate = None
        fewest = len(aggregate.parameters) - aggregate.optional
        if is_conditional:
            at = min(fewest, len(nodes) - 1)
            if at < 0 or len(nodes) < fewest + 1:
                self.wrong_count(node, fewest + 1, len(aggregate.parameters) + 1)
            if fewest == 0 and len(nodes) > 1:
                self.wrong_count(node, 1, 1)
            condition = nodes.pop(at)
            predicate = self._inside(condition, node, self.predicate)
        if not fewest <= len(nodes) <= len(aggregate.parameters):
            extra = 1 if is_conditional else 0
            self.wrong_count(node, fewest + extra, len(aggregate.parameters) + extra)
        bound = []
        for position, argument in enumerate(nodes):
            kind = aggregate.parameters[position]
            value = self.inner(argument, node)
            bound.append(self.coerce(value, kind, argument, node.name))
        problem = aggregate.check(bound) if aggregate.check is not None else ""
        if problem:
            self.fail(problem, node)
        return bound, predicate

    def inner(self, node: Node, call: Node) -> Bound:
        """Bind an argument of an aggregate; further aggregates make no sense inside it."""
        return self._inside(node, call, self.bind)

    def _inside(self, node: Node, call: Node, bind: Callable[[Node], Bound]) -> Bound:
        if self.aggregates is None:
            self._no_aggregate(call, "aggregate")
        if self.inside_aggregate:
            self.fail("an aggregate cannot stand inside another", call)
        if isinstance(node, Star):
            self.fail("'*' cannot stand here", node, "count() counts all rows")
        self.inside_aggregate = True
        try:
            return bind(node)
        finally:
            self.inside_aggregate = False

    def _no_aggregate(self, node: Node, default: str) -> NoReturn:
        name = node.name if isinstance(node, Call) else default
        self.fail(
            f"{name}(…) is an aggregate; it can only stand in summarize and its kin",
            node,
            "did you mean '| summarize …'?",
        )

    def _first_of_several(self, node: Call) -> Bound:
        """An aggregate that may give several columns, where one value is needed: the first."""
        if self.aggregates is None:
            self._no_aggregate(node, node.name)
        made = registry.SEVERAL[node.name](self, node, set(), output_name)
        if len(made) > 1:
            names = ", ".join(name for name, _ in made)
            self.fail(f"{node.name}(…) gives several values here: {names}", node)
        return made[0][1]

    def add_aggregate(
        self, aggregate: Aggregate, arguments: Sequence[Bound], predicate: Bound | None, node: Node
    ) -> Bound:
        """Put an aggregate among the columns of the group; return a reference to it."""
        if self.aggregates is None:
            self._no_aggregate(node, aggregate.name)
        if self.inside_aggregate:
            self.fail("an aggregate cannot stand inside another", node)
        result = aggregate.result_type([argument.type for argument in arguments])
        order = self.settled().order if aggregate.ordered else ()
        value = Aggregation(
            result, result is not STRING, aggregate, tuple(arguments), predicate, order
        )
        symbol = Symbol(aggregate.name, result)
        self.aggregates.append((symbol, value))
        return reference(symbol)

    # Functions of the query's own.

    def _user_function(self, variable: FunctionVariable, node: Call) -> Bound:
        return self.binder.call_scalar(variable, node, self)


def _a(type_: KqlType) -> str:
    article = "an" if type_ is INT else "a"
    return f"{article} {type_}"


def _a_kind(kind: Kind) -> str:
    words = {
        Kind.INTEGER: "a whole number",
        Kind.NUMBER: "a number",
        Kind.REAL: "a number",
        Kind.SUMMABLE: "a number or a time",
        Kind.ORDERED: "a value that has an order",
        Kind.DYNAMIC: "a dynamic value",
    }
    return words.get(kind, f"a {kind.value}")


def _fold_comparison(operator: str, left: object, right: object) -> Constant | None:
    if left is None or right is None:
        if operator not in ("==", "!="):
            return constant(None, BOOL)
        if left is None and right is None:
            return constant(None, BOOL)
        return constant(operator == "!=", BOOL)
    if type(left) is not type(right):
        return None
    results: dict[str, Callable[[], bool]] = {
        "==": lambda: left == right,
        "!=": lambda: left != right,
        "<": lambda: left < right,  # type: ignore[operator]  # same type, checked above
        "<=": lambda: left <= right,  # type: ignore[operator]
        ">": lambda: left > right,  # type: ignore[operator]
        ">=": lambda: left >= right,  # type: ignore[operator]
    }
    return constant(results[operator](), BOOL)


def output_name(node: Node) -> str | None:
    """What an unnamed column made by an expression is called; None: ColumnN."""
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Member):
        base = output_name(node.base)
        return node.name if base is None else f"{base}_{node.name}"
    if isinstance(node, Index):
        base = output_name(node.base)
        key = node.index.value if isinstance(node.index, Literal) else ""
        if isinstance(key, int) and key < 0:
            key = ""
        return f"{key}" or None if base is None else f"{base}_{key}"
    if isinstance(node, Call):
        return registry.output_name(node, output_name)
    return None


_HANDLERS: Final[dict[type[Node], Callable[..., Bound]]] = {
    Name: Expressions.name,
    Literal: Expressions.literal,
    Star: Expressions.star,
    Named: Expressions.named,
    TypeLiteral: Expressions.type_literal,
    Member: Expressions.member,
    Index: Expressions.index,
    Unary: Expressions.unary,
    Logical: Expressions.logical,
    Binary: Expressions.binary,
    Between: Expressions.between,
    InList: Expressions.in_list,
    Call: Expressions.call,
}
