"""The relational plan: what is computed, in terms of symbols. Binder to rewriter to emitter.

Each node names the symbols it makes. Renaming and reordering columns needs no node: a Relation
(scope.py) lists names for symbols.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Constant, symbols_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openinsights.kql.bound import Bound, SortKey, Symbol


@dataclass(slots=True, eq=False)
class Plan:
    """A relation to compute."""

    def inputs(self) -> Sequence[Plan]:
        """The plans that this one reads."""
        return ()


@dataclass(frozen=True, slots=True)
class ScanKey:
    """A key of a dynamic column that a scan is asked for as if it were a column.

    Attributes:
        name: how `Scan.columns` names it.
        column: the dynamic column.
        key: in it.
        as_text: whether its value is wanted as tostring gives it, '' for none; else as JSON text,
            null for none.
    """

    name: str
    column: str
    key: str
    as_text: bool


@dataclass(slots=True, eq=False)
class Scan(Plan):
    """Rows of a stored table.

    Attributes:
        id: number of the scan within its statement.
        table: the table's name.
        resource: the id of what `app(…)`, `workspace(…)` or `resource(…)` named, or None.
        columns: names of the columns in the table, beside their symbols.
        time_column: the column that time bounds speak of.
        time_from: rows before these ticks are not needed; None when not known.
        time_to: rows after these ticks are not needed; None when not known.
        newest_first_limit: this many of the newest rows are enough, with all others of the time of
            the last of them; None when not.
        among: columns of texts beside the only values that are needed of them.
        keys: what names in `columns` mean that are no columns of the table.
        weights: columns whose least and largest values are worth knowing.
        is_rolled_up: whether rows may stand for several; then measures are among the columns, and
            a time is right to its period.
    """

    id: int
    table: str
    resource: str | None
    columns: tuple[tuple[str, Symbol], ...]
    time_column: str
    time_from: int | None = None
    time_to: int | None = None
    newest_first_limit: int | None = None
    among: tuple[tuple[str, frozenset[str]], ...] = ()
    keys: tuple[ScanKey, ...] = ()
    weights: tuple[str, ...] = ()
    is_rolled_up: bool = False


@dataclass(slots=True, eq=False)
class Values(Plan):
    """Rows that the query spells out."""

    symbols: tuple[Symbol, ...]
    rows: tuple[tuple[Bound, ...], ...]


@dataclass(slots=True, eq=False)
class Series(Plan):
    """`range`: start, start + step, … up to and including stop."""

    symbol: Symbol
    first: Bound
    last: Bound
    step: Bound


@dataclass(slots=True, eq=False)
class Filter(Plan):
    """The rows for which the predicate is true."""

    input: Plan
    predicate: Bound

    def inputs(self) -> Sequence[Plan]:
        """The one input."""
        return (self.input,)


@dataclass(slots=True, eq=False)
class Extend(Plan):
    """All columns of the input, and more."""

    input: Plan
    assignments: tuple[tuple[Symbol, Bound], ...]

    def inputs(self) -> Sequence[Plan]:
        """The one input."""
        return (self.input,)


@dataclass(slots=True, eq=False)
class Group(Plan):
    """One row for each combination of keys; without keys exactly one row, also for no input.

    Attributes:
        rolled_up: how the same comes of rows that a store has put together; None if it does not.
    """

    input: Plan
    keys: tuple[tuple[Symbol, Bound], ...]
    aggregates: tuple[tuple[Symbol, Bound], ...]
    rolled_up: RolledUp | None = None

    def inputs(self) -> Sequence[Plan]:
        """The one input."""
        return (self.input,)


@dataclass(slots=True, eq=False)
class RolledUp:
    """Another way to a group's rows, see rollups.py.

    Attributes:
        input: rows each of which stands for rows of the group's input that its keys, predicates
            and bands do not tell apart. It has the symbols that those read.
        scans: numbers of its scans.
        aggregates: those of the group that are no percentiles of weighted values, of such rows.
        bands: what the percentiles follow from; None when there are none.
    """

    input: Plan
    scans: tuple[int, ...]
    aggregates: tuple[tuple[Symbol, Bound], ...]
    bands: Bands | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """Symbols of rows whose weighted values lie in one band.

    Attributes:
        band: its number; null where nothing counts.
        weight: of the rows together.
        least: the least value.
    """

    band: Symbol
    weight: Symbol
    least: Symbol


@dataclass(slots=True, eq=False)
class Limit(Plan):
    """The first rows in an order; any rows when no order is given."""

    input: Plan
    count: Bound
    order: tuple[SortKey, ...] = ()

    def inputs(self) -> Sequence[Plan]:
        """The one input."""
        return (self.input,)


@dataclass(slots=True, eq=False)
class Sample(Plan):
    """Rows picked at random."""

    input: Plan
    count: Bound

    def inputs(self) -> Sequence[Plan]:
        """The one input."""
        return (self.input,)


@dataclass(slots=True, eq=False)
class Join(Plan):
    """Rows of two inputs that match.

    Attributes:
        kind: inner, leftouter, rightouter, fullouter, leftsemi, leftanti (rightsemi and rightanti
            are these with the inputs swapped).
        distinct: symbols of the left input by which it is reduced to one row each (innerunique).
        pairs: equalities of a left and a right expression.
        condition: a further condition on both sides, or None.
        missing: new symbols for the columns of a side that may have no partner, beside the symbol
            that they stand for. Missing strings read as ''.
    """

    kind: str
    left: Plan
    right: Plan
    pairs: tuple[tuple[Bound, Bound], ...]
    distinct: tuple[Symbol, ...] = ()
    missing: tuple[tuple[Symbol, Symbol], ...] = ()

    def inputs(self) -> Sequence[Plan]:
        """Left, right."""
        return (self.left, self.right)


@dataclass(slots=True, eq=False)
class Union(Plan):
    """Rows of all inputs, one below the other.

    Attributes:
        symbols: the columns made.
        branches: each input with, for each of `symbols`, the expression that fills it.
    """

    symbols: tuple[Symbol, ...]
    branches: tuple[tuple[Plan, tuple[Bound, ...]], ...]

    def inputs(self) -> Sequence[Plan]:
        """All branches."""
        return tuple(plan for plan, _ in self.branches)


@dataclass(slots=True, eq=False)
class Expand(Plan):
    """One row for each element of arrays or bags, several side by side.

    Attributes:
        items: new symbol of the element, and the JSON array that is expanded.
        index: the element's number from 0, or None.
        limit: at most so many rows of one input row, or None.
        keep_empty: whether a row without elements stays, with null elements.
    """

    input: Plan
    items: tuple[tuple[Symbol, Bound], ...]
    index: Symbol | None
    limit: int | None
    keep_empty: bool = False

    def inputs(self) -> Sequence[Plan]:
        """The one input."""
        return (self.input,)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step of `scan`.

    Attributes:
        condition: over the row's symbols and remembered ones.
        values: declared symbols and what they are in a row that matches; others have defaults.
        output: `all` rows that match, the `last` of a series of matches, or `none`.
    """

    condition: Bound
    values: tuple[tuple[Symbol, Bound], ...]
    output: str


