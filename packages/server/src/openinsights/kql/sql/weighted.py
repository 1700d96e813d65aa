"""Percentiles of weighted values as SQL, exact, in memory that does not grow with the rows.

The values are counted in bands first, fifty or so to each power of ten; the band in which a
percentile lies is known from that, and only its rows are read again, and their values put in order.
Sorting all rows, or repeating each as often as its weight says, takes three to ten times as long.
What a store has put together of finished days may be counted already.
"""
# ruff: noqa: S608 - writing SQL is this folder's purpose

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Aggregation, Constant, Symbol
from openinsights.kql.errors import KqlUnsupported
from openinsights.kql.weights import is_weighted
from openinsights.schema.bands import band
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openinsights.kql.bound import Bound
    from openinsights.kql.plan import Bands, Group
    from openinsights.kql.sql.emit import Emitter, Select

_NEARLY: Final = 1e-9
"""A share of a total is not always exact; so much less than it is enough."""

_SUMS: Final = frozenset(("count", "cnt", "sum"))
_EXTREMES: Final = frozenset(("min", "max"))


@dataclass(frozen=True, slots=True)
class Family:
    """Percentiles of the same values.

    Attributes:
        value: SQL of the value.
        weight: SQL of the weight.
        where: SQL of what chooses rows beside, or "".
        shares: each percentile's symbol, and which it is, from 0 to 100.
    """

    value: str
    weight: str
    where: str
    shares: list[tuple[Symbol, float]]

    @property
    def counts(self) -> str:
        """SQL of the condition on which a row whose value is not null counts."""
        return f"{self.weight} > 0{f' AND {self.where}' if self.where else ''}"


@dataclass(frozen=True, slots=True)
class Together:
    """Rows that each stand for several of a group's, with the band of their values.

    Attributes:
        select: makes them.
        bands: names their band, its weight and its least value.
        aggregates: of the group, of such rows; none is a percentile of weighted values.
    """

    select: Select
    bands: Bands
    aggregates: Sequence[tuple[Symbol, Bound]]


def has_weighted(aggregates: Sequence[tuple[Symbol, Bound]]) -> bool:
    """Whether percentiles of weighted values are among the aggregates of a group."""
    return any(is_weighted(value) for _, value in aggregates)


def weighted(
    emitter: Emitter,
    plan: Group,
    aggregates: Sequence[tuple[Symbol, Bound]],
    select: Select,
    *,
    in_bands: bool = True,
    rolled_up: Together | None = None,
) -> Select:
    """The rows of a group that has percentiles of weighted values.

    Args:
        emitter: writes the statement.
        plan: the group.
        aggregates: those of its aggregates that are needed.
        select: the group's input, without anything behind its conditions; read several times.
        in_bands: whether values are counted in bands. The bands of many groups may not fit into
            memory; else the rows are sorted, which takes longer and as little memory as there is.
        rolled_up: rows in which the values are counted already; then all percentiles are of the
            same values.
    """
    keys = _keys(emitter, plan, select)
    families: dict[tuple[str, str, str], Family] = {}
    others: list[tuple[Symbol, Aggregation]] = []
    for symbol, value in aggregates:
        if not isinstance(value, Aggregation):
            raise TypeError("BUG: a group computes something that is no aggregate")
        if is_weighted(value):
            _join_family(emitter, select, families, symbol, value)
        else:
            others.append((symbol, value))
    counted, counted_keys = select, keys
    if rolled_up is not None:
        counted = rolled_up.select
        counted_keys = _keys(emitter, plan, counted)
        others = [(s, v) for s, v in rolled_up.aggregates if isinstance(v, Aggregation)]
    adds_up = in_bands and all(_adds_up(value) for _, value in others)
    parts: list[tuple[str, list[Symbol]]] = []
    whole = "" if adds_up else _plain(emitter, counted, counted_keys, others)
    for family in families.values():
        symbols = [symbol for symbol, _ in family.shares]
        if not in_bands:
            parts.append((_of_sorted(emitter, select, keys, family), symbols))
            continue
        together = [] if whole else others
        of = _of_rows(family) if rolled_up is None else _of_bands(counted, rolled_up.bands)
        banded = _banded(emitter, counted, counted_keys, of, together)
        gathered = _gathered(emitter, keys, banded, together)
        whole = whole or gathered.name
        found = _percentiles(emitter, select, keys, family, gathered)
        parts.append((found, symbols))
    return _joined(emitter, plan, (whole, [symbol for symbol, _ in others]), parts)


