"""Functions that choose among their arguments or look at their types: iff, case, coalesce, bin, …."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from openinsights.kql import mistakes
from openinsights.kql.application import NUMERIC, apply, common_type
from openinsights.kql.bound import Bound, Constant, constant, reference
from openinsights.kql.errors import KqlSemanticError, KqlUnsupported
from openinsights.kql.functions import conversion, dynamics, patterns, text, times
from openinsights.kql.functions.row import Function, Kind, Naming, Null, Special, Udf
from openinsights.kql.source import MAX_DATETIME, TICKS_PER_DAY
from openinsights.kql.spelling import json_text
from openinsights.kql.syntax import Call, Literal, Name, Node, Star, TypeLiteral
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.expressions import Expressions

_NUMBERS: Final = (KqlType.INT, KqlType.LONG)


def _count(expressions: Expressions, call: Call, fewest: int, most: int | None = None) -> None:
    given = len(call.arguments)
    if given < fewest or (most is not None and given > most):
        expressions.wrong_count(call, fewest, most)


def _united(expressions: Expressions, call: Call, values: Sequence[Bound]) -> list[Bound]:
    """The values as their common type."""
    found = common_type([value.type for value in values])
    if found is None:
        types = ", ".join(dict.fromkeys(value.type for value in values))
        expressions.fail(f"the results of {call.name}(…) have different types: {types}", call)
    return [expressions.convert(value, found) for value in values]


def _case_sql(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    pairs = zip(arguments[0:-1:2], arguments[1:-1:2], strict=True)
    whens = " ".join(f"WHEN {condition} THEN {value}" for condition, value in pairs)
    return f"(CASE {whens} ELSE {arguments[-1]} END)"


_CASE: Final = Function(
    "case", (Kind.ANY,), lambda types: types[-1], _case_sql, variadic=True, null=Null.MAKES
)


def _choice(expressions: Expressions, call: Call) -> Bound:
    conditions = [expressions.predicate(node) for node in call.arguments[0:-1:2]]
    results = [expressions.bind(node) for node in (*call.arguments[1:-1:2], call.arguments[-1])]
    # Results of different types are dynamic values, each of its own type.
    type_ = common_type([result.type for result in results]) or KqlType.DYNAMIC
    results = [expressions.convert(result, type_) for result in results]
    parts: list[Bound] = []
    for condition, result in zip(conditions, results, strict=False):
        if isinstance(condition, Constant):
            if condition.value is True:
                parts.append(result)
                break
            continue
        parts += [condition, result]
    else:
        parts.append(results[-1])
    if len(parts) == 1:
        return parts[0]
    chosen = apply(_CASE, parts)
    chosen.nullable = any(part.nullable for part in (*parts[1::2], parts[-1]))
    return chosen


def _iff(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 3, 3)
    return _choice(expressions, call)


def _case(expressions: Expressions, call: Call) -> Bound:
    if len(call.arguments) < 3 or len(call.arguments) % 2 == 0:
        expressions.fail(
            "case(…) takes pairs of condition and result, and one more result at the end", call
        )
    return _choice(expressions, call)


_COALESCE: Final = Function(
    "coalesce", (Kind.ANY,), lambda types: types[0], "COALESCE({*})", variadic=True, null=Null.MAKES
)
_COALESCE_TEXT: Final = Function(
    "coalesce of strings", (Kind.ANY,), KqlType.STRING,
    lambda a, b: "COALESCE(" + ", ".join(f"NULLIF({part}, '')" for part in a) + ", '')",
    variadic=True, null=Null.NEVER,
)  # fmt: skip


def _coalesce(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 1)
    values = _united(expressions, call, [expressions.bind(node) for node in call.arguments])
    if len(values) == 1:
        return values[0]
    if values[0].type is KqlType.STRING:
        return apply(_COALESCE_TEXT, values)
    found = apply(_COALESCE, values)
    found.nullable = all(value.nullable for value in values)
    return found


def _extreme(word: str) -> Function:
    return Function(
        f"{word} of", (Kind.ANY,), lambda types: types[0], word + "({*})", variadic=True,
        null=Null.MAKES,
    )  # fmt: skip


_GREATEST, _LEAST = _extreme("greatest"), _extreme("least")


def _max_of(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 1)
    values = _united(expressions, call, [expressions.bind(node) for node in call.arguments])
    if len(values) == 1:
        return values[0]
    return apply(_GREATEST if call.name == "max_of" else _LEAST, values)


_IS_NULL: Final = Function(
    "isnull", (Kind.ANY,), KqlType.BOOL, "({0} IS NULL)", null=Null.NEVER,
    fold=lambda value: value is None,
)  # fmt: skip


def _isnull(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 1, 1)
    value = expressions.bind(call.arguments[0])
    if value.type is KqlType.STRING:
        found: Bound = constant(False, KqlType.BOOL)
    else:
        found = apply(_IS_NULL, (value,))
    return found if call.name == "isnull" else expressions.negate(found)


_BIN: Final = Function(
    "bin", (Kind.ANY, Kind.ANY), lambda types: types[0],
    "({0} - (({0} % {1}) + {1}) % {1})", null=Null.PROPAGATES,
    fold=lambda value, size: _floored(value, size),
)  # fmt: skip
_BIN_TIME: Final = Function(
    "bin", (Kind.ANY, Kind.ANY), lambda types: types[0], "({0} - {0} % {1})",
    fold=lambda value, size: _floored(value, size),
)  # fmt: skip
_BIN_DECIMAL: Final = Function(
    "bin of decimals", (Kind.ANY, Kind.ANY), KqlType.DECIMAL,
    "CASE WHEN {1} > 0 THEN {0} - (({0} % {1}) + {1}) % {1} END", null=Null.MAKES,
)  # fmt: skip
_BIN_REAL: Final = Function(
    "bin of reals", (Kind.ANY, Kind.ANY), KqlType.REAL,
    lambda arguments, bound: (
        f"(floor({arguments[0]} / {_positive(arguments[1], bound[1])}) * {arguments[1]})"
    ),
    null=Null.MAKES,
)  # fmt: skip


def _positive(size: str, bound: Bound) -> str:
    """SQL of a size, which is null where it is not above zero."""
    is_known = isinstance(bound, Constant) and isinstance(bound.value, float) and bound.value > 0
    return size if is_known else f"CASE WHEN {size} > 0 THEN {size} END"


def _floored(value: int, size: int) -> int | None:
    return None if size <= 0 else value - value % size


def _bin(expressions: Expressions, call: Call) -> Bound:
    if call.name == "floor" and len(call.arguments) == 1:
        call = Call(call.start, call.end, call.name, [*call.arguments, _one(call)], call.name_end)
    _count(expressions, call, 2, 2)
    value, size = (expressions.bind(node) for node in call.arguments)
    return binned(expressions, value, size, call)


def _one(call: Call) -> Literal:
    return Literal(call.end, call.end, 1, KqlType.LONG)


def binned(expressions: Expressions, value: Bound, size: Bound, node: Node) -> Bound:
    """A value rounded down to a multiple of a size."""
    if value.type is KqlType.DYNAMIC:
        target = {KqlType.TIMESPAN: KqlType.DATETIME}.get(size.type, size.type)
        value = expressions.convert(value, target)
    if value.type in (KqlType.DATETIME, KqlType.TIMESPAN):
        if size.type in NUMERIC:
            size = _days(expressions, size)
        if size.type is not KqlType.TIMESPAN:
            message = f"a {value.type} is binned by a timespan, not a {size.type}"
            expressions.fail(message, node, mistakes.KINDS.get(("timespan", size.type), ""))
    elif value.type in NUMERIC and size.type in NUMERIC:
        found = common_type([value.type, size.type]) or KqlType.LONG
        if found is KqlType.DECIMAL:
            exact = [expressions.convert(part, found) for part in (value, size)]
            return apply(_BIN_DECIMAL, exact)
        if found not in _NUMBERS:
            real = [expressions.convert(part, KqlType.REAL) for part in (value, size)]
            return apply(_BIN_REAL, real)
        value, size = (expressions.convert(part, KqlType.LONG) for part in (value, size))
    else:
        expressions.fail(f"a {value.type} cannot be binned by a {size.type}", node)
    if isinstance(size, Constant) and isinstance(size.value, int) and size.value <= 0:
        return constant(None, value.type)
    function = _BIN_TIME if value.type is KqlType.DATETIME else _BIN
    if not isinstance(size, Constant):
        size = apply(_POSITIVE, (size,))
    return apply(function, (value, size))


_POSITIVE: Final = Function(
    "positive", (Kind.ANY,), lambda types: types[0], "CASE WHEN {0} > 0 THEN {0} END",
    null=Null.MAKES,
)  # fmt: skip


def _days(expressions: Expressions, size: Bound) -> Bound:
    whole = expressions.convert(size, KqlType.REAL)
    return apply(_DAYS, (whole,))


_DAYS: Final = Function(
    "days", (Kind.REAL,), KqlType.TIMESPAN, f"CAST({{0}} * {TICKS_PER_DAY} AS BIGINT)",
    fold=lambda days: int(days * TICKS_PER_DAY),
)  # fmt: skip
_BIN_AT: Final = Function(
    "bin_at", (Kind.ANY, Kind.ANY, Kind.ANY), lambda types: types[0],
    "({2} + (({0} - {2}) - ((({0} - {2}) % {1}) + {1}) % {1}))",
    fold=lambda value, size, at: at + (value - at) - (value - at) % size,
)  # fmt: skip
_BIN_AT_DECIMAL: Final = Function(
    "bin_at of decimals", (Kind.ANY, Kind.ANY, Kind.ANY), KqlType.DECIMAL,
    "CASE WHEN {1} > 0 THEN {0} - ((({0} - {2}) % {1}) + {1}) % {1} END", null=Null.MAKES,
)  # fmt: skip
_BIN_AT_REAL: Final = Function(
    "bin_at of reals", (Kind.ANY, Kind.ANY, Kind.ANY), KqlType.REAL,
    "({2} + floor(({0} - {2}) / {1}) * {1})",
)  # fmt: skip


def _bin_at(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 3, 3)
    value, size, at = (expressions.bind(node) for node in call.arguments)
    return _binned_at(expressions, value, size, at, call)


def _bin_auto(expressions: Expressions, call: Call) -> Bound:
    """`bin_at` with the size and place that `set` gave the query."""
    _count(expressions, call, 1, 1)
    value = expressions.bind(call.arguments[0])
    options = expressions.binder.bins
    size, at = options.get(BIN_SIZE), options.get(BIN_AT)
    if size is None:
        expressions.fail("bin_auto(…) has no size", call, f"set {BIN_SIZE}=1h; before the query")
    if at is None:
        return binned(expressions, value, size, call)
    return _binned_at(expressions, value, size, at, call)


BIN_SIZE: Final = "query_bin_auto_size"
BIN_AT: Final = "query_bin_auto_at"
"""Options of `set` that bin_auto obeys."""


def _binned_at(expressions: Expressions, value: Bound, size: Bound, at: Bound, call: Call) -> Bound:
    if value.type in (KqlType.DATETIME, KqlType.TIMESPAN):
        if size.type in NUMERIC:
            size = _days(expressions, size)
        if at.type is not value.type or size.type is not KqlType.TIMESPAN:
            expressions.fail(f"a {value.type} is binned by a timespan at a {value.type}", call)
        return apply(_BIN_AT, (value, size, at))
    found = common_type([value.type, size.type, at.type])
    if found is None or found not in NUMERIC:
        expressions.fail(f"{call.name}(…) takes numbers or times of one kind", call)
    if found in _NUMBERS:
        whole = [expressions.convert(part, KqlType.LONG) for part in (value, size, at)]
        return apply(_BIN_AT, whole)
    if found is KqlType.DECIMAL:
        return apply(_BIN_AT_DECIMAL, [expressions.convert(p, found) for p in (value, size, at)])
    return apply(_BIN_AT_REAL, [expressions.convert(p, KqlType.REAL) for p in (value, size, at)])


def _now(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 0, 1)
    ticks = expressions.binder.options.now_ticks
    if not call.arguments:
        return constant(ticks, KqlType.DATETIME)
    offset = expressions.coerce(
        expressions.bind(call.arguments[0]), Kind.TIMESPAN, call.arguments[0], call.name
    )
    return apply(_SHIFTED, (constant(ticks, KqlType.DATETIME), offset))


def _ago(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 1, 1)
    node = call.arguments[0]
    offset = expressions.coerce(expressions.bind(node), Kind.TIMESPAN, node, call.name)
    now = constant(expressions.binder.options.now_ticks, KqlType.DATETIME)
    return apply(_BEFORE, (now, offset))


def _ranged(ticks: int) -> int | None:
    """A datetime that there is, or null."""
    return ticks if 0 <= ticks <= MAX_DATETIME else None


_SHIFTED: Final = Function(
    "shifted", (Kind.DATETIME, Kind.TIMESPAN), KqlType.DATETIME, "({0} + {1})",
    fold=lambda ticks, offset: _ranged(ticks + offset),
)  # fmt: skip
_BEFORE: Final = Function(
    "before", (Kind.DATETIME, Kind.TIMESPAN), KqlType.DATETIME, "({0} - {1})",
    fold=lambda ticks, offset: _ranged(ticks - offset),
)  # fmt: skip


def _conversion(target: KqlType):  # type: ignore[no-untyped-def]  # makes a binding
    def bind(expressions: Expressions, call: Call) -> Bound:
        _count(expressions, call, 1, 1)
        value = expressions.bind(call.arguments[0])
        if value.type is KqlType.TIMESPAN and target is KqlType.DATETIME:
            expressions.fail("a timespan is no datetime", call.arguments[0])
        return expressions.convert(value, target)

    return bind


def _type_argument(node: Node) -> KqlType | None:
    return node.type if isinstance(node, TypeLiteral) else None


def _extract(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 3, 4)
    target = _type_argument(call.arguments[3]) if len(call.arguments) == 4 else KqlType.STRING
    if target is None:
        expressions.fail("the last argument of extract(…) is a type: typeof(long)", call)
    function = _row(text.FUNCTIONS, "extract of text")
    plain = Call(call.start, call.end, call.name, call.arguments[:3], call.name_end)
    found = apply(function, expressions.arguments(function, plain))
    return expressions.convert(found, target)


def _countof(expressions: Expressions, call: Call) -> Bound:
    function = _row(text.FUNCTIONS, "countof of text")
    arguments = expressions.arguments(function, call)
    kind = arguments[2] if len(arguments) > 2 else None
    if isinstance(kind, Constant) and kind.value == "regex":
        expressions.check_pattern(call.arguments[1], arguments[1])
    return apply(function, arguments)


_MOST_GROUPS: Final = 16


def _extract_all(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 2, 3)
    first, last = call.arguments[0], call.arguments[-1]
    pattern = expressions.coerce(expressions.bind(first), Kind.PATTERN, first, call.name)
    if not isinstance(pattern, Constant):
        expressions.fail("the regular expression of extract_all(…) must be known in advance", first)
    written = str(pattern.value)
    wanted: list[int] = list(range(1, patterns.group_count(written) + 1))
    if not 1 <= len(wanted) <= _MOST_GROUPS:
        expressions.fail(
            f"the regular expression of extract_all(…) needs 1 to {_MOST_GROUPS} groups in"
            f" parentheses, here are {len(wanted)}",
            first,
        )
    if len(call.arguments) == 3:
        groups = expressions.bind(call.arguments[1])
        if not isinstance(groups, Constant) or groups.type is not KqlType.DYNAMIC:
            expressions.fail(
                "the groups of extract_all(…) are an array known in advance", call.arguments[1]
            )
        listed = json.loads(str(groups.value)) if groups.value is not None else []
        places = [patterns.group_place(written, g) for g in listed] if _is_list(listed) else []
        if not places or None in places:
            expressions.fail("the regular expression has no such group", call.arguments[1])
        wanted = [place for place in places if place is not None]
    source = expressions.coerce(expressions.bind(last), Kind.STRING, last, call.name)
    numbers = [constant(place, KqlType.LONG) for place in wanted]
    return apply(text.EXTRACT_ALL, (pattern, source, *numbers))


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _extract_json(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 2, 3)
    target = _type_argument(call.arguments[2]) if len(call.arguments) == 3 else KqlType.STRING
    if target is None:
        expressions.fail("the last argument is a type: typeof(long)", call)
    path, source = (
        expressions.coerce(expressions.bind(node), Kind.STRING, node, call.name)
        for node in call.arguments[:2]
    )
    return expressions.convert(apply(_JSON_PATH, (apply(_SPELT_PATH, (path,)), source)), target)


_PATH_STEP: Final = re.compile(
    r"""\.(?P<key>[^.\[\]'"*?()@ ]+)|\[\s*(?:(?P<at>-?\d{1,9})"""
    r"""|'(?P<single>[^']*)'|"(?P<double>[^"]*)")\s*\]""",
    re.X,
)


def engine_path(path: str) -> str | None:
    """A path such as `$.a[0]['b']` as the engine spells it; None for what is no plain path."""
    steps, at = ["$"], 1
    if not path.startswith("$"):
        return None
    while at < len(path):
        step = _PATH_STEP.match(path, at)
        if step is None:
            return None
        at = step.end()
        if step["at"] is not None:
            place = int(step["at"])
            steps.append(f"[{place}]" if place >= 0 else f"[#{place}]")
        else:
            key = next(k for k in (step["key"], step["single"], step["double"]) if k is not None)
            escaped = key.replace("\\", "\\\\").replace('"', '\\"')
            steps.append(f'."{escaped}"')
    return "".join(steps)


_SPELT_PATH: Final = Function(
    "path of json", (Kind.STRING,), KqlType.STRING, "kql_path_of_json({0})", null=Null.MAKES,
    fold=engine_path,
)  # fmt: skip
_JSON_PATH: Final = Function(
    "extract_json", (Kind.STRING, Kind.STRING), KqlType.DYNAMIC,
    "CASE WHEN json_valid({1}) AND {0} <> '' THEN NULLIF(CAST(json_extract({1}, {0}) AS VARCHAR), 'null') END",
    null=Null.MAKES,
)  # fmt: skip


def _row(rows: Sequence[Function], name: str) -> Function:
    return next(row for row in rows if row.name == name)


def _todynamic(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 1, 1)
    value = expressions.bind(call.arguments[0])
    if value.type is KqlType.DYNAMIC:
        return value
    if value.type is not KqlType.STRING:
        return expressions.convert(value, KqlType.DYNAMIC)
    return apply(_row(dynamics.FUNCTIONS, "parse_json"), (value,))


def _gettype(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 1, 1)
    value = expressions.bind(call.arguments[0])
    if value.type is not KqlType.DYNAMIC:
        return constant(str(value.type), KqlType.STRING)
    return apply(_GETTYPE, (apply(conversion.JSON_OF[KqlType.DYNAMIC], (value,)),))


_GETTYPE: Final = Function(
    "gettype", (Kind.JSON,), KqlType.STRING, "kql_gettype({0})", null=Null.NEVER
)


def _range(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 2, 3)
    values = [expressions.bind(node) for node in call.arguments]
    if values[0].type in (KqlType.DATETIME, KqlType.TIMESPAN):
        return _range_of_times(expressions, call, values)
    if len(values) == 2:
        values.append(constant(1, KqlType.LONG))
    found = common_type([value.type for value in values])
    if found is None or found not in NUMERIC:
        expressions.fail("range(…) takes numbers, or times and a timespan", call)
    target = KqlType.LONG if found in _NUMBERS else KqlType.REAL
    values = [expressions.convert(value, target) for value in values]
    return apply(_RANGE_LONG if target is KqlType.LONG else _RANGE_REAL, values)


def _range_of_times(expressions: Expressions, call: Call, values: list[Bound]) -> Bound:
    if len(values) == 2:
        values.append(constant(36_000_000_000, KqlType.TIMESPAN))
    if values[1].type is not values[0].type or values[2].type is not KqlType.TIMESPAN:
        expressions.fail("range(…) of times takes two times and a timespan", call)
    name = "datetime" if values[0].type is KqlType.DATETIME else "timespan"
    return apply(_RANGE_TIMES[name], values)


_RANGE_COUNT: Final = (
    # At most 1,048,576 elements; the bound is computed wide, so that it cannot overflow.
    "generate_series({0}, CAST(CASE WHEN {2} > 0"
    " THEN least({1}, CAST({0} AS HUGEINT) + CAST({2} AS HUGEINT) * 1048575)"
    " ELSE greatest({1}, CAST({0} AS HUGEINT) + CAST({2} AS HUGEINT) * 1048575) END AS BIGINT),"
    " CASE WHEN {2} = 0 THEN NULL ELSE {2} END)"
)
_RANGE_LONG: Final = Function(
    "range of longs", (Kind.INTEGER,) * 3, KqlType.DYNAMIC,
    f"CAST(to_json({_RANGE_COUNT}) AS VARCHAR)", null=Null.MAKES,
)  # fmt: skip
_RANGE_REAL: Final = Function(
    "range of reals", (Kind.REAL,) * 3, KqlType.DYNAMIC, "kql_range_numbers({0}, {1}, {2})",
    null=Null.MAKES,
)  # fmt: skip
_RANGE_TIMES: Final = {
    "datetime": Function(
        "range of datetimes", (Kind.DATETIME, Kind.DATETIME, Kind.TIMESPAN), KqlType.DYNAMIC,
        f"CAST(to_json(list_transform({_RANGE_COUNT}, lambda t: "
        + conversion.DATETIME_TEXT.format("t").replace("{", "{{")
        + ")) AS VARCHAR)",
        null=Null.MAKES,
    ),
    "timespan": Function(
        "range of timespans", (Kind.TIMESPAN,) * 3, KqlType.DYNAMIC,
        f"CAST(to_json(list_transform({_RANGE_COUNT}, lambda t: kql_timespan_text(t))) AS VARCHAR)",
        null=Null.MAKES,
    ),
}  # fmt: skip


def _pack(expressions: Expressions, call: Call) -> Bound:
    if len(call.arguments) % 2:
        expressions.fail(f"{call.name}(…) takes pairs of key and value", call)
    parts: list[Bound] = []
    for place, node in enumerate(call.arguments):
        kind = Kind.JSON if place % 2 else Kind.TEXT
        parts.append(expressions.coerce(expressions.bind(node), kind, node, call.name))
    return _packed(parts)


def _packed(parts: list[Bound]) -> Bound:
    if not parts:
        return constant("{}", KqlType.DYNAMIC)
    return apply(dynamics.BAG_PACK, parts)


def _pack_columns(expressions: Expressions, call: Call) -> Bound:
    parts: list[Bound] = []
    for node in call.arguments:
        if not isinstance(node, Name):
            expressions.fail(f"{call.name}(…) takes names of columns", node)
        value = expressions.bind(node)
        parts.append(constant(node.name, KqlType.STRING))
        parts.append(apply(conversion.JSON_OF[value.type], (value,)))
    return _packed(parts)


def _pack_all(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 0, 1)
    ignore = False
    if call.arguments:
        flag = expressions.bind(call.arguments[0])
        if not isinstance(flag, Constant):
            expressions.fail("the argument of pack_all(…) is true or false", call.arguments[0])
        ignore = flag.value is True
    if expressions.relation is None:
        expressions.fail("pack_all(…) needs rows", call)
    parts: list[Bound] = []
    for column in expressions.relation.columns:
        value = reference(column.symbol)
        parts.append(constant(column.name, KqlType.STRING))
        parts.append(apply(conversion.JSON_OF[column.type], (value,)))
    packed = _packed(parts)
    return apply(_WITHOUT_EMPTY, (packed,)) if ignore else packed


def _pairs(bag: str) -> list[tuple[str, object]]:
    value = json.loads(bag)
    return list(value.items()) if isinstance(value, dict) else []


def without_empty(bag: str) -> str:
    """A bag without null and empty values."""
    return json_text({k: v for k, v in _pairs(bag) if v is not None and v != ""})


UDFS: Final = {
    "kql_without_empty": Udf(without_empty, ("VARCHAR",), "VARCHAR"),
    "kql_path_of_json": Udf(engine_path, ("VARCHAR",), "VARCHAR"),
}

_WITHOUT_EMPTY: Final = Function(
    "bag without empty values", (Kind.DYNAMIC,), KqlType.DYNAMIC, "kql_without_empty({0})",
    null=Null.NEVER,
)  # fmt: skip


def _pack_array(expressions: Expressions, call: Call) -> Bound:
    parts: list[Bound] = []
    for node in call.arguments:
        if isinstance(node, Star):
            if expressions.relation is None:
                expressions.fail("'*' needs rows", node)
            for column in expressions.relation.columns:
                json_of = conversion.JSON_OF[column.type]
                parts.append(apply(json_of, (reference(column.symbol),)))
        else:
            parts.append(expressions.coerce(expressions.bind(node), Kind.JSON, node, call.name))
    return apply(dynamics.PACK_ARRAY, parts)


def _around(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 3, 3)
    value, center, delta = (expressions.bind(node) for node in call.arguments)
    low = _arithmetic(expressions, "-", center, delta, call)
    high = _arithmetic(expressions, "+", center, delta, call)
    lower = expressions.compare(">=", value, low, call)
    upper = expressions.compare("<=", value, high, call)
    return expressions.all_of([lower, upper])


def _arithmetic(
    expressions: Expressions, operator: str, left: Bound, right: Bound, node: Node
) -> Bound:
    found = expressions.arithmetic(operator, left, right)
    if found is None:
        expressions.fail(f"'{operator}' is not defined for {left.type} and {right.type}", node)
    return found


def _datetime_diff(expressions: Expressions, call: Call) -> Bound:
    """A long; weeks are a real number, as on the original's engine, though always a whole one."""
    function = _row(times.FUNCTIONS, "datetime_diff of parts")
    arguments = expressions.arguments(function, call)
    found = apply(function, arguments)
    part = arguments[0]
    in_weeks = isinstance(part, Constant) and str(part.value).lower() == "week"
    return expressions.convert(found, KqlType.REAL) if in_weeks else found


def _make_datetime(expressions: Expressions, call: Call) -> Bound:
    if len(call.arguments) == 1:
        return expressions.convert(expressions.bind(call.arguments[0]), KqlType.DATETIME)
    function = _row(times.FUNCTIONS, "make_datetime of fields")
    return apply(function, expressions.arguments(function, call))


def _make_timespan(expressions: Expressions, call: Call) -> Bound:
    if len(call.arguments) == 1:
        return expressions.convert(expressions.bind(call.arguments[0]), KqlType.TIMESPAN)
    function = _row(times.FUNCTIONS, "make_timespan of fields")
    return apply(function, expressions.arguments(function, call))


COLUMN_IF_EXISTS: Final = ("column_ifexists", "columnifexists")


def _column_ifexists(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 2, 2)
    name = expressions.text_constant(call.arguments[0], "a column's name")
    if expressions.relation is not None:
        symbol = expressions.relation.find(name)
        if symbol is not None:
            return reference(symbol)
    return expressions.bind(call.arguments[1])


def _iscolumnexists(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 1, 1)
    name = expressions.text_constant(call.arguments[0], "a column's name")
    if expressions.relation is None:
        expressions.fail("iscolumnexists(…) needs rows", call)
    return constant(expressions.relation.find(name) is not None, KqlType.BOOL)


def _column_names_of(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 1, 1)
    node, binder = call.arguments[0], expressions.binder
    if not binder.is_tabular(node, expressions.scope):
        expressions.fail("column_names_of(…) takes a table", node)
    return constant(json_text(binder.relation(node, expressions.scope).names()), KqlType.DYNAMIC)


def _toscalar(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 1, 1)
    return expressions.binder.scalar(call.arguments[0], expressions.scope)


def _new_guid(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 0, 0)
    return apply(_UUID, ())


_UUID: Final = Function(
    "new_guid", (), KqlType.GUID, "gen_random_uuid()", null=Null.NEVER, volatile=True
)


def _estimate(expressions: Expressions, call: Call) -> Bound:
    sizes = {KqlType.BOOL: 1, KqlType.INT: 4, KqlType.GUID: 16, KqlType.DECIMAL: 16}
    values: list[Bound] = []
    for node in call.arguments:
        if isinstance(node, Star):
            if expressions.relation is None:
                expressions.fail("'*' needs rows", node)
            values += [reference(column.symbol) for column in expressions.relation.columns]
        else:
            values.append(expressions.bind(node))
    fixed, texts = 0, list[Bound]()
    for value in values:
        if value.type is KqlType.DYNAMIC:
            raise KqlUnsupported("the size of a dynamic value is not known", call.start, call.end)
        if value.type is KqlType.STRING:
            texts.append(apply(_row(text.FUNCTIONS, "string_size"), (value,)))
        else:
            fixed += sizes.get(value.type, 8)
    total: Bound = constant(fixed, KqlType.LONG)
    for size in texts:
        total = _arithmetic(expressions, "+", total, size, call)
    return total


def _current_database(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 0, 0)
    return constant(expressions.binder.database.name, KqlType.STRING)


def _current_principal(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 0, 0)
    return constant(expressions.binder.options.principal or _NO_IDENTITY, KqlType.STRING)


_NO_IDENTITY: Final = "<null identity>"
"""Who asks where nobody signs in. Source: the original engine, asked without an identity."""


def _assert(expressions: Expressions, call: Call) -> Bound:
    _count(expressions, call, 2, 2)
    condition = expressions.predicate(call.arguments[0])
    message = expressions.text_constant(call.arguments[1], "the message")
    if not isinstance(condition, Constant):
        expressions.fail("the condition of assert(…) must be known in advance", call)
    if condition.value is not True:
        raise KqlSemanticError(f"assert failed: {message}", call.start, call.end)
    return constant(True, KqlType.BOOL)


SPECIALS: Final = (
    Special(("iff", "iif"), _iff),
    Special(("case",), _case),
    Special(("coalesce",), _coalesce),
    Special(("max_of", "min_of"), _max_of),
    Special(("isnull", "isnotnull", "notnull"), _isnull),
    Special(("bin", "floor"), _bin, Naming.FIRST),
    Special(("bin_at",), _bin_at, Naming.FIRST),
    Special(("bin_auto",), _bin_auto, Naming.FIRST),
    Special(("now",), _now),
    Special(("ago",), _ago),
    Special(("tostring",), _conversion(KqlType.STRING), Naming.FIRST),
    Special(("toint",), _conversion(KqlType.INT), Naming.FIRST),
    Special(("tolong",), _conversion(KqlType.LONG), Naming.FIRST),
    Special(("toreal", "todouble"), _conversion(KqlType.REAL), Naming.FIRST),
    Special(("todecimal",), _conversion(KqlType.DECIMAL), Naming.FIRST),
    Special(("tobool", "toboolean"), _conversion(KqlType.BOOL), Naming.FIRST),
    Special(("todatetime",), _conversion(KqlType.DATETIME), Naming.FIRST),
    Special(("totimespan", "totime"), _conversion(KqlType.TIMESPAN), Naming.FIRST),
    Special(("toguid",), _conversion(KqlType.GUID), Naming.FIRST),
    Special(("parse_json", "parsejson", "todynamic", "toobject"), _todynamic, Naming.FIRST),
    Special(("extract",), _extract),
    Special(("countof",), _countof),
    Special(("extract_all", "extractall"), _extract_all),
    Special(("extract_json", "extractjson"), _extract_json),
    Special(("gettype",), _gettype, Naming.PREFIX, "type"),
    Special(("range",), _range),
    Special(("bag_pack", "pack", "pack_dictionary"), _pack),
    Special(("bag_pack_columns",), _pack_columns),
    Special(("pack_all",), _pack_all),
    Special(("pack_array",), _pack_array),
    Special(("around",), _around),
    Special(("datetime_diff",), _datetime_diff),
    Special(("make_datetime",), _make_datetime, Naming.ONLY),
    Special(("make_timespan",), _make_timespan, Naming.ONLY),
    Special(COLUMN_IF_EXISTS, _column_ifexists),
    Special(("iscolumnexists",), _iscolumnexists),
    Special(("column_names_of",), _column_names_of),
    Special(("toscalar",), _toscalar),
    Special(("new_guid",), _new_guid),
    Special(("estimate_data_size",), _estimate),
    Special(("current_database",), _current_database),
    Special(("current_principal",), _current_principal),
    Special(("assert",), _assert),
)
"""Functions that bind their own arguments."""
