from __future__ import annotations

import threading
import time

from opencensus.ext.azure.common.queue import BoundedQueue


def test_items_come_out_in_order_and_at_most_as_many_as_asked() -> None:
    queue: BoundedQueue[int] = BoundedQueue(10, 5)
    for number in range(4):
        assert queue.put(number)

    assert queue.take(3) == [0, 1, 2]
    assert queue.take(3) == [3]
    assert queue.take(3) == []


def test_full_queue_refuses_and_counts() -> None:
    queue: BoundedQueue[int] = BoundedQueue(2, 1)

    assert [queue.put(number) for number in range(5)] == [True, True, False, False, False]
    assert queue.refused == 3
    assert queue.take(9) == [0, 1]
    assert queue.put(5)


def test_wait_ends_when_a_batch_is_there() -> None:
    queue: BoundedQueue[int] = BoundedQueue(10, 3)
    for number in range(3):
        queue.put(number)

    assert queue.wait(30) is True


def test_wait_ends_when_its_time_is_over() -> None:
    queue: BoundedQueue[int] = BoundedQueue(10, 3)
    queue.put(1)

    assert queue.wait(0.01) is False
    assert queue.wait(-1) is False


def test_no_time_is_over_at_once_and_a_little_soon() -> None:
    """Python 3.10 waited for ever, once in some thousands of times on a busy machine."""
    for _ in range(20_000):
        queue = BoundedQueue[str](10, 2)
        assert not queue.wait(0)
        assert not queue.wait(-1)
        assert not queue.wait(1e-9)


def test_batches_wake_once_each_however_many_come_before_the_wait() -> None:
    queue: BoundedQueue[int] = BoundedQueue(100, 2)
    for number in range(50):
        queue.put(number)

    assert queue.wait(0) is True
    assert queue.wait(0) is False


def test_wake_ends_the_wait_of_another_thread() -> None:
    queue: BoundedQueue[int] = BoundedQueue(10, 5)
    woken = threading.Event()
    thread = threading.Thread(target=lambda: queue.wait(30) and woken.set(), daemon=True)
    thread.start()
    queue.wake()
    assert woken.wait(20)


def test_many_producers_lose_nothing_within_the_bound() -> None:
    queue: BoundedQueue[int] = BoundedQueue(100_000, 100)
    taken: list[int] = []
    threads = [
        threading.Thread(target=lambda: [queue.put(number) for number in range(5000)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 20
    while len(taken) < 20_000 and time.monotonic() < deadline:
        queue.wait(0.01)
        taken += queue.take(1000)
    for thread in threads:
        thread.join()

    assert len(taken) == 20_000
    assert queue.refused == 0
