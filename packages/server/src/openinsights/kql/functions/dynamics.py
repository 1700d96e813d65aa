"""Scalar functions of dynamic values: arrays and bags, as JSON text."""

from __future__ import annotations

import json
import math
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any, Final

from openinsights.kql.bound import Apply, Constant, constant
from openinsights.kql.functions.growth import announced
from openinsights.kql.functions.limits import MAX_ELEMENTS, MAX_RESULT
from openinsights.kql.functions.paths import step as path_step
from openinsights.kql.functions.row import Function, Kind, Lowering, Naming, Null, Udf
from openinsights.kql.functions.strings import quoted
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openinsights.kql.bound import Bound
    from openinsights.kql.expressions import Expressions
    from openinsights.kql.syntax import Call

_Y, _S, _L, _R, _B = KqlType.DYNAMIC, KqlType.STRING, KqlType.LONG, KqlType.REAL, KqlType.BOOL
_DYN, _JSON, _INT = Kind.DYNAMIC, Kind.JSON, Kind.INTEGER
_V: Final = "VARCHAR"

# Values of any JSON shape pass through here, hence Any.
Json = Any


def _array(text: str | None) -> list[Json] | None:
    value = json.loads(text) if text is not None else None
    return value if isinstance(value, list) else None


def _bag(text: str | None) -> dict[str, Json] | None:
    value = json.loads(text) if text is not None else None
    return value if isinstance(value, dict) else None


def parse_json(text: str) -> str | None:
    """JSON text as a dynamic value; a text that is no JSON is a dynamic string; '' is null."""
    if not text or text.isspace():
        return None
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return json_text(text)
    return json_text(value) if value is not None else None


def _no_constant(name: str) -> Json:
    raise ValueError(name)


def array_length(text: str) -> int | None:
    """How many elements; null for what is no array."""
    array = _array(text)
    return None if array is None else len(array)


def array_slice(text: str, start: int, end: int) -> str | None:
    """Elements from one position to another, both included; negative from the end."""
    array = _array(text)
    if array is None:
        return None
    first = max(start + len(array), 0) if start < 0 else start
    last = end + len(array) if end < 0 else end
    return json_text(array[first : last + 1])


def array_concat(texts: list[str | None]) -> str | None:
    """All elements of all arrays; null for more than a result may hold."""
    if sum(len(text) for text in texts if text is not None) > MAX_RESULT:
        return None
    arrays = [_array(text) for text in texts]
    if all(array is None for array in arrays):
        return None
    return json_text([item for array in arrays if array is not None for item in array])


def array_reverse(text: str) -> str | None:
    """The elements from last to first."""
    array = _array(text)
    return None if array is None else json_text(array[::-1])


def array_rotate_left(text: str, count: int) -> str | None:
    """The elements, so many places to the left, round the end."""
    array = _array(text)
    if not array:
        return text
    count %= len(array)
    return json_text(array[count:] + array[:count])


def array_rotate_right(text: str, count: int) -> str | None:
    """The elements, so many places to the right, round the end."""
    return array_rotate_left(text, -count)


def array_shift_left(text: str, count: int, fill: str | None) -> str | None:
    """The elements, so many places to the left; the places left free are filled."""
    array = _array(text)
    if array is None:
        return None
    size, blank = len(array), json.loads(fill) if fill is not None else None
    if count >= 0:
        shifted = array[count:] + [blank] * min(count, size)
    else:
        shifted = [blank] * min(-count, size) + array[: max(size + count, 0)]
    return json_text(shifted)


def array_shift_right(text: str, count: int, fill: str | None) -> str | None:
    """The elements, so many places to the right; the places left free are filled."""
    return array_shift_left(text, -count, fill)


def array_split(text: str, positions: str) -> str | None:
    """The array cut at one or several positions."""
    array, cuts = _array(text), json.loads(positions)
    if array is None:
        return None
    places = [c + len(array) if c < 0 else c for c in (cuts if isinstance(cuts, list) else [cuts])]
    parts, last = [], 0
    for place in places:
        place = min(max(place, last), len(array))
        parts.append(array[last:place])
        last = place
    return json_text([*parts, array[last:]])


