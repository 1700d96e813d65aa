"""Combinations of dimensions as keys of rows."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from openinsights.alerts.alert import Split

_LONGEST: Final = 1_000
_DIGEST_BYTES: Final = 16


def split_key(split: Split) -> str:
    """Return what tells a combination from every other, "" for none; at most 1,024 characters."""
    if not split:
        return ""
    text = msgspec.json.encode(split)
    key = text.decode()
    if len(key) <= _LONGEST:
        return key
    digest = hashlib.blake2b(text, digest_size=_DIGEST_BYTES).hexdigest()
    return f"{key[: _LONGEST - len(digest)]}{digest}"
