"""The columns of a table's rows in few buffers: how rows wait, and what the engine reads.

All texts lie one after the other in one buffer, a column after the other, beside their lengths; a
text that every row has is there once. Lists of Python's objects take five times the room, and
cost more to make and to give back than anything else that happens to a row.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from openinsights.schema.catalog import CLASSIC
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    Lengths = NDArray[np.uint32]
    Buffer = bytes | memoryview
    Packed = tuple[
        dict[str, str],
        list[str],
        Buffer,
        Buffer,
        Mapping[str, tuple[str, Buffer, Buffer | None]],
        dict[str, list[Any]],
    ]

_TEXT, _JSON = "text", "json"
_KINDS: Final[Mapping[KqlType, str]] = {
    KqlType.STRING: _TEXT,
    KqlType.DYNAMIC: _JSON,
    KqlType.INT: "q",
    KqlType.LONG: "q",
    KqlType.DATETIME: "q",
    KqlType.TIMESPAN: "q",
    KqlType.REAL: "d",
}
"""How a column is packed: as text, or as numbers of 64 bits of the kind that `array` names so."""
_COLUMNS: Final = {
    table.name: {each.name: _KINDS[each.type] for each in table.columns} for table in CLASSIC
}
_NUMPY: Final[Mapping[str, np.dtype[Any]]] = {"q": np.dtype("<i8"), "d": np.dtype("<f8")}


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column of numbers.

    Attributes:
        kind: `q` for integers, `d` for floating point.
        values: one for each row; 0 where there is none.
        known: whether a row has a value; None when all have.
    """

    kind: str
    values: NDArray[Any]
    known: NDArray[np.bool_] | None


