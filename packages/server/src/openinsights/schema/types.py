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
