from __future__ import annotations

import threading

import pytest

from openinsights.query.limits import QueryLimits
from openinsights.query.queue import QueryQueue, TooManyQueries


def test_a_few_run_some_wait_and_more_are_turned_away():
    queue = QueryQueue(QueryLimits(at_once=1, max_waiting=1))
    may_end = threading.Event()
    running = queue.submit(may_end.wait)
    waiting = queue.submit(lambda: 2)
    with pytest.raises(TooManyQueries, match="try again in 5 s"):
        queue.submit(lambda: 3)
    may_end.set()
    assert (running.result(10), waiting.result(10)) == (True, 2)
    assert queue.submit(lambda: 4).result(10) == 4
    queue.close()


def test_failed_work_gives_its_place_back():
    queue = QueryQueue(QueryLimits(at_once=1, max_waiting=0))
    with pytest.raises(ZeroDivisionError):
        queue.submit(lambda: 1 / 0).result(10)
    assert queue.submit(lambda: 1).result(10) == 1
    queue.close()


def test_limits_grant_at_most_what_they_hold():
    limits = QueryLimits(max_rows=10, max_cells=40, timeout_s=5, max_timeout_s=60)
    assert tuple(limits.granted_rows(n, 2) for n in (None, 3, 99)) == (10, 3, 10)
    assert tuple(limits.granted_rows(n, 5) for n in (None, 3, 99)) == (8, 3, 8)
    assert limits.granted_rows(None, 1000) == 1
    assert limits.granted_rows(None, 0) == 10
    assert tuple(limits.granted_s(s) for s in (None, 7, 999)) == (5, 7, 60)
