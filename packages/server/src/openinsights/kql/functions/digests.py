"""The states of tdigest: what is kept of many values, to tell percentiles and ranks later.

A state is a dynamic value `[[type], [values], [weights]]`: values in order, each with the weight of
the values that it stands for: itself, and those between the value before it and itself. Times
stand as ticks, the type says so. Up to MAX_VALUES different values are all kept, so that percentiles
and ranks are exact; of more, as many are kept as lie at set shares of the weight, which lie closer
towards both ends: a percentile's rank is then wrong by 0.08 percent of the rows at most.

Source: the spacing is that of Dunning, "Computing extremely accurate quantiles using t-digests"
(scale function k1); the language's documentation grants an error of 1 percent.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from openinsights.kql.application import apply
from openinsights.kql.functions import sketches
from openinsights.kql.functions.conversion import JSON_OF
from openinsights.kql.functions.dynamics import PACK_ARRAY
from openinsights.kql.functions.limits import MAX_RESULT
from openinsights.kql.functions.row import Aggregate, Function, Kind, Naming, Null, Special, Udf
from openinsights.kql.spelling import datetime_text, json_text, timespan_text
from openinsights.kql.syntax import TypeLiteral
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openinsights.kql.bound import Bound
    from openinsights.kql.expressions import Expressions
    from openinsights.kql.syntax import Call

_V: Final = "VARCHAR"
_Y, _R = KqlType.DYNAMIC, KqlType.REAL

MAX_VALUES: Final = 4_096
"""Different values up to which a state holds all of them."""
_KEPT: Final = 2_048
"""Values that are kept of more than MAX_VALUES."""
MAX_WEIGHTED: Final = 1_000_000
"""Rows of one group whose values have weights of their own."""
_LARGEST: Final = 1.7976931348623157e308

_WHOLE: Final = (KqlType.INT, KqlType.LONG, KqlType.DATETIME, KqlType.TIMESPAN)


def _type_name(type_: KqlType) -> str:
    if type_ is KqlType.INT:
        return "long"
    return "real" if type_ is KqlType.DECIMAL else str(type_)


def _number_sql(value: str, type_: KqlType) -> str:
    """A value as JSON can hold it: not NaN, nor infinite."""
    if type_ in _WHOLE:
        return f"CAST({value} AS BIGINT)"
    real = f"CAST({value} AS DOUBLE)"
    return (
        f"CASE WHEN NOT isnan({real}) THEN least(greatest({real}, {-_LARGEST!r}), {_LARGEST!r}) END"
    )


def _state_sql(type_: KqlType, values: str, weights: str) -> str:
    return (
        f"'[[\"{_type_name(type_)}\"],[' || array_to_string({values}, ',')"
        f" || '],[' || array_to_string({weights}, ',') || ']]'"
    )


def _made(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    return f"CASE WHEN count({arguments[0]}){{filter}} > 0 THEN {_state_of(arguments, bound)} END"


def _state_of(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    type_ = bound[0].type
    value = _number_sql(arguments[0], type_)
    if len(arguments) == 2:
        return _weighted_sql(value, arguments[1], _type_name(type_))
    count = f"count({value}){{filter}}"
    values = f"list_sort(list({value}){{filter}}, 'ASC', 'NULLS LAST')[1:{count}]"
    groups = "list_aggregate(v, 'histogram')"
    exact = _state_sql(
        type_, f"COALESCE(map_keys({groups}), [])", f"COALESCE(map_values({groups}), [])"
    )
    share = f"(1 - cos(pi() * i / {_KEPT})) / 2"
    ranks = (
        f"list_transform(range(1, {_KEPT} + 1), lambda i:"
        f" least(greatest(CAST(ceil({share} * len(v)) AS BIGINT), 1), len(v)))"
    )
    thinned = _state_sql(
        type_,
        "list_transform(r, lambda i: v[i])",
        "list_transform(r, lambda i, n: i - CASE WHEN n = 1 THEN 0 ELSE r[n - 1] END)",
    )
    return (
        f"list_transform([COALESCE({values}, [])], lambda v:"
        f" CASE WHEN len(v) <= {MAX_VALUES} OR list_unique(v) <= {MAX_VALUES} THEN {exact}"
        f" ELSE list_transform([{ranks}], lambda r: {thinned})[1] END)[1]"
    )


def _weighted_sql(value: str, weight: str, type_name: str) -> str:
    count = "count(*){filter}"
    lists = f"list(CAST({value} AS {_V})){{filter}}, list(CAST({weight} AS DOUBLE)){{filter}}"
    return (
        f"CASE WHEN {count} > {MAX_WEIGHTED}"
        f" THEN error('tdigest of more than {MAX_WEIGHTED} weighted rows in a group')"
        f" ELSE kql_weighted_digest({lists}, '{type_name}') END"
    )


# What is kept of values and weights.


class _Digest:
    """A state taken apart: its type, values in order, and how much weight there is up to each."""

    def __init__(self, type_: str, values: np.ndarray, weights: np.ndarray) -> None:
        order = np.argsort(values, kind="stable")
        self.type = type_
        self.values = values[order]
        self.reached = np.cumsum(weights[order])

    @property
    def total(self) -> float:
        """The weight of all values."""
        return float(self.reached[-1]) if len(self.reached) else 0.0

    def text(self) -> str:
        """The state as JSON; values beyond what is kept are dropped."""
        is_last = np.ones(len(self.values), dtype=bool)
        is_last[:-1] = self.values[1:] != self.values[:-1]
        values, reached = self.values[is_last], self.reached[is_last]
        if len(values) > MAX_VALUES:
            shares = (1 - np.cos(np.pi * np.arange(1, _KEPT + 1) / _KEPT)) / 2
            places = np.searchsorted(reached, shares * self.total * (1 - 1e-12))
            places = np.unique(np.minimum(np.append(places, 0), len(values) - 1))
            values, reached = values[places], reached[places]
        weights = np.diff(reached, prepend=0.0)
        return json_text(
            [[self.type], values.tolist(), [int(w) if w == int(w) else w for w in weights.tolist()]]
        )

    def value_at(self, percentile: float) -> Any:
        """The smallest value up to which the weights reach a share of them; None without values."""
        if not len(self.values) or math.isnan(percentile):
            return None
        wanted = self.total * min(max(percentile, 0.0), 100.0) / 100
        place = int(np.searchsorted(self.reached, wanted - 1e-9 * max(1.0, wanted)))
        return self._shown(self.values[min(place, len(self.values) - 1)].item())

    def _shown(self, value: Any) -> Any:
        if self.type == "datetime":
            return datetime_text(value)
        return timespan_text(value) if self.type == "timespan" else value

    def rank_of(self, value: float) -> float:
        """The weight of the values that are not larger than this one."""
        place = int(np.searchsorted(self.values, value, side="right"))
        return float(self.reached[place - 1]) if place else 0.0


_TYPES: Final = ("long", "real", "datetime", "timespan")


def _digest_of(text: str | None) -> _Digest | None:
    """The state that a dynamic value is, or None."""
    state = json.loads(text) if text is not None else None
    if not isinstance(state, list) or len(state) != 3 or not all(map(_is_list, state)):
        return None
    (type_, *others), values, weights = state[0] or [None], state[1], state[2]
    if type_ not in _TYPES or others or len(values) != len(weights):
        return None
    try:
        return _Digest(
            type_,
            np.asarray(values, dtype=np.float64 if type_ == "real" else np.int64),
            np.asarray(weights, dtype=np.float64),
        )
    except (ValueError, TypeError, OverflowError):
        return None


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def weighted_digest(
    values: list[str | None] | None, weights: list[float | None] | None, type_: str
) -> str:
    """The state of values, each with a weight; what is null or weighs nothing is left out."""
    known = [
        (value, weight)
        for value, weight in zip(values or [], weights or [], strict=True)
        if value is not None and weight is not None and weight > 0
    ]
    kind = np.float64 if type_ == "real" else np.int64
    return _Digest(
        type_,
        np.asarray([value for value, _ in known]).astype(kind),
        np.asarray([weight for _, weight in known], dtype=np.float64),
    ).text()


def merged_digest(states: list[str | None]) -> str | None:
    """The state of the values of several; null if one is no state, or their types differ."""
    digests = [_digest_of(text) for text in states if text is not None]
    known = [digest for digest in digests if digest is not None and len(digest.values)]
    if None in digests or len({digest.type for digest in known}) > 1:
        return None
    if not known:
        return json_text([["long"], [], []])
    return _Digest(
        known[0].type,
        np.concatenate([digest.values for digest in known]),
        np.concatenate([np.diff(digest.reached, prepend=0.0) for digest in known]),
    ).text()


def percentile(text: str, share: float) -> str | None:
    """A percentile as JSON text."""
    digest = _digest_of(text)
    value = None if digest is None else digest.value_at(share)
    return None if value is None else json_text(value)


def percentiles(text: str, shares: str) -> str | None:
    """Several percentiles as a JSON array; the shares are one too."""
    digest, wanted = _digest_of(text), json.loads(shares)
    if digest is None or not isinstance(wanted, list):
        return None
    return json_text([digest.value_at(float(share)) for share in wanted])


def rank(text: str, value: str) -> float | None:
    """How many values are not larger than this one."""
    digest = _digest_of(text)
    if digest is None:
        return None
    return digest.rank_of(float(value) if digest.type == "real" else math.floor(_number(value)))


def percent_rank(text: str, value: str) -> float | None:
    """The percentage of values that are not larger than this one."""
    digest, reached = _digest_of(text), rank(text, value)
    if digest is None or reached is None or not digest.total:
        return None
    return 100.0 * reached / digest.total


def _number(text: str) -> float:
    """Ticks are exact, which they would not be as a real number."""
    return int(text) if text.lstrip("-").isdigit() else float(text)


# Rows.


def _merge_aggregate(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    size = f"COALESCE(sum(length({arguments[0]})){{filter}}, 0)"
    return (
        f"CASE WHEN count({arguments[0]}){{filter}} = 0 THEN NULL"
        f" WHEN {size} > {MAX_RESULT * 4} THEN error('states of more than"
        f" {MAX_RESULT * 4} characters in a group; merge them in steps')"
        f" ELSE kql_merged_digest(COALESCE(list({arguments[0]}){{filter}}, [])) END"
    )


AGGREGATES: Final = (
    Aggregate("tdigest", (Kind.SUMMABLE, Kind.NUMBER), _Y, _made, optional=1, prefix="tdigest"),
    Aggregate(
        "tdigest_merge",
        (Kind.DYNAMIC,),
        _Y,
        _merge_aggregate,
        prefix="merge_tdigests",
        aliases=("merge_tdigest",),
    ),
)
"""The family's aggregates."""

