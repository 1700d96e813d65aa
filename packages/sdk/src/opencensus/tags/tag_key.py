"""The key of a tag."""

from __future__ import annotations

from opencensus.tags.validation import is_valid_tag_name

_TAG_NAME_ERROR = (
    "tag name must not be empty,no longer than 255 characters and of ascii values between 32 - 126"
)


class TagKey(str):
    """A text that may be the key of a tag.

    Raises:
        ValueError: It may not.
    """

    __slots__ = ()

    def __new__(cls, name: str) -> TagKey:
        """Return the checked text."""
        if type(name) is cls:
            return name
        if not isinstance(name, cls) and not is_valid_tag_name(name):
            raise ValueError(_TAG_NAME_ERROR)
        return super().__new__(cls, name)
