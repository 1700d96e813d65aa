from __future__ import annotations

import random

import numpy as np

from openinsights.store.digest_index import DigestIndex


def test_finds_exactly_what_was_added_over_many_segments() -> None:
    rng = random.Random(7)
    numbers = [rng.getrandbits(64) for _ in range(50_000)]
    index = DigestIndex(np.array(numbers[:10_000], np.uint64))
    for start in range(10_000, 50_000, 777):
        index.add(numbers[start : start + 777])
    assert all(number in index for number in numbers[::97])
    assert not any(rng.getrandbits(64) in index for _ in range(500))


def test_holds_the_ends_of_the_range() -> None:
    index = DigestIndex()
    index.add([0, 2**64 - 1])
    index.add(range(1, 9000))
    assert 0 in index
    assert 2**64 - 1 in index
    assert 2**64 - 2 not in index


def test_takes_eight_bytes_a_number() -> None:
    index = DigestIndex()
    index.add(range(0, 1_000_000, 10))
    assert index.size_bytes <= 8 * 100_000


def test_forgotten_numbers_all_count_as_possibly_seen() -> None:
    index = DigestIndex()
    index.add([1])
    index.forget()
    index.add([2])
    assert 3 in index
    assert index.size_bytes == 0
