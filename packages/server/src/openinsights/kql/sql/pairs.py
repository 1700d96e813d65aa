"""Bags expanded to pairs of key and value, `mv-expand kind=array`, without a text of each pair.

What reads `pair[0]` and `pair[1]` gets the key and the value themselves; the array that a pair is
gets its text only where it is read as a whole. What is no bag, or has a key twice, is expanded as
any other value, and its elements are read as such.
"""
# ruff: noqa: S608 - writing SQL is this folder's purpose

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Apply, Constant, Reference, Symbol
from openinsights.kql.functions.paths import PATH, PATH_TEXT
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openinsights.kql.sql.emit import Emitter

_KEY: Final = "$[0]"
_VALUE: Final = "$[1]"


@dataclass(slots=True)
class Pairs:
    """The columns that stand for the pairs of an expanded bag.

    Attributes:
        key: null in rows that are no pair of a bag.
        text: the value as tostring gives it.
        json: the value as JSON.
        other: the element, in rows that are no pair of a bag.
        used: which of `text` and `json` anything reads; the others are not made.
    """

    key: str
    text: str
    json: str
    other: str
    used: set[str] = field(default_factory=set)

    @property
    def whole(self) -> str:
        """SQL of a pair as an array."""
        pair = f"concat('[', to_json({self.key}), ',', {self.json}, ']')"
        return f"NULLIF(CASE WHEN {self.key} IS NULL THEN {self.other} ELSE {pair} END, 'null')"

    def finished(self, text: str) -> str:
        """The statement with what is used in the places that were left for it."""
        if self.whole in text:
            self.used.add(self.json)
        for name in (self.text, self.json):
            for mark, made in self._places(name):
                text = text.replace(mark, made if name in self.used else "")
        return text

    def _places(self, name: str) -> tuple[tuple[str, str], tuple[str, str]]:
        every = "json_extract_string(x, '$.*')"
        if name == self.json:
            every = "CAST(json_extract(x, '$.*') AS VARCHAR[])"
        made = f", CASE WHEN {self.key} IS NOT NULL THEN {every} END AS {name}"
        return (_mark("made", name), made), (_mark("read", name), f", unnest({name}) AS {name}")


def _mark(what: str, name: str) -> str:
    return f"\0{what} {name}\0"


def expanded(
    emitter: Emitter, source: str, columns: Sequence[str], bag: str, elements: str
) -> tuple[Pairs, str]:
    """The SELECT that has a row for each pair of a bag.

    Args:
        emitter: writes the statement.
        source: what stands after FROM.
        columns: names that stay.
        bag: SQL of what is expanded.
        elements: SQL of the elements of `x` as a list, for what is no bag.
    """
    key, text, json, other = (
        emitter.alias(Symbol(name, KqlType.STRING)) for name in ("key", "text", "json", "other")
    )
    pairs = Pairs(key, text, json, other)
    kept = "".join(f"{name}, " for name in columns)
    keys = (
        "CASE WHEN json_type(x) = 'OBJECT' AND len(list_distinct(json_keys(x))) = len(json_keys(x))"
        " THEN json_keys(x) END"
    )
    bags = f"SELECT {kept}{bag} AS x FROM {source}"
    keyed = f"SELECT {kept}x, {keys} AS {key} FROM ({bags})"
    made = "".join(_mark("made", name) for name in (text, json))
    lists = (
        f"SELECT {kept}{key}{made}, CASE WHEN {key} IS NULL THEN {elements} ELSE [] END AS {other}"
        f" FROM ({keyed})"
    )
    read = "".join(_mark("read", name) for name in (text, json))
    rows = f"SELECT {kept}unnest({key}) AS {key}{read}, unnest({other}) AS {other} FROM ({lists})"
    return pairs, rows


def part_of_pair(
    bound: Apply, columns: Mapping[Symbol, str], known: Mapping[Symbol, Pairs]
) -> str | None:
    """SQL of `pair[0]` or `pair[1]`; None for anything else."""
    if bound.function is not PATH and bound.function is not PATH_TEXT:
        return None
    pair, path = bound.arguments[:2]
    if not isinstance(pair, Reference) or not isinstance(path, Constant):
        return None
    pairs = known.get(pair.symbol)
    if pairs is None or path.value not in (_KEY, _VALUE) or columns[pair.symbol] != pairs.whole:
        return None
    is_text = bound.function is PATH_TEXT
    if path.value == _KEY:
        part = pairs.key if is_text else f"CAST(to_json({pairs.key}) AS VARCHAR)"
    else:
        part = pairs.text if is_text else pairs.json
        pairs.used.add(part)
    found = f"json_extract{'_string' if is_text else ''}({pairs.other}, '{path.value}')"
    text = f"CASE WHEN {pairs.key} IS NULL THEN {found} ELSE {part} END"
    return f"COALESCE({text}, '')" if is_text else f"NULLIF(CAST({text} AS VARCHAR), 'null')"
