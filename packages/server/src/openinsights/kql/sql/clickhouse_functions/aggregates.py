"""Aggregate functions.

`{filter}` is the emitter's FILTER clause; for rows in an order, `{order}` is the column of their
numbers.

Percentiles of the same values are computed together: their texts have marks around what they share,
which `together` reads.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from openinsights.kql.functions.aggregates import may_be_array, number_of
from openinsights.kql.functions.limits import MAX_ELEMENTS
from openinsights.kql.source import MAX_DATETIME
from openinsights.kql.sql.clickhouse_functions.arithmetic import bits_of
from openinsights.kql.sql.clickhouse_functions.json import elements
from openinsights.kql.sql.clickhouse_functions.spelling import (
    failing,
    known_number,
    told_apart,
)
from openinsights.kql.sql.dialect import LOWERED, Impossible
from openinsights.schema.types import DATETIME, DECIMAL, GUID, INT, LONG, REAL, TIMESPAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.bound import Bound
    from openinsights.kql.functions.row import Lowering

_FEW_BITS: Final = 32
_COUNTABLE: Final = (INT, LONG, REAL, DATETIME, TIMESPAN)


def _sum(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    value, type_ = arguments[0], bound[0].type
    if type_ is REAL:
        return f"ifNull(sum({value}){{filter}}, 0e0)"
    if type_ is DECIMAL:
        return f"ifNull(sum({value}){{filter}}, 0)"
    if bits_of(bound[0]) < _FEW_BITS:
        return f"ifNull(sum(toInt64({value})){{filter}}, 0)"
    whole = f"ifNull(sum(toInt128({value})){{filter}}, 0)"
    if type_ is DATETIME:
        return f"if({whole} > {MAX_DATETIME}, NULL, accurateCastOrNull({whole}, 'Int64'))"
    return f"accurateCast({whole}, 'Nullable(Int64)')"


def _average(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    value, type_ = arguments[0], bound[0].type
    if type_ in (TIMESPAN, DATETIME):
        total, count = f"sum(toInt128({value})){{filter}}", f"count({value}){{filter}}"
        return f"if({count} = 0, NULL, toInt64(intDiv({total}, toInt128(greatest({count}, 1)))))"
    if type_ is DECIMAL:
        raise Impossible("avg of decimals", LOWERED)
    if type_ is REAL:
        return f"ifNull(avgOrNull({value}){{filter}}, nan)"
    count = f"count({value}){{filter}}"
    return f"if({count} = 0, nan, toFloat64(sum(toInt128({value})){{filter}}) / {count})"


def _extreme(word: str) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        value = arguments[0]
        # A column that is never null gives 0 of no rows, unless told.
        found = f"{word}OrNull({value}){{filter}}"
        if bound[0].type is GUID:
            # The engine's order of guids is another one.
            return f"toUUIDOrNull(ifNull({word}(toString({value})){{filter}}, ''))"
        if bound[0].type is not REAL:
            return found
        # NaN is the largest number; the engine passes it over.
        nans = f"count(if(isNaN({value}), 1, NULL)){{filter}}"
        if word == "max":
            return f"if({nans} > 0, nan, {found})"
        return f"if({nans} > 0 AND {nans} = count({value}){{filter}}, nan, {found})"

    return lower


def share_of(bound: Bound) -> float:
    """Which percentile, from 0 to 1."""
    share = float(Decimal(repr(number_of(bound) or 0.0)) / 100)
    return min(max(share, 0.0), 1.0)


def _level(share: float) -> float:
    """The share, less by what the product with a count may be too much by.

    The engine rounds that product up; where it is a whole number it must stay one.
    """
    return share * (1 - 4e-16) if 0 < share < 1 else share


def _percentile(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    if bound[0].type not in _COUNTABLE:
        share = share_of(bound[1])
        place = f"greatest(1, toUInt64(ceil({_level(share)!r} * length(l))))"
        gathered = f"arraySort(groupArray({arguments[0]}){{filter}})"
        if bound[0].type is GUID:
            gathered = f"arraySort(g -> toString(g), groupArray({arguments[0]}){{filter}})"
        return f"arrayMap(l -> if(empty(l), NULL, l[{place}]), [{gathered}])[1]"
    return _marked(arguments[0], "toUInt64(1)", bound[0], share_of(bound[1]))


def _weighted(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    value, weight = arguments[:2]
    counts = f"ifNull({weight} > 0, false)"
    return _marked(
        f"if({counts}, {value}, NULL)",
        f"toUInt64(greatest(ifNull({weight}, 0), 0))",
        bound[0],
        share_of(bound[2]),
    )


def _marked(value: str, weight: str, bound: Bound, share: float) -> str:
    nan = "NaN" if bound.type is REAL else ""
    return f"\0{_level(share)!r}\0{value}\0{weight}\0{nan}\0{{filter}}\0"


def _without_nan(value: str, where: str, found: str) -> str:
    """What is found, unless NaN is among the values: DuckDB takes it for the largest number."""
    return failing(
        f"count(if(isNaN({value}), 1, NULL)){where} > 0", "NaN is among the values", found
    )


_MARKED: Final = re.compile("\0([^\0]+)\0([^\0]+)\0([^\0]+)\0([^\0]*)\0([^\0]*)\0")


def together(texts: list[str]) -> list[str]:
    """Texts of aggregates with percentiles of the same values written as one."""
    if not any("\0" in text for text in texts):
        return texts
    shares: dict[tuple[str, ...], list[str]] = {}
    for text in texts:
        for level, *same in _MARKED.findall(text):
            found = shares.setdefault(tuple(same), [])
            if level not in found:
                found.append(level)

    def write(match: re.Match[str]) -> str:
        level, value, weight, nan, where = match.groups()
        levels = shares[value, weight, nan, where]
        whole = f"quantilesExactWeighted({', '.join(levels)})({value}, {weight}){where}"
        found = f"({whole})[{levels.index(level) + 1}]"
        if nan:
            found = _without_nan(value, where, found)
        return f"if(count({value}){where} = 0, NULL, {found})"

    return [_MARKED.sub(write, text) for text in texts]


def _percentile_of_dynamic(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    raise Impossible("a percentile of dynamic values", LOWERED)


def _list(arguments: Sequence[str], bound: Sequence[Bound], size: int, gathered: str) -> str:
    if len(arguments) > 1:
        given = known_number(bound[1])
        if given is None:
            raise Impossible("a list of a size that is not known in advance", LOWERED)
        size = min(size, max(given, 0)) if given >= 0 else size
    return f"concat('[', arrayStringConcat(arraySlice({gathered}, 1, {size}), ','), ']')"


def _gathered(value: str, *, is_ordered: bool) -> str:
    """The list of values that are not null, in the order that the rows are in."""
    if not is_ordered:
        return f"groupArray({value}){{filter}}"
    numbered = f"groupArray(tuple({value}, {{order}})){{filter}}"
    sorted_ = f"arraySort(t -> t.2, {numbered})"
    return f"arrayFilter(x -> x IS NOT NULL, arrayMap(t -> t.1, {sorted_}))"


def _flat(gathered: str, bound: Bound) -> str:
    """A list in which arrays gave their elements."""
    if not may_be_array(bound):
        return gathered
    inner = f"arrayFilter(e -> e != 'null', {elements('x')})"
    each = f"if(startsWith(x, '['), {inner}, [x])"
    return f"arrayFlatten(arrayMap(x -> {each}, arrayMap(x -> assumeNotNull(x), {gathered})))"


def _flat_list(gathered: str, bound: Bound) -> str:
    if not may_be_array(bound):
        return gathered
    each = f"if(startsWith(x, '['), {elements('x')}, [x])"
    return f"arrayFlatten(arrayMap(x -> {each}, arrayMap(x -> assumeNotNull(x), {gathered})))"


def _make_list(size: int, *, is_ordered: bool) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        gathered = _gathered(f"nullIf({arguments[0]}, 'null')", is_ordered=is_ordered)
        return _list(arguments, bound, size, _flat_list(gathered, bound[0]))

    return lower


def _list_with_nulls(*, is_ordered: bool) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        gathered = _gathered(arguments[0], is_ordered=is_ordered)
        return _list(arguments, bound, MAX_ELEMENTS, gathered)

    return lower


def _make_set(size: int, *, is_ordered: bool) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        gathered = _gathered(f"nullIf({arguments[0]}, 'null')", is_ordered=is_ordered)
        return _list(arguments, bound, size, f"arrayDistinct({_flat(gathered, bound[0])})")

    return lower


def _distinct(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    return f"toInt64(uniqExact({told_apart(arguments[0], bound[0].type)}){{filter}})"


def _first(value: str, where: str) -> str:
    """The value of the first row, whatever it is; null of no rows."""
    return f"if(count(){where} = 0, NULL, any_respect_nulls({value}){where})"


def _arg(word: str) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        value, by = arguments[:2]
        by = f"toString({by})" if bound[1].type is GUID else by
        found = f"tupleElement({word}(tuple({value}), {by}), 1)"
        if bound[1].type is REAL:
            found = _without_nan(by, "", found)
        none = _first(value, "")
        return f"if(count({by}) = 0, {none}, {found})"

    return lower


def _spread(function: str, fewest: int) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        values = ", ".join(arguments)
        known = " AND ".join(f"{text} IS NOT NULL" for text in arguments)
        count = f"count(if({known}, 1, NULL)){{filter}}"
        return f"if({count} < {fewest}, NULL, {function}({values}){{filter}})"

    return lower


def _binary(function: str) -> Lowering:
    return f"{function}OrNull({{0}}){{filter}}"


_OLD_SIZE: Final = 128
AGGREGATES: Final[dict[str, Lowering]] = {
    "count": "toInt64(count(*){filter})",
    "cnt": "toInt64(count(*))",
    "sum": _sum,
    "avg": _average,
    "min": _extreme("min"),
    "max": _extreme("max"),
    "dcount": _distinct,
    "count_distinct": _distinct,
    "stdev": _spread("stddevSampStable", 2),
    "stdevp": _spread("stddevPopStable", 1),
    "variance": _spread("varSampStable", 2),
    "variancep": _spread("varPopStable", 1),
    "covariance": _spread("covarSampStable", 2),
    "covariancep": _spread("covarPopStable", 1),
    "make_list": _make_list(MAX_ELEMENTS, is_ordered=False),
    "makelist": _make_list(_OLD_SIZE, is_ordered=False),
    "make_list_with_nulls": _list_with_nulls(is_ordered=False),
    "make_set": _make_set(MAX_ELEMENTS, is_ordered=False),
    "makeset": _make_set(_OLD_SIZE, is_ordered=False),
    "percentile": _percentile,
    "percentilew": _weighted,
    "percentile of dynamic values": _percentile_of_dynamic,
    "arg_max": _arg("argMax"),
    "arg_min": _arg("argMin"),
    "first": lambda arguments, _: _first(arguments[0], "{filter}"),
    "take_any": "anyOrNull({0}){filter}",
    "take_any of some": "anyOrNull({0}){filter}",
    "any of some": "anyOrNull({0}){filter}",
    "binary_all_or": _binary("groupBitOr"),
    "binary_all_and": _binary("groupBitAnd"),
    "binary_all_xor": _binary("groupBitXor"),
    "list": "groupArray({0})",
}
"""The family's rows."""

ORDERED: Final[dict[str, Lowering]] = {
    "make_list": _make_list(MAX_ELEMENTS, is_ordered=True),
    "makelist": _make_list(_OLD_SIZE, is_ordered=True),
    "make_list_with_nulls": _list_with_nulls(is_ordered=True),
    "make_set": _make_set(MAX_ELEMENTS, is_ordered=True),
    "makeset": _make_set(_OLD_SIZE, is_ordered=True),
    "first": "tupleElement(argMin(tuple({0}), {order}){filter}, 1)",
}
"""Those that look at the order of the rows, where there is one."""
