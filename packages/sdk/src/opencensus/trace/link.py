"""A reference from one span to another, possibly of another trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opencensus.trace.attributes import Attributes


class Type:
    """How the linked span relates to the one that has the link."""

    TYPE_UNSPECIFIED = 0
    CHILD_LINKED_SPAN = 1
    PARENT_LINKED_SPAN = 2


class Link:
    """A link.

    Args:
        trace_id: The trace of the linked span.
        span_id: The linked span.
        type: One of `Type`; by default unspecified.
        attributes: What else there is to say.
    """

    def __init__(
        self,
        trace_id: str,
        span_id: str,
        type: int | None = None,
        attributes: Attributes | dict[str, Any] | None = None,
    ) -> None:
        self.trace_id = trace_id
        self.span_id = span_id
        self.type = Type.TYPE_UNSPECIFIED if type is None else type
        self.attributes = attributes

    def format_link_json(self) -> dict[str, Any]:
        """Return the legacy JSON form."""
        json: dict[str, Any] = {
            "trace_id": self.trace_id,
            "span_id": self.span_id,
            "type": self.type,
        }
        if self.attributes is not None:
            json["attributes"] = self.attributes
        return json
