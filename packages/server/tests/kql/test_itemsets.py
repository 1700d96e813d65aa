"""Patterns of values that rows share: counted by hand, and held against a search without tricks."""

from __future__ import annotations

import itertools
import json
import random
import time
from typing import Any

import pytest

from openinsights.kql.functions import itemsets

Row = list[str | None]


def listed(text: str | None) -> list[tuple[list[float], list[Any]]]:
    assert text is not None
    return [(weights, values) for weights, values in json.loads(text)]


def made_up(count: int, sizes: list[int], seed: int) -> tuple[list[Row], list[float]]:
    """Equal rows once each, and how often they are there."""
    rng = random.Random(seed)
    counted: dict[tuple[str | None, ...], float] = {}
    for _ in range(count):
        first = rng.randrange(sizes[0])
        # The second column follows from the first, so that some values need no dimension.
        cells = [first, first // 2, *(rng.randrange(size) for size in sizes[2:])]
        row = tuple(None if rng.random() < 0.05 else f'"{cell}"' for cell in cells)
        counted[row] = counted.get(row, 0.0) + 1
    return [list(row) for row in counted], list(counted.values())


def closed_by_hand(rows: list[Row], weights: list[float], least: float) -> set[tuple[Any, ...]]:
    """Every combination of values tried: those that are frequent and that no value could join."""
    width = len(rows[0])
    values = [sorted({row[at] for row in rows if row[at] is not None}) for at in range(width)]
    found = set()
    for choice in itertools.product(*([None, *column] for column in values)):
        if not any(choice):
            continue
        fits = [
            (row, weight)
            for row, weight in zip(rows, weights, strict=True)
            if all(value is None or row[at] == value for at, value in enumerate(choice))
        ]
        if not fits or sum(weight for _, weight in fits) < least:
            continue
        first = fits[0][0]
        shared = tuple(
            first[at] if all(row[at] == first[at] for row, _ in fits) else None
            for at in range(width)
        )
        found.add((sum(weight for _, weight in fits), shared))
    return found


@pytest.mark.parametrize("seed", range(8))
def test_basket_finds_every_closed_frequent_pattern(seed: int) -> None:
    rows, weights = made_up(120, [4, 2, 3, 2], seed)
    found = listed(itemsets.basket(rows, weights, 0.1, 5))
    shown = {
        (counts[0], tuple(None if value is None else json.dumps(value) for value in values))
        for counts, values in found
    }
    assert shown == closed_by_hand(rows, weights, 0.1 * sum(weights))
    assert len(found) == len(shown)
    assert [counts for counts, _ in found] == sorted((c for c, _ in found), reverse=True)


def test_dimensions_are_the_values_that_the_others_do_not_follow_from() -> None:
    rows: list[Row] = [['"a"', '"x"', '"1"'], ['"a"', '"x"', '"2"'], ['"b"', '"y"', '"1"']]
    found = listed(itemsets.basket(rows, [4.0, 4.0, 2.0], 0.1, 1))
    # a and x always come together: both together are one dimension.
    assert ([8.0], ["a", "x", None]) in found
    assert ([4.0], ["a", "x", "1"]) not in found
    assert ([4.0], ["a", "x", "1"]) in listed(itemsets.basket(rows, [4.0, 4.0, 2.0], 0.1, 2))


def test_what_all_rows_share_is_a_pattern() -> None:
    found = listed(itemsets.basket([['"a"', '"x"'], ['"a"', '"y"']], [1.0, 1.0], 0.6, 5))
    assert found == [([2.0], ["a", None])]


def test_clusters_hold_detail_against_coverage() -> None:
    rows: list[Row] = [
        ['"GET"', '"500"', '"db"'],
        ['"GET"', '"500"', '"web"'],
        ['"POST"', '"404"', '"web"'],
        ['"PUT"', '"200"', '"web"'],
    ]
    weights = [60.0, 1.0, 30.0, 9.0]
    best = listed(itemsets.autocluster(rows, weights, 0.5, 25))
    assert best[0] == ([60.0], ["GET", "500", "db"])
    assert ([30.0], ["POST", "404", "web"]) in best
    general = listed(itemsets.autocluster(rows, weights, 1.0, 25))
    assert general[0][0] >= best[0][0]


def test_differences_tell_each_difference_once() -> None:
    rows: list[Row] = [['"a"', '"x"'], ['"a"', '"y"'], ['"b"', '"x"'], ['"b"', '"y"']]
    # a has 90 of 100 rows of the first set and 10 of 100 of the second; x and y tell nothing.
    found = listed(
        itemsets.diffpatterns(rows, [45.0, 45.0, 5.0, 5.0], [5.0, 5.0, 45.0, 45.0], "[0.05,5,1]")
    )
    assert sorted(found, key=str) == [([10.0, 90.0], ["b", None]), ([90.0, 10.0], ["a", None])]


@pytest.mark.parametrize("threshold", [0.02, 0.2])
def test_differences_pass_the_threshold(threshold: float) -> None:
    rows, first = made_up(400, [6, 3, 4, 3], 1)
    second = made_up(400, [6, 3, 4, 3], 2)
    counts = {tuple(row): weight for row, weight in zip(*second, strict=True)}
    other = [counts.get(tuple(row), 0.0) for row in rows]
    found = listed(itemsets.diffpatterns(rows, first, other, f"[{threshold},5,2]"))
    for (a, b), values in found:
        assert abs(a / sum(first) - b / sum(other)) >= threshold
        assert sum(value is not None for value in values) >= 2


def test_no_rows_have_no_patterns() -> None:
    assert itemsets.basket([], [], 0.05, 5) == "[]"
    assert itemsets.autocluster([], [], 0.5, 25) == "[]"
    assert itemsets.diffpatterns([['"a"']], [1.0], [0.0], "[0.05,5,1]") == "[]"


def test_a_search_that_would_take_too_long_gives_up_soon() -> None:
    rng = random.Random(7)
    rows: list[Row] = [[f'"{rng.randrange(2)}"' for _ in range(40)] for _ in range(20_000)]
    started = time.process_time()
    assert itemsets.basket(rows, [1.0] * len(rows), 0.015, 5) is None
    assert time.process_time() - started < 30
