"""Paths into dynamic values: `a.b`, `a["b"]`, `a[0]`.

Steps known at compile time become one JSON path. A step that leads nowhere is null.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Apply, Bound, Constant, constant
from openinsights.kql.functions.row import Function, Kind, Null, Udf
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOT_NULL: Final = "NULLIF(CAST({} AS VARCHAR), 'null')"


def _path_sql(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    return _NOT_NULL.format(f"json_extract({arguments[0]}, {arguments[1]})")


PATH: Final = Function(
    name="path",
    parameters=(Kind.DYNAMIC, Kind.STRING),
    result=KqlType.DYNAMIC,
    duckdb=_path_sql,
    null=Null.MAKES,
)
"""A JSON path into a dynamic value."""

PATH_TEXT: Final = Function(
    name="path as text",
    parameters=(Kind.DYNAMIC, Kind.STRING),
    result=KqlType.STRING,
    duckdb="json_extract_string({0}, {1})",
    null=Null.MAKES,
)
"""What tostring makes of a JSON path into a dynamic value."""


def key_of(text: str, key: str) -> str | None:
    """The JSON text under a key of a bag; null when there is none."""
    value = json.loads(text)
    if not isinstance(value, dict) or value.get(key) is None:
        return None
    return json_text(value[key])


KEY: Final = Function(
    name="key",
    parameters=(Kind.DYNAMIC, Kind.STRING),
    result=KqlType.DYNAMIC,
    duckdb="kql_key({0}, {1})",
    null=Null.MAKES,
    python=Udf(key_of, ("VARCHAR", "VARCHAR"), "VARCHAR"),
)
"""A key that is computed, or that a JSON path cannot spell."""

ELEMENT: Final = Function(
    name="element",
    parameters=(Kind.DYNAMIC, Kind.INTEGER),
    result=KqlType.DYNAMIC,
    duckdb=(
        "NULLIF(CAST(json_extract({0}, CASE WHEN {1} < 0"
        " THEN '$[#' || CAST({1} AS VARCHAR) || ']'"
        " ELSE '$[' || CAST({1} AS VARCHAR) || ']' END) AS VARCHAR), 'null')"
    ),
    null=Null.MAKES,
)
"""An element whose position is computed; negative counts from the end."""


def step(base: Bound, index: Bound) -> Bound:
    """The value one step further: a string index is a key, a whole number a position."""
    written = _written(index)
    if written is None:
        function = KEY if index.type is KqlType.STRING else ELEMENT
        return Apply(KqlType.DYNAMIC, True, function, (base, index))
    if (
        isinstance(base, Apply)
        and base.function is PATH
        and isinstance(base.arguments[1], Constant)
    ):
        root, path = base.arguments[0], str(base.arguments[1].value)
    else:
        root, path = base, "$"
    whole = constant(path + written, KqlType.STRING)
    return Apply(KqlType.DYNAMIC, True, PATH, (root, whole))


def _written(index: Bound) -> str | None:
    if not isinstance(index, Constant):
        return None
    if isinstance(index.value, int):
        return f"[{index.value}]" if index.value >= 0 else f"[#{index.value}]"
    if not isinstance(index.value, str) or index.value == "*" or set(index.value) & set('"\\'):
        return None
    if index.value in ("", "*"):  # the engine takes a star for every key, in quotes too
        return None
    return f'."{index.value}"'


def as_text(value: Bound) -> Bound | None:
    """Tostring of a path, in one step; None if the value is no path."""
    if isinstance(value, Apply) and value.function is PATH:
        return Apply(KqlType.STRING, False, PATH_TEXT, value.arguments)
    return None


def constant_elements(array: Constant) -> list[Bound]:
    """The elements of a constant array as constants; the value itself if it is no array."""
    if array.value is None:
        return []
    value = json.loads(str(array.value))
    if not isinstance(value, list):
        return [_constant_of(value)]
    return [_constant_of(element) for element in value if element is not None]


def _constant_of(value: object) -> Constant:
    if isinstance(value, bool):
        return constant(value, KqlType.BOOL)
    if isinstance(value, int):
        return constant(value, KqlType.LONG)
    if isinstance(value, float):
        return constant(value, KqlType.REAL)
    if isinstance(value, str):
        return constant(value, KqlType.STRING)
    return constant(json_text(value), KqlType.DYNAMIC)
