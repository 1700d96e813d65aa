"""What a view narrows every tile to: a dimension and a value, to keep or to leave out.

A request names filters as `f=role:orders-api` and `f=-code:404`, any number of times. They become
conditions beside each time window of a tile's text, so that "Open in Logs" shows them too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.portal.errors import PortalRequestError
from openinsights.query.literals import let_line, literal
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_FILTERS = 20
_WINDOW = "timestamp < end"
_KEY = "dim."

DIMENSIONS: Mapping[str, str] = {
    "role": "cloud_RoleName",
    "instance": "cloud_RoleInstance",
    "version": "application_Version",
    "operation": "operation_Name",
    "user": "user_Id",
    "session": "session_Id",
    "kind": "itemType",
    "client": "client_Type",
    "browser": "client_Browser",
    "country": "client_CountryOrRegion",
    "city": "client_City",
    "synthetic": "operation_SyntheticSource",
    # Not in every table: rows of the others have none.
    "code": 'column_ifexists("resultCode", "")',
    "type": 'column_ifexists("type", "")',
    "target": 'column_ifexists("target", "")',
    "problem": 'column_ifexists("problemId", "")',
    "success": 'column_ifexists("success", "")',
    "severity": 'tostring(column_ifexists("severityLevel", int(null)))',
}
"""The expression that reads each dimension in a telemetry table."""

_TEXTS = ("message", "name", "url", "data", "outerMessage", "type", "target", "customDimensions")
_OR = "\n        or "
_IDS = ("operation_Id", "id", "itemId")
_SEARCHED: Mapping[str, str] = {"word": "has", "fragment": "contains"}
"""Filters that look into every text of an item, and how they compare."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition.

    Attributes:
        dimension: a name of `DIMENSIONS`, `dim.<key>` for a key of customDimensions, or `word` and
            `fragment` for what stands anywhere in an item.
        value: the value compared with; empty asks for rows without one.
        leaves_out: rows of the value are left out instead of kept.
    """

    dimension: str
    value: str
    leaves_out: bool = False

    @property
    def reads(self) -> str:
        """The expression that reads the dimension."""
        if self.dimension.startswith(_KEY):
            key = literal(KqlType.STRING, self.dimension.removeprefix(_KEY))
            return f"tostring(customDimensions[{key}])"
        return DIMENSIONS[self.dimension]


    def condition(self, value: str) -> str:
        """Return the condition in KQL; `value` is the name that stands for the value."""
        compares = _SEARCHED.get(self.dimension)
        if compares is None:
            return f"{self.reads} {'!=' if self.leaves_out else '=='} {value}"
        parts = ", ".join(f'tostring(column_ifexists("{name}", ""))' for name in _TEXTS)
        ids = _OR.join(f'column_ifexists("{name}", "") == {value}' for name in _IDS)
        # One text: each comparison by itself would be planned for each table anew.
        found = f'strcat_delim("\\n", {parts}) {compares} {value}'
        return f"{'not' if self.leaves_out else ''}({found}{_OR}{ids})"


def parse_filter(text: str) -> Filter:
    """Return the filter that a request's `f` spells.

    Raises:
        PortalRequestError: it has no `:`, or no view can filter by its dimension.
    """
    name, colon, value = text.partition(":")
    dimension = name.removeprefix("-")
    is_key = dimension.startswith(_KEY) and dimension != _KEY
    if not colon or not (dimension in DIMENSIONS or dimension in _SEARCHED or is_key):
        known = ", ".join((*DIMENSIONS, *_SEARCHED))
        raise PortalRequestError(
            f"cannot use the filter {text!r}: write dimension:value, where the dimension is "
            f"{known} or dim.<key of customDimensions>"
        )
    return Filter(dimension, value, name.startswith("-"))


def filtered(text: str, filters: Sequence[Filter]) -> str:
    """Return a tile's text with the filters beside each of its time windows.

    Args:
        text: KQL whose every table that is asked has a condition `timestamp < end`.
        filters: the conditions; all have to hold.

    Raises:
        PortalRequestError: there are more than `MAX_FILTERS`.
    """
    if len(filters) > MAX_FILTERS:
        raise PortalRequestError(f"cannot use {len(filters)} filters: at most {MAX_FILTERS}")
    lines = [
        let_line(f"filter_{place}", KqlType.STRING, each.value)
        for place, each in enumerate(filters, 1)
    ]
    conditions = [
        f"\n    and {each.condition(f'filter_{place}')}"
        for place, each in enumerate(filters, 1)
    ]
    return "\n".join([*lines, text.replace(_WINDOW, _WINDOW + "".join(conditions))])
