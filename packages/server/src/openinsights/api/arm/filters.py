"""The `$filter` of resource lists: comparisons joined by `and` and `or`, as Azure's tools send it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from openinsights.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEXT = r"'(?P<{}>(?:[^']|'')*)'"
_COMPARED = re.compile(
    rf"\s*(?P<field>\w+)\s+(?P<operator>eq|ne)\s+{_TEXT.format('value')}\s*", re.IGNORECASE
)
_CONTAINED = re.compile(
    rf"\s*substringof\s*\(\s*{_TEXT.format('value')}\s*,\s*(?P<field>\w+)\s*\)\s*", re.IGNORECASE
)
_JOINED = re.compile(r"(?:and|or)(?=\s)", re.IGNORECASE)
_FIELDS = ("resourcetype", "name", "resourcegroup", "location", "tagname", "tagvalue")
_LONGEST = 4_096


class Condition(NamedTuple):
    """One comparison: `operator` is `eq`, `ne` or `has`; field and value are in lower case."""

    field: str
    operator: str
    value: str


def parse_filter(text: str) -> list[list[Condition]]:
    """Return a filter as alternatives, each of conditions that all have to hold; [] has none.

    Raises:
        ApiError: it has another form, or names a field that resources do not have.
    """
    if not text.strip():
        return []
    if len(text) > _LONGEST:
        raise _refusal(f"it is longer than {_LONGEST} characters")
    alternatives: list[list[Condition]] = [[]]
    place = 0
    while True:
        match = _COMPARED.match(text, place) or _CONTAINED.match(text, place)
        if match is None:
            raise _refusal(f"no comparison stands at {text[place : place + 40]!r}")
        field = match["field"].lower()
        if field not in _FIELDS:
            raise _refusal(f"resources have no {match['field'][:40]!r}, only {', '.join(_FIELDS)}")
        operator = match["operator"].lower() if match.re is _COMPARED else "has"
        value = match["value"].replace("''", "'").lower()
        alternatives[-1].append(Condition(field, operator, value))
        place = match.end()
        if place == len(text):
            return alternatives
        joined = _JOINED.match(text, place)
        if joined is None:
            raise _refusal(f"neither 'and' nor 'or' stands at {text[place : place + 40]!r}")
        if joined[0].lower() == "or":
            alternatives.append([])
        place = joined.end()


def fits(
    filter_: list[list[Condition]], fields: Mapping[str, str], tags: Mapping[str, str]
) -> bool:
    """Return whether a resource fits a filter.

    Args:
        filter_: as `parse_filter` returns it.
        fields: `resourcetype`, `name`, `resourcegroup` and `location`.
        tags: of the resource.
    """
    return not filter_ or any(_all_hold(each, fields, tags) for each in filter_)


def _all_hold(
    conditions: list[Condition], fields: Mapping[str, str], tags: Mapping[str, str]
) -> bool:
    wanted = {each.field: each.value for each in conditions}
    if "tagname" in wanted or "tagvalue" in wanted:
        name, value = wanted.get("tagname"), wanted.get("tagvalue")
        if not any(
            name in (None, key.lower()) and value in (None, held.lower())
            for key, held in tags.items()
        ):
            return False
    return all(
        _holds(each, fields[each.field].lower())
        for each in conditions
        if not each.field.startswith("tag")
    )


def _holds(condition: Condition, value: str) -> bool:
    if condition.operator == "has":
        return condition.value in value
    return (condition.value == value) is (condition.operator == "eq")


def _refusal(why: str) -> ApiError:
    return ApiError(
        400,
        "InvalidFilterInQueryString",
        f"cannot use $filter: {why}; write it as in resourceType eq 'Microsoft.Insights/components'",
    )
