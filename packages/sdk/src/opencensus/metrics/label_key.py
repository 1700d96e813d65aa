"""The name of a dimension of a metric."""

from __future__ import annotations


class LabelKey:
    """A label's key and what it means."""

    def __init__(self, key: str, description: str) -> None:
        self._key = key
        self._description = description

    @property
    def key(self) -> str:
        """The key."""
        return self._key

    @property
    def description(self) -> str:
        """What the label means."""
        return self._description

    def __repr__(self) -> str:
        description = f', description="{self.description}"' if self.description else ""
        return f"{type(self).__name__}({self.key}{description})"