@dataclass(frozen=True, slots=True, eq=False)
class Remembered:
    """A value of the row that a step matched last, as conditions and values of steps read it.

    Attributes:
        step: which step's row, from 0.
        symbol: how expressions name the value.
        source: the input's or declared symbol whose value it is.
        default: the value as long as there is no such row.
    """

    step: int
    symbol: Symbol
    source: Symbol
    default: Bound


@dataclass(slots=True, eq=False)
class Sequences(Plan):
    """Rows that match the steps of `scan`, once for each step that they match.

    Attributes:
        position: numbers the rows of the input in the order in which they are read.
        parts: rows that agree in these are read apart from the others.
        steps: from the first to the last.
        remembered: what the steps keep.
        declared: new symbols and their defaults.
        match_id: new symbol of the number of the sequence, from 0 in each part, or None.
        at: new symbol that orders the rows made.
    """

    input: Plan
    position: Symbol
    parts: tuple[Symbol, ...]
    steps: tuple[Step, ...]
    remembered: tuple[Remembered, ...]
    declared: tuple[tuple[Symbol, Bound], ...]
    match_id: Symbol | None
    at: Symbol

    def inputs(self) -> Sequence[Plan]:
        """The one input."""
        return (self.input,)

    def expressions(self) -> list[Bound]:
        """Conditions, values and defaults of all steps."""
        found = [default for _, default in self.declared]
        found += [part.default for part in self.remembered]
        for step in self.steps:
            found += [step.condition, *(value for _, value in step.values)]
        return found

    def reads(self) -> set[Symbol]:
        """The input's symbols that matching needs, whatever is needed of the rows made."""
        own = {part.symbol for part in self.remembered} | {symbol for symbol, _ in self.declared}
        found = {self.position, *self.parts, *(part.source for part in self.remembered)}
        for bound in self.expressions():
            found |= symbols_of(bound)
        return found - own


