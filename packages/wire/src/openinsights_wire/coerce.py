"""The lenient way from a JSON value to a wire struct: what has an obvious meaning is taken.

Used for the items that the typed decoder refused, so these functions may be slower than it. Numbers
and booleans become texts where texts belong, numeric texts become numbers, over-long texts are cut,
null means absent. What has no obvious meaning is an error that names the field.
"""

from __future__ import annotations

import json
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, NoReturn

from openinsights_wire.errors import (
    FIELD_MISSING,
    FIELD_OUT_OF_RANGE,
    FIELD_WRONG_TYPE,
    WireError,
    field_error,
)
from openinsights_wire.fields import KEY_LENGTH, VALUE_LENGTH, WireStruct
from openinsights_wire.plan import FieldPlan, plan_of
from openinsights_wire.stamps import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable

SEVERITIES = {"verbose": 0, "information": 1, "warning": 2, "error": 3, "critical": 4}
KINDS = {"measurement": 0, "aggregation": 1}
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def struct_of(struct: type[WireStruct], value: object) -> Any:
    """Return the struct that a JSON value means.

    Raises:
        WireError: a required field is missing or a field's value has no obvious meaning.
    """
    owner = struct.__name__
    if not isinstance(value, dict):
        raise field_error(
            FIELD_WRONG_TYPE, "baseData", owner, "is of the wrong type", "object", json_type(value)
        )
    before = _BEFORE.get(owner)
    if before is not None:
        value = before(value)
    fields: dict[str, Any] = {}
    for row in plan_of(struct):
        given = value.get(row.name)
        if given is not None:
            given = _COERCE[row.what](given, row, owner)
        if given is not None:
            fields[row.name] = given
        elif row.required:
            raise missing(row.name, owner)
    return struct(**fields)


def _with_readable_stack(details: dict[str, Any]) -> dict[str, Any]:
    """Take a stack that came as one text for what it is, and an absent message for an empty one."""
    changed = {"message": "", **{k: v for k, v in details.items() if v is not None}}
    if isinstance(changed.get("parsedStack"), str):
        changed.setdefault("stack", changed.pop("parsedStack"))
        changed.pop("parsedStack", None)
    return changed


def _with_method(frame: dict[str, Any]) -> dict[str, Any]:
    return frame if frame.get("method") is not None else {**frame, "method": ""}


_BEFORE: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "ExceptionDetails": _with_readable_stack,
    "StackFrame": _with_method,
}


def missing(field: str, owner: str) -> WireError:
    """Return the error for a required field that is absent or null."""
    return field_error(
        FIELD_MISSING, field, owner, "is required but missing", "a value", "undefined"
    )


