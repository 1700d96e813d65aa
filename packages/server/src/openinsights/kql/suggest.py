"""Near misses: which known name was probably meant."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST: Final = 100
"""Letters of a word that is compared; a name of more is no slip of the finger."""


def nearest(word: str, known: Iterable[str], likeness: float = 0.66) -> str | None:
    """The known name nearest to the word, or None when nothing is as near as the likeness, up to 1."""
    lowered = {name.lower(): name for name in reversed(list(known))}
    wanted = word.lower()
    if wanted in lowered:
        return lowered[wanted]
    if not wanted or len(wanted) > _LONGEST:
        return None
    # Comparing letter by letter is slow: what shares hardly any pair of letters is left out.
    pairs = _pairs(wanted)
    alike = [
        name
        for name in lowered
        if 4 * len(pairs & _pairs(name)) >= len(pairs) and len(name) <= 2 * len(wanted)
    ]
    close = get_close_matches(wanted, alike, n=1, cutoff=likeness)
    return lowered[close[0]] if close else None


@lru_cache(maxsize=4096)
def _pairs(word: str) -> frozenset[str]:
    """Each letter of a word with the one behind it, the ends of the word included."""
    return frozenset(map("".join, zip(f" {word}", f"{word} ", strict=True)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known name; "" when nothing is near."""
    found = nearest(word, known)
    return f"did you mean '{found}'?" if found and found != word else ""
