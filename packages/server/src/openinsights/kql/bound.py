"""Typed expressions: what the binder makes of Syntax, and what plans are built from.

A Symbol is a column by identity: two columns of one name are two symbols, and a renamed column
keeps its symbol. Values of constants are in the server's own form (ticks for times, JSON text for
dynamic).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from openinsights.kql.errors import KqlUnsupported
from openinsights.schema.types import STRING, KqlType

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openinsights.kql.functions.row import Aggregate, Function
    from openinsights.kql.plan import Plan


MAX_SIZE: Final = 50_000
"""Expressions that one expression may be made of, counted as often as they are written out."""


class Symbol(msgspec.Struct, eq=False, gc=False):
    """A column of some plan, known by identity; the name is for readers of the SQL.

    A struct: tables that a query names again have dozens of new ones each time.
    """

    name: str
    type: KqlType


_NOTHING: Final[frozenset[Symbol]] = frozenset()

WINDOW: Final = 1
"""A trait: the value depends on other rows."""
QUERY: Final = 2
"""A trait: a subquery is in it."""
PYTHON: Final = 4
"""A trait: Python computes a part of it."""
VOLATILE: Final = 8
"""A trait: each time that it is computed may give another value."""


@dataclass(slots=True, eq=False)
class Bound:
    """An expression with its type.

    Attributes:
        type: its scalar type.
        nullable: whether it may be null. A string is never null.
        size: how many expressions it is made of, itself included. A name that is used twice counts
            twice, because it is written out twice.
        traits: what it and its parts do, a sum of WINDOW, QUERY, PYTHON, VOLATILE.
        reads: the columns that it reads; None after its parts have changed, see `symbols_of`.
    """

    own_traits: ClassVar[int] = 0

    type: KqlType
    nullable: bool
    size: int = field(init=False, default=1)
    traits: int = field(init=False, default=0)
    reads: frozenset[Symbol] | None = field(init=False, default=None, repr=False)

    def __post_init__(self) -> None:
        """Count the parts.

        Raises:
            KqlUnsupported: when there are too many; a few lines of `let` can double a dozen times.
        """
        self._count(self.parts())

    def _count(self, parts: Sequence[Bound]) -> None:
        size, traits, reads = 1, self.own_traits, _NOTHING
        for part in parts:
            size += part.size
            traits |= part.traits
            more = part.reads
            if more is None:
                more = symbols_of(part)
            if more and more is not reads:
                reads = reads | more if reads else more
        self.size, self.traits, self.reads = size, traits, reads
        if size > MAX_SIZE:
            raise KqlUnsupported(
                "an expression is too large once its names are replaced by what they stand for: "
                f"more than {MAX_SIZE} parts"
            )

    def parts(self) -> Sequence[Bound]:
        """The expressions it is made of."""
        return ()


@dataclass(slots=True, eq=False, init=False)
class Constant(Bound):
    """A value known at compile time; None is null."""

    value: object

    def __init__(self, type: KqlType, nullable: bool, value: object) -> None:
        """It has no parts to count, nor reads anything; a query has hundreds."""
        self.type = type
        self.nullable = nullable
        self.size = 1
        self.traits = 0
        self.reads = _NOTHING
        self.value = value


@dataclass(slots=True, eq=False, init=False)
class Reference(Bound):
    """The value of a column."""

    symbol: Symbol

    def __init__(self, type: KqlType, nullable: bool, symbol: Symbol) -> None:
        """It has no parts to count; a query has hundreds."""
        self.type = type
        self.nullable = nullable
        self.size = 1
        self.traits = 0
        self.reads = frozenset((symbol,))
        self.symbol = symbol


@dataclass(slots=True, eq=False, init=False)
class Apply(Bound):
    """A scalar function of its arguments."""

    function: Function
    arguments: tuple[Bound, ...]

    def __init__(
        self, type: KqlType, nullable: bool, function: Function, arguments: tuple[Bound, ...]
    ) -> None:
        """Count the parts; note who computes it, and whether each time anew.

        Raises:
            KqlUnsupported: when there are too many of them.
        """
        self.type = type
        self.nullable = nullable
        self.function = function
        self.arguments = arguments
        self._count(arguments)
        if function.python is not None:
            self.traits |= PYTHON
        if function.volatile:
            self.traits |= VOLATILE

    def parts(self) -> Sequence[Bound]:
        """The arguments."""
        return self.arguments


@dataclass(slots=True, eq=False)
class Logic(Bound):
    """`and` or `or` of two or more."""

    operator: str
    operands: tuple[Bound, ...]

    def parts(self) -> Sequence[Bound]:
        """The operands."""
        return self.operands


@dataclass(slots=True, eq=False)
class Compare(Bound):
    """`==`, `!=`, `<`, `<=`, `>`, `>=` of two values that the engine compares as they are."""

    operator: str
    left: Bound
    right: Bound

    def parts(self) -> Sequence[Bound]:
        """Both sides."""
        return (self.left, self.right)


@dataclass(slots=True, eq=False)
class Aggregation(Bound):
    """An aggregate function over the rows of a group, of those for which the predicate is true."""

    function: Aggregate
    arguments: tuple[Bound, ...]
    predicate: Bound | None = None
    order: tuple[SortKey, ...] = ()

    def parts(self) -> Sequence[Bound]:
        """The arguments, the predicate and what the rows are ordered by."""
        predicate = () if self.predicate is None else (self.predicate,)
        return (*self.arguments, *predicate, *(key.value for key in self.order))


@dataclass(slots=True, eq=False)
class Window(Bound):
    """A function over the neighbouring rows, in an order, in partitions."""

    own_traits: ClassVar[int] = WINDOW

    function: Function
    arguments: tuple[Bound, ...]
    partition: tuple[Bound, ...]
    order: tuple[SortKey, ...]

    def parts(self) -> Sequence[Bound]:
        """Arguments, partition and order."""
        return (*self.arguments, *self.partition, *(key.value for key in self.order))


@dataclass(slots=True, eq=False)
class ScalarQuery(Bound):
    """The first column of the first row of a query."""

    own_traits: ClassVar[int] = QUERY

    plan: Plan
    symbol: Symbol


@dataclass(slots=True, eq=False)
class InQuery(Bound):
    """Whether a value is among those of a query's column."""

    own_traits: ClassVar[int] = QUERY

    value: Bound
    plan: Plan
    symbol: Symbol
    ignore_case: bool

    def parts(self) -> Sequence[Bound]:
        """The value that is looked for."""
        return (self.value,)


@dataclass(slots=True, eq=False)
class SortKey:
    """One key of an order."""

    value: Bound
    descending: bool
    nulls_first: bool


def walk(bound: Bound) -> Iterator[Bound]:
    """The expression and all that it is made of, without the insides of subqueries."""
    stack = [bound]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(node.parts())


def symbols_of(bound: Bound) -> frozenset[Symbol]:
    """The columns that an expression reads."""
    found = bound.reads
    if found is None:
        found = bound.reads = _NOTHING.union(*map(symbols_of, bound.parts()))
    return found


def constant(value: object, type_: KqlType) -> Constant:
    """A constant; null of type string is ''."""
    if value is None and type_ is STRING:
        value = ""
    return Constant(type_, value is None, value)


def reference(symbol: Symbol) -> Reference:
    """The value of a column."""
    return Reference(symbol.type, symbol.type is not STRING, symbol)
