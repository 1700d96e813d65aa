"""When tests run, on a clock that the test moves, and what becomes of their results."""

from __future__ import annotations

import asyncio
import json

import pytest

from openinsights.availability.errors import NotProbing
from openinsights.availability.outcome import Outcome, Run
from openinsights.availability.results import ResultSender
from openinsights.availability.test import ATTEMPTS, AvailabilityTest, TcpProbe
from openinsights.availability.watcher import Watcher
from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND
from openinsights.schedule.schedule import Schedule


class HandClock:
    def __init__(self):
        self.now = 739_000 * TICKS_PER_DAY

    def now_ticks(self):
        return self.now

    def monotonic_s(self):
        return self.now / TICKS_PER_SECOND

    def move(self, seconds):
        self.now += round(seconds * TICKS_PER_SECOND)


class Prober:
    """Stands for the network: says what it is told to, and remembers what it was asked."""

    def __init__(self):
        self.asked = []
        self.passes = True

    async def run(self, test, location, attempts):
        self.asked.append((test.test_id, attempts))
        outcome = Outcome("said", self.passes)
        return Run(0, 1.0, outcome, "t" * 32, "s" * 16)


class Site:
    def __init__(self, location="local"):
        self.clock, self.prober, self.sent = HandClock(), Prober(), []
        self.kept, self.cannot_keep = [], False
        self.watcher = Watcher(
            location,
            lambda: self.prober,
            Schedule(self.clock, 1, "tests"),
            lambda test, run, place: json.dumps([test.test_id, run.outcome.passed, place]).encode(),
            lambda: ResultSender(self._send, self.clock),
            self.clock,
            keep=self._keep,
        )

    def _keep(self, test_id, is_suspended):
        if self.cannot_keep:
            raise OSError("the disk is full")
        self.kept.append((test_id, is_suspended))

    async def _send(self, body):
        self.sent += json.loads(body)

    def after(self, seconds):
        self.clock.move(seconds)
        self.prober.asked.clear()
        self.watcher.run_due()
        return list(self.prober.asked)


@pytest.fixture
def site():
    site = Site()
    site.watcher.start()
    yield site
    site.watcher.close()


def a_test(test_id="t", **more):
    return AvailabilityTest(test_id, "a", "n", "n", TcpProbe("h", 1), "h", **more)


def test_test_runs_once_a_period_and_never_for_the_past(site):
    site.watcher.put(a_test(frequency_s=60))
    assert site.after(0) == []
    assert site.after(60) == [("t", ATTEMPTS)]
    assert site.after(0) == []
    assert site.after(60) == [("t", ATTEMPTS)]
    assert site.after(3_600) == [("t", ATTEMPTS)]
    assert site.sent == [["t", True, "local"]] * 3


def test_tests_of_one_period_are_spread_over_it(site):
    for number in range(200):
        site.watcher.put(a_test(f"test {number}", frequency_s=60))
    site.after(60)
    seconds = [len(site.after(1)) for _ in range(60)]
    assert sum(seconds) == 200
    assert max(seconds) <= 15


def test_only_enabled_tests_of_this_location_run(site):
    site.watcher.set(
        [
            a_test("on", frequency_s=10),
            a_test("off", frequency_s=10, is_enabled=False),
            a_test("elsewhere", frequency_s=10, locations=("west",)),
        ]
    )
    assert site.after(10) == [("on", ATTEMPTS)]
    site.watcher.put(a_test("on", frequency_s=10, is_enabled=False))
    assert site.after(10) == []


def test_test_that_is_removed_or_slower_does_as_it_is_told(site):
    site.watcher.put(a_test(frequency_s=10))
    assert len(site.after(10)) == 1
    site.watcher.put(a_test(frequency_s=600))
    assert site.after(10) == []
    assert len(site.after(600)) == 1
    site.watcher.set([])
    assert site.after(6_000) == []


def test_retries_are_suspended_by_a_failure_until_the_next_success(site):
    site.watcher.put(a_test(frequency_s=10))
    site.prober.passes = False
    assert site.after(10) == [("t", ATTEMPTS)]
    assert site.after(10) == [("t", 1)]
    site.prober.passes = True
    assert site.after(10) == [("t", 1)]
    assert site.after(10) == [("t", ATTEMPTS)]


def test_what_is_suspended_is_kept_and_taken_over(site):
    site.watcher.put(a_test(frequency_s=10))
    site.prober.passes = False
    for _ in range(3):
        site.after(10)
    site.prober.passes = True
    site.after(10)
    site.after(10)
    assert site.kept == [("t", True), ("t", False)]
    site.watcher.suspend(["t", "unknown"])
    assert site.after(10) == [("t", 1)]
    assert site.after(10) == [("t", ATTEMPTS)]
    assert site.kept == [("t", True), ("t", False), ("t", False)]


def test_what_cannot_be_kept_is_known_all_the_same(site):
    site.watcher.put(a_test(frequency_s=10))
    site.prober.passes, site.cannot_keep = False, True
    site.after(10)
    assert site.kept == []
    assert site.after(10) == [("t", 1)]


def test_test_without_retries_tries_once(site):
    site.watcher.put(a_test(frequency_s=10, retries=False))
    site.prober.passes = False
    assert site.after(10) == [("t", 1)]
    assert site.kept == []


def test_test_is_run_at_once_and_its_result_counts_unless_it_is_only_tried(site):
    assert site.watcher.run_now(a_test(), counts=False).result(10).outcome.passed
    site.watcher.run_due()
    assert site.sent == []
    site.watcher.run_now(a_test()).result(10)
    site.watcher.run_due()
    assert site.sent == [["t", True, "local"]]


def test_nothing_runs_where_nothing_was_started():
    watcher = Site().watcher
    with pytest.raises(NotProbing):
        watcher.run_now(a_test())
    watcher.close()


def sending(script, most=3):
    """Run a script against a sender whose receiver refuses as long as it is told to."""
    clock, taken, refusing = HandClock(), [], []

    async def send(body):
        if refusing:
            raise ConnectionError("away")
        taken.append(json.loads(body))

    async def runs():
        sender = ResultSender(send, clock, waits_s=0, retry_s=0, most=most, oldest_s=60)
        await script(sender, refusing, clock)
        return sender

    return asyncio.run(runs()), taken


def test_results_wait_while_the_receiver_is_away_and_go_in_order():
    async def script(sender, refusing, clock):
        refusing.append(True)
        sender.put(b"1")
        assert not await sender.flush()
        sender.put(b"2")
        refusing.clear()
        assert await sender.flush()

    sender, taken = sending(script)
    assert taken == [[1, 2]]
    assert sender.lost == 0


def test_oldest_results_go_where_there_are_too_many_or_too_old_ones():
    async def script(sender, refusing, clock):
        for number in range(5):
            sender.put(str(number).encode())
        assert await sender.flush()
        sender.put(b"5")
        clock.move(61)
        sender.put(b"6")
        assert await sender.flush()

    sender, taken = sending(script)
    assert taken == [[2, 3, 4], [6]]
    assert sender.lost == 3
