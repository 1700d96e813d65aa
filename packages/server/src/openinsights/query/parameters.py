"""Values for names of a query, as Python programs and JSON bodies give them.

A value is never part of the query's text: whatever a text holds, it cannot change what is asked.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from openinsights.clock import TICKS_PER_DAY
from openinsights.kql.given import Given
from openinsights.kql.spelling import json_text
from openinsights.kql.statements.query_parameters import value_of
from openinsights.query.errors import BadQueryArgument
from openinsights.query.values import TO_TEXT
from openinsights.schema.types import KqlType

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def from_python(values: Mapping[str, object] | None) -> dict[str, Given]:
    """Return parameters of Python values.

    bool, int, float, str, Decimal, datetime (UTC where it names no zone), date, timedelta, UUID,
    lists and mappings have types of their own; so have numpy's and pandas' scalars. None is a null
    of type dynamic.

    Raises:
        BadQueryArgument: a value has no KQL type, or a name is none.
    """
    return {_name(name): _given(name, value) for name, value in (values or {}).items()}


def typed(values: Mapping[str, object], types: object) -> dict[str, object]:
    """Return the values of a request's body, those that it gives a type as values of that type.

    Args:
        values: JSON, or texts that are literals.
        types: names and types; None for none. The others wait for the type that a query declares.

    Raises:
        BadQueryArgument: the types have another form, or a value is none of its type.
    """
    if types is None:
        return dict(values)
    if not isinstance(types, dict):
        raise BadQueryArgument(
            "cannot use 'parameterTypes': an object of names and types is needed"
        )
    return dict(values) | {_name(name): _typed(name, kind, values) for name, kind in types.items()}


def to_json(parameters: Mapping[str, Given]) -> dict[str, Any]:  # JSON
    """Return what a request's body says of parameters, every value kept exactly."""
    return {
        "parameters": {name: _text(row) for name, row in parameters.items()},
        "parameterTypes": {name: str(row.type) for name, row in parameters.items()},
    }


def _name(name: object) -> str:
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    raise BadQueryArgument(f"cannot use query parameter {name!r}: its name is no plain name")


def _given(name: str, value: object) -> Given:
    # numpy's scalars are no Python ones; their item() is. A Timestamp of pandas is a datetime.
    item = getattr(value, "item", None)
    if callable(item) and not isinstance(value, (datetime, timedelta)):
        value = item()
    for kind, convert in _FROM_PYTHON:
        if isinstance(value, kind):
            given: Given = convert(value)
            return given
    if value is None:
        return Given(KqlType.DYNAMIC, None)
    raise BadQueryArgument(
        f"cannot use query parameter {name!r}: a {type(value).__name__} has no KQL type; give a"
        " text, number, bool, datetime, timedelta, UUID, list or dict"
    )


def _of_int(value: int) -> Given:
    if not -(1 << 63) <= value < 1 << 63:
        raise BadQueryArgument(f"cannot use {value} as a query parameter: it is too large for long")
    return Given(KqlType.LONG, value)


def _of_datetime(value: datetime) -> Given:
    if value != value:  # pandas' NaT
        return Given(KqlType.DATETIME, None)
    aware = value if value.tzinfo is not None else value.replace(tzinfo=timezone.utc)
    try:
        moment = aware.astimezone(timezone.utc)
    except OverflowError:
        raise BadQueryArgument(f"cannot use {value} as a query parameter: no such year") from None
    # by its parts: a Timestamp of pandas cannot be subtracted from one that is far away
    seconds = (moment.hour * 60 + moment.minute) * 60 + moment.second
    ticks = (moment.toordinal() - 1) * TICKS_PER_DAY + seconds * 10_000_000
    return Given(
        KqlType.DATETIME,
        ticks + moment.microsecond * 10 + getattr(moment, "nanosecond", 0) // 100,
    )


def _of_timedelta(value: timedelta) -> Given:
    if value != value:  # pandas' NaT
        return Given(KqlType.TIMESPAN, None)
    ticks = value.days * TICKS_PER_DAY + value.seconds * 10_000_000 + value.microseconds * 10
    return Given(KqlType.TIMESPAN, ticks + getattr(value, "nanoseconds", 0) // 100)


def _of_collection(value: object) -> Given:
    try:
        return Given(KqlType.DYNAMIC, json_text(_plain(value)))
    except (TypeError, ValueError, RecursionError) as error:
        raise BadQueryArgument(f"cannot use a query parameter as dynamic: {error}") from None


def _plain(value: object) -> object:
    """A value that JSON can hold; times, decimals and guids become the text that KQL writes."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    found = _given("", value)
    return _plain(found.value) if found.type not in TO_TEXT else TO_TEXT[found.type](found.value)


_FROM_PYTHON: Final[Sequence[tuple[Any, Any]]] = (  # types, and functions of their values
    (bool, lambda value: Given(KqlType.BOOL, value)),
    (int, _of_int),
    (float, lambda value: Given(KqlType.REAL, float(value))),
    (str, lambda value: Given(KqlType.STRING, str(value))),
    (Decimal, lambda value: Given(KqlType.DECIMAL, value)),
    (datetime, _of_datetime),
    (date, lambda value: _of_datetime(datetime.combine(value, time(), timezone.utc))),
    (timedelta, _of_timedelta),
    (UUID, lambda value: Given(KqlType.GUID, value)),
    ((list, tuple, set, frozenset, Mapping), _of_collection),
)
"""Python types and what becomes of their values; the first that fits is taken."""


def _typed(name: str, kind: object, values: Mapping[str, object]) -> Given:
    if not isinstance(kind, str) or kind not in list(KqlType):
        raise BadQueryArgument(f"cannot use query parameter {name!r}: {kind!r} is no type")
    try:
        return Given(KqlType(kind), value_of(values[name], KqlType(kind)))
    except KeyError:
        raise BadQueryArgument(f"cannot use query parameter {name!r}: it has no value") from None
    except (TypeError, ValueError):
        raise BadQueryArgument(
            f"cannot use query parameter {name!r}: its value is no {kind}"
        ) from None


def _text(parameter: Given) -> object:
    if parameter.value is None:
        return None
    convert = TO_TEXT.get(parameter.type)
    return parameter.value if convert is None else convert(parameter.value)
