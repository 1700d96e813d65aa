"""What names mean at a place of the query: the columns of a relation, and let variables."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

import msgspec

from openinsights.kql.bound import symbols_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from openinsights.kql.bound import Bound, SortKey, Symbol
    from openinsights.kql.plan import Plan
    from openinsights.kql.syntax import FunctionBody, Node
    from openinsights.schema.types import KqlType


def fits(pattern: str, name: str) -> bool:
    """Whether a pattern, in which `*` stands for any text, fits a name."""
    return fnmatchcase(name, pattern.replace("[", "[[]").replace("?", "[?]"))


class Column(msgspec.Struct, frozen=True, gc=False):
    """A column under the name that the query sees.

    A struct: every table has dozens of them, and a data class costs three times as much to make.
    """

    name: str
    symbol: Symbol

    @property
    def type(self) -> KqlType:
        """The column's type."""
        return self.symbol.type


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes, and edges between them: what make-graph makes.

    Attributes:
        nodes: one row for each node, its properties; a last column, without a name that a query
            could write, is its id.
        edges: one row for each edge, its properties; the last three columns are the ids of source
            and target, and the edge's number.
    """

    nodes: Relation
    edges: Relation


@dataclass(slots=True, eq=False)
class Relation:
    """Rows with named, ordered columns. Nobody changes one: every operator makes another.

    Not frozen, and copied by hand: there is one for each operator of a query, and that is what
    binding costs.

    Attributes:
        plan: what makes the rows.
        columns: in the order in which replies list them; names are unique.
        order: the order that the rows are in, as far as the query has set one.
        is_open: an earlier mistake hides which columns there are; unknown names are not reported.
        unknown: names of columns that an earlier mistake left without a type; they are not reported.
        label: the name that `union withsource=` shows for these rows.
        depth: how many operators stand on each other.
        partition: columns that split the rows into parts, each of which an operator treats as a
            table of its own (inside mv-apply and partition).
        parts: a plan with at least one row of each part, and its symbols for `partition`: a part
            whose rows were all left out is there still.
        title: the name that the query gives to this table of a result, or "".
        graph: not None where a graph stands in place of a table; then columns are without meaning.
        tables: not empty where several tables stand in place of one (after fork and facet); then
            all else is without meaning.
        symbols: the columns' symbols by name, once somebody asked; see `find`.
    """

    plan: Plan
    columns: tuple[Column, ...]
    order: tuple[SortKey, ...] = ()
    is_open: bool = False
    unknown: frozenset[str] = frozenset()
    label: str = ""
    depth: int = 1
    partition: tuple[Symbol, ...] = ()
    parts: tuple[Plan, tuple[Symbol, ...]] | None = None
    title: str = ""
    graph: Graph | None = None
    tables: tuple[Relation, ...] = ()
    symbols: dict[str, Symbol] | None = field(init=False, default=None, repr=False)

    def find(self, name: str) -> Symbol | None:
        """The column of that name, or None."""
        symbols = self.symbols
        if symbols is None:
            symbols = self.symbols = {c.name: c.symbol for c in reversed(self.columns)}
        return symbols.get(name)

    def hides(self, name: str) -> bool:
        """Whether an earlier mistake is why nothing is known of this name."""
        return self.is_open or name in self.unknown

    def names(self) -> list[str]:
        """The columns' names in order."""
        return [column.name for column in self.columns]

    def unnamed(self) -> list[str]:
        """The names that columns were given because nothing suggested one."""
        return [column.name for column in self.columns if column.symbol.name == UNNAMED]

    def matching(self, pattern: str) -> list[Column]:
        """The columns whose names a wildcard pattern fits."""
        return [column for column in self.columns if fits(pattern, column.name)]

    def on(self, plan: Plan) -> Relation:
        """The same columns, made by another plan that stands on this one."""
        made = self._copy(plan, self.columns, self.depth + 1)
        made.symbols = self.symbols
        return made

    def named(self, label: str) -> Relation:
        """The same rows under the name that `union withsource=` shows for them."""
        made = self._copy(self.plan, self.columns, self.depth)
        made.symbols, made.title, made.label = self.symbols, self.title, label
        return made

    def joined(self, plan: Plan, columns: tuple[Column, ...], depth: int, label: str) -> Relation:
        """Rows in no order, made with those of another relation."""
        made = self._copy(plan, columns, depth)
        made.order, made.title, made.label = (), self.title, label
        return made

    def showing(self, columns: Iterable[Column]) -> Relation:
        """Other columns of the same rows."""
        return self._copy(self.plan, tuple(columns), self.depth)

    def _copy(self, plan: Plan, columns: tuple[Column, ...], depth: int) -> Relation:
        return Relation(
            plan,
            columns,
            self.order,
            self.is_open,
            self.unknown,
            self.label,
            depth,
            self.partition,
            self.parts,
            "",
            self.graph,
            self.tables,
        )


@dataclass(frozen=True, slots=True)
class ScalarVariable:
    """`let x = 1d`.

    Attributes:
        value: what it stands for.
        is_key: whether it is the key of a partition, which names a column as a column does.
    """

    value: Bound
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class RowVariable:
    """A value that depends on the row of a function's call, inside a table of that function."""

    name: str


