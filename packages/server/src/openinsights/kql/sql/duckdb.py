"""How DuckDB spells values, types and identifiers. The only place where KQL text becomes SQL text."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Final

from openinsights.kql.functions.conversion import DECIMAL_SQL
from openinsights.kql.functions.strings import quoted
from openinsights.schema.types import (
    BOOL,
    DATETIME,
    DECIMAL,
    DYNAMIC,
    GUID,
    INT,
    LONG,
    REAL,
    STRING,
    TIMESPAN,
    KqlType,
)

TYPES: Final = {
    BOOL: "BOOLEAN",
    INT: "INTEGER",
    LONG: "BIGINT",
    REAL: "DOUBLE",
    DECIMAL: DECIMAL_SQL,
    STRING: "VARCHAR",
    DATETIME: "BIGINT",
    TIMESPAN: "BIGINT",
    GUID: "UUID",
    DYNAMIC: "VARCHAR",
}
"""The physical type of each KQL type."""


def identifier(name: str) -> str:
    """A quoted SQL identifier, whatever the name holds; the engine has none that are empty."""
    if name.isidentifier():
        return f'"{name}"'
    return '"' + (name.replace("\0", "").replace('"', '""') or " ") + '"'


def literal(value: object, type_: KqlType) -> str:
    """A SQL constant of the physical type."""
    if value is None:
        return f"CAST(NULL AS {TYPES[type_]})"
    if isinstance(value, bool):
        return "true" if value else "false"
    if type_ is STRING or type_ is DYNAMIC:
        return quoted(str(value))
    if type_ is GUID:
        return f"CAST({quoted(str(value))} AS UUID)"
    if type_ is REAL:
        return _real(float(str(value)))
    if type_ is DECIMAL:
        return f"CAST({quoted(format(Decimal(str(value)), 'f'))} AS {DECIMAL_SQL})"
    number = value if type(value) is int else int(str(value))
    if type_ is INT:
        return str(number) if number >= 0 else f"({number})"
    return f"CAST({number} AS BIGINT)"


def _real(value: float) -> str:
    if math.isnan(value):
        return "CAST('nan' AS DOUBLE)"
    if math.isinf(value):
        return f"CAST('{'' if value > 0 else '-'}inf' AS DOUBLE)"
    text = repr(value)
    text = text if "e" in text else text + "e0"
    return text if value >= 0 and not text.startswith("-") else f"({text})"
