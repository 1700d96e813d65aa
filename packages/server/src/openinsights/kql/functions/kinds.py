"""What each kind of parameter takes: types of arguments, and the type in which each arrives."""

from __future__ import annotations

from typing import Final

from openinsights.kql.application import INTEGRAL, NUMERIC
from openinsights.kql.functions.row import Kind
from openinsights.schema.types import KqlType

_TIMES: Final = (KqlType.TIMESPAN, KqlType.DATETIME)
_AS_IT_IS: Final = {type_: type_ for type_ in KqlType}
_AS_REAL: Final = {KqlType.DYNAMIC: KqlType.REAL}


def _only(type_: KqlType) -> dict[KqlType, KqlType]:
    return {type_: type_, KqlType.DYNAMIC: type_}


TAKEN: Final[dict[Kind, dict[KqlType, KqlType]]] = {
    Kind.ANY: _AS_IT_IS,
    Kind.TEXT: dict.fromkeys(KqlType, KqlType.STRING),
    Kind.STRING: _only(KqlType.STRING),
    Kind.PATTERN: _only(KqlType.STRING),
    Kind.BOOL: _only(KqlType.BOOL),
    Kind.INTEGER: dict.fromkeys((*INTEGRAL, KqlType.DYNAMIC), KqlType.LONG),
    Kind.NUMBER: {type_: type_ for type_ in NUMERIC} | _AS_REAL,
    Kind.REAL: dict.fromkeys((*NUMERIC, KqlType.DYNAMIC), KqlType.REAL),
    Kind.DATETIME: _only(KqlType.DATETIME),
    Kind.TIMESPAN: _only(KqlType.TIMESPAN),
    Kind.GUID: _only(KqlType.GUID),
    Kind.DYNAMIC: dict.fromkeys((KqlType.DYNAMIC, KqlType.STRING), KqlType.DYNAMIC),
    Kind.JSON: {},
    Kind.ORDERED: {type_: type_ for type_ in KqlType if type_ is not KqlType.DYNAMIC},
    Kind.SUMMABLE: {type_: type_ for type_ in (*NUMERIC, *_TIMES)} | _AS_REAL,
}
"""For each kind, the types that it takes and what they become; others are no such argument.

An argument of kind JSON becomes a text that no conversion makes: `conversion.JSON_OF` does.
"""
