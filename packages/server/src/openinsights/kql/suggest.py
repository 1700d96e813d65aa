"""Near misses: which known name was probably meant."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], likeness: float = 0.66) -> str | None:
    """The known name nearest to the word, or None when nothing is as near as the likeness, up to 1."""
    names = list(known)
    lowered = {name.lower(): name for name in reversed(names)}
    if word.lower() in lowered:
        return lowered[word.lower()]
    close = get_close_matches(word.lower(), lowered, n=1, cutoff=likeness)
    return lowered[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known name; "" when nothing is near."""
    found = nearest(word, known)
    return f"did you mean '{found}'?" if found and found != word else ""