def _taken(relation: str, names: Iterable[str]) -> list[str]:
    """Columns under their own names: of a join, ClickHouse calls them otherwise."""
    return [f"{relation}.{name} AS {name}" for name in names]


def _keys(emitter: Emitter, plan: Group, select: Select) -> list[tuple[Symbol, str]]:
    return [
        (symbol, emitter.dialect.key(emitter.value(value, select.columns), value.type))
        for symbol, value in plan.keys
    ]


def _join_family(
    emitter: Emitter,
    select: Select,
    families: dict[tuple[str, str, str], Family],
    symbol: Symbol,
    bound: Aggregation,
) -> None:
    value, weight, share = bound.arguments
    if not isinstance(share, Constant):
        raise KqlUnsupported("a percentile of weighted values is a number known in advance")
    where = ""
    if bound.predicate is not None:
        where = f"({emitter.predicate(bound.predicate, select.columns)})"
    key = (emitter.value(value, select.columns), emitter.value(weight, select.columns), where)
    family = families.setdefault(key, Family(*key, []))
    family.shares.append((symbol, float(str(share.value))))


def _adds_up(bound: Aggregation) -> bool:
    """Whether a group's value follows from those of its parts."""
    if bound.function.name in _SUMS:
        return True
    return bound.function.name in _EXTREMES and bound.type is not KqlType.STRING


def _from(select: Select) -> str:
    where = f" WHERE {' AND '.join(select.where)}" if select.where else ""
    return f" FROM {select.source}{where}"


def _grouped(count: int) -> str:
    return f" GROUP BY {', '.join(str(i + 1) for i in range(count))}" if count else ""


@dataclass(frozen=True, slots=True)
class _Counted:
    """SQL of what rows are counted by: the band, its weight in them, and its least value."""

    band: str
    weight: str
    least: str


def _of_rows(family: Family) -> _Counted:
    number = band(family.value, family.counts)
    return _Counted(number, f"sum({family.weight})", f"min({family.value})")


def _of_bands(select: Select, bands: Bands) -> _Counted:
    number, weight, least = (
        select.columns[symbol] for symbol in (bands.band, bands.weight, bands.least)
    )
    return _Counted(number, f"sum({weight})", f"min({least})")


@dataclass(frozen=True, slots=True)
class _Banded:
    """A common table expression with a row for each band of each group."""

    name: str
    band: str
    weight: str
    least: str


def _banded(
    emitter: Emitter,
    select: Select,
    keys: Sequence[tuple[Symbol, str]],
    of: _Counted,
    together: Sequence[tuple[Symbol, Aggregation]],
) -> _Banded:
    number = emitter.alias(Symbol("band", KqlType.INT))
    weight = emitter.alias(Symbol("weight", KqlType.LONG))
    least = emitter.alias(Symbol("least", KqlType.REAL))
    listed = [f"{text} AS {emitter.alias(symbol)}" for symbol, text in keys]
    listed.append(f"{of.band} AS {number}")
    listed.append(f"CAST({of.weight} AS {emitter.types[KqlType.LONG]}) AS {weight}")
    listed.append(f"{of.least} AS {least}")
    listed += [f"{emitter.value(v, select.columns)} AS {emitter.alias(s)}" for s, v in together]
    text = f"SELECT {', '.join(listed)}{_from(select)}{_grouped(len(keys) + 1)}"
    return _Banded(emitter.add_cte(text), number, weight, least)


