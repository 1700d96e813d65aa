"""The filters of a configuration as functions: conditions on fields, joined by AND and OR.

A filter that cannot be understood is an error, never a filter that lets everything pass.
"""

from __future__ import annotations

import operator
from math import isfinite
from typing import TYPE_CHECKING, Any

from openinsights_wire.coerce import severity_of
from openinsights_wire.errors import WireError
from openinsights_wire.live.items import FIELDS, FieldType, field_named
from openinsights_wire.stamps import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from openinsights_wire.live.items import Field, Item
    from openinsights_wire.live.messages import FilterGroup, FilterInfo

    Check: TypeAlias = Callable[[Item], bool]

ANY_FIELD = "*"
CONTAINS = "Contains"
DOES_NOT_CONTAIN = "DoesNotContain"
EQUAL = "Equal"
NOT_EQUAL = "NotEqual"
ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanOrEqual": operator.le,
    "GreaterThanOrEqual": operator.ge,
}
PREDICATES = (EQUAL, NOT_EQUAL, *ORDER, CONTAINS, DOES_NOT_CONTAIN)


class FilterError(ValueError):
    """A filter that cannot be understood; the message says why."""


def any_group(kind: str, groups: Sequence[FilterGroup]) -> Check:
    """Return whether an item passes at least one of the groups; no groups let every item pass.

    Args:
        kind: the kind of the items that will be asked about.
        groups: each passes when all its conditions hold, so one without conditions always does.

    Raises:
        FilterError: a condition cannot be understood.
    """
    if not groups:
        return _always
    checks = [all_filters(kind, group.filters) for group in groups]
    return checks[0] if len(checks) == 1 else lambda item: any(check(item) for check in checks)


def all_filters(kind: str, filters: Sequence[FilterInfo]) -> Check:
    """Return whether an item passes all the filters.

    Raises:
        FilterError: a filter cannot be understood.
    """
    checks = [one_filter(kind, filter_info) for filter_info in filters]
    return lambda item: all(check(item) for check in checks)


def one_filter(kind: str, filter_info: FilterInfo) -> Check:
    """Return whether an item passes one filter.

    Texts are compared in any case; an absent text is the empty one, an absent number passes
    NotEqual alone. Less and Greater on a text compare numbers, and what is no number does not pass.

    Raises:
        FilterError: field, predicate or comparand are unknown or do not fit each other.
    """
    name, predicate = filter_info.field_name, _predicate(filter_info)
    if name == ANY_FIELD:
        return _any_field(kind, predicate, filter_info)
    field = field_named(kind, name)
    if field is None:
        raise FilterError(f"cannot filter {kind} by {name!r}: it has no such field")
    compare = _comparisons[field.type](predicate, filter_info)
    read = field.read
    return lambda item: compare(read(item.data))


def _always(item: Item) -> bool:
    return True


def _predicate(filter_info: FilterInfo) -> str:
    lowered = filter_info.predicate.lower()
    for predicate in PREDICATES:
        if predicate.lower() == lowered:
            return predicate
    known = ", ".join(PREDICATES)
    raise FilterError(f"cannot use predicate {filter_info.predicate!r}: it is none of {known}")


def _misfit(filter_info: FilterInfo, why: str) -> FilterError:
    shown = f"{filter_info.field_name} {filter_info.predicate} {filter_info.comparand!r}"
    return FilterError(f"cannot use filter {shown}: {why}")


def _text(predicate: str, filter_info: FilterInfo) -> Callable[[Any], bool]:
    if predicate in ORDER:
        wanted = _number_of(filter_info.comparand)
        if wanted is None:
            raise _misfit(filter_info, "a number is needed")
        compare = ORDER[predicate]

        def in_order(value: Any) -> bool:
            number = _number_of(value)
            return number is not None and compare(number, wanted)

        return in_order
    needle = filter_info.comparand.lower()
    if predicate in (CONTAINS, DOES_NOT_CONTAIN):
        expected = predicate == CONTAINS
        return lambda value: (needle in _lowered(value)) is expected
    expected = predicate == EQUAL
    return lambda value: (needle == _lowered(value)) is expected


def _any_field(kind: str, predicate: str, filter_info: FilterInfo) -> Check:
    if predicate not in (CONTAINS, DOES_NOT_CONTAIN):
        raise _misfit(filter_info, f"all fields together have {CONTAINS} and {DOES_NOT_CONTAIN}")
    needle = filter_info.comparand.lower()
    expected = predicate == CONTAINS
    fields = [field for field in FIELDS.get(kind, ()) if field.type is FieldType.TEXT]
    return lambda item: _is_anywhere(needle, item, fields) is expected


def _is_anywhere(needle: str, item: Item, fields: Sequence[Field]) -> bool:
    data = item.data
    values = [field.read(data) for field in fields]
    values += (data.properties or {}).values()
    values += (data.measurements or {}).values()
    return any(needle in _lowered(value) for value in values)


def _boolean(predicate: str, filter_info: FilterInfo) -> Callable[[Any], bool]:
    wanted = {"true": True, "false": False}.get(filter_info.comparand.strip().lower())
    if wanted is None or predicate not in (EQUAL, NOT_EQUAL):
        raise _misfit(filter_info, f"{EQUAL} or {NOT_EQUAL} with true or false is needed")
    if predicate == NOT_EQUAL:
        wanted = not wanted
    return lambda value: bool(value) is wanted


def _duration(predicate: str, filter_info: FilterInfo) -> Callable[[Any], bool]:
    try:
        wanted = parse_duration(filter_info.comparand)
    except WireError:
        raise _misfit(filter_info, "a duration like 0.00:00:01.500 is needed") from None
    return _numeric(predicate, filter_info, wanted)


def _severity(predicate: str, filter_info: FilterInfo) -> Callable[[Any], bool]:
    try:
        wanted = severity_of(filter_info.comparand, "FilterInfo")
    except WireError:
        raise _misfit(filter_info, "a severity from Verbose to Critical is needed") from None
    compare = _numeric(predicate, filter_info, wanted)
    return lambda value: compare(None if value is None else severity_of(value, "BaseData"))


def _number(predicate: str, filter_info: FilterInfo) -> Callable[[Any], bool]:
    wanted = _number_of(filter_info.comparand)
    if wanted is None:
        raise _misfit(filter_info, "a number is needed")
    return _numeric(predicate, filter_info, wanted)


def _numeric(predicate: str, filter_info: FilterInfo, wanted: float) -> Callable[[Any], bool]:
    compare = {EQUAL: operator.eq, NOT_EQUAL: operator.ne, **ORDER}.get(predicate)
    if compare is None:
        raise _misfit(filter_info, "a number contains nothing")
    absent = predicate == NOT_EQUAL
    return lambda value: absent if value is None else bool(compare(value, wanted))


_comparisons: dict[FieldType, Callable[[str, FilterInfo], Callable[[Any], bool]]] = {
    FieldType.TEXT: _text,
    FieldType.DURATION: _duration,
    FieldType.BOOLEAN: _boolean,
    FieldType.SEVERITY: _severity,
    FieldType.NUMBER: _number,
}


def _lowered(value: object) -> str:
    return "" if value is None else str(value).lower()


def _number_of(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]  # whatever is no number raises
    except (TypeError, ValueError):
        return None
    return number if isfinite(number) else None