@dataclass(slots=True)
class Uses:
    """What is known of the uses of a table that is bound already.

    Attributes:
        scans: tables that it reads; each use counts as if it were bound anew.
        operators: likewise.
        has_begun: whether it was used: the first use has what was bound.
        can_repeat: whether a further use can read the same plan; None as long as nobody asked.
    """

    scans: int = 0
    operators: int = 0
    has_begun: bool = False
    can_repeat: bool | None = None


@dataclass(frozen=True, slots=True)
class TabularVariable:
    """`let T = requests | …`.

    Attributes:
        name: as the query spells it.
        node: what it stands for.
        scope: what names mean there.
        ready: that bound; None: it is bound wherever it is named.
        uses: of what is ready.
    """

    name: str
    node: Node
    scope: Scope
    ready: Relation | None = None
    uses: Uses = field(default_factory=Uses)


@dataclass(slots=True)
class Gives:
    """What a function gives: whether it is a table; None as long as nobody asked."""

    is_table: bool | None = None


@dataclass(frozen=True, slots=True)
class FunctionVariable:
    """`let f = (x:long) { … }`."""

    name: str
    body: FunctionBody
    scope: Scope
    gives: Gives = field(default_factory=Gives)


@dataclass(frozen=True, slots=True)
class PatternVariable:
    """`declare pattern p = …`: the constants of each form, and what it stands for."""

    name: str
    node: Node
    forms: Mapping[tuple[object, ...], FunctionBody]
    scope: Scope


@dataclass(frozen=True, slots=True)
class UnknownVariable:
    """What a statement with a mistake would have declared: a value, a table or a function."""


Variable = (
    ScalarVariable
    | RowVariable
    | TabularVariable
    | FunctionVariable
    | PatternVariable
    | UnknownVariable
)


@dataclass(slots=True)
class Scope:
    """Let variables, innermost first.

    Attributes:
        parent: the scope around this one.
        variables: what is declared here.
        tables: names of the stored tables that may be read here; None: as around, or all.
    """

    parent: Scope | None = None
    variables: dict[str, Variable] = field(default_factory=dict)
    tables: tuple[str, ...] | None = None

    def find(self, name: str) -> Variable | None:
        """What the name stands for, or None."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.variables:
                return scope.variables[name]
            scope = scope.parent
        return None

    def names(self) -> Iterator[str]:
        """Every name that can be used here."""
        scope: Scope | None = self
        while scope is not None:
            yield from scope.variables
            scope = scope.parent

    def readable(self) -> tuple[str, ...] | None:
        """The stored tables that may be read here; None: all, and other resources."""
        scope: Scope | None = self
        while scope is not None:
            if scope.tables is not None:
                return scope.tables
            scope = scope.parent
        return None

    def copy(self) -> Scope:
        """The scope as it is now: what is declared later is not in it."""
        return Scope(self.parent, dict(self.variables), self.tables)

    def for_table(self) -> Scope:
        """The scope of a table inside an expression: it is computed once, not for each row."""
        hidden: dict[str, Variable] = {}
        for name in set(self.names()):
            variable = self.find(name)
            if isinstance(variable, ScalarVariable) and symbols_of(variable.value):
                hidden[name] = RowVariable(name)
        return self.child(hidden) if hidden else self

    def bare(self) -> Scope:
        """The same stored tables, without variables."""
        return Scope(tables=self.readable())

    def child(self, variables: Mapping[str, Variable] | None = None) -> Scope:
        """A scope inside this one."""
        return Scope(self, dict(variables or {}))


UNNAMED: Final = "Column"
"""What symbols of columns are called that nothing suggests a name for."""


class Namer:
    """Gives output columns names that are unique: `x`, `x1`, `x2`, ….

    A name that the query writes out is declared, and may be declared once; where a name that an
    expression suggests has been given before, the declared one gets a number like any other.
    """

    def __init__(
        self, taken: Iterable[str] = (), *, unnamed_beside: Callable[[], Iterable[str]] = tuple
    ) -> None:
        """Start with the names that are taken, and those that the unnamed are not given."""
        self._taken = set(taken)
        self._avoided = unnamed_beside
        self._declared: set[str] = set()
        self._unnamed = 0

    def take(self, wanted: str) -> str:
        """The wanted name, with the first number that makes it unique."""
        name, number = wanted, 0
        while name in self._taken:
            number += 1
            name = f"{wanted}{number}"
        self._taken.add(name)
        return name

    def declare(self, wanted: str) -> str | None:
        """The name for a column that the query names; None when that name was declared before."""
        if wanted in self._declared:
            return None
        name = self.take(wanted)
        self._declared.add(name)
        return name

    def unnamed(self) -> str:
        """The next name for an expression that suggests none: `Column1`, `Column2`, …."""
        names = self._avoided()
        self._unnamed += 1
        while f"Column{self._unnamed}" in names:
            self._unnamed += 1
        return self.take(f"Column{self._unnamed}")
