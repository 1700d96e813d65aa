"""Prints the spans of a shop's checkout."""

from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

tracer = Tracer(sampler=AlwaysOnSampler())

with tracer.span(name="checkout"):
    print("priced")
