"""Buffers as a table that the engine reads where they lie, through Arrow's C data interface.

Source: the interface's specification, https://arrow.apache.org/docs/format/CDataInterface.html.
"""

from __future__ import annotations

import ctypes
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from arro3.core import RecordBatch, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_NULLABLE: Final = 2
_STRUCT: Final = b"+s"


@dataclass(frozen=True, slots=True)
class BufferColumn:
    """A column and where its values lie.

    Attributes:
        name: of the column.
        format: its type as the interface names it, such as `u` for texts.
        buffers: bits that say which values are there (None when all are), then what the type has:
            values, or offsets and texts.
        count: how many values it has.
        dictionary: what the values are places in; None when they stand for themselves.
    """

    name: str
    format: str
    buffers: tuple[NDArray[Any] | bytes | memoryview | None, ...]
    count: int
    dictionary: BufferColumn | None = None


class _Schema(ctypes.Structure):
    pass


class _Array(ctypes.Structure):
    pass


_ReleaseSchema = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))
_ReleaseArray = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))
_Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(_Schema))),
    ("dictionary", ctypes.POINTER(_Schema)),
    ("release", _ReleaseSchema),
    ("private_data", ctypes.c_void_p),
]
_Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))),
    ("dictionary", ctypes.POINTER(_Array)),
    ("release", _ReleaseArray),
    ("private_data", ctypes.c_void_p),
]

_held: Final[dict[int, Any]] = {}
"""What a reader still reads, by the number that it gives back."""
_numbers: Final = itertools.count(1)


def _end_schema(schema: Any) -> None:
    # readers copy what it says; it lives as long as the batch that it describes is handed over
    schema.contents.release = _ReleaseSchema()


def _forget_array(one: Any) -> None:
    _held.pop(one.contents.private_data, None)
    one.contents.release = _ReleaseArray()


_release_schema: Final = _ReleaseSchema(_end_schema)
_release_array: Final = _ReleaseArray(_forget_array)
"""What a reader calls when it is done; for the parts it does nothing but note that."""

_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)


def table_of(columns: Sequence[BufferColumn], rows: int) -> Table:
    """Return a table of the columns; it keeps the buffers as long as somebody reads it."""
    batch = _Batch(columns, rows)
    return Table.from_batches([RecordBatch.from_arrow(batch)])


class _Batch:
    """One batch, for a reader that takes it at once."""

    def __init__(self, columns: Sequence[BufferColumn], rows: int) -> None:
        self._columns = columns
        self._rows = rows

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[Any, Any]:
        self._schema, self._array = self._make_schema(), self._make_array()
        return (
            _new_capsule(ctypes.addressof(self._schema), b"arrow_schema", None),
            _new_capsule(ctypes.addressof(self._array), b"arrow_array", None),
        )

    def _make_schema(self) -> _Schema:
        parts = list(map(_schema_of, self._columns))
        pointers = (ctypes.POINTER(_Schema) * len(parts))(*map(ctypes.pointer, parts))
        self._schema_parts = parts, pointers
        return _Schema(
            format=_STRUCT,
            name=b"",
            n_children=len(parts),
            children=pointers,
            release=_release_schema,
        )

    def _make_array(self) -> _Array:
        kept: list[Any] = []
        parts = [_array_of(column, kept) for column in self._columns]
        pointers = (ctypes.POINTER(_Array) * len(parts))(*map(ctypes.pointer, parts))
        nothing = (ctypes.c_void_p * 1)(None)
        number = next(_numbers)
        _held[number] = parts, pointers, kept, nothing
        return _Array(
            length=self._rows,
            n_buffers=1,
            n_children=len(parts),
            buffers=nothing,
            children=pointers,
            release=_release_array,
            private_data=number,
        )


def _schema_of(column: BufferColumn) -> _Schema:
    schema = _Schema(
        format=column.format.encode(),
        name=column.name.encode(),
        flags=_NULLABLE,
        release=_release_schema,
    )
    if column.dictionary is not None:
        schema.dictionary = ctypes.pointer(_schema_of(column.dictionary))
    return schema


def _array_of(column: BufferColumn, kept: list[Any]) -> _Array:
    """Return a column's array; what it points to and nobody else holds is added to `kept`."""
    addresses = (ctypes.c_void_p * len(column.buffers))(*map(_address, column.buffers))
    kept.append((column.buffers, addresses))
    array = _Array(
        length=column.count,
        null_count=0 if column.buffers[0] is None else -1,
        n_buffers=len(column.buffers),
        buffers=addresses,
        release=_release_array,
    )
    if column.dictionary is not None:
        array.dictionary = ctypes.pointer(_array_of(column.dictionary, kept))
    return array


def _address(buffer: NDArray[Any] | bytes | memoryview | None) -> int | None:
    if buffer is None:
        return None
    if isinstance(buffer, memoryview):
        buffer = np.frombuffer(buffer, np.uint8)
    if isinstance(buffer, bytes):
        return ctypes.cast(ctypes.c_char_p(buffer), ctypes.c_void_p).value
    return int(buffer.ctypes.data)


def bits(known: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the bits that say which values are there."""
    return np.packbits(known, bitorder="little")
