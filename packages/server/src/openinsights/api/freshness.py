"""How old an answer a caller takes: the `Cache-Control` header of a question."""

from __future__ import annotations

MAX_KEPT_S = 120.0
"""How long an answer is kept for callers who take old ones."""


def max_age(header: str, default: float = 0.0) -> float:
    """Return the seconds that an answer may be old.

    `no-cache` and `no-store` ask anew; a `max-age` that is no number is passed over, as the
    header's definition asks.

    Args:
        header: its text, empty when there is none.
        default: without such a word.
    """
    words = [word.strip().lower() for word in header.split(",")]
    if "no-cache" in words or "no-store" in words:
        return 0.0
    for word in words:
        name, _, value = word.partition("=")
        value = value.strip().strip('"')
        if name.strip() == "max-age" and value.isascii() and value.isdigit():
            return min(float(value[:9]), MAX_KEPT_S)
    return default
