from __future__ import annotations

import threading
import time

import pytest

from opencensus.common.schedule import PeriodicTask, Queue, QueueEvent, QueueExitEvent


def test_the_function_is_called_at_intervals_until_the_task_is_cancelled():
    calls = []
    twice = threading.Event()

    def call(*args, **kwargs):
        calls.append((args, kwargs))
        if len(calls) == 2:
            twice.set()

    task = PeriodicTask(0.01, call, args=[1], kwargs={"a": 2}, name="periodic")
    assert (task.name, task.daemon) == ("periodic", threading.current_thread().daemon)
    task.start()
    assert twice.wait(30)
    task.cancel()
    task.join(30)
    assert not task.is_alive()
    assert calls[:2] == [((1,), {"a": 2})] * 2


def test_the_first_call_comes_after_an_interval():
    calls = []
    task = PeriodicTask(3600, calls.append, args=[1])
    task.start()
    task.cancel()
    task.join(30)
    assert not task.is_alive()
    assert calls == []


@pytest.mark.parametrize("interval", [0, -1])
def test_an_interval_that_is_not_positive_is_no_busy_loop(interval):
    moments = []
    thrice = threading.Event()

    def call():
        moments.append(time.monotonic())
        if len(moments) == 3:
            thrice.set()

    task = PeriodicTask(interval, call)
    task.start()
    assert thrice.wait(30)
    task.cancel()
    task.join(30)
    assert moments[2] - moments[0] >= 0.015


def test_a_batch_has_up_to_count_items_and_ends_with_an_event():
    queue = Queue(10)
    event = QueueEvent("mark")
    queue.puts([1, 2, 3, event, 4])
    assert queue.gets(2, 0) == (1, 2)
    assert queue.gets(5, 0) == (3, event)
    assert queue.gets(5, 0.01) == (4,)
    assert queue.gets(5, 0) == ()
    assert queue.is_empty()


def test_a_reader_waits_for_items():
    queue = Queue(10)
    thread = threading.Thread(target=queue.put, args=("late",))
    thread.start()
    assert queue.gets(1, 30) == ("late",)
    thread.join()


def test_what_finds_no_room_is_dropped_with_a_warning(caplog):
    queue = Queue(2)
    queue.puts([1, 2], block=False)
    queue.put(3, block=False)
    queue.put(4, timeout=0)
    queue.puts([5, 6], timeout=0.01)
    assert caplog.messages == ["Queue is full. Dropping telemetry."] * 4
    assert queue.gets(9, 0) == (1, 2)


def test_flushing_waits_until_what_is_there_was_read():
    queue = Queue(10)
    assert queue.flush() == 0
    queue.puts([1, 2])
    read = []

    def reader():
        while queue.EXIT_EVENT not in read:
            for item in queue.gets(1, 1):
                read.append(item)
                if isinstance(item, QueueEvent):
                    item.set()

    thread = threading.Thread(target=reader)
    thread.start()
    assert queue.flush(timeout=30) < 30
    assert read[:2] == [1, 2]
    queue.put(queue.EXIT_EVENT)
    thread.join(30)
    assert queue.EXIT_EVENT.wait(0)


def test_flushing_gives_up_in_time():
    queue = Queue(10)
    queue.put(1)
    assert queue.flush(timeout=0.01) is None
    full = Queue(1)
    full.put(1)
    assert full.flush(timeout=0.01) is None


def test_events_print_their_names():
    assert repr(QueueEvent("mark")) == "QueueEvent(mark)"
    assert repr(Queue(1).EXIT_EVENT) == "QueueExitEvent(EXIT)"
    assert isinstance(Queue(1).EXIT_EVENT, QueueExitEvent)
