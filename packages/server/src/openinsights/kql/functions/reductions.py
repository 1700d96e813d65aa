"""Patterns of texts, for `reduce`: which words stand in the same place in many of them.

After R. Vaarandi, "A Data Clustering Algorithm for Mining Patterns From Event Logs" (2003): words are
counted by their place; a text belongs to the group that its frequent words make, in their places.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from openinsights.kql.functions.row import Aggregate, Kind, Udf
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_VALUES: Final = 50_000
"""How many different texts are read."""
MAX_CHARACTERS: Final = 20_000_000
"""How long they may be together."""
OTHERS: Final = "others"
"""What the row of all remaining texts is called."""

_Place = tuple[int, str]
_Shape = tuple[int, tuple[_Place, ...]]


def reduced(values: Sequence[str], counts: Sequence[int], threshold: float, characters: str) -> str:
    """The groups as JSON: pattern, count and one of the texts of each, the largest first.

    Args:
        values: different texts, in the order in which they may represent a group.
        counts: how often each is there.
        threshold: of all texts, what part a word, and a group, must be more than.
        characters: what parts words beside everything that is no ASCII letter or digit.
    """
    separators = re.compile(
        f"((?:[^0-9A-Za-z]|[{re.escape(characters)}])+)" if characters else "([^0-9A-Za-z]+)"
    )
    fewest = threshold * sum(counts)
    parts = [separators.split(value) for value in values]
    words: Counter[_Place] = Counter()
    for split, count in zip(parts, counts, strict=True):
        for place in range(0, len(split), 2):
            if split[place]:
                words[place, split[place]] += count
    groups: dict[_Shape, list[int]] = {}
    for number, split in enumerate(parts):
        frequent = tuple(
            (place, split[place])
            for place in range(0, len(split), 2)
            if words[place, split[place]] > fewest
        )
        groups.setdefault((len(split), frequent), []).append(number)
    found: list[tuple[str, int, str]] = []
    rest = 0
    for (_, frequent), members in groups.items():
        count = sum(counts[number] for number in members)
        if not frequent or count <= fewest:
            rest += count
            continue
        pattern = _pattern([parts[number] for number in members], dict(frequent), characters)
        found.append((pattern, count, values[members[0]]))
    found.sort(key=lambda row: (-row[1], row[0]))
    if rest:
        found.append((OTHERS, rest, ""))
    return json_text([list(row) for row in found])


def _pattern(members: list[list[str]], frequent: dict[int, str], characters: str) -> str:
    """The words that the group shares, and `*` for what differs."""
    first = members[0]
    pieces: list[str] = []
    for place, piece in enumerate(first):
        if place % 2 == 0:
            pieces.append(frequent.get(place, "*" if any(m[place] for m in members) else ""))
            continue
        same = all(member[place] == piece for member in members)
        pieces.append(piece if same else "*")
    for place in range(1, len(pieces), 2):
        # Characters that the query names as separators go with what differs beside them.
        beside = "*" in (pieces[place - 1], pieces[place + 1])
        if beside and characters and set(pieces[place]) <= set(characters):
            pieces[place] = ""
    return re.sub(r"\*+", "*", "".join(pieces))


REDUCED: Final = Aggregate(
    "reduced", (Kind.STRING, Kind.INTEGER, Kind.REAL, Kind.STRING), KqlType.DYNAMIC,
    "CASE WHEN count(*) = 0 THEN '[]'"
    f" WHEN count(*) > {MAX_VALUES}"
    f" THEN error('reduce reads at most {MAX_VALUES} different texts; filter or shorten them before')"
    f" WHEN sum(length({{0}})) > {MAX_CHARACTERS}"
    f" THEN error('reduce reads at most {MAX_CHARACTERS} characters; shorten the texts before')"
    " ELSE COALESCE(kql_reduced(list({0} ORDER BY {0}), list({1} ORDER BY {0}),"
    " any_value({2}), any_value({3})), error('reduce makes too many groups; raise the threshold'))"
    " END",
)  # fmt: skip
"""Of different texts and their counts, the threshold and the separators."""

UDFS: Final = {
    "kql_reduced": Udf(reduced, ("VARCHAR[]", "BIGINT[]", "DOUBLE", "VARCHAR"), "VARCHAR"),
}