@dataclass(slots=True, eq=False)
class Paths(Plan):
    """Walks along edges from given nodes, one row for each.

    Attributes:
        edges: one row for each edge and each direction in which it may be gone.
        source: the edges' symbol of the node that they leave.
        target: the edges' symbol of the node that they reach.
        number: the edges' symbol of their number, the same for both directions.
        starts: rows with the nodes that walks begin at.
        start: the starts' symbol of the node.
        least: how many edges a walk has at least.
        most: how many edges a walk has at most.
        once: what a walk meets once at most: `edges`, `nodes`, or "" for neither.
        collected: new symbol of the list of texts, beside the edges' symbol that it is made of.
        first: new symbol of the node at which a walk begins.
        last: new symbol of the node at which it ends.
        length: new symbol of how many edges it has.
        path: new symbol of the list of its edges' numbers.
    """

    edges: Plan
    source: Symbol
    target: Symbol
    number: Symbol
    starts: Plan
    start: Symbol
    least: int
    most: int
    once: str
    collected: tuple[tuple[Symbol, Symbol], ...]
    first: Symbol
    last: Symbol
    length: Symbol
    path: Symbol

    def inputs(self) -> Sequence[Plan]:
        """Edges, starts."""
        return (self.edges, self.starts)


@dataclass(slots=True, eq=False)
class Shared:
    """A plan computed once and read several times (`materialize`, `as`)."""

    plan: Plan
    symbols: tuple[Symbol, ...]
    number: int


@dataclass(slots=True, eq=False)
class Reuse(Plan):
    """One reading of a shared plan: fresh symbols beside the shared ones."""

    shared: Shared
    columns: tuple[tuple[Symbol, Symbol], ...] = field(default=())


@dataclass(slots=True, eq=False)
class Again(Plan):
    """The rows of a plan that another place of the query reads too.

    Both places are rewritten and computed for themselves; see again.py.

    Attributes:
        columns: fresh symbols beside the input's.
        first_scan: the first of the numbers that its scans get.
    """

    input: Plan
    columns: tuple[tuple[Symbol, Symbol], ...]
    first_scan: int

    def inputs(self) -> Sequence[Plan]:
        """The one input."""
        return (self.input,)


def expressions_of(plan: Plan) -> Sequence[Bound]:
    """The expressions that a node itself holds."""
    found = _EXPRESSIONS.get(type(plan))
    return () if found is None else found(plan)


_EXPRESSIONS: Final[dict[type[Plan], Callable[..., Sequence[Bound]]]] = {
    Filter: lambda plan: (plan.predicate,),
    Extend: lambda plan: [value for _, value in plan.assignments],
    Group: lambda plan: [value for _, value in (*plan.keys, *plan.aggregates)],
    Limit: lambda plan: [plan.count, *(key.value for key in plan.order)],
    Sample: lambda plan: (plan.count,),
    Join: lambda plan: [side for pair in plan.pairs for side in pair],
    Union: lambda plan: [value for _, values in plan.branches for value in values],
    Expand: lambda plan: [value for _, value in plan.items],
    Values: lambda plan: [c for row in plan.rows for c in row if not isinstance(c, Constant)],
    Series: lambda plan: (plan.first, plan.last, plan.step),
    Sequences: lambda plan: plan.expressions(),
}


def produced(plan: Plan) -> set[Symbol]:
    """The symbols that a plan's rows hold."""
    if isinstance(plan, Scan):
        return {symbol for _, symbol in plan.columns}
    if isinstance(plan, (Values, Union)):
        return set(plan.symbols)
    if isinstance(plan, Series):
        return {plan.symbol}
    if isinstance(plan, (Reuse, Again)):
        return {fresh for fresh, _ in plan.columns}
    if isinstance(plan, Group):
        return {symbol for symbol, _ in (*plan.keys, *plan.aggregates)}
    if isinstance(plan, Paths):
        made = {plan.first, plan.last, plan.length, plan.path}
        return made | {symbol for symbol, _ in plan.collected}
    own: set[Symbol] = set()
    if isinstance(plan, Extend):
        own = {symbol for symbol, _ in plan.assignments}
    if isinstance(plan, Expand):
        own = {symbol for symbol, _ in plan.items} | ({plan.index} if plan.index else set())
    if isinstance(plan, Sequences):
        own = {symbol for symbol, _ in plan.declared} | {plan.at}
        own |= {plan.match_id} if plan.match_id else set()
    if isinstance(plan, Join):
        own = {symbol for symbol, _ in plan.missing}
        if plan.kind in ("leftsemi", "leftanti"):
            return produced(plan.left)
    return own.union(*(produced(part) for part in plan.inputs()))