def json_type(value: object) -> str:
    """Return what JSON calls a value, with the value itself where it is short."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return (
            f"number {value!r}"[:64]
            if isinstance(value, float) or abs(value) < 10**40
            else "number"
        )
    if isinstance(value, str):
        return f"string {value[:40]!r}"
    return "array" if isinstance(value, list) else "object"


def clean(text: str) -> str:
    """Return a text that UTF-8 can hold: a lone surrogate becomes U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def text_of(value: object) -> str:
    """Return the text of a JSON value: JSON's own spelling, but texts as they are and null empty."""
    if isinstance(value, str):
        return clean(value)
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return clean(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _wrong(row: FieldPlan, owner: str, expected: str, value: object) -> NoReturn:
    raise field_error(
        FIELD_WRONG_TYPE, row.name, owner, "is of the wrong type", expected, json_type(value)
    )


def _text(value: object, row: FieldPlan, owner: str) -> str:
    if isinstance(value, (dict, list)):
        _wrong(row, owner, "string", value)
    return text_of(value)[: row.max_length]


def _duration(value: object, row: FieldPlan, owner: str) -> str:
    if isinstance(value, str):
        return clean(value)[: row.max_length]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _wrong(row, owner, "[d.]hh:mm:ss[.fffffff]", value)
    try:
        return format_duration(value)
    except WireError:
        raise field_error(
            FIELD_OUT_OF_RANGE, row.name, owner, "is no duration", "at least 0", json_type(value)
        ) from None


def _integer(value: object, row: FieldPlan, owner: str) -> int:
    number = _number(value, row, owner)
    if not isfinite(number) or number != int(number):
        _wrong(row, owner, "integer", value)
    whole = value if isinstance(value, int) else int(number)
    bits = 63 if row.name == "flags" else 31
    if not -(2**bits) <= whole < 2**bits:
        raise field_error(
            FIELD_OUT_OF_RANGE,
            row.name,
            owner,
            "is out of range",
            f"{bits + 1} bits",
            json_type(value),
        )
    return whole


def _number(value: object, row: FieldPlan, owner: str) -> float:
    if isinstance(value, str) and "_" not in value:
        try:
            return float(value)
        except ValueError:
            _wrong(row, owner, "number", value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _wrong(row, owner, "number", value)
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def _boolean(value: object, row: FieldPlan, owner: str) -> bool:
    meant = _BOOLEANS.get(text_of(value).strip().lower())
    if meant is None:
        _wrong(row, owner, "boolean", value)
    return meant


def severity_of(value: object, owner: str) -> int:
    """Return a severity from its number or its name in any case."""
    return _named(value, SEVERITIES, "severityLevel", owner)


def kind_of(value: object) -> int:
    """Return a data point's kind from its number or its name in any case."""
    return _named(value, KINDS, "kind", "DataPoint")


def _named(value: object, names: dict[str, int], field: str, owner: str) -> int:
    text = text_of(value).strip().lower()
    number = names.get(text)
    if number is None and text.isdigit() and text.isascii() and len(text) == 1:
        number = int(text) if int(text) < len(names) else None
    if number is None:
        expected = f"0 to {len(names) - 1} or one of {', '.join(names)}"
        raise field_error(
            FIELD_OUT_OF_RANGE, field, owner, "is not known", expected, json_type(value)
        )
    return number


def _pairs(value: object, row: FieldPlan, owner: str) -> dict[str, object]:
    if value == []:  # how PHP and old browsers write an empty map
        return {}
    if not isinstance(value, dict):
        _wrong(row, owner, "object", value)
    return value


def _properties(value: object, row: FieldPlan, owner: str) -> dict[str, str]:
    return {
        clean(key)[:KEY_LENGTH]: text_of(item)[:VALUE_LENGTH]
        for key, item in _pairs(value, row, owner).items()
    }


def _measurements(value: object, row: FieldPlan, owner: str) -> dict[str, float]:
    return {
        clean(key)[:KEY_LENGTH]: _number(item, row, owner)
        for key, item in _pairs(value, row, owner).items()
        if item is not None
    }


def _tags(value: object, row: FieldPlan, owner: str) -> dict[str, str]:
    return {
        clean(key)[:1024]: text_of(item)[:1024]
        for key, item in _pairs(value, row, owner).items()
        if item is not None
    }


def _structs(value: object, row: FieldPlan, owner: str) -> list[Any] | None:
    if not isinstance(value, list):
        _wrong(row, owner, "array", value)
    assert row.struct is not None  # noqa: S101 - a row of this kind names its struct
    items = []
    for item in value:
        if not isinstance(item, dict):
            _wrong(row, owner, "array of objects", item)
        items.append(struct_of(row.struct, item))
    return items if items or not row.required else None


_COERCE: dict[str, Callable[[Any, FieldPlan, str], Any]] = {
    "text": _text,
    "duration": _duration,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "severity": lambda value, row, owner: severity_of(value, owner),
    "kind": lambda value, row, owner: kind_of(value),
    "properties": _properties,
    "measurements": _measurements,
    "tags": _tags,
    "structs": _structs,
    "data": lambda value, row, owner: value,
}