_MERGE: Final = Function(
    "tdigest_merge of states",
    (Kind.DYNAMIC,),
    _Y,
    "kql_merged_digest([{*}])",
    variadic=True,
    null=Null.MAKES,
)
_PERCENTILE: Final = Function(
    "percentile of digest",
    (Kind.DYNAMIC, Kind.REAL),
    _Y,
    "kql_digest_percentile({0}, {1})",
    null=Null.MAKES,
)
_PERCENTILES: Final = Function(
    "percentiles of digest",
    (Kind.DYNAMIC, Kind.DYNAMIC),
    _Y,
    "kql_digest_percentiles({0}, {1})",
    null=Null.MAKES,
)
_RANK: Final = Function(
    "rank in digest",
    (Kind.DYNAMIC, Kind.ANY),
    _R,
    f"kql_digest_rank({{0}}, CAST({{1}} AS {_V}))",
    null=Null.MAKES,
)
_PERCENT_RANK: Final = Function(
    "percent rank in digest",
    (Kind.DYNAMIC, Kind.ANY),
    _R,
    f"kql_digest_percent_rank({{0}}, CAST({{1}} AS {_V}))",
    null=Null.MAKES,
)

UDFS: Final = {
    "kql_weighted_digest": Udf(weighted_digest, (f"{_V}[]", "DOUBLE[]", _V), _V),
    "kql_merged_digest": Udf(merged_digest, (f"{_V}[]",), _V),
    "kql_digest_percentile": Udf(percentile, (_V, "DOUBLE"), _V),
    "kql_digest_percentiles": Udf(percentiles, (_V, _V), _V),
    "kql_digest_rank": Udf(rank, (_V, _V), "DOUBLE"),
    "kql_digest_percent_rank": Udf(percent_rank, (_V, _V), "DOUBLE"),
}
"""The engine's functions that the family calls."""


