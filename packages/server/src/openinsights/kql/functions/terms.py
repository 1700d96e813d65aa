"""Whole terms in a text: has, hasprefix, hassuffix and their kin.

A term is a run of letters and digits of any script, of at least one character; `_` and all other
characters part terms. Where the sought text begins or ends with another character, what stands
before or behind it does not matter.

The engine takes milliseconds to prepare an expression that knows the letters of all scripts, for
each place where it stands in a query. So SQL asks first for the text itself, then for edges in
ASCII; only a text with other characters, in which that found nothing, is looked at here.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from openinsights.kql.functions.row import Udf

AFTER: Final = 1
"""The term ends there, in `edges`."""
BEFORE: Final = 2
"""The term begins there."""
IGNORE_CASE: Final = 4
_WHOLE: Final = BEFORE | AFTER | IGNORE_CASE

_NO_LETTER: Final = r"[\x00-/:-@\[-`{-\x7f]"
"""What parts terms in ASCII."""


def is_letter(character: str) -> bool:
    """Whether a character is part of a term: a letter or digit of any script."""
    return unicodedata.category(character)[0] in "LN"


def ascii_pattern(term: str, edges: int) -> str:
    """An expression for the term between the edges that ASCII knows; others it does not find."""
    before, after = _edges(term, edges)
    flags = "(?si)" if edges & IGNORE_CASE else "(?s)"
    start = f"(?:^|{_NO_LETTER})" if before else ""
    end = f"(?:$|{_NO_LETTER})" if after else ""
    return f"{flags}{start}{re.escape(term)}{end}"


def has_edges(term: str, edges: int) -> bool:
    """Whether it matters what stands before or behind a term."""
    return any(_edges(term, edges))


def has_term(text: str, term: str | None, edges: int) -> bool:
    """Whether a term is in a text, with these edges.

    Args:
        text: where it is sought.
        term: what is sought; '' is in every text.
        edges: a sum of BEFORE, AFTER and IGNORE_CASE.
    """
    if not term:
        return True
    before, after = _edges(term, edges)
    pattern = _pattern(term, bool(edges & IGNORE_CASE))
    found = pattern.search(text)
    while found is not None:
        start, end = found.span()
        if not (before and start > 0 and is_letter(text[start - 1])) and not (
            after and end < len(text) and is_letter(text[end])
        ):
            return True
        found = pattern.search(text, start + 1)
    return False


def has_any_term(text: str, terms: list[str | None] | None) -> bool:
    """Whether one of the terms is in a text, in whatever case."""
    return any(has_term(text, term, _WHOLE) for term in terms or () if term is not None)


def has_all_term(text: str, terms: list[str | None] | None) -> bool:
    """Whether all of the terms are in a text, in whatever case; so it is without any."""
    return all(has_term(text, term, _WHOLE) for term in terms or () if term is not None)


def _edges(term: str, edges: int) -> tuple[bool, bool]:
    before = bool(edges & BEFORE) and is_letter(term[0])
    return before, bool(edges & AFTER) and is_letter(term[-1])


@lru_cache(maxsize=256)
def _pattern(term: str, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(re.escape(term), re.IGNORECASE if ignore_case else 0)


UDFS: Final = {
    "kql_has_term": Udf(has_term, ("VARCHAR", "VARCHAR", "INTEGER"), "BOOLEAN"),
    "kql_has_any_term": Udf(has_any_term, ("VARCHAR", "VARCHAR[]"), "BOOLEAN"),
    "kql_has_all_term": Udf(has_all_term, ("VARCHAR", "VARCHAR[]"), "BOOLEAN"),
}
"""The engine's functions behind the operators."""
