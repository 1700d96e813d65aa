"""Patterns of values that rows share: what basket, autocluster and diffpatterns find.

Rows arrive as equal rows counted: a list of values for each column (JSON texts, None for what no
pattern names) with one or two weights. A pattern names values of some columns; it is closed if no
further value is shared by all rows that it fits, and its dimensions are the fewest of its values
that fit the same rows. All of it is deterministic: no choice depends on chance.

Sources: Agrawal and Srikant, "Fast algorithms for mining association rules" (1994); Bastide et al.,
"Mining frequent patterns with counting inference" (2000) for closed patterns by their generators;
the seed-expand search that the language's documentation of autocluster names.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from openinsights.kql.functions.row import Udf

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_STEPS: Final = 50_000_000
"""Values that one search may look at; some seconds' worth."""
MAX_PATTERNS: Final = 1_000
"""Patterns that one search gives at most."""
DEPTH: Final = 5
"""Dimensions of a pattern unless told otherwise, and at most where there is no bound."""

Item = tuple[int, int]
"""A column and the code of a value in it."""


class TooMuch(Exception):
    """A search that would take too long."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Some columns' values, with the places of the rows that have them."""

    values: tuple[int, ...]
    """The code of each column's value, -1 for any."""
    places: np.ndarray


class Rows:
    """Rows by codes of their values, with weights of their own."""

    def __init__(self, rows: list[list[str | None]], weights: np.ndarray) -> None:
        """Take equal rows once each; `weights` has a line for each set of rows."""
        self.weights = weights
        self.texts: list[list[str]] = []
        columns = []
        for column in zip(*rows, strict=True):
            known = sorted({text for text in column if text is not None})
            codes = {text: code for code, text in enumerate(known)}
            columns.append([-1 if text is None else codes[text] for text in column])
            self.texts.append(known)
        self.codes = np.asarray(columns, dtype=np.int32).reshape(len(columns), len(rows))
        self.totals = weights.sum(axis=1)
        self._steps = 0
        self._shares: dict[Item, float] = {}

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.codes)

    def share(self, item: Item) -> float:
        """The share of the first set's rows that have a value."""
        if item not in self._shares:
            weight = self.weight(self.fitting(self.all_places(), item))[0]
            self._shares[item] = float(weight / self.totals[0])
        return self._shares[item]

    def all_places(self) -> np.ndarray:
        """The places of all rows."""
        return np.arange(self.codes.shape[1])

    def weight(self, places: np.ndarray) -> np.ndarray:
        """The weights of some rows, one for each set."""
        found: np.ndarray = self.weights[:, places].sum(axis=1)
        return found

    def fitting(self, places: np.ndarray, item: Item) -> np.ndarray:
        """Those of some rows that have a value."""
        self._spend(len(places))
        found: np.ndarray = places[self.codes[item[0], places] == item[1]]
        return found

    def items(self, places: np.ndarray, least: np.ndarray, first: int) -> Iterator[Item]:
        """Values of columns from one on that weigh enough among some rows, in some set."""
        for column in range(first, self.width):
            self._spend(len(places))
            codes = self.codes[column, places]
            known = codes >= 0
            if not known.any():
                continue
            size = len(self.texts[column])
            sums = [
                np.bincount(codes[known], weights=line[places][known], minlength=size)
                for line in self.weights
            ]
            enough = np.logical_or.reduce(
                [total >= bound for total, bound in zip(sums, least, strict=True)]
            )
            yield from ((column, int(code)) for code in np.flatnonzero(enough))

    def closed(self, places: np.ndarray) -> Pattern:
        """The pattern of everything that some rows share."""
        self._spend(len(places) * self.width)
        part = self.codes[:, places]
        first = part[:, 0]
        same = (part == first[:, None]).all(axis=1)
        return Pattern(tuple(np.where(same, first, -1).tolist()), places)

    def _spend(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise TooMuch


def closed_patterns(rows: Rows, least: np.ndarray, dimensions: int) -> list[Pattern]:
    """Closed patterns that weigh enough in some set, of at most so many dimensions each.

    Generators are found level by level: a set of values is one if each of its parts is one and
    fits more rows than it does.
    """
    found: dict[tuple[int, ...], Pattern] = {}
    level: dict[tuple[Item, ...], np.ndarray] = {(): rows.all_places()}
    sizes: dict[tuple[Item, ...], int] = {(): len(rows.all_places())}
    for _ in range(min(dimensions, rows.width)):
        following: dict[tuple[Item, ...], np.ndarray] = {}
        for generator, places in level.items():
            first = generator[-1][0] + 1 if generator else 0
            for item in rows.items(places, least, first):
                candidate = (*generator, item)
                fitting = rows.fitting(places, item)
                parts = [
                    sizes.get(candidate[:at] + candidate[at + 1 :]) for at in range(len(candidate))
                ]
                is_generator = all(part is not None and part > len(fitting) for part in parts)
                # What all rows share needs no dimension, but is a pattern of its own.
                if not is_generator and (generator or len(fitting) < len(places)):
                    continue
                pattern = rows.closed(fitting)
                found.setdefault(pattern.values, pattern)
                if is_generator:
                    following[candidate] = fitting
                    sizes[candidate] = len(fitting)
                if len(found) > 20 * MAX_PATTERNS:
                    raise TooMuch
        level = following
    return list(found.values())


def _filled(pattern: Pattern) -> int:
    return sum(code >= 0 for code in pattern.values)


def frequent(rows: Rows, threshold: float, dimensions: int) -> list[Pattern]:
    """All closed patterns of at least a share of the rows, the most frequent first."""
    found = closed_patterns(rows, rows.totals * threshold, dimensions)
    found.sort(key=lambda p: (-rows.weight(p.places)[0], -_filled(p), p.values))
    return found[:MAX_PATTERNS]


_LEAST_SHARE: Final = 0.3
"""Clusters score at least this share of the best one's score."""
_MOST_SHARED: Final = 0.5
"""At most this share of a cluster's rows lies in better ones."""


def clusters(rows: Rows, size_weight: float, seeds: int) -> list[Pattern]:
    """Few patterns that are both frequent and detailed, the best first.

    From each seed, a row that is frequent and lies in no cluster yet, the search drops one value
    after the other, each time the one whose loss gives the best score, and keeps the best pattern.
    """
    left = np.ones(rows.codes.shape[1], dtype=bool)
    found: dict[tuple[int, ...], tuple[float, Pattern]] = {}
    for _ in range(seeds):
        if not left.any():
            break
        seed = int(np.argmax(np.where(left, rows.weights[0], -1.0)))
        left[seed] = False
        best = _expanded(rows, seed, size_weight)
        if best is not None:
            found.setdefault(best[1].values, best)
            left[best[1].places] = False
    ranked = sorted(found.values(), key=lambda pair: (-pair[0], pair[1].values))
    kept: list[Pattern] = []
    covered = np.zeros(rows.codes.shape[1], dtype=bool)
    for score, pattern in ranked:
        weights = rows.weights[0][pattern.places]
        shared = weights[covered[pattern.places]].sum() / weights.sum()
        if score >= ranked[0][0] * _LEAST_SHARE and shared <= _MOST_SHARED:
            kept.append(pattern)
            covered[pattern.places] = True
    return kept


def _expanded(rows: Rows, seed: int, size_weight: float) -> tuple[float, Pattern] | None:
    items = [(column, int(code)) for column, code in enumerate(rows.codes[:, seed]) if code >= 0]
    best: tuple[float, Pattern] | None = None
    while items:
        pattern = rows.closed(_fitting_all(rows, items))
        score = _score(rows, pattern, size_weight)
        if best is None or score > best[0]:
            best = score, pattern
        if len(items) == 1:
            break
        wider = [[*items[:at], *items[at + 1 :]] for at in range(len(items))]
        weights = [float(rows.weight(_fitting_all(rows, part))[0]) for part in wider]
        items = wider[int(np.argmax(weights))]
    return best


def _fitting_all(rows: Rows, items: list[Item]) -> np.ndarray:
    places = rows.all_places()
    for item in items:
        places = rows.fitting(places, item)
    return places


def _score(rows: Rows, pattern: Pattern, size_weight: float) -> float:
    """The weighted geometric mean of coverage and detail.

    A value adds to the detail what it leaves out: one that nearly all rows have tells little.
    """
    coverage = float(rows.weight(pattern.places)[0] / rows.totals[0])
    detail = sum(
        1 - rows.share((column, code)) for column, code in enumerate(pattern.values) if code >= 0
    )
    return float(coverage**size_weight * (detail / rows.width) ** (1 - size_weight))


def differences(rows: Rows, threshold: float, dimensions: int, least_filled: int) -> list[Pattern]:
    """Few patterns whose shares of two sets differ by a threshold, the largest difference first.

    Each of them differs by the threshold even without the rows of those before it, so that one
    difference is told once.
    """
    candidates = [
        pattern
        for pattern in closed_patterns(rows, rows.totals * threshold, dimensions)
        if _filled(pattern) >= least_filled and _apart(rows, pattern.places) >= threshold
    ]
    candidates.sort(key=lambda p: (-_apart(rows, p.places), -_filled(p), p.values))
    kept: list[Pattern] = []
    covered = np.zeros(rows.codes.shape[1], dtype=bool)
    for pattern in candidates:
        if _apart(rows, pattern.places[~covered[pattern.places]]) >= threshold:
            kept.append(pattern)
            covered[pattern.places] = True
    return kept[:MAX_PATTERNS]


def _apart(rows: Rows, places: np.ndarray) -> float:
    shares = rows.weight(places) / rows.totals
    return float(abs(shares[0] - shares[1]))


# As the engine calls them. Patterns come back as a JSON array of [weights, values].


def _listed(rows: Rows, patterns: list[Pattern]) -> str:
    lines = []
    for pattern in patterns:
        values = [
            "null" if code < 0 else rows.texts[column][code]
            for column, code in enumerate(pattern.values)
        ]
        weights = ",".join(repr(float(weight)) for weight in rows.weight(pattern.places))
        lines.append(f"[[{weights}],[{','.join(values)}]]")
    return f"[{','.join(lines)}]"


def _rows(rows: list[list[str | None]], *weights: list[float]) -> Rows | None:
    """The rows; None where a set weighs nothing."""
    lines = np.asarray(weights, dtype=np.float64).reshape(len(weights), len(rows))
    if not rows or not (lines.sum(axis=1) > 0).all():
        return None
    return Rows(rows, lines)


def basket(
    rows: list[list[str | None]], weights: list[float], threshold: float, dimensions: int
) -> str | None:
    """Frequent patterns; null where they are too many to find."""
    found = _rows(rows, weights)
    try:
        return "[]" if found is None else _listed(found, frequent(found, threshold, dimensions))
    except TooMuch:
        return None


def autocluster(
    rows: list[list[str | None]], weights: list[float], size_weight: float, seeds: int
) -> str | None:
    """Clusters; null where finding them takes too long."""
    found = _rows(rows, weights)
    try:
        return "[]" if found is None else _listed(found, clusters(found, size_weight, seeds))
    except TooMuch:
        return None


def diffpatterns(
    rows: list[list[str | None]], first: list[float], second: list[float], options: str
) -> str | None:
    """Patterns by which two sets of rows differ; null where they are too many to find.

    Args:
        rows: of both sets.
        first: how often each row is in the first set.
        second: how often it is in the second one.
        options: JSON of threshold, dimensions and the fewest values of a pattern.
    """
    found = _rows(rows, first, second)
    threshold, dimensions, least_filled = json.loads(options)
    try:
        if found is None:
            return "[]"
        return _listed(found, differences(found, threshold, dimensions, least_filled))
    except TooMuch:
        return None


_ROWS_TYPE: Final = "VARCHAR[][]"

UDFS: Final = {
    "kql_basket": Udf(basket, (_ROWS_TYPE, "DOUBLE[]", "DOUBLE", "BIGINT"), "VARCHAR"),
    "kql_autocluster": Udf(autocluster, (_ROWS_TYPE, "DOUBLE[]", "DOUBLE", "BIGINT"), "VARCHAR"),
    "kql_diffpatterns": Udf(
        diffpatterns, (_ROWS_TYPE, "DOUBLE[]", "DOUBLE[]", "VARCHAR"), "VARCHAR"
    ),
}
"""The engine's functions that the plugins call."""
