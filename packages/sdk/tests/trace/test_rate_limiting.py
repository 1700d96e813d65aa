from __future__ import annotations

import math
import os
import random
import threading
from collections import Counter

import pytest

from opencensus.common import configuration
from opencensus.trace.samplers import AlwaysOnSampler, RateLimitingSampler
from opencensus.trace.span_context import SpanContext
from opencensus.trace.trace_options import TraceOptions
from opencensus.trace.tracer import Tracer


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def _sampler(limit, clock):
    return RateLimitingSampler(limit, clock=clock, random_source=random.Random(7).random)


def _stands_for(sampler, context):
    """How many traces this one counts for; 0 when it is not recorded."""
    if not sampler.should_sample(context):
        return 0
    return 100 / (sampler.sample_rate(context) or 100)


def _arrivals(per_second, seconds):
    chance = random.Random(3)
    time_s = 0.0
    while time_s < seconds:
        yield time_s
        time_s += chance.expovariate(per_second)


def test_within_the_limit_every_trace_is_recorded_and_stands_for_itself(clock):
    sampler = _sampler(5, clock)
    for _ in range(50):
        clock.now += 0.5
        context = SpanContext()
        assert sampler.should_sample(context)
        assert sampler.sample_rate(context) is None


def test_a_burst_is_cut_at_the_limit_and_counted_later(clock):
    sampler = _sampler(5, clock)
    counts = [_stands_for(sampler, SpanContext()) for _ in range(1000)]
    assert [count for count in counts if count] == [1] * 5
    clock.now += 60
    assert _stands_for(sampler, SpanContext()) == 1000 - 5 + 1


@pytest.mark.parametrize(("limit", "traffic"), [(5, 6), (5, 500), (0.5, 40), (100, 1000)])
def test_no_second_sees_more_than_the_limit_and_the_counts_are_right(limit, traffic, clock):
    sampler = _sampler(limit, clock)
    began = clock.now
    came, counted, recorded_at = 0, 0, []
    for time_s in _arrivals(traffic, 60):
        clock.now = began + time_s
        came += 1
        stands_for = _stands_for(sampler, SpanContext())
        counted += stands_for
        recorded_at += [time_s] if stands_for else []
    window_s = max(1, 1 / limit)
    for index, first in enumerate(recorded_at):
        within = [at for at in recorded_at[index:] if at - first < window_s]
        assert len(within) <= max(1, limit)
    assert len(recorded_at) > 60 * limit / 4
    assert came - counted < came / 5
    assert counted <= came


def test_chance_gives_each_kind_of_trace_its_share(clock):
    """A limiter that took the first ones of each second would never see what comes second."""
    sampler = _sampler(10, clock)
    counted: Counter[str] = Counter()
    for _ in range(400):
        clock.now += 0.1
        for kind in ("first", "second", "third"):
            counted[kind] += _stands_for(sampler, SpanContext())
    assert sum(counted.values()) > 1100
    assert all(250 < count < 550 for count in counted.values())


def test_what_its_caller_recorded_is_recorded_beyond_the_limit(clock):
    sampler = _sampler(1, clock)
    for _ in range(10):
        context = SpanContext(trace_options=TraceOptions("1"))
        assert sampler.should_sample(context)
        assert sampler.sample_rate(context) is None
    assert [sampler.should_sample(SpanContext()) for _ in range(3)] == [True, False, False]


def test_a_clock_that_goes_back_changes_nothing(clock):
    sampler = _sampler(1, clock)
    assert sampler.should_sample(SpanContext())
    clock.now -= 500
    assert not sampler.should_sample(SpanContext())


def test_a_limit_of_zero_records_nothing_of_its_own(clock):
    sampler = _sampler(0, clock)
    for _ in range(100):
        clock.now += 10
        assert not sampler.should_sample(SpanContext())


@pytest.mark.parametrize("limit", [-1, math.nan, math.inf])
def test_what_is_no_limit_is_refused(limit):
    with pytest.raises(ValueError, match="traces_per_second"):
        RateLimitingSampler(limit)


def test_threads_share_one_limit_and_lose_no_count(clock):
    sampler = _sampler(50, clock)
    counts: list[float] = []

    def work():
        counts.extend(_stands_for(sampler, SpanContext()) for _ in range(1000))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(1 for count in counts if count) == 50
    clock.now += 60
    assert sum(counts) + _stands_for(sampler, SpanContext()) == 4001


def test_the_rate_of_a_trace_stays_with_its_tracer(clock, collector):
    sampler = _sampler(1, clock)
    first = Tracer(sampler=sampler, exporter=collector)
    rejected = [Tracer(sampler=sampler, exporter=collector) for _ in range(9)]
    clock.now += 60
    second = Tracer(sampler=sampler, exporter=collector)
    assert sampler.sample_rate(first.span_context) is None
    assert not any(tracer.span_context.trace_options.get_enabled() for tracer in rejected)
    assert second.span_context.trace_options.get_enabled()
    assert sampler.should_sample(second.span_context)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_has_a_limit_of_its_own_and_owes_nothing(clock):
    """Another thread holds the lock at the moment of the fork, and nothing hangs in the child."""
    sampler = _sampler(3, clock)
    for _ in range(10):
        sampler.should_sample(SpanContext())
    clock.now += 60
    reading, writing = os.pipe()
    with sampler._lock:
        child = os.fork()
        if child == 0:
            counts = bytes(int(_stands_for(sampler, SpanContext())) for _ in range(3))
            os.write(writing, counts)
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert list(os.read(reading, 10)) == [1, 1, 1]
    assert _stands_for(sampler, SpanContext()) == 7 + 1


def test_a_configuration_text_may_name_it():
    sampler = configuration.load("opencensus.trace.samplers.RateLimitingSampler(2.5)")
    assert sampler.traces_per_second == 2.5
    assert not isinstance(sampler, AlwaysOnSampler)
