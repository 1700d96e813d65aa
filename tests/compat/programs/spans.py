"""Traces the steps of a shop's checkout; each line of input is one customer."""

import sys

from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import ProbabilitySampler
from opencensus.trace.tracer import Tracer

tracer = Tracer(
    exporter=AzureExporter(
        connection_string="InstrumentationKey=00000000-0000-0000-0000-000000000000"
    ),
    sampler=ProbabilitySampler(1.0),
)

for line in sys.stdin:
    with tracer.span(name="checkout") as checkout:
        checkout.add_attribute("customer", line.strip())
        with tracer.span(name="price"):
            print(f"priced for {line.strip()}")
