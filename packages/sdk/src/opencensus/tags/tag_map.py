"""The tags under which something is recorded."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from opencensus.tags.tag_key import TagKey
from opencensus.tags.tag_value import TagValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class TagMap:
    """Tags in the order in which they were inserted; iterating gives the pairs.

    Args:
        tags: Pairs of key and value, such as `Tag`, or a mapping; taken as they are.
    """

    def __init__(self, tags: Iterable[tuple[str, str]] | Mapping[str, str] | None = None) -> None:
        self.map: OrderedDict[str, str] = OrderedDict(tags or ())

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.map.items())

    def insert(self, key: str, value: str) -> None:
        """Add a tag; a key that is there already keeps its value.

        Raises:
            ValueError: The key or the value is not allowed.
        """
        checked_key, checked_value = TagKey(key), TagValue(value)
        self.map.setdefault(checked_key, checked_value)

    def delete(self, key: str) -> None:
        """Remove a tag, if it is there."""
        self.map.pop(key, None)

    def update(self, key: str, value: str) -> None:
        """Change the value of a tag, if it is there; the value is taken as it is."""
        if key in self.map:
            self.map[key] = value

    def tag_key_exists(self, key: str) -> bool:
        """Return whether there is a tag with this key."""
        return key in self.map

    def get_value(self, key: str) -> str:
        """Return the value of a tag.

        Raises:
            KeyError: There is no tag with this key.
        """
        try:
            return self.map[key]
        except KeyError:
            raise KeyError("key is not in map") from None
