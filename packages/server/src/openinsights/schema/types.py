"""The ten scalar types of KQL, and how a value of each is held inside the server.

| type     | held by stores and the compiler as                                    |
|----------|------------------------------------------------------------------------|
| bool     | boolean                                                                 |
| int      | 32-bit integer                                                          |
| long     | 64-bit integer                                                          |
| real     | double                                                                  |
| decimal  | decimal number                                                          |
| string   | text, never null: missing is ''                                         |
| datetime | 64-bit count of 100 ns ticks since 0001-01-01T00:00:00Z                 |
| timespan | 64-bit count of 100 ns ticks                                            |
| guid     | UUID                                                                    |
| dynamic  | JSON text; null is the missing value                                    |
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class KqlType(StrEnum):
    """A scalar type of KQL, spelt as query replies spell it."""

    BOOL = "bool"
    INT = "int"
    LONG = "long"
    REAL = "real"
    DECIMAL = "decimal"
    STRING = "string"
    DATETIME = "datetime"
    TIMESPAN = "timespan"
    GUID = "guid"
    DYNAMIC = "dynamic"


BOOL: Final = KqlType.BOOL
INT: Final = KqlType.INT
LONG: Final = KqlType.LONG
REAL: Final = KqlType.REAL
DECIMAL: Final = KqlType.DECIMAL
STRING: Final = KqlType.STRING
DATETIME: Final = KqlType.DATETIME
TIMESPAN: Final = KqlType.TIMESPAN
GUID: Final = KqlType.GUID
DYNAMIC: Final = KqlType.DYNAMIC
"""The types by themselves, for code that names them thousands of times for one query: Python 3.11
finds an attribute of an enumeration ten times as slowly as a name of a module."""
