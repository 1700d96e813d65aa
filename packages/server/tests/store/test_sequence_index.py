from __future__ import annotations

from openinsights.store.sequence_index import SequenceIndex


class Disk:
    """Remembers every interval and counts how often it is asked."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int]] = []
        self.asked = 0

    def load(self, source: int, low: int, high: int) -> list[tuple[int, int]]:
        self.asked += 1
        return [(a, b) for s, a, b in self.rows if s == source and a <= high and b >= low]


def added(index: SequenceIndex, disk: Disk, source: int, low: int, high: int) -> None:
    index.add(source, low, high)
    disk.rows.append((source, low, high))


def test_numbers_in_order_stay_one_interval_and_never_ask_the_disk() -> None:
    disk = Disk()
    index = SequenceIndex(disk.load, 10)
    for number in range(10_000):
        assert index.seen(1, number, number) is None
        added(index, disk, 1, number, number)
    assert disk.asked == 0
    seen = index.seen(1, 5, 20_000)
    assert seen is not None
    assert 9_999 in seen
    assert 10_000 not in seen


def test_a_sender_pushed_out_of_memory_is_asked_from_disk() -> None:
    disk = Disk()
    index = SequenceIndex(disk.load, 2)
    for source in (1, 2, 3):
        added(index, disk, source, 1, 5)
    assert index.seen(1, 5, 6) is not None
    assert index.seen(1, 6, 6) is None
    assert disk.asked == 2
    added(index, disk, 1, 6, 6)
    assert index.seen(1, 3, 3) is not None


def test_a_sender_with_very_many_gaps_keeps_bounded_memory_and_right_answers() -> None:
    disk = Disk()
    index = SequenceIndex(disk.load, 2)
    for number in range(0, 10_000, 2):
        added(index, disk, 1, number, number)
    for number in (0, 4_000, 9_998):
        assert index.seen(1, number, number) is not None
        assert index.seen(1, number + 1, number + 1) is None
    assert disk.asked == 4
