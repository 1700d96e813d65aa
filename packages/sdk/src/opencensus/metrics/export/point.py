"""One value at one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime


class Point:
    """A value and when it was read."""

    def __init__(self, value: Any, timestamp: datetime.datetime) -> None:
        self._value = value
        self._timestamp = timestamp

    def __repr__(self) -> str:
        return f"{type(self).__name__}(value={self.value}, timestamp={self.timestamp})"

    @property
    def value(self) -> Any:
        """A `ValueLong`, `ValueDouble`, `ValueDistribution` or `ValueSummary`."""
        return self._value

    @property
    def timestamp(self) -> datetime.datetime:
        """When the value was read, in UTC."""
        return self._timestamp
