"""A tag: one key with one value."""

from __future__ import annotations

from collections import namedtuple

from opencensus.tags.tag_key import TagKey
from opencensus.tags.tag_value import TagValue

# The pair without its checks goes by the name of the tag, as programs know it.
Tag_ = namedtuple("Tag", ["key", "value"])  # type: ignore[name-match]


class Tag(Tag_):
    """A key with a value.

    Raises:
        ValueError: One of them is not allowed.
    """

    __slots__ = ()

    def __new__(cls, key: str, value: str) -> Tag:
        """Return the checked pair."""
        return super().__new__(cls, key=TagKey(key), value=TagValue(value))