def array_sum(text: str) -> float | None:
    """The sum of the elements; null unless all are numbers."""
    array = _array(text)
    if array is None or any(isinstance(x, bool) or not isinstance(x, (int, float)) for x in array):
        return None
    return float(sum(array))


def array_index_of(
    text: str, wanted: str, start: int | None, length: int | None, occurrence: int | None
) -> int | None:
    """The position of an element; -1 when it is not there."""
    array, value = _array(text), json.loads(wanted)
    if array is None:
        return None
    first = start or 0
    first = max(first + len(array), 0) if first < 0 else first
    end = len(array) if length is None or length < 0 else first + length
    found = [i for i in range(first, min(end, len(array))) if _same(array[i], value)]
    number = occurrence or 1
    return found[number - 1] if len(found) >= number else -1


def _same(left: Json, right: Json) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def array_iff(condition: str, yes: str, no: str) -> str | None:
    """Element by element, one of two arrays or scalars."""
    flags = _array(condition)
    if flags is None:
        return None
    sides = json.loads(yes), json.loads(no)
    return json_text([_pick(flag, sides, i) for i, flag in enumerate(flags)])


def _pick(flag: Json, sides: tuple[Json, Json], place: int) -> Json:
    if flag is None or not isinstance(flag, (bool, int, float)):
        return None
    side = sides[0] if flag else sides[1]
    if isinstance(side, list):
        return side[place] if place < len(side) else None
    return side


def _rank(value: Json) -> int:
    if isinstance(value, bool):
        return 1
    if isinstance(value, (int, float)):
        return 0
    return 2 if isinstance(value, str) else 3


def _compare(left: Json, right: Json) -> int:
    a, b = _rank(left), _rank(right)
    if a != b:
        return -1 if a < b else 1
    if a == 3:
        left, right = json_text(left), json_text(right)
    return -1 if left < right else (1 if left > right else 0)


def _sorted_arrays(texts: list[str | None], nulls_last: bool | None, sign: int) -> list[str | None]:
    arrays = [_array(text) for text in texts]
    first = arrays[0]
    if first is None:
        return [None for _ in texts]
    last = True if nulls_last is None else nulls_last
    filled = [i for i, value in enumerate(first) if value is not None]
    empty = [i for i, value in enumerate(first) if value is None]

    def before(left: int, right: int) -> int:
        return sign * _compare(first[left], first[right])

    filled.sort(key=cmp_to_key(before))
    places = [*filled, *empty] if last else [*empty, *filled]
    return [
        json_text([array[i] for i in places])
        if array is not None and len(array) == len(first)
        else None
        for array in arrays
    ]


def array_sort(sign: int) -> Callable[[list[str | None], bool | None], str]:
    """Sort the first array, and the others alongside it; the results as an array of arrays."""

    def sort(texts: list[str | None], nulls_last: bool | None) -> str:
        parts = _sorted_arrays(texts, nulls_last, sign)
        return "[" + ",".join(part if part is not None else "null" for part in parts) + "]"

    sort.__name__ = "array_sort_asc" if sign > 0 else "array_sort_desc"
    return sort


def _distinct(values: Sequence[Json]) -> list[Json]:
    seen: dict[str, Json] = {}
    for value in values:
        seen.setdefault(json.dumps(value, sort_keys=True), value)
    return list(seen.values())


def _keys(values: Sequence[Json]) -> set[str]:
    return {json.dumps(value, sort_keys=True) for value in values}


def set_union(texts: list[str | None]) -> str | None:
    """Each element of any array once."""
    arrays = [_array(text) for text in texts]
    if any(array is None for array in arrays):
        return None
    return json_text(_distinct([x for array in arrays if array is not None for x in array]))


def set_intersect(texts: list[str | None]) -> str | None:
    """Each element that all arrays have, once."""
    arrays = [_array(text) for text in texts]
    if any(array is None for array in arrays):
        return None
    first, *others = [array for array in arrays if array is not None]
    common = set.intersection(_keys(first), *(_keys(other) for other in others))
    return json_text([x for x in _distinct(first) if json.dumps(x, sort_keys=True) in common])


