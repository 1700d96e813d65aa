"""Values in SQL for ClickHouse: the one place where a text of a user becomes part of a statement.

Values are written into the text and not sent beside it: a server takes 128 KiB of parameters, and a
query may ask for a hundred thousand ids.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from openinsights.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openinsights.schema.sql import Sql

_ESCAPED: Final = {ord("\\"): "\\\\", ord("'"): "\\'", 0: "\\0", ord("\n"): "\\n", ord("\r"): "\\r"}
_TOKEN: Final = re.compile(
    r"'(?:[^'\\]|\\.|'')*'"  # a text
    r'|"(?:[^"\\]|\\.|"")*"|`(?:[^`\\]|\\.|``)*`'  # a name
    r"|--[^\n]*|/\*.*?\*/"  # a comment
    r"|\$(\w+)",
    re.DOTALL,
)
_LEAST, _MOST = -(2**63), 2**63 - 1


def quoted(name: str) -> str:
    """Return an identifier in quotes."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def text_literal(text: str) -> str:
    """Return a text in quotes: whatever is in it, it ends where it ends."""
    return "'" + text.translate(_ESCAPED) + "'"


def literal(value: object) -> str:
    """Return SQL of a value, of the type that its Python type stands for.

    Whole numbers are Int64, truths Bool, lists arrays of what is in them.

    Raises:
        StoreError: there is no SQL for a value of that kind.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if not _LEAST <= value <= _MOST:
            raise StoreError(f"cannot ask ClickHouse for {value}: it is beyond 64 bits")
        return f"toInt64({value})" if value >= 0 else f"toInt64('{value}')"
    if isinstance(value, float):
        if math.isnan(value):
            return "nan"
        return f"toFloat64('{value!r}')"
    if isinstance(value, str):
        return text_literal(value)
    if isinstance(value, Decimal):
        return f"toDecimal128('{value:f}', 17)"
    if isinstance(value, UUID):
        return f"toUUID('{value}')"
    if isinstance(value, list | tuple | frozenset | set):
        return f"[{', '.join(map(literal, value))}]"
    raise StoreError(f"BUG: no literal for a value of type {type(value).__name__}")


def bound(sql: Sql) -> str:
    """Return a query's text with its values in the place of their names.

    A name inside of a text, a quoted name or a comment stays.
    """
    return bound_text(sql.text, sql.parameters)


def bound_text(text: str, parameters: Mapping[str, object]) -> str:
    """Return a text with values in the place of `$name`."""
    if not parameters:
        return text

    def value(found: re.Match[str]) -> str:
        name = found[1]
        return found[0] if name is None or name not in parameters else literal(parameters[name])

    return _TOKEN.sub(value, text)
