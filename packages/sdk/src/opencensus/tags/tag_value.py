"""The value of a tag."""

from __future__ import annotations

from opencensus.tags.validation import is_valid_tag_value

_TAG_VALUE_ERROR = (
    "tag value must not be longer than 255 characters and of ascii values between 32 - 126"
)


class TagValue(str):
    """A text that may be the value of a tag.

    Raises:
        ValueError: It may not.
    """

    __slots__ = ()

    def __new__(cls, value: str) -> TagValue:
        """Return the checked text."""
        if type(value) is cls:
            return value
        if not isinstance(value, cls) and not is_valid_tag_value(value):
            raise ValueError(_TAG_VALUE_ERROR)
        return super().__new__(cls, value)
