"""Aggregate functions. Without keys they give one row also for no input: sum 0, avg NaN, max null."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Constant, symbols_of
from openinsights.kql.functions import digests, estimates, schemas, sketches
from openinsights.kql.functions.limits import FEW_GATHERED, MAX_ELEMENTS, MAX_GATHERED
from openinsights.kql.functions.row import Aggregate, Kind, Udf
from openinsights.kql.source import MAX_DATETIME
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.bound import Bound
    from openinsights.kql.functions.row import Lowering

_L, _R, _Y, _S = KqlType.LONG, KqlType.REAL, KqlType.DYNAMIC, KqlType.STRING
_V: Final = "VARCHAR"


def _promoted(types: Sequence[KqlType]) -> KqlType:
    return _L if types[0] is KqlType.INT else types[0]


def _same(types: Sequence[KqlType]) -> KqlType:
    return types[0]


def _average_type(types: Sequence[KqlType]) -> KqlType:
    whole = (KqlType.INT, KqlType.LONG)
    return _R if types[0] in whole else types[0]


def _sum(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    text = f"sum({arguments[0]}){{filter}}"
    type_ = bound[0].type
    if type_ is _R:
        return f"COALESCE({text}, 0e0)"
    if type_ is KqlType.DECIMAL:
        return f"COALESCE({text}, 0)"
    if type_ is KqlType.DATETIME:
        return f"CASE WHEN {text} > {MAX_DATETIME} THEN NULL ELSE CAST(COALESCE({text}, 0) AS BIGINT) END"
    return f"CAST(COALESCE({text}, 0) AS BIGINT)"


def _average(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    value, type_ = arguments[0], bound[0].type
    if type_ in (KqlType.TIMESPAN, KqlType.DATETIME):
        return f"CAST(sum({value}){{filter}} // NULLIF(count({value}){{filter}}, 0) AS BIGINT)"
    return f"COALESCE(avg({value}){{filter}}, CAST('nan' AS DOUBLE))"


def number_of(bound: Bound) -> float | None:
    """The value of a constant number."""
    if isinstance(bound, Constant) and isinstance(bound.value, (int, float)):
        return float(bound.value)
    return None


def _percentile(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    # Exact: 99.9 / 100 is more than 0.999 as binary fractions go, which is one row too far.
    return f"quantile_disc({arguments[0]}, {_share(bound)!r}){{filter}}"


def _share(bound: Sequence[Bound]) -> float:
    return share_of(bound[1])


def share_of(percent: Bound) -> float:
    """Return which share of the values a constant percentile is, from 0 to 1."""
    share = float(Decimal(repr(number_of(percent) or 0.0)) / 100)
    return min(max(share, 0.0), 1.0)


def _estimated_percentile(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    estimate = estimates.percentile(arguments[0], _share(bound), bound)
    return estimate or _percentile(arguments, bound)


def _distinct(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    value = arguments[0]
    if bound[0].type is KqlType.STRING:
        # 64 bits tell texts apart, in half the time and a third of the memory
        value = f"hash({value})"
    return f"count(DISTINCT {value}){{filter}}"


def _percentile_of_dynamic(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    """The numbers among the values, in their own form."""
    number = f"TRY_CAST(json_extract_string({arguments[0]}, '$') AS DOUBLE)"
    pairs = f"list({{'number': {number}, 'value': {arguments[0]}}}){{filter}}"
    kept = f"list_filter({pairs}, lambda x: x.number IS NOT NULL)"
    share = float(Decimal(repr(number_of(bound[1]) or 0.0)) / 100)
    place = f"greatest(1, CAST(ceil({share!r} * len(x)) AS BIGINT))"
    return f"list_transform([list_sort({kept})], lambda x: x[{place}].value)[1]"


def _weighted(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    raise AssertionError("BUG: sql/weighted.py writes the percentiles of weighted values")


def make_set(values: list[str | None] | None, limit: int | None) -> str:
    """Each JSON value once, in the order of first appearance; arrays give their elements."""
    seen: dict[str, None] = {}
    for text in values or []:
        if text is None or text == "null":
            continue
        if text.startswith("["):
            for item in json.loads(text):
                if item is not None:
                    seen.setdefault(json_text(item))
        else:
            seen.setdefault(text)
    kept = list(seen)[: limit if limit is not None and limit >= 0 else MAX_ELEMENTS]
    return "[" + ",".join(kept) + "]"


def make_bag(values: list[str | None] | None, limit: int | None) -> str:
    """One bag of many; of equal keys the first counts."""
    merged: dict[str, object] = {}
    limit = MAX_ELEMENTS if limit is None else limit
    for text in values or []:
        value = json.loads(text) if text is not None else None
        if isinstance(value, dict):
            for key, item in value.items():
                if len(merged) < limit or key in merged:
                    merged.setdefault(key, item)
    return json_text(merged)


def gathered(items: str, name: str) -> str:
    """SQL of a list of texts that is no larger than what Python may take.

    Long lists lose what is there twice, and their order with it.
    """
    return (
        f"list_transform([COALESCE({items}, [])], lambda all_items:"
        f" CASE WHEN list_sum(list_transform(all_items, lambda x: length(x))) > {MAX_GATHERED}"
        f" THEN error('{name} of more than {MAX_GATHERED} characters in a group')"
        f" WHEN len(all_items) <= {FEW_GATHERED} THEN all_items"
        f" ELSE list_distinct(all_items)[1:{MAX_ELEMENTS}] END)[1]"
    )


def _made(function: str) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        limit = arguments[1] if len(arguments) > 1 else "NULL"
        items = gathered(f"list({arguments[0]}{{order}}){{filter}}", function)
        return f"kql_{function}({items}, CAST({limit} AS BIGINT))"

    return lower


def _list(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    value = f"NULLIF({arguments[0]}, 'null')"
    is_dynamic = may_be_array(bound[0])
    if len(arguments) == 1:
        if is_dynamic:
            # An array gives its elements: without its brackets it is a list of them already.
            inner = f"NULLIF(substr({value}, 2, length({value}) - 2), '')"
            value = f"CASE WHEN starts_with({value}, '[') THEN {inner} ELSE {value} END"
        return _whole_list(value)
    kept = f"list_filter(list({value}{{order}}){{filter}}, lambda x: x IS NOT NULL)"
    if is_dynamic:
        elements = "CAST(json_extract(x, '$[*]') AS VARCHAR[])"
        each = f"CASE WHEN starts_with(x, '[') THEN {elements} ELSE [x] END"
        kept = f"flatten(list_transform({kept}, lambda x: {each}))"
    return f"concat('[', array_to_string({kept}[1:{arguments[1]}], ','), ']')"


def may_be_array(json: Bound) -> bool:
    """Whether what became JSON may be an array; a list then holds its elements."""
    if isinstance(json, Constant):
        return isinstance(json.value, str) and json.value.startswith("[")
    return any(part.type is _Y for part in json.parts())


def _unless_told(lower: Lowering, size: int) -> Lowering:
    """The same with a largest size, unless one is given."""

    def lowered(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        given = [*arguments, str(size)] if len(arguments) == 1 else arguments
        return lower(given, bound) if callable(lower) else lower

    return lowered


_OLD_SIZE: Final = 128
"""Elements that the old spellings keep unless told."""


def _whole_list(value: str) -> str:
    """SQL of the list of all values, of which it keeps as many as a list may have."""
    cut = f"CASE WHEN strlen(t) > {2 * MAX_ELEMENTS} THEN left(t, kql_list_end(t)) ELSE t END"
    joined = f"string_agg({value}, ','{{order}}){{filter}}"
    return f"concat('[', list_transform([{joined}], lambda t: {cut})[1], ']')"


_TOKENS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]|,')


def list_end(text: str) -> int:
    """How many characters the first elements have, as many as a list may have.

    Args:
        text: JSON values with commas between.
    """
    depth = elements = 0
    for token in _TOKENS.finditer(text):
        mark = token.group()
        if mark == "," and depth == 0:
            elements += 1
            if elements == MAX_ELEMENTS:
                return token.start()
        elif mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
    return len(text)


def _size_problem(bound: Sequence[Bound]) -> str:
    """What is wrong with the size that a list, set or bag is given, or ""."""
    if len(bound) > 1 and symbols_of(bound[1]):
        return "the largest size is a whole number that does not depend on the rows"
    return ""


def _whole_problem(bound: Sequence[Bound]) -> str:
    """What is wrong with a value whose bits are combined, or ""."""
    if bound[0].type in (KqlType.INT, KqlType.LONG):
        return ""
    return f"bits are those of whole numbers, this is a {bound[0].type}"


def _if(*names: str) -> tuple[str, ...]:
    return names


UDFS: Final = {
    "kql_list_end": Udf(list_end, (_V,), "BIGINT"),
    "kql_make_set": Udf(make_set, (f"{_V}[]", "BIGINT"), _V),
    "kql_make_bag": Udf(make_bag, (f"{_V}[]", "BIGINT"), _V),
}

PERCENTILE: Final = Aggregate(
    "percentile",
    (Kind.ORDERED, Kind.NUMBER),
    _promoted,
    _percentile,
    frugal=_estimated_percentile,
)
PERCENTILE_OF_DYNAMIC: Final = Aggregate(
    "percentile of dynamic values", (Kind.DYNAMIC, Kind.NUMBER), _Y, _percentile_of_dynamic
)
PERCENTILEW: Final = Aggregate(
    "percentilew", (Kind.SUMMABLE, Kind.INTEGER, Kind.NUMBER), _promoted, _weighted
)
ARG_MAX: Final = Aggregate(
    "arg_max", (Kind.ANY, Kind.ORDERED), _same,
    "CASE WHEN count({1}) = 0 THEN first({0}) ELSE arg_max_null({0}, {1}) END",
)  # fmt: skip
ARG_MIN: Final = Aggregate(
    "arg_min", (Kind.ANY, Kind.ORDERED), _same,
    "CASE WHEN count({1}) = 0 THEN first({0}) ELSE arg_min_null({0}, {1}) END",
)  # fmt: skip
FIRST: Final = Aggregate("first", (Kind.ANY,), _same, "first({0}{order}){filter}", ordered=True)
ANY_VALUE: Final = Aggregate("take_any", (Kind.ANY,), _same, "any_value({0}){filter}")

COUNT: Final = Aggregate(
    "count", (Kind.ANY,), _L, "count(*){filter}", optional=1, prefix="count",
    conditional=("countif",),
)  # fmt: skip

SUM: Final = Aggregate(
    "sum", (Kind.SUMMABLE,), _promoted, _sum, prefix="sum", conditional=("sumif",)
)

DCOUNT: Final = Aggregate(
    "dcount", (Kind.ANY, Kind.NUMBER), _L, _distinct, optional=1, prefix="dcount",
    frugal=estimates.distinct, conditional=("dcountif",), check=sketches.accuracy_problem,
)  # fmt: skip
ESTIMATED_DCOUNT: Final = replace(DCOUNT, duckdb=estimates.distinct)
"""What `dcount` is where exact numbers would take too long."""

AGGREGATES: Final = (
    COUNT,
    Aggregate("cnt", (), _L, "count(*)", prefix="cnt"),
    SUM,
    Aggregate("avg", (Kind.SUMMABLE,), _average_type, _average, prefix="avg",
              conditional=("avgif",)),
    Aggregate("min", (Kind.ORDERED,), _same, "min({0}){filter}", prefix="min",
              conditional=("minif",)),
    Aggregate("max", (Kind.ORDERED,), _same, "max({0}){filter}", prefix="max",
              conditional=("maxif",)),
    DCOUNT,
    Aggregate("count_distinct", (Kind.ANY,), _L, "count(DISTINCT {0}){filter}",
              prefix="count_distinct", conditional=("count_distinctif",)),
    Aggregate("stdev", (Kind.REAL,), _R, "stddev_samp({0}){filter}", empty="0e0", prefix="stdev",
              conditional=("stdevif",)),
    Aggregate("stdevp", (Kind.REAL,), _R, "stddev_pop({0}){filter}", empty="0e0", prefix="stdevp",
              conditional=("stdevpif",)),
    Aggregate("variance", (Kind.REAL,), _R, "var_samp({0}){filter}", empty="0e0",
              prefix="variance", conditional=("varianceif",)),
    Aggregate("variancep", (Kind.REAL,), _R, "var_pop({0}){filter}", empty="0e0",
              prefix="variancep", conditional=("variancepif",)),
    Aggregate("covariance", (Kind.REAL, Kind.REAL), _R, "covar_samp({0}, {1}){filter}",
              empty="0e0", prefix="covariance", conditional=("covarianceif",), names=2),
    Aggregate("covariancep", (Kind.REAL, Kind.REAL), _R, "covar_pop({0}, {1}){filter}",
              empty="0e0", prefix="covariancep", conditional=("covariancepif",), names=2),
    Aggregate("make_list", (Kind.JSON, Kind.INTEGER), _Y, _list, optional=1, prefix="list",
              conditional=("make_list_if",), conditional_prefix="list", ordered=True,
              check=_size_problem),
    Aggregate("makelist", (Kind.JSON, Kind.INTEGER), _Y, _unless_told(_list, _OLD_SIZE), optional=1,
              prefix="list", ordered=True, check=_size_problem),
    Aggregate("make_list_with_nulls", (Kind.JSON,), _Y,
              lambda arguments, _: _whole_list(arguments[0]), prefix="list", ordered=True),
    Aggregate("make_set", (Kind.JSON, Kind.INTEGER), _Y, _made("make_set"), optional=1,
              prefix="set", conditional=("make_set_if",), conditional_prefix="set",
              ordered=True, check=_size_problem),
    Aggregate("makeset", (Kind.JSON, Kind.INTEGER), _Y,
              _unless_told(_made("make_set"), _OLD_SIZE), optional=1, prefix="set", ordered=True,
              check=_size_problem),
    Aggregate("make_bag", (Kind.DYNAMIC, Kind.INTEGER), _Y, _made("make_bag"), optional=1,
              prefix="bag", conditional=("make_bag_if",), conditional_prefix="bag", ordered=True, check=_size_problem),
    Aggregate("make_dictionary", (Kind.DYNAMIC, Kind.INTEGER), _Y, _made("make_bag"), optional=1,
              prefix="dictionary", ordered=True, check=_size_problem),
    Aggregate("binary_all_or", (Kind.SUMMABLE,), _same, "bit_or({0}){filter}", prefix="",
              check=_whole_problem),
    Aggregate("binary_all_and", (Kind.SUMMABLE,), _same, "bit_and({0}){filter}", prefix="",
              check=_whole_problem),
    Aggregate("binary_all_xor", (Kind.SUMMABLE,), _same, "bit_xor({0}){filter}", prefix="",
              check=_whole_problem),
    Aggregate("take_any of some", (Kind.ANY,), _same, "any_value({0}){filter}",
              conditional=("take_anyif",), conditional_prefix=""),
    Aggregate("any of some", (Kind.ANY,), _same, "any_value({0}){filter}",
              conditional=("anyif",)),
    *schemas.AGGREGATES,
    *sketches.AGGREGATES,
    *digests.AGGREGATES,
)  # fmt: skip
"""The aggregates that give one value each."""


def percentile_text(value: float) -> str:
    """A percentile as it stands in a column's name: 99.9 is `99_9`."""
    text = repr(int(value)) if math.isfinite(value) and value == int(value) else repr(value)
    return text.replace(".", "_").replace("-", "_")