def set_difference(texts: list[str | None]) -> str | None:
    """Each element of the first array that no other has, once."""
    arrays = [_array(text) for text in texts]
    if any(array is None for array in arrays):
        return None
    first, *others = [array for array in arrays if array is not None]
    gone = set().union(*(_keys(other) for other in others))
    return json_text([x for x in _distinct(first) if json.dumps(x, sort_keys=True) not in gone])


def set_has_element(text: str, wanted: str) -> bool | None:
    """Whether an array has an element."""
    array = _array(text)
    return None if array is None else any(_same(x, json.loads(wanted)) for x in array)


def set_equals(left: str, right: str) -> bool | None:
    """Whether two arrays have the same elements."""
    a, b = _array(left), _array(right)
    return None if a is None or b is None else _keys(a) == _keys(b)


def jaccard_index(left: str, right: str) -> float | None:
    """The share of common elements among all."""
    a, b = _array(left), _array(right)
    if a is None or b is None:
        return None
    union = _keys(a) | _keys(b)
    return len(_keys(a) & _keys(b)) / len(union) if union else math.nan


def bag_keys(text: str) -> str | None:
    """The keys of a bag."""
    bag = _bag(text)
    return None if bag is None else json_text(list(bag))


def bag_has_key(text: str, key: str) -> bool | None:
    """Whether a bag has a key; `$.a.b` is a path."""
    bag = _bag(text)
    if bag is None:
        return False
    if key.startswith("$"):
        value: Json = bag
        for step in [part for part in key[1:].replace("[", ".[").split(".") if part]:
            name = step.strip("[]'\"")
            if isinstance(value, dict) and name in value:
                value = value[name]
            elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
                value = value[int(name)]
            else:
                return False
        return True
    return key in bag


def bag_merge(texts: list[str | None]) -> str | None:
    """One bag of several; of equal keys the first counts."""
    bags = [_bag(text) for text in texts]
    if all(bag is None for bag in bags):
        return None
    merged: dict[str, Json] = {}
    for bag in bags:
        for key, value in (bag or {}).items():
            merged.setdefault(key, value)
    return json_text(merged)


def bag_remove_keys(text: str, keys: str) -> str | None:
    """A bag without some keys; `$.a.b` removes a nested one."""
    bag, gone = _bag(text), _array(keys)
    if bag is None or gone is None:
        return None
    for key in gone:
        if isinstance(key, str) and key.startswith("$."):
            steps = key[2:].replace("['", ".").replace("']", "").split(".")
            holder: Json = bag
            for step in steps[:-1]:
                holder = holder.get(step) if isinstance(holder, dict) else None
            if isinstance(holder, dict):
                holder.pop(steps[-1], None)
        else:
            bag.pop(str(key), None)
    return json_text(bag)


def bag_set_key(text: str, key: str, value: str) -> str | None:
    """A bag with a key set."""
    bag = _bag(text)
    if bag is None:
        return None
    holder, steps = bag, key[2:].split(".") if key.startswith("$.") else [key]
    for step in steps[:-1]:
        holder = holder.setdefault(step, {})
        if not isinstance(holder, dict):
            return None
    holder[steps[-1]] = json.loads(value)
    return json_text(bag)


def bag_zip(keys: str, values: str) -> str | None:
    """A bag of an array of keys and an array of values."""
    names, items = _array(keys), _array(values)
    if names is None:
        return None
    padded = [*(items or ()), *([None] * len(names))]
    return json_text(
        {name: value for name, value in zip(names, padded, strict=False) if isinstance(name, str)}
    )


def zip_arrays(texts: list[str | None]) -> str | None:
    """Arrays side by side: an array of arrays, as long as the longest."""
    arrays = [_array(text) for text in texts]
    if any(array is None for array in arrays):
        return None
    longest = max(len(array) for array in arrays if array is not None)
    rows = [
        [array[i] if array is not None and i < len(array) else None for array in arrays]
        for i in range(longest)
    ]
    return json_text(rows)


def strcat_array(text: str, delimiter: str) -> str:
    """The elements of an array as one text."""
    array = _array(text)
    if array is None or len(array) * len(delimiter) > MAX_RESULT:
        return ""
    return delimiter.join(_plain(value) for value in array)


def _plain(value: Json) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text(value)


def repeat(value: str, count: int) -> str | None:
    """An array of one value, so many times."""
    if count < 0 or count > MAX_ELEMENTS or count * (len(value) + 1) > MAX_RESULT:
        return None
    return "[" + ",".join([value] * count) + "]"


