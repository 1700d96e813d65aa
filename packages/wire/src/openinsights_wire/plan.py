"""What every field of a wire struct is, as rows: read from the annotations once per struct."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, get_args, get_type_hints

import msgspec

from openinsights_wire.fields import (
    Duration,
    Kind,
    Measurements,
    Properties,
    Severity,
    Tags,
    WireStruct,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

What: TypeAlias = Literal[
    "text", "duration", "integer", "number", "boolean", "severity", "kind",
    "properties", "measurements", "tags", "structs", "data",
]  # fmt: skip

_NAMED: tuple[tuple[Any, What], ...] = (
    (Duration, "duration"),
    (Severity, "severity"),
    (Kind, "kind"),
    (Properties, "properties"),
    (Measurements, "measurements"),
    (Tags, "tags"),
    (bool, "boolean"),
    (float, "number"),
)


class FieldPlan(NamedTuple):
    """One field: what it holds and how long it may be.

    Attributes:
        max_length: characters of a text, None for anything else.
        struct: of lists of structs, the struct.
    """

    name: str
    what: What
    required: bool
    max_length: int | None = None
    struct: type[WireStruct] | None = None


@cache
def plan_of(struct: type[WireStruct]) -> tuple[FieldPlan, ...]:
    """Return one row per field of a wire struct, in the order of its fields."""
    hints = get_type_hints(struct, include_extras=True)
    return tuple(
        _field_plan(field.name, _without_none(hints[field.name]), field.required)
        for field in msgspec.structs.fields(struct)
    )


def _without_none(hint: Any) -> Any:
    arguments = get_args(hint)
    if type(None) in arguments:
        return next(argument for argument in arguments if argument is not type(None))
    return hint


def _field_plan(name: str, hint: Any, required: bool) -> FieldPlan:
    for named, what in _NAMED:
        if hint == named:
            return FieldPlan(name, what, required, 64 if what == "duration" else None)
    base = get_args(hint)[0] if hasattr(hint, "__metadata__") else hint
    if base is str:
        return FieldPlan(name, "text", required, _max_length(getattr(hint, "__metadata__", ())))
    if base is int:
        return FieldPlan(name, "integer", required)
    inner = get_args(base)
    if inner:
        return FieldPlan(name, "structs", required, struct=inner[0])
    return FieldPlan(name, "data", required)


def _max_length(metadata: Iterable[Any]) -> int | None:
    return next((meta.max_length for meta in metadata if meta.max_length is not None), None)