def _digest(expressions: Expressions, call: Call) -> Bound:
    node = call.arguments[0]
    return expressions.coerce(expressions.bind(node), Kind.DYNAMIC, node, call.name)


def _bind_percentile(expressions: Expressions, call: Call) -> Bound:
    if not 2 <= len(call.arguments) <= 3:
        expressions.wrong_count(call, 2, 3)
    node = call.arguments[1]
    share = expressions.coerce(expressions.bind(node), Kind.REAL, node, call.name)
    value = apply(_PERCENTILE, (_digest(expressions, call), share))
    if len(call.arguments) == 2:
        return value
    target = call.arguments[2]
    if not isinstance(target, TypeLiteral):
        expressions.fail(f"the last argument of {call.name}(…) is a type: typeof(long)", target)
    return expressions.convert(value, target.type)


def _bind_percentiles(expressions: Expressions, call: Call) -> Bound:
    if len(call.arguments) < 2:
        expressions.wrong_count(call, 2, None)
    shares = [expressions.bind(node) for node in call.arguments[1:]]
    if len(shares) == 1 and shares[0].type is _Y:
        return apply(_PERCENTILES, (_digest(expressions, call), shares[0]))
    listed: list[Bound] = []
    for share, node in zip(shares, call.arguments[1:], strict=True):
        listed.append(expressions.coerce(share, Kind.REAL, node, call.name))
    array = apply(PACK_ARRAY, [apply(JSON_OF[_R], (share,)) for share in listed])
    return apply(_PERCENTILES, (_digest(expressions, call), array))