@dataclass(frozen=True, slots=True)
class _Gathered:
    """A common table expression with a row for each group.

    Attributes:
        name: of the expression.
        bands: the column of the group's bands in order: number `b`, least value `l`, weight `w`,
            and a place `p`.
        total: the column of their weight.
    """

    name: str
    bands: str
    total: str


def _gathered(
    emitter: Emitter,
    keys: Sequence[tuple[Symbol, str]],
    banded: _Banded,
    together: Sequence[tuple[Symbol, Aggregation]],
) -> _Gathered:
    """Put the bands of a group together; what else is asked of it follows from them."""
    bands = emitter.alias(Symbol("bands", KqlType.DYNAMIC))
    total = emitter.alias(Symbol("total", KqlType.LONG))
    band, weight = banded.band, banded.weight
    counts = f"FILTER (WHERE {band} IS NOT NULL)"
    listed = [emitter.alias(symbol) for symbol, _ in keys]
    listed.append(f"{emitter.dialect.bands(band, banded.least, weight)} AS {bands}")
    real = emitter.types[KqlType.REAL]
    listed.append(f"CAST(sum({weight}) {counts} AS {real}) AS {total}")
    for symbol, value in together:
        name = emitter.alias(symbol)
        if value.function.name in _EXTREMES:
            text = f"{value.function.name}({name})"
        else:
            text = emitter.dialect.total(name, value.type)
        listed.append(f"{text} AS {name}")
    text = f"SELECT {', '.join(listed)} FROM {banded.name}{_grouped(len(keys))}"
    return _Gathered(emitter.add_cte(text), bands, total)


def _percentiles(
    emitter: Emitter,
    select: Select,
    keys: Sequence[tuple[Symbol, str]],
    family: Family,
    gathered: _Gathered,
) -> str:
    """Find the band of each percentile, then the value in it.

    A band's values are those from its least one up to the least one of the next.
    """
    names = [emitter.alias(symbol) for symbol, _ in keys]
    total, field = gathered.total, emitter.dialect.field
    before, base, at, hit, value, weight, together = (
        emitter.alias(Symbol(name, KqlType.LONG))
        for name in ("before", "base", "share", "hit", "value", "weight", "together")
    )
    shares = sorted({share for _, share in family.shares})
    wanted = {share: f"{total} * {share!r} / 100 - {_NEARLY!r}" for share in shares}
    reached = emitter.dialect.bands_reached(gathered.bands, [wanted[share] for share in shares])
    found = emitter.add_cte(
        f"SELECT {', '.join([*names, total])}, {reached} AS {hit}"
        f" FROM {gathered.name} WHERE {total} IS NOT NULL"
    )
    listed = [f"{text} AS {name}" for name, (_, text) in zip(names, keys, strict=True)]
    listed += [f"{family.weight} AS {weight}", f"{family.value} AS {value}"]
    conditions = [*select.where, family.counts]
    conditions.append(f"{family.value} >= (SELECT min({field(hit, 'l')}) FROM {found})")
    rows = (
        f"(SELECT {', '.join(listed)} FROM {select.source} WHERE {' AND '.join(conditions)}) AS r"
    )
    same = [f"r.{name} IS NOT DISTINCT FROM f.{name}" for name in names]
    low, high = field(f"f.{hit}", "l"), field(f"f.{hit}", "u")
    place_of_hit, before_hit = field(f"f.{hit}", "n"), field(f"f.{hit}", "p")
    same.append(f"r.{value} >= {low} AND ({high} IS NULL OR r.{value} < {high})")
    listed = [*_taken("f", [*names, total]), f"{place_of_hit} AS {at}", f"r.{value} AS {value}"]
    grouped = _grouped(len(listed) + 1)
    listed += [f"{before_hit} AS {base}", f"sum(r.{weight}) AS {together}"]
    different = emitter.add_cte(
        f"SELECT {', '.join(listed)} FROM {rows} JOIN {found} AS f ON {' AND '.join(same)}{grouped}"
    )
    inside = ", ".join([*names, at])
    ranked = emitter.add_cte(
        f"SELECT {', '.join([*names, total, at, value])},"
        f" {base} + sum({together}) OVER (PARTITION BY {inside} ORDER BY {value}) AS {before}"
        f" FROM {different}"
    )
    made = [
        # Rows that were counted and are not there any more are no reason for a null.
        f"COALESCE(min({value}) FILTER (WHERE {at} = {place} AND {before} >= {wanted[share]}),"
        f" max({value}) FILTER (WHERE {at} = {place})) AS {emitter.alias(symbol)}"
        for symbol, share in family.shares
        for place in [shares.index(share)]
    ]
    text = f"SELECT {', '.join([*names, *made])} FROM {ranked}{_grouped(len(names))}"
    return emitter.add_cte(text)