@dataclass(frozen=True, slots=True, eq=False)
class PackedColumns(Mapping[str, list[Any]]):
    """Columns by name; asked for one, it gives the list of its values.

    Attributes:
        table: name of the classic table.
        count: how many rows.
        equal: the text of columns that have the same in every row.
        texts: names of the other columns of texts, in the order of the buffer. An empty text of a
            dynamic column is a null.
        content: the texts, a column after the other, as UTF-8.
        lengths: bytes of each text, a row for each column.
        numbers: columns of numbers.
        lists: columns that cannot be packed; the engine refuses most of them.
    """

    table: str
    count: int
    equal: dict[str, str]
    texts: tuple[str, ...]
    content: bytes | memoryview
    lengths: Lengths
    numbers: dict[str, Numbers]
    lists: dict[str, list[Any]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[str]:
        return chain(self.equal, self.texts, self.numbers, self.lists)

    def __len__(self) -> int:
        return len(self.equal) + len(self.texts) + len(self.numbers) + len(self.lists)

    def __contains__(self, name: object) -> bool:
        return any(name in part for part in (self.equal, self.texts, self.numbers, self.lists))

    def __getitem__(self, name: str) -> list[Any]:
        if name in self.equal:
            return [self.equal[name]] * self.count
        if name in self.numbers:
            return _listed(self.numbers[name])
        if name in self.texts:
            return self._texts(name)
        return self.lists[name]

    def _texts(self, name: str) -> list[str | None]:
        place = self.texts.index(name)
        start = int(self.lengths[:place].sum())
        found: list[str | None] = []
        for length in self.lengths[place].tolist():
            found.append(str(self.content[start : start + length], "utf-8"))
            start += length
        if is_dynamic(self.table, name):
            return [text or None for text in found]
        return found

    def to_wire(self) -> Packed:
        """Return what `from_wire` makes the columns from."""
        numbers = {
            name: (
                each.kind,
                each.values.tobytes(),
                None if each.known is None else each.known.tobytes(),
            )
            for name, each in self.numbers.items()
        }
        lengths = self.lengths.astype("<u4", copy=False).tobytes()
        return self.equal, list(self.texts), self.content, lengths, numbers, self.lists


def from_wire(table: str, count: int, packed: Packed) -> PackedColumns:
    """Return the columns that `to_wire` was asked of."""
    equal, texts, content, lengths, numbers, lists = packed
    return PackedColumns(
        table,
        count,
        equal,
        tuple(texts),
        content,
        np.frombuffer(lengths, "<u4").reshape(len(texts), count),
        {
            name: Numbers(
                kind,
                np.frombuffer(values, _NUMPY[kind]),
                None if known is None else np.frombuffer(known, np.bool_),
            )
            for name, (kind, values, known) in numbers.items()
        },
        lists,
    )


def is_dynamic(table: str, name: str) -> bool:
    """Return whether a column holds JSON, of which no text is empty."""
    return _COLUMNS[table][name] == _JSON


def pack(table: str, count: int, columns: Mapping[str, list[Any]]) -> PackedColumns:
    """Return the columns of some rows, packed.

    Raises:
        ValueError: a text cannot be written as UTF-8.
    """
    if isinstance(columns, PackedColumns):
        return columns
    kinds = _COLUMNS.get(table, {})
    equal: dict[str, str] = {}
    texts: dict[str, list[str]] = {}
    numbers: dict[str, Numbers] = {}
    lists: dict[str, list[Any]] = {}
    # Hot: each column of every body; measured by benchmarks/ingest.py.
    for name, values in columns.items():
        kind = kinds.get(name)
        if kind == _TEXT:
            first = values[0] if values else None
            if type(first) is str and first is values[-1] and values.count(first) == count:
                equal[name] = first
            else:
                texts[name] = values
        elif kind == _JSON and "" not in values:
            texts[name] = [text or "" for text in values] if None in values else values
        elif kind and (packed := _numbers(kind, values)) is not None:
            numbers[name] = packed
        else:
            lists[name] = values
    try:
        joined = "".join(chain.from_iterable(texts.values()))
    except TypeError:
        for name, values in list(texts.items()):
            if set(map(type, values)) != {str}:
                lists[name] = columns[name]
                del texts[name]
        joined = "".join(chain.from_iterable(texts.values()))
    content = joined.encode()
    lengths = _lengths(texts.values(), count, len(content) == len(joined))
    return PackedColumns(table, count, equal, tuple(texts), content, lengths, numbers, lists)


def _lengths(columns: Collection[list[str]], count: int, is_ascii: bool) -> Lengths:
    """Return how many bytes each text of some columns takes."""
    flat: Iterator[str | bytes] = chain.from_iterable(columns)
    if not is_ascii:
        flat = map(str.encode, flat)  # type: ignore[arg-type]
    lengths = np.fromiter(map(len, flat), "<u4", len(columns) * count)
    return lengths.reshape(len(columns), count)


def join(parts: Sequence[PackedColumns]) -> PackedColumns | None:
    """Return the rows of several parts one after the other; None when a column is not packed.

    A column that a part does not have has its missing value in the part's rows.
    """
    if any(part.lists for part in parts):
        return None
    if len(parts) == 1:
        return parts[0]
    table, count = parts[0].table, sum(part.count for part in parts)
    equal = _common([part.equal for part in parts])
    names = _other_texts(parts, equal)
    content, lengths = _joined_texts(parts, names, count)
    return PackedColumns(
        table,
        count,
        equal,
        names,
        content,
        lengths,
        {
            name: _joined_numbers(parts, name)
            for name in dict.fromkeys(name for part in parts for name in part.numbers)
        },
    )


def _common(maps: Sequence[dict[str, str]]) -> dict[str, str]:
    """Return what is the same in all maps."""
    first = maps[0]
    others = [each for each in maps if each != first]
    return {
        name: text for name, text in first.items() if all(each.get(name) == text for each in others)
    }


def _other_texts(parts: Sequence[PackedColumns], equal: Collection[str]) -> tuple[str, ...]:
    """Return the names of all columns of texts but those that are equal in all parts."""
    # few forms of many parts; the columns of the usual one stand first, as they do in its parts
    forms = Counter((part.texts, tuple(part.equal)) for part in parts).most_common()
    names = dict.fromkeys(chain.from_iterable(chain(*form) for form, _ in forms))
    return tuple(name for name in names if name not in equal)


def _joined_texts(
    parts: Sequence[PackedColumns], names: tuple[str, ...], count: int
) -> tuple[bytes, Lengths]:
    """Return the texts of parts, a column after the other, and their lengths."""
    # Hot: each column of each body; measured by benchmarks/ingest.py.
    columns: list[list[Buffer]] = [[] for _ in names]
    lengths = np.zeros((len(names), count), np.uint32)
    plans: dict[tuple[str, ...], _Plan] = {}
    end = 0
    for part in parts:
        start, end = end, end + part.count
        plan = plans.get(part.texts)
        if plan is None:
            plan = plans[part.texts] = _plan(part.texts, names)
        if plan.is_at_front:
            lengths[: len(plan.places), start:end] = part.lengths
        else:
            lengths[plan.places, start:end] = part.lengths
        for place, content in zip(plan.places, _columns_content(part), strict=True):
            columns[place].append(content)
        for place, name in plan.absent:
            text = part.equal.get(name)
            if text:
                encoded = text.encode()
                columns[place].append(encoded * part.count)
                lengths[place, start:end] = len(encoded)
    return b"".join(chain.from_iterable(columns)), lengths


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the columns of a part stand among those of all.

    Attributes:
        places: of the part's own, in their order.
        is_at_front: whether they are the first of all, in the same order.
        absent: places and names of the others.
    """

    places: list[int]
    is_at_front: bool
    absent: list[tuple[int, str]]


def _plan(texts: tuple[str, ...], names: tuple[str, ...]) -> _Plan:
    place_of = {name: place for place, name in enumerate(names)}
    places = [place_of[name] for name in texts]
    own = set(texts)
    return _Plan(
        places,
        places == list(range(len(places))),
        [(place, name) for place, name in enumerate(names) if name not in own],
    )


def _columns_content(part: PackedColumns) -> Iterator[Buffer]:
    """Yield the content of each column of texts."""
    whole, start = memoryview(part.content), 0
    for end in accumulate(np.add.reduce(part.lengths, axis=1, dtype=np.int64).tolist()):
        yield whole[start:end]
        start = end


def _numbers(kind: str, values: list[Any]) -> Numbers | None:
    if kind not in _NUMPY:
        return None
    known = None
    try:
        try:
            packed = array(kind, values)
        except TypeError:  # most columns have a number in every row
            known = np.fromiter((value is not None for value in values), np.bool_, len(values))
            packed = array(kind, [0 if value is None else value for value in values])
    except (TypeError, OverflowError):
        return None
    return Numbers(kind, np.frombuffer(packed, _NUMPY[kind]), known)


def _joined_numbers(parts: Sequence[PackedColumns], name: str) -> Numbers:
    kind = next(part.numbers[name].kind for part in parts if name in part.numbers)
    found = [part.numbers.get(name) for part in parts]
    whole = [numbers.values for numbers in found if numbers is not None and numbers.known is None]
    if len(whole) == len(parts):
        return Numbers(kind, np.concatenate(whole), None)
    values, known = [], []
    for part, numbers in zip(parts, found, strict=True):
        if numbers is None:
            values.append(np.zeros(part.count, _NUMPY[kind]))
            known.append(np.zeros(part.count, np.bool_))
        else:
            values.append(numbers.values)
            known.append(np.ones(part.count, np.bool_) if numbers.known is None else numbers.known)
    all_known = np.concatenate(known)
    return Numbers(kind, np.concatenate(values), None if all_known.all() else all_known)


def _listed(numbers: Numbers) -> list[Any]:
    values: list[Any] = numbers.values.tolist()
    if numbers.known is None:
        return values
    return [
        value if known else None
        for value, known in zip(values, numbers.known.tolist(), strict=True)
    ]
