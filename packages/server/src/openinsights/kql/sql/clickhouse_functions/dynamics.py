"""Scalar functions of dynamic values: paths, arrays and bags as JSON texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Apply
from openinsights.kql.sql.clickhouse_functions.conversion import one
from openinsights.kql.sql.clickhouse_functions.json import (
    array_of,
    elements,
    pairs,
    raw_at,
    steps_of,
    text_at,
)
from openinsights.kql.sql.clickhouse_functions.spelling import (
    failing,
    known_number,
    known_text,
    named,
    quoted,
)
from openinsights.kql.sql.dialect import LOWERED, PYTHON, Impossible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openinsights.kql.bound import Bound
    from openinsights.kql.functions.row import Lowering

_EXPONENT: Final = r"(^|[\[:,])-?[0-9.]+[eE][-+]?[0-9]+($|[,\]}])"
_BLANK: Final = quoted(r"^[\s\x0b\x1c-\x1f\x{85}\p{Z}]*$")


def _at(write: Callable[[str, Sequence[str | int]], str]) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        path = known_text(bound[1])
        steps = None if path is None else steps_of(path)
        if steps is None:
            raise Impossible("a path that is not known in advance", LOWERED)
        return write(arguments[0], steps)

    return lower


def _element(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    array, place = arguments

    def write(p: str) -> str:
        number = f"if({place} < 0, {place}, {place} + 1)"
        known = f"{place} IS NOT NULL AND if({place} < 0, -{place} <= length({p}), {place} < length({p}))"
        return f"if({known}, nullIf({p}[assumeNotNull({number})], 'null'), NULL)"

    return f"arrayMap(p -> {write('p')}, [{elements(array)}])[1]"


def _key(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    bag, key = arguments
    found = f"arrayFirst(kv -> kv.1 = {key}, {pairs(bag)}).2"
    return f"nullIf(nullIf({found}, ''), 'null')"


def _parse_json(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    def text(v: str) -> str:
        large = f"match({v}, '[0-9][eE][+]?[0-9]{{3}}') AND NOT isValidJSON({v})"
        return failing(large, "a number beyond the reals is not read", f"toJSONString({v})")

    def write(v: str) -> str:
        return f"multiIf(match({v}, {_BLANK}), NULL, isValidJSON({v}), {raw_at(v, ())}, {text(v)})"

    return named(arguments[0], write, "s")


def _path_of_json(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    raise Impossible("extract_json with a path that is not known in advance", PYTHON)


def _extract_json(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    path = known_text(bound[0])
    if path is None:
        raise Impossible("extract_json with a path that is not known in advance", LOWERED)
    if path == "":
        return "CAST(NULL AS Nullable(String))"
    steps = steps_of(path)
    if steps is None:
        raise Impossible("extract_json with such a path", LOWERED)
    return named(arguments[1], lambda v: f"if(isValidJSON({v}), {raw_at(v, steps)}, NULL)", "s")


def _when_array(array: str, made: str) -> str:
    return f"if(startsWith(ifNull({array}, ''), '['), {made}, NULL)"


def _array_slice(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    array, start, end = arguments
    size = "toInt64(length(a))"
    first = f"if({start} < 0, greatest({start} + {size}, 0), {start})"
    last = f"if({end} < 0, {end} + {size}, {end})"
    # Python's slices count from the end where their last place is below 0.
    stop = f"({last} + 1)"
    wide = f"if({stop} < 0, greatest({stop} + {size}, 0), least({stop}, {size}))"
    part = f"arraySlice(a, {first} + 1, greatest({wide} - {first}, 0))"
    none = f"{start} IS NULL OR {end} IS NULL"
    safe = part.replace(start, f"assumeNotNull({start})").replace(end, f"assumeNotNull({end})")
    made = f"arrayMap(a -> {array_of(safe)}, [{elements(array)}])[1]"
    return _when_array(array, f"if({none}, NULL, {made})")


def _array_concat(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    lists = ", ".join(
        f"if(startsWith(ifNull({array}, ''), '['), {elements(array)}, [])" for array in arguments
    )
    some = " OR ".join(f"startsWith(ifNull({array}, ''), '[')" for array in arguments)
    return f"if({some}, {array_of(f'arrayConcat({lists})')}, NULL)"


def _array_reverse(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    array = arguments[0]
    return _when_array(array, array_of(f"arrayReverse({elements(array)})"))


def _pack_array(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    if not arguments:
        return "'[]'"
    inner = "".join(
        f"{', ' + quoted(',') if n else ''}, {text}" for n, text in enumerate(arguments)
    )
    return f"concat('['{inner}, ']')"


def _bag_pack(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    names = [known_text(part) for part in bound[0::2]]
    values: dict[str, str] = {}
    for name, value in zip(names, arguments[1::2], strict=True):
        if name is None:
            raise Impossible("a bag with a key that is not known in advance", LOWERED)
        values[name] = value
    for name, part in zip(names, bound[1::2], strict=True):
        if name is not None and isinstance(part, Apply) and part.function.name == "json of dynamic":
            odd = f"match({values[name]}, {quoted(_EXPONENT)})"
            values[name] = failing(odd, "a number with an exponent is not packed", values[name])
    parts = "".join(
        f", concat({quoted(',') + ', ' if n else ''}toJSONString({quoted(name)}), ':', {value})"
        for n, (name, value) in enumerate(values.items())
    )
    return f"concat('{{'{parts}, '}}')"


def _without_empty(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    kept = f"arrayFilter(kv -> kv.2 NOT IN ('null', '\"\"'), {pairs(arguments[0])})"
    return _bag_of(kept)


def _bag_of(found: str) -> str:
    each = "concat(toJSONString(kv.1), ':', kv.2)"
    return f"concat('{{', arrayStringConcat(arrayMap(kv -> {each}, {found}), ','), '}}')"


def _bag_keys(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    bag = arguments[0]
    keys = f"arrayDistinct(JSONExtractKeys(ifNull({bag}, 'null')))"
    return f"if(startsWith(ifNull({bag}, ''), '{{'), toJSONString({keys}), NULL)"


def _bag_has_key(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    bag, key = arguments
    known = known_text(bound[1])
    if known is None or known.startswith("$"):
        raise Impossible("bag_has_key of a path", LOWERED)
    return f"if({bag} IS NULL, NULL, toBool(has(JSONExtractKeys(ifNull({bag}, 'null')), {key})))"


def _gettype(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    names = "['null', 'string', 'array', 'bool', 'double', 'long', 'long', 'dictionary']"
    kinds = "['Null', 'String', 'Array', 'Bool', 'Double', 'Int64', 'UInt64', 'Object']"
    return f"{names}[indexOf({kinds}, toString(JSONType({arguments[0]})))]"


def _bag_pairs(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    bag = arguments[0]
    each = "concat('[', toJSONString(kv.1), ',', kv.2, ']')"
    made = array_of(f"arrayMap(kv -> {each}, {pairs(bag)})")
    return f"if(startsWith(ifNull({bag}, ''), '{{'), {made}, {bag})"


_NO_NUMBERS: Final = "('\"NaN\"', '\"Infinity\"', '\"-Infinity\"')"


def _array_sum(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    array = arguments[0]
    number = "match(e, '^[-0-9]')"
    total = "arraySum(arrayMap(e -> toFloat64(e), p))"
    made = f"arrayMap(p -> if(arrayAll(e -> {number}, p), {total}, NULL), [{elements(array)}])[1]"
    return _when_array(array, made)


def _repeat(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    count = known_number(bound[1])
    if count is None or not 0 <= count <= 10_000:
        raise Impossible("repeat of a number that is not known in advance", LOWERED)
    return array_of(f"arrayMap(i -> {arguments[0]}, range({count}))")


FUNCTIONS: Final[dict[str, Lowering]] = {
    "path": _at(raw_at),
    "path as text": _at(text_at),
    "key": _key,
    "element": _element,
    "parse_json": _parse_json,
    "path of json": _path_of_json,
    "extract_json": _extract_json,
    "array_length": one(
        lambda v: f"if(startsWith(ifNull({v}, ''), '['), toInt64(JSONLength({v})), NULL)"
    ),
    "array_slice": _array_slice,
    "array_concat": _array_concat,
    "array_reverse": _array_reverse,
    "array_sum": _array_sum,
    "repeat": _repeat,
    "pack_array": _pack_array,
    "bag_pack of pairs": _bag_pack,
    "bag without empty values": _without_empty,
    "bag_keys": _bag_keys,
    "bag_has_key": _bag_has_key,
    "bag pairs": _bag_pairs,
    "gettype": _gettype,
    "no text": one(lambda v: f"if(NOT startsWith({v}, '\"') OR {v} IN {_NO_NUMBERS}, {v}, NULL)"),
    "known value": "if({0} IN ('\"\"', 'null'), '', {0})",
}
"""The family's rows."""
