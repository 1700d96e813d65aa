"""buildschema: the smallest schema that all values of a group fit.

The schema of one value is a JSON text; equal ones are gathered once, so that what Python takes
grows with how different the values are, not with how many there are.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from openinsights.kql.functions.limits import MAX_GATHERED
from openinsights.kql.functions.row import Aggregate, Kind, Udf
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.bound import Bound

_V: Final = "VARCHAR"
_ELEMENTS: Final = "`indexer`"
"""The key under which the type of an array's elements stands."""
_NAMES: Final = {bool: "bool", int: "long", float: "double", str: "string"}

# Values and schemas are JSON of any shape, hence Any.


class _Schema:
    """What values of one place may be."""

    def __init__(self) -> None:
        self.primitives: set[str] = set()
        self.parts: dict[str, _Schema] | None = None

    def add_value(self, value: Any) -> None:
        """Take another value."""
        if isinstance(value, dict):
            for key, inner in value.items():
                self._part(key).add_value(inner)
        elif isinstance(value, list):
            elements = self._part(_ELEMENTS)
            for inner in value:
                elements.add_value(inner)
        elif value is not None:
            self.primitives.add(_NAMES[type(value)])
        if isinstance(value, dict) and self.parts is None:
            self.parts = {}

    def add_schema(self, schema: Any) -> None:
        """Take what another schema says."""
        for one in schema if isinstance(schema, list) else [schema]:
            if isinstance(one, str):
                self.primitives.add(one)
                continue
            if self.parts is None:
                self.parts = {}
            for key, inner in one.items():
                self._part(key).add_schema(inner)

    def _part(self, key: str) -> _Schema:
        if self.parts is None:
            self.parts = {}
        return self.parts.setdefault(key, _Schema())

    def shown(self) -> Any:
        """A name, a bag, or an array of several; None for what was null everywhere."""
        found: list[Any] = sorted(self.primitives)
        if self.parts is not None:
            inner = {key: part.shown() for key, part in self.parts.items()}
            if _ELEMENTS in inner and inner[_ELEMENTS] is None:
                inner[_ELEMENTS] = []  # of empty arrays: elements of no type
            found.append({key: part for key, part in inner.items() if part is not None})
        return found[0] if len(found) == 1 else found or None


def schema_of(text: str) -> str | None:
    """The schema of one value as JSON text; null for null."""
    schema = _Schema()
    schema.add_value(json.loads(text))
    shown = schema.shown()
    return None if shown is None else json_text(shown)


def merged_schema(texts: list[str | None]) -> str | None:
    """One schema of several; null for none."""
    schema = _Schema()
    for text in texts:
        if text is not None:
            schema.add_schema(json.loads(text))
    shown = schema.shown()
    return None if shown is None else json_text(shown)


def _lowered(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    shapes = f"list(DISTINCT kql_schema_of({arguments[0]})){{filter}}"
    size = "list_sum(list_transform(s, lambda x: length(x)))"
    kept = (
        f"list_transform([COALESCE({shapes}, [])], lambda s: CASE WHEN {size} > {MAX_GATHERED}"
        f" THEN error('buildschema of values of too many different forms')"
        " ELSE list_sort(s) END)[1]"
    )
    return f"kql_merged_schema({kept})"


UDFS: Final = {
    "kql_schema_of": Udf(schema_of, (_V,), _V),
    "kql_merged_schema": Udf(merged_schema, (f"{_V}[]",), _V),
}
"""The engine's functions that the family calls."""

AGGREGATES: Final = (
    Aggregate("buildschema", (Kind.DYNAMIC,), KqlType.DYNAMIC, _lowered, prefix="schema"),
)
"""The family's aggregates."""
