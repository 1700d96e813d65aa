from __future__ import annotations

import pytest

from opencensus.trace import samplers
from opencensus.trace.span_context import SpanContext
from opencensus.trace.trace_options import TraceOptions

_LOW = SpanContext(trace_id="f" * 16 + "0" * 15 + "1")
_HIGH = SpanContext(trace_id="0" * 15 + "1" + "f" * 16)
_CALLER_SAMPLED = SpanContext(trace_id=_HIGH.trace_id, trace_options=TraceOptions("1"))


@pytest.mark.parametrize(
    ("sampler", "low", "high", "caller_sampled"),
    [
        (samplers.AlwaysOnSampler(), True, True, True),
        (samplers.AlwaysOffSampler(), False, False, False),
        (samplers.ProbabilitySampler(), True, False, True),
        (samplers.ProbabilitySampler(0), False, False, True),
        (samplers.ProbabilitySampler(0.5), True, False, True),
        (samplers.ProbabilitySampler(1.0), True, True, True),
    ],
)
def test_who_is_sampled(sampler, low, high, caller_sampled):
    assert sampler.should_sample(_LOW) is low
    assert sampler.should_sample(_HIGH) is high
    assert sampler.should_sample(_CALLER_SAMPLED) is caller_sampled


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_a_rate_outside_of_zero_to_one_is_refused(rate):
    with pytest.raises(ValueError, match="Rate must between 0 and 1"):
        samplers.ProbabilitySampler(rate)


def test_the_share_of_sampled_traces_is_the_rate():
    sampler = samplers.ProbabilitySampler(0.25)
    sampled = sum(sampler.should_sample(SpanContext()) for _ in range(8000))
    assert 1700 < sampled < 2300


def test_a_sampler_of_ones_own_needs_no_rate():
    class Own(samplers.Sampler):
        def should_sample(self, span_context):
            return True

    assert Own().sample_rate(_LOW) is None
    with pytest.raises(NotImplementedError):
        samplers.Sampler().should_sample(_LOW)


@pytest.mark.parametrize(
    ("sampler", "rate"),
    [
        (samplers.AlwaysOnSampler(), None),
        (samplers.AlwaysOffSampler(), None),
        (samplers.ProbabilitySampler(0.25), 25),
        (samplers.ProbabilitySampler(1), None),
        (samplers.ProbabilitySampler(0), None),
    ],
)
def test_the_rate_tells_how_often_a_recorded_trace_counts(sampler, rate):
    assert sampler.sample_rate(_LOW) == rate
    assert sampler.sample_rate(_CALLER_SAMPLED) is None