def _bind_rank(function: Function) -> Callable[[Expressions, Call], Bound]:
    def bind(expressions: Expressions, call: Call) -> Bound:
        if len(call.arguments) != 2:
            expressions.wrong_count(call, 2, 2)
        value = expressions.bind(call.arguments[1])
        if value.type in (KqlType.STRING, KqlType.BOOL, KqlType.GUID):
            expressions.fail(f"{call.name}(…) needs a number or a time here", call.arguments[1])
        return apply(function, (_digest(expressions, call), value))

    return bind


def _merge(function: Function) -> Callable[[Expressions, Call], Bound]:
    """A name of two meanings: the aggregate of one argument, else a function of several states."""

    def bind(expressions: Expressions, call: Call) -> Bound:
        if len(call.arguments) < 2:
            return expressions.aggregate(call)
        states = [
            expressions.coerce(expressions.bind(node), Kind.DYNAMIC, node, call.name)
            for node in call.arguments
        ]
        return apply(function, states)

    return bind


SPECIALS: Final = (
    Special(("percentile_tdigest",), _bind_percentile, Naming.PREFIX),
    Special(("percentiles_array_tdigest",), _bind_percentiles, Naming.PREFIX, "percentile_tdigest"),
    Special(("rank_tdigest",), _bind_rank(_RANK)),
    Special(("percentrank_tdigest",), _bind_rank(_PERCENT_RANK)),
    Special(
        ("tdigest_merge", "merge_tdigest"), _merge(_MERGE), Naming.FIXED, "tdigests_merge_result"
    ),
    Special(("hll_merge",), _merge(sketches.MERGE), Naming.FIXED, "hll_merged_result"),
)
"""Functions of states, that bind their own arguments."""
