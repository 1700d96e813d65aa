"""What the operators parse, parse-kv and make-series ask of the engine beside its own functions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from openinsights.kql.functions.limits import MAX_ELEMENTS
from openinsights.kql.functions.row import Udf
from openinsights.kql.spelling import json_text


@dataclass(frozen=True, slots=True)
class Quoting:
    """What parts of a text are taken as they are.

    Attributes:
        marks: opening and closing characters.
        escapes: characters before one that has no meaning of its own.
    """

    marks: dict[str, str]
    escapes: str

    def read(self, text: str, at: int) -> tuple[str, int] | None:
        """The quoted text that begins here, and where it ends; None if there is none."""
        closing = self.marks.get(text[at : at + 1])
        if closing is None:
            return None
        found, place = "", at + 1
        while place < len(text):
            character = text[place]
            if character in self.escapes and place + 1 < len(text):
                found += text[place + 1]
                place += 2
                continue
            if character == closing:
                return found, place + 1
            found += character
            place += 1
        return None


def _quoting(quotes: str, escapes: str) -> Quoting:
    return Quoting({mark[0]: mark[-1] for mark in json.loads(quotes)}, escapes)


def parse_pairs(text: str, delimiters: str, quotes: str, escapes: str, is_greedy: bool) -> str:
    """Keys and values of a text as a bag; of equal keys the first counts.

    `delimiters` are, as an array, that of pairs and that of a key and its value. A greedy value
    goes on to the next key.
    """
    between, inside = json.loads(delimiters)
    quoting = _quoting(quotes, escapes)
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        at = _past_spaces(text, at, between)
        quoted = quoting.read(text, at)
        if quoted is not None:
            key, after = quoted
            after = _past_spaces(text, after, between)
            mark = after if text.startswith(inside, after) else -1
        else:
            mark = text.find(inside, at)
            key = text[at:mark].strip()
        end = text.find(between, at if quoted is None else after)
        if mark < 0 or 0 <= end < mark:
            if end < 0:
                break
            at = end + len(between)
            continue
        start = _past_spaces(text, mark + len(inside), between)
        quoted = quoting.read(text, start)
        if quoted is not None:
            value, start = quoted
            end = _end(text.find(between, start), text)
        else:
            end = _end(text.find(between, start), text)
            if is_greedy:
                end = _before_next_key(text, start, between, inside)
            value = text[start:end].strip()
        found.setdefault(key, value)
        at = end + len(between)
    return json_text(found)


def _past_spaces(text: str, at: int, between: str) -> int:
    while at < len(text) and text[at].isspace() and not text.startswith(between, at):
        at += 1
    return at


def _end(place: int, text: str) -> int:
    return len(text) if place < 0 else place


def _before_next_key(text: str, start: int, between: str, inside: str) -> int:
    """Where the pair ends that is the last one before the next key."""
    mark = text.find(inside, start)
    while mark >= 0:
        end = text.rfind(between, start, mark)
        if end >= 0:
            return end
        mark = text.find(inside, mark + len(inside))
    return len(text)


def find_pairs(text: str, keys: str, quotes: str, escapes: str) -> str:
    """The word or quoted text after each of these keys, wherever it stands as words, as a bag."""
    quoting = _quoting(quotes, escapes)
    found: dict[str, str] = {}
    for key in json.loads(keys):
        at = text.find(key)
        while at >= 0:
            after = at + len(key)
            if not text[at - 1 : at].isalnum() and not text[after : after + 1].isalnum():
                found[key] = _next_word(text, after, quoting)
                break
            at = text.find(key, at + 1)
    return json_text(found)


def _next_word(text: str, at: int, quoting: Quoting) -> str:
    # A key may be quoted itself: its closing mark opens nothing.
    if text[at : at + 1] in quoting.marks.values():
        at += 1
    while at < len(text) and not text[at].isalnum():
        quoted = quoting.read(text, at)
        if quoted is not None:
            return quoted[0]
        at += 1
    end = at
    while end < len(text) and text[end].isalnum():
        end += 1
    return text[at:end]


def pairs_of(keys: list[str | None], values: list[str | None]) -> str:
    """Keys and values side by side as a bag; of equal keys the first counts."""
    found: dict[str, str] = {}
    for key, value in zip(keys, values, strict=True):
        found.setdefault((key or "").strip(), (value or "").strip())
    return json_text(found)


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
    "kql_find_pairs": Udf(find_pairs, (_V, _V, _V, _V), _V),
    "kql_parse_pairs": Udf(parse_pairs, (_V, _V, _V, _V, "BOOLEAN"), _V),
    "kql_filled_series": Udf(filled_series, ("BIGINT[]", f"{_V}[]", "BIGINT", _V), _V),
}
"""The functions to register."""
