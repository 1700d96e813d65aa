"""Which texts may be the key or the value of a tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_LENGTH = 255


def is_legal_chars(value: Iterable[str]) -> bool:
    """Return whether all characters are printable ASCII."""
    if isinstance(value, str):
        return value.isascii() and value.isprintable()
    return all(32 <= ord(char) <= 126 for char in value)


def is_valid_tag_name(name: str) -> bool:
    """Return whether the text may be a key: 1 to 255 printable ASCII characters."""
    return 0 < len(name) <= _MAX_LENGTH and is_legal_chars(name)


def is_valid_tag_value(value: str) -> bool:
    """Return whether the text may be a value: at most 255 printable ASCII characters."""
    return len(value) <= _MAX_LENGTH and is_legal_chars(value)