def bag_pack(names: list[str], values: list[str]) -> str:
    """A bag of names and JSON values; of equal names the last counts, nulls are left out."""
    return json_text({name: json.loads(value) for name, value in zip(names, values, strict=True)})


def json_again(text: str) -> str:
    """JSON as it is spelt here, whatever way it was."""
    return json_text(json.loads(text))


def bag_elements(text: str) -> list[str]:
    """A bag as bags of one key each, for mv-expand."""
    return [json_text({key: value}) for key, value in (_bag(text) or {}).items()]


def bag_pairs(text: str) -> str:
    """A bag as arrays of key and value; anything else as it is."""
    value = json.loads(text)
    return json_text([[k, v] for k, v in value.items()]) if isinstance(value, dict) else text


def dynamic_to_json(value: str) -> str:
    """JSON with sorted keys."""
    return json.dumps(json.loads(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def treepath(text: str) -> str:
    """The path of every value inside a dynamic one; elements of an array stand as its first."""
    paths: dict[str, None] = {}

    def visit(value: Json, path: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                here = f"{path}['{key}']"
                paths[here] = None
                visit(inner, here)
        elif isinstance(value, list):
            for element in value:
                paths[f"{path}[0]"] = None
                visit(element, f"{path}[0]")

    visit(json.loads(text), "")
    return json_text(list(paths))


def gettype(text: str) -> str:
    """The type of a dynamic value."""
    value = json.loads(text)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    names = {int: "long", float: "double", str: "string", list: "array", dict: "dictionary"}
    return names[type(value)]


def range_numbers(start: float, stop: float, step: float) -> str | None:
    """Equally spaced numbers as an array; null for a step of 0."""
    if step == 0:
        return None
    count = int((stop - start) / step)
    if count < 0:
        return "[]"
    return json_text([start + i * step for i in range(min(count + 1, MAX_ELEMENTS))])


def has_any_index(text: str, values: str) -> int | None:
    """The position of the first value that the text has as a term; -1 when none is."""
    array = _array(values)
    if array is None:
        return None
    lowered = text.lower()
    for place, value in enumerate(array):
        if _has_term(lowered, _plain(value).lower()):
            return place
    return -1


def _has_term(text: str, term: str) -> bool:
    at = text.find(term)
    while at >= 0 and term:
        end = at + len(term)
        before = at == 0 or not text[at - 1].isalnum()
        after = end == len(text) or not text[end].isalnum()
        if before and after:
            return True
        at = text.find(term, at + 1)
    return False


def _listed(name: str) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        return f"kql_{name}([{', '.join(arguments)}])"

    return lower


def _padded(name: str, count: int) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        filled = [*arguments, *(["NULL"] * (count - len(arguments)))]
        return f"kql_{name}({', '.join(filled)})"

    return lower


def _row(
    name: str,
    function: Callable[..., object],
    parameters: tuple[Kind, ...],
    result: KqlType = _Y,
    **more: Any,
) -> Function:
    sql_types = {_DYN: _V, _JSON: _V, Kind.STRING: _V, Kind.TEXT: _V, _INT: "BIGINT"}
    results = {_Y: _V, _S: _V, _L: "BIGINT", _R: "DOUBLE", _B: "BOOLEAN"}
    if more.get("variadic"):
        udf, sql = Udf(function, (f"{_V}[]",), results[result]), _listed(name)
    else:
        udf = Udf(function, tuple(sql_types[kind] for kind in parameters), results[result])
        sql = _padded(name, len(parameters))
    more.setdefault("null", Null.MAKES)
    return Function(name, parameters, result, sql, python=udf, **more)


def _pack_array(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    return "concat('[', concat_ws(',', " + ", ".join(arguments) + "), ']')"


def _sort_rows(name: str, sign: int) -> Function:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        flag = "NULL"
        listed = list(arguments)
        if bound[-1].type is _B:
            flag = listed.pop()
        return f"kql_{name}([{', '.join(listed)}], CAST({flag} AS BOOLEAN))"

    return Function(
        f"{name} of several", (Kind.ANY,), _Y, lower, variadic=True, null=Null.MAKES,
        python=Udf(array_sort(sign), (f"{_V}[]", "BOOLEAN"), _V),
    )  # fmt: skip


SORTS: Final = {
    "array_sort_asc": _sort_rows("array_sort_asc", 1),
    "array_sort_desc": _sort_rows("array_sort_desc", -1),
}
"""Sorting functions give as many arrays as they take."""

PACK_ARRAY: Final = Function(
    "pack_array", (_JSON,), _Y,
    lambda a, b: _pack_array(a, b) if a else "'[]'", variadic=True, null=Null.NEVER, optional=1,
)  # fmt: skip
_ODD_NUMBER: Final = (
    r"(^|[\[:,])(-0([,}\]]|$)|-?([0-9.]*[eE]|[0-9.]{16}|0\.0000|[0-9]+\.[0-9]+0([,}\]]|$)))"
)
"""Numbers in JSON that may be spelt otherwise once they are read, and some that are not."""
_ODD_MARKS: Final = ("\\u", "\\/")
"""Characters in JSON that may be."""


def _bag_pack(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    """SQL of a bag; values that JSON spells in several ways are read and written by Python."""
    names = [part.value if isinstance(part, Constant) else None for part in bound[0::2]]
    values: dict[str, tuple[str, Bound]] = {}
    for name, value, part in zip(names, arguments[1::2], bound[1::2], strict=True):
        if not isinstance(name, str):
            return f"kql_bag_pack([{', '.join(arguments[0::2])}], [{', '.join(arguments[1::2])}])"
        values[name] = (value, part)
    pieces = [f"{quoted(f'{json_text(name)}:')} || {value}" for name, (value, _) in values.items()]
    odd = [f"contains(bag, {quoted(mark)})" for mark in _ODD_MARKS] + [
        f"regexp_matches(pieces[{place}], {quoted(_ODD_NUMBER)})"
        for place, (_, part) in enumerate(values.values(), 1)
        if isinstance(part, Apply) and part.function.name == f"json of {_Y}"
    ]
    bag = (
        "list_transform(['{' || array_to_string(pieces, ',') || '}'], lambda bag:"
        f" CASE WHEN {' OR '.join(odd)} THEN kql_json_again(bag) ELSE bag END)[1]"
    )
    size = "CAST(list_sum(list_transform(pieces, lambda piece: strlen(piece))) AS BIGINT)"
    return (
        f"list_transform([[{', '.join(pieces)}]], lambda pieces: CASE WHEN {size} > {MAX_RESULT}"
        f" THEN NULL {announced(size)} ELSE {bag} END)[1]"
    )


BAG_PACK: Final = Function(
    "bag_pack of pairs", (_JSON,), _Y, _bag_pack, variadic=True, null=Null.NEVER, optional=1,
)  # fmt: skip

BAG_PAIRS: Final = Function(
    "bag pairs", (_DYN,), _Y, "kql_bag_pairs({0})", null=Null.MAKES,
)  # fmt: skip

NO_TEXT: Final = Function(
    "no text", (_DYN,), _Y,
    "CASE WHEN NOT starts_with({0}, '\"') OR {0} IN ('\"NaN\"', '\"Infinity\"', '\"-Infinity\"')"
    " THEN {0} END",
    null=Null.MAKES,
)  # fmt: skip
"""A dynamic value unless it is a text; reals that JSON has no number for count as numbers."""

UDFS: Final = {
    "kql_bag_pairs": Udf(bag_pairs, (_V,), _V),
    "kql_json_again": Udf(json_again, (_V,), _V),
    "kql_bag_pack": Udf(bag_pack, (f"{_V}[]", f"{_V}[]"), _V),
    "kql_bag_elements": Udf(bag_elements, (_V,), f"{_V}[]"),
    "kql_array_sort_asc": Udf(array_sort(1), (f"{_V}[]", "BOOLEAN"), _V),
    "kql_array_sort_desc": Udf(array_sort(-1), (f"{_V}[]", "BOOLEAN"), _V),
    "kql_range_numbers": Udf(range_numbers, ("DOUBLE", "DOUBLE", "DOUBLE"), _V),
    "kql_gettype": Udf(gettype, (_V,), _V),
}

_PARSE_JSON: Final = (
    "CASE WHEN json_valid({0})"
    r" AND NOT regexp_matches({0}, '(?i)(^|[:\[,])\s*[-+]?(nan|inf)|,\s*[}}\]]')"
    " THEN NULLIF(CAST(json({0}) AS VARCHAR), 'null') ELSE kql_parse_json({0}) END"
)
"""The engine reads JSON itself, except where it takes for JSON what is none."""

FUNCTIONS: Final = (
    Function("parse_json", (Kind.STRING,), _Y, _PARSE_JSON, naming=Naming.FIRST,
             aliases=("parsejson", "todynamic", "toobject"), null=Null.MAKES,
             python=Udf(parse_json, (_V,), _V), fold=parse_json),
    Function("array_length", (_DYN,), _L,
             "CASE WHEN json_type({0}) = 'ARRAY' THEN CAST(json_array_length({0}) AS BIGINT) END",
             aliases=("arraylength",), null=Null.MAKES, fold=array_length),
    _row("array_slice", array_slice, (_DYN, _INT, _INT)),
    _row("array_concat", array_concat, (_DYN,), variadic=True),
    _row("array_reverse", array_reverse, (_DYN,)),
    _row("array_rotate_left", array_rotate_left, (_DYN, _INT)),
    _row("array_rotate_right", array_rotate_right, (_DYN, _INT)),
    _row("array_shift_left", array_shift_left, (_DYN, _INT, _JSON), optional=1),
    _row("array_shift_right", array_shift_right, (_DYN, _INT, _JSON), optional=1),
    _row("array_split", array_split, (_DYN, _JSON)),
    _row("array_sum", array_sum, (_DYN,), _R, aliases=("series_sum",)),
    _row("array_index_of", array_index_of, (_DYN, _JSON, _INT, _INT, _INT), _L, optional=3),
    _row("array_iff", array_iff, (_DYN, _JSON, _JSON), aliases=("array_iif",)),
    _row("set_union", set_union, (_DYN,), variadic=True),
    _row("set_intersect", set_intersect, (_DYN,), variadic=True),
    _row("set_difference", set_difference, (_DYN,), variadic=True),
    _row("set_has_element", set_has_element, (_DYN, _JSON), _B),
    _row("set_equals", set_equals, (_DYN, _DYN), _B),
    _row("jaccard_index", jaccard_index, (_DYN, _DYN), _R),
    _row("bag_keys", bag_keys, (_DYN,)),
    _row("bag_has_key", bag_has_key, (_DYN, Kind.STRING), _B),
    _row("bag_merge", bag_merge, (_DYN,), variadic=True),
    _row("bag_remove_keys", bag_remove_keys, (_DYN, _DYN)),
    _row("bag_set_key", bag_set_key, (_DYN, Kind.STRING, _JSON)),
    _row("bag_zip", bag_zip, (_DYN, _DYN)),
    _row("zip", zip_arrays, (_DYN,), variadic=True),
    _row("strcat_array", strcat_array, (_DYN, Kind.TEXT), _S, aliases=("array_strcat",)),
    _row("repeat", repeat, (_JSON, _INT), naming=Naming.PREFIX),
    _row("dynamic_to_json", dynamic_to_json, (_JSON,), _S),
    _row("treepath", treepath, (_DYN,), naming=Naming.PREFIX, title="tree"),
    _row("has_any_index", has_any_index, (Kind.STRING, _DYN), _L),
    PACK_ARRAY,
)  # fmt: skip
"""The family's rows."""


def sorted_arrays(expressions: Expressions, call: Call, sort: Function) -> Bound:
    """All arrays that a sorting function gives, as one array."""
    bound = [expressions.bind(argument) for argument in call.arguments]
    if not bound:
        expressions.wrong_count(call, 1, None)
    arrays = bound[:-1] if len(bound) > 1 and bound[-1].type is _B else bound
    converted = [
        expressions.coerce(value, Kind.DYNAMIC, node, call.name)
        for value, node in zip(arrays, call.arguments, strict=False)
    ]
    return Apply(_Y, True, sort, (*converted, *bound[len(arrays) :]))


def element(array: Bound, place: int) -> Bound:
    """One element of an array."""
    return path_step(array, constant(place, _L))
