"""Keys of stored bags that can be read without the bag.

A store may keep some keys of a dynamic column beside it, for the days in which they are used most.
Where a query wants nothing of the column but such a key, the scan is asked for the key: then the
store reads what it kept, or takes the key out of the column, day by day. Both are the same value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import (
    Aggregation,
    Apply,
    Bound,
    Compare,
    Constant,
    InQuery,
    Logic,
    Reference,
    ScalarQuery,
    SortKey,
    Symbol,
    Window,
    constant,
    reference,
    walk,
)
from openinsights.kql.functions.paths import PATH, PATH_TEXT
from openinsights.kql.plan import (
    Again,
    Expand,
    Extend,
    Filter,
    Group,
    Join,
    Limit,
    Plan,
    Reuse,
    Scan,
    ScanKey,
    Shared,
    Union,
    expressions_of,
    produced,
)
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openinsights.kql.functions.row import Function

_ONE_KEY: Final = re.compile(r'\$\."([^"\\]+)"')


def read_keys_apart(
    plans: Iterable[Plan],
    orders: Iterable[SortKey],
    shared: Iterable[Shared],
    kept: Mapping[str, Mapping[str, frozenset[str]]],
) -> None:
    """Change plans so that they read keys apart from their bags where that can be faster.

    Args:
        plans: of all results; they are changed in place.
        orders: what the results are sorted by; changed likewise.
        shared: plans that are read several times.
        kept: for tables, for dynamic columns: the keys that are kept apart somewhere.
    """
    work = _Keys(kept)
    for plan in (*plans, *(part.plan for part in shared)):
        work.survey(plan)
    for node in list(work.nodes):
        work.change(node)
    for key in orders:
        key.value = work.changed(key.value)


class _Keys:
    def __init__(self, kept: Mapping[str, Mapping[str, frozenset[str]]]) -> None:
        self._kept = kept
        self.nodes: list[Plan] = []
        self._seen: set[int] = set()
        self._made_by: dict[Symbol, Plan] = {}
        self._may_lack: set[Symbol] = set()
        self._apart: dict[tuple[Symbol, str, bool], Symbol | None] = {}
        self._changed: dict[int, tuple[Bound, Bound]] = {}

    def survey(self, plan: Plan) -> None:
        """Find all nodes, and which of them make symbols anew."""
        stack = [plan]
        while stack:
            node = stack.pop()
            if id(node) in self._seen:
                continue
            self._seen.add(id(node))
            self.nodes.append(node)
            if isinstance(node, Scan):
                self._made_by.update((symbol, node) for _, symbol in node.columns)
            elif isinstance(node, Union):
                self._made_by.update((symbol, node) for symbol in node.symbols)
            elif isinstance(node, Reuse):
                self._made_by.update((symbol, node) for symbol, _ in node.columns)
                stack.append(node.shared.plan)
            elif isinstance(node, Again):
                self._made_by.update((symbol, node) for symbol, _ in node.columns)
            elif isinstance(node, Join):
                if node.kind in ("leftouter", "fullouter"):
                    self._may_lack |= produced(node.right)
                if node.kind in ("rightouter", "fullouter"):
                    self._may_lack |= produced(node.left)
            stack.extend(node.inputs())
            for bound in expressions_of(node):
                found = [part for part in walk(bound) if isinstance(part, (ScalarQuery, InQuery))]
                stack.extend(part.plan for part in found)

    def change(self, node: Plan) -> None:
        """Replace what a node reads."""
        if isinstance(node, Filter):
            node.predicate = self.changed(node.predicate)
        elif isinstance(node, Extend):
            node.assignments = tuple((s, self.changed(v)) for s, v in node.assignments)
        elif isinstance(node, Group):
            node.keys = tuple((s, self.changed(v)) for s, v in node.keys)
            node.aggregates = tuple((s, self.changed(v)) for s, v in node.aggregates)
        elif isinstance(node, Limit):
            for key in node.order:
                key.value = self.changed(key.value)
        elif isinstance(node, Join):
            node.pairs = tuple((self.changed(a), self.changed(b)) for a, b in node.pairs)
        elif isinstance(node, Union):
            node.branches = tuple(
                (plan, tuple(self.changed(value) for value in values))
                for plan, values in node.branches
            )
        elif isinstance(node, Expand):
            node.items = tuple((s, self.changed(v)) for s, v in node.items)

    def changed(self, bound: Bound) -> Bound:
        """The expression with keys read apart; parts are changed in place."""
        done = self._changed.get(id(bound))
        if done is None:
            # with the expression itself, so that no other one gets its id
            done = self._changed[id(bound)] = (bound, self._replaced(bound))
        return done[1]

    def _replaced(self, bound: Bound) -> Bound:
        if isinstance(bound, Apply):
            if bound.function in (PATH, PATH_TEXT):
                apart = self._read(bound.function, *bound.arguments)
                if apart is not None:
                    return apart
            bound.arguments = tuple(self.changed(part) for part in bound.arguments)
        elif isinstance(bound, Logic):
            bound.operands = tuple(self.changed(part) for part in bound.operands)
        elif isinstance(bound, Compare):
            bound.left, bound.right = self.changed(bound.left), self.changed(bound.right)
        elif isinstance(bound, Aggregation):
            bound.arguments = tuple(self.changed(part) for part in bound.arguments)
            if bound.predicate is not None:
                bound.predicate = self.changed(bound.predicate)
            for key in bound.order:
                key.value = self.changed(key.value)
        elif isinstance(bound, Window):
            bound.arguments = tuple(self.changed(part) for part in bound.arguments)
            bound.partition = tuple(self.changed(part) for part in bound.partition)
            for key in bound.order:
                key.value = self.changed(key.value)
        elif isinstance(bound, InQuery):
            bound.value = self.changed(bound.value)
        else:
            return bound
        bound.reads = None
        return bound

    def _read(self, function: Function, base: Bound, path: Bound) -> Bound | None:
        if not isinstance(base, Reference) or not isinstance(path, Constant):
            return None
        found = _ONE_KEY.fullmatch(str(path.value))
        if found is None:
            return None
        symbol = self._symbol(base.symbol, found[1], function is PATH_TEXT)
        return None if symbol is None else reference(symbol)

    def _symbol(self, bag: Symbol, key: str, as_text: bool) -> Symbol | None:
        """The symbol of a key of a symbol; None where it cannot be read apart."""
        asked = (bag, key, as_text)
        if asked not in self._apart:
            self._apart[asked] = None
            node = self._made_by.get(bag)
            if as_text and bag in self._may_lack:
                pass  # a row without a partner would have null where a text is ''
            elif isinstance(node, Scan):
                self._apart[asked] = self._of_scan(node, bag, key, as_text)
            elif isinstance(node, Union):
                self._apart[asked] = self._of_union(node, bag, key, as_text)
            elif isinstance(node, Reuse):
                self._apart[asked] = self._of_reuse(node, bag, key, as_text)
            elif isinstance(node, Again):
                self._apart[asked] = self._of_again(node, bag, key, as_text)
        return self._apart[asked]

    def _of_scan(self, scan: Scan, bag: Symbol, key: str, as_text: bool) -> Symbol | None:
        column = next(name for name, symbol in scan.columns if symbol is bag)
        if key not in self._kept.get(scan.table, {}).get(column, ()):
            return None
        name = f"{column}['{key}']"
        name = f"tostring({name})" if as_text else name
        # to the engine tenant and Tenant are one name
        if any(name.lower() == other.lower() for other, _ in scan.columns):
            name = f"{name}:{len(scan.columns)}"
        made = _made(bag, key, as_text)
        told = ScanKey(name, column, key, as_text)
        scan.columns = (*scan.columns, (told.name, made))
        scan.keys = (*scan.keys, told)
        return made

    def _of_union(self, union: Union, bag: Symbol, key: str, as_text: bool) -> Symbol | None:
        place = union.symbols.index(bag)
        bags = [values[place] for _, values in union.branches]
        inner = [
            self._symbol(value.symbol, key, as_text) if isinstance(value, Reference) else None
            for value in bags
        ]
        if not any(inner):
            return None
        made = _made(bag, key, as_text)
        union.symbols = (*union.symbols, made)
        union.branches = tuple(
            (plan, (*values, _key_of(value, key, as_text) if found is None else reference(found)))
            for (plan, values), value, found in zip(union.branches, bags, inner, strict=True)
        )
        return made

    def _of_reuse(self, reuse: Reuse, bag: Symbol, key: str, as_text: bool) -> Symbol | None:
        inner = next(inner for fresh, inner in reuse.columns if fresh is bag)
        found = self._symbol(inner, key, as_text)
        if found is None:
            return None
        if found not in reuse.shared.symbols:
            reuse.shared.symbols = (*reuse.shared.symbols, found)
        made = _made(bag, key, as_text)
        reuse.columns = (*reuse.columns, (made, found))
        return made

    def _of_again(self, again: Again, bag: Symbol, key: str, as_text: bool) -> Symbol | None:
        inner = next(inner for fresh, inner in again.columns if fresh is bag)
        found = self._symbol(inner, key, as_text)
        if found is None:
            return None
        made = _made(bag, key, as_text)
        again.columns = (*again.columns, (made, found))
        return made


def _made(bag: Symbol, key: str, as_text: bool) -> Symbol:
    return Symbol(f"{bag.name}.{key}", KqlType.STRING if as_text else KqlType.DYNAMIC)


def _key_of(bag: Bound, key: str, as_text: bool) -> Bound:
    """The key of what has no keys apart."""
    type_ = KqlType.STRING if as_text else KqlType.DYNAMIC
    if isinstance(bag, Constant) and bag.value is None:
        return constant(None, type_)
    path = constant(f'$."{key}"', KqlType.STRING)
    return Apply(type_, not as_text, PATH_TEXT if as_text else PATH, (bag, path))
