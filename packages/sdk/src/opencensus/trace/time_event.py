"""What happened at one moment within a span: a note or a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opencensus.common import utils

if TYPE_CHECKING:
    import datetime

    from opencensus.trace.attributes import Attributes


class Type:
    """The direction of a message."""

    TYPE_UNSPECIFIED = 0
    SENT = 1
    RECEIVED = 2


class Annotation:
    """A note.

    Args:
        timestamp: When it happened, in UTC; None is now.
        description: What happened.
        attributes: What else there is to say.
    """

    def __init__(
        self,
        timestamp: datetime.datetime | None,
        description: str,
        attributes: Attributes | None = None,
    ) -> None:
        self.timestamp = utils.to_iso_str(timestamp)
        self.description = description
        self.attributes = attributes

    def format_annotation_json(self) -> dict[str, Any]:
        """Return the legacy JSON form."""
        json: dict[str, Any] = {"description": utils.get_truncatable_str(self.description)}
        if self.attributes is not None:
            json["attributes"] = self.attributes.format_attributes_json()
        return json


class MessageEvent:
    """A message that was sent or received.

    Args:
        timestamp: When it happened, in UTC; None is now.
        id: Pairs the message sent with the one received.
        type: One of `Type`; by default unspecified.
        uncompressed_size_bytes: The size of the message.
        compressed_size_bytes: The size on the wire; by default the uncompressed one.
    """

    def __init__(
        self,
        timestamp: datetime.datetime | None,
        id: str,
        type: int | None = None,
        uncompressed_size_bytes: int | None = None,
        compressed_size_bytes: int | None = None,
    ) -> None:
        self.timestamp = utils.to_iso_str(timestamp)
        self.id = id
        self.type = Type.TYPE_UNSPECIFIED if type is None else type
        self.uncompressed_size_bytes = uncompressed_size_bytes
        self.compressed_size_bytes = (
            uncompressed_size_bytes if compressed_size_bytes is None else compressed_size_bytes
        )

    def format_message_event_json(self) -> dict[str, Any]:
        """Return the legacy JSON form; unknown sizes are left out."""
        json: dict[str, Any] = {"id": self.id, "type": self.type}
        if self.uncompressed_size_bytes is not None:
            json["uncompressed_size_bytes"] = self.uncompressed_size_bytes
        if self.compressed_size_bytes is not None:
            json["compressed_size_bytes"] = self.compressed_size_bytes
        return json
