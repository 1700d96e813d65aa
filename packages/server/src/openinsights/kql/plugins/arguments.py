"""What a plugin is given: its arguments in order, as columns, values known before, or tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from openinsights.kql.application import NUMERIC
from openinsights.kql.bound import Bound, Constant
from openinsights.kql.errors import KqlSemanticError, KqlUnsupported
from openinsights.kql.expressions import Expressions
from openinsights.kql.scope import Column, Relation, ScalarVariable, Scope, TabularVariable
from openinsights.kql.suggest import did_you_mean
from openinsights.kql.syntax import Broken, Name, Named, Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openinsights.kql.binder import Binder
    from openinsights.kql.operators.evaluate import Evaluate


class Arguments:
    """The arguments of one call of a plugin, taken one after the other."""

    def __init__(self, binder: Binder, node: Evaluate, relation: Relation, scope: Scope) -> None:
        """Take the call, the rows that it is given, and what names mean there.

        Raises:
            KqlUnsupported: the plugin stands inside a partition.
        """
        self.binder = binder
        self.call = node.call
        self.relation = relation
        self.scope = scope
        self.nodes = [a for a in node.call.arguments if not isinstance(a, Named)]
        self.named = {
            argument.names[0]: argument.value
            for argument in node.call.arguments
            if isinstance(argument, Named)
        }
        self._at = 0
        if relation.partition:
            message = f"{node.call.name}(…) is not run inside a partition"
            raise KqlUnsupported(message, node.call.start, node.call.name_end)

    @property
    def title(self) -> str:
        """The plugin as mistakes name it."""
        return f"{self.call.name}(…)"

    def fail(self, message: str, node: Node | None = None, hint: str = "") -> NoReturn:
        """Raise a mistake at an argument, or at the whole call."""
        place = node or self.call
        raise KqlSemanticError(message, place.start, place.end, hint)

    # One after the other.

    @property
    def next(self) -> Node | None:
        """The argument that comes next."""
        return self.nodes[self._at] if self._at < len(self.nodes) else None

    def take(self, what: str) -> Node:
        """Take the next argument."""
        node = self.next
        if node is None:
            self.fail(f"{self.title} lacks {what}")
        self._at += 1
        return node

    def finish(self, allowed_names: Sequence[str] = ()) -> None:
        """Raise a mistake for arguments that nobody took."""
        if self.next is not None:
            self.fail(f"{self.title} takes no further argument", self.next)
        for name, node in self.named.items():
            if name not in allowed_names:
                hint = did_you_mean(name, allowed_names)
                self.fail(f"{self.title} has no parameter '{name}'", node, hint)

    def is_column(self, node: Node | None, relation: Relation | None = None) -> bool:
        """Whether an argument names a column of the rows."""
        rows = relation or self.relation
        return isinstance(node, Name) and rows.find(node.name) is not None

    def column(self, what: str, relation: Relation | None = None) -> Column:
        """Take the next argument, which must name a column."""
        node = self.take(what)
        rows = relation or self.relation
        if not isinstance(node, Name):
            self.fail(f"{self.title} takes the name of a column for {what}", node)
        return self.require(node.name, rows, node)

    def require(self, name: str, relation: Relation, node: Node | None = None) -> Column:
        """The column of that name, which must be there."""
        symbol = relation.find(name)
        if symbol is None:
            hint = did_you_mean(name, relation.names())
            self.fail(f"unknown column '{name}'", node, hint)
        return Column(name, symbol)

    def columns(self) -> list[Column]:
        """Take all arguments that follow and name columns."""
        found: list[Column] = []
        while self.is_column(self.next):
            found.append(self.column("a column"))
        return found

    def value(self, what: str) -> tuple[Bound, Node]:
        """Take the next argument, a value that does not depend on the rows."""
        node = self.take(what)
        if self.is_column(node):
            self.fail(f"{what} does not depend on the rows, this is a column", node)
        return self.bound(node), node

    def bound(self, node: Node) -> Bound:
        """The value of an argument that does not depend on the rows."""
        return Expressions(self.binder, self.scope, None).bind(node)

    def values_ahead(self) -> int:
        """How many arguments follow that are values rather than columns or tables."""
        count = 0
        for node in self.nodes[self._at :]:
            if self.is_column(node) or self.binder.is_tabular(node, self.scope):
                break
            count += 1
        return count

    def peek(self, what: str) -> tuple[Bound, Node]:
        """The value that comes next, which is not taken."""
        found = self.value(what)
        self._at -= 1
        return found

    def whole_number(self, what: str, least: int, most: int) -> int:
        """Take the next argument, a whole number known in advance and within bounds."""
        value, node = self.value(what)
        number = value.value if isinstance(value, Constant) else None
        if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
            self.fail(f"{what} is a whole number from {least} to {most}, known in advance", node)
        return number

    def flag(self, name: str, *, default: bool) -> bool:
        """A flag that is named, or else comes next."""
        node = self.named.get(name)
        if node is None and self.next is None:
            return default
        value, node = self.value(name) if node is None else (self.bound(node), node)
        if not isinstance(value, Constant) or value.type is not KqlType.BOOL:
            self.fail(f"{name} is true or false", node)
        return value.value is True

    def text(self, what: str) -> str:
        """Take the next argument, a text known in advance; other values as tostring spells them."""
        value, node = self.value(what)
        expressions = Expressions(self.binder, self.scope, None)
        spelt = expressions.convert(value, KqlType.STRING)
        if not isinstance(spelt, Constant):
            self.fail(f"{what} is known in advance", node)
        return str(spelt.value)

    # Types.

    def moment(self, value: Bound, node: Node, timeline: Column) -> Bound:
        """A value as a point of a timeline."""
        if value.type is timeline.type or {value.type, timeline.type} <= NUMERIC:
            return value
        self.fail(f"the timeline is {timeline.type}, this is {value.type}", node)

    def span(self, value: Bound, node: Node, timeline: Column) -> Bound:
        """A value as a distance on a timeline."""
        if timeline.type in (KqlType.DATETIME, KqlType.TIMESPAN):
            if value.type is KqlType.TIMESPAN:
                return self._positive(value, node)
        elif timeline.type in NUMERIC and value.type in NUMERIC:
            return self._positive(value, node)
        self.fail(f"{value.type} is no distance on a timeline of {timeline.type}", node)

    def _positive(self, value: Bound, node: Node) -> Bound:
        number = value.value if isinstance(value, Constant) else None
        if not isinstance(number, (int, float)):
            self.fail("this must be known in advance", node)
        if number <= 0:
            self.fail("this must be more than zero", node)
        return value

    # What the plugin is written in.

    def written(
        self, text: str, tables: Mapping[str, Relation], values: Mapping[str, Bound]
    ) -> Relation:
        """What a query of the server's own makes of tables and values under these names."""
        scope = Scope()
        for name, relation in tables.items():
            # A table that is read once is not computed apart.
            given = self.binder.share(relation) if text.count(name) > 1 else relation
            scope.variables[name] = TabularVariable(
                name, Broken(self.call.start, self.call.end), scope, given
            )
        for name, value in values.items():
            scope.variables[name] = ScalarVariable(value)
        return self.binder.written(text, scope)