def _of_sorted(
    emitter: Emitter, select: Select, keys: Sequence[tuple[Symbol, str]], family: Family
) -> str:
    """Put each group's values in order and add up their weights, up to each and in all."""
    value, before, total = (
        emitter.alias(Symbol(name, KqlType.LONG)) for name in ("value", "before", "total")
    )
    weight = emitter.alias(Symbol("weight", KqlType.LONG))
    names = [emitter.alias(symbol) for symbol, _ in keys]
    listed = [f"{text} AS {name}" for name, (_, text) in zip(names, keys, strict=True)]
    listed += [f"{family.value} AS {value}", f"sum({family.weight}) AS {weight}"]
    conditions = [*select.where, f"{family.value} IS NOT NULL", f"{family.weight} > 0"]
    if family.where:
        conditions.append(family.where)
    text = f"SELECT {', '.join(listed)} FROM {select.source} WHERE {' AND '.join(conditions)}"
    # Values that many rows have are put in order once: the engine holds all of a part in memory.
    different = emitter.add_cte(text + _grouped(len(names) + 1))
    parts = f"PARTITION BY {', '.join(names)}" if names else ""
    listed = [*names, value]
    listed.append(f"sum({weight}) OVER ({parts} ORDER BY {value}) AS {before}")
    listed.append(f"CAST(sum({weight}) OVER ({parts}) AS DOUBLE) AS {total}")
    ranked = emitter.add_cte(f"SELECT {', '.join(listed)} FROM {different}")
    made = [
        f"min({value}) FILTER (WHERE {before} >= {total} * {share!r} / 100 - {_NEARLY!r})"
        f" AS {emitter.alias(symbol)}"
        for symbol, share in family.shares
    ]
    return emitter.add_cte(
        f"SELECT {', '.join([*names, *made])} FROM {ranked}{_grouped(len(names))}"
    )


def _plain(
    emitter: Emitter,
    select: Select,
    keys: Sequence[tuple[Symbol, str]],
    others: Sequence[tuple[Symbol, Aggregation]],
) -> str:
    listed = [f"{text} AS {emitter.alias(symbol)}" for symbol, text in keys]
    listed += [f"{emitter.value(v, select.columns)} AS {emitter.alias(s)}" for s, v in others]
    return emitter.add_cte(f"SELECT {', '.join(listed)}{_from(select)}{_grouped(len(keys))}")


def _joined(
    emitter: Emitter,
    plan: Group,
    whole: tuple[str, list[Symbol]],
    parts: Sequence[tuple[str, list[Symbol]]],
) -> Select:
    """All values of the groups side by side."""
    source, symbols = whole
    keys = [symbol for symbol, _ in plan.keys]
    names = [emitter.alias(symbol) for symbol in keys]
    listed = _taken("w", map(emitter.alias, (*keys, *symbols)))
    text = f"{source} AS w"
    for place, (part, percentiles) in enumerate(parts):
        same = [f"w.{name} IS NOT DISTINCT FROM p{place}.{name}" for name in names]
        text += f" LEFT JOIN {part} AS p{place} ON {' AND '.join(same) or 'true'}"
        listed += _taken(f"p{place}", map(emitter.alias, percentiles))
        symbols = [*symbols, *percentiles]
    return emitter.from_text(f"SELECT {', '.join(listed)} FROM {text}", [*keys, *symbols])
