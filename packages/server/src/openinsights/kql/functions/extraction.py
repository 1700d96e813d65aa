"""What the operators parse, parse-kv and make-series ask of the engine beside its own functions."""

from __future__ import annotations

import json
from typing import Final

from openinsights.kql.functions.limits import MAX_ELEMENTS
from openinsights.kql.functions.row import Udf
from openinsights.kql.spelling import json_text


def parse_pairs(text: str, pair_delimiter: str, kv_delimiter: str, quote: str) -> str:
    """Keys and values of a text as a bag; of equal keys the first counts."""
    found: dict[str, str] = {}
    for pair in _split(text, pair_delimiter or " ", quote):
        key, mark, value = pair.partition(kv_delimiter)
        if mark:
            value = value.strip()
            if len(quote) >= 1 and value[:1] == quote[0] and value[-1:] == quote[-1]:
                value = value[1:-1]
            found.setdefault(key.strip(), value)
    return json_text(found)


def pairs_of(keys: list[str | None], values: list[str | None]) -> str:
    """Keys and values side by side as a bag; of equal keys the first counts."""
    found: dict[str, str] = {}
    for key, value in zip(keys, values, strict=True):
        found.setdefault(key or "", value or "")
    return json_text(found)


def _split(text: str, delimiters: str, quote: str) -> list[str]:
    pieces, piece, inside = [], "", False
    for character in text:
        if quote and character in (quote[0], quote[-1]):
            inside = not inside
        if not inside and character in delimiters:
            pieces.append(piece)
            piece = ""
        else:
            piece += character
    return [*pieces, piece]


def filled_series(places: list[int], cells: list[str], count: int | None, blank: str) -> str | None:
    """An array of so many cells: those given at their places, a blank at all others."""
    if count is None:
        return None
    series = [blank] * min(count, MAX_ELEMENTS)
    for place, cell in zip(places, cells, strict=True):
        if 0 <= place < len(series):
            series[place] = cell
    return "[" + ",".join(series) + "]"


_TYPE_NAMES: Final = {
    "VARCHAR": "string",
    "BOOLEAN": "bool",
    "UBIGINT": "long",
    "BIGINT": "long",
    "HUGEINT": "real",
    "DOUBLE": "real",
}


def bag_types(structures: list[str | None]) -> str:
    """Keys and types of many bags' structures, sorted by key; values of several types: dynamic."""
    types: dict[str, set[str]] = {}
    for text in structures:
        structure = json.loads(text or "null")
        if isinstance(structure, dict):
            for key, type_ in structure.items():
                name = _TYPE_NAMES.get(type_, "dynamic") if isinstance(type_, str) else "dynamic"
                if type_ != "NULL":
                    types.setdefault(key, set()).add(name)
                else:
                    types.setdefault(key, set())
    return json_text([[key, _one_type(types[key])] for key in sorted(types)])


def _one_type(types: set[str]) -> str:
    if types == {"long", "real"}:
        return "real"
    return next(iter(types)) if len(types) == 1 else "dynamic"


_V: Final = "VARCHAR"
UDFS: Final = {
    "kql_bag_types": Udf(bag_types, (f"{_V}[]",), _V),
    "kql_pairs_of": Udf(pairs_of, (f"{_V}[]", f"{_V}[]"), _V),
    "kql_parse_pairs": Udf(parse_pairs, (_V, _V, _V, _V), _V),
    "kql_filled_series": Udf(filled_series, ("BIGINT[]", f"{_V}[]", "BIGINT", _V), _V),
}
"""The functions to register."""
