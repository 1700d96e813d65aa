"""Which traces are recorded. The decision falls once, when a tracer is made."""

from __future__ import annotations

from opencensus.trace.samplers._base import AlwaysOffSampler, AlwaysOnSampler, Sampler
from opencensus.trace.samplers.probability import (
    DEFAULT_SAMPLING_RATE,
    ProbabilitySampler,
    get_lower_long_from_trace_id,
)
from opencensus.trace.samplers.rate_limiting import RateLimitingSampler

__all__ = [
    "DEFAULT_SAMPLING_RATE",
    "AlwaysOffSampler",
    "AlwaysOnSampler",
    "ProbabilitySampler",
    "RateLimitingSampler",
    "Sampler",
    "get_lower_long_from_trace_id",
]
