from __future__ import annotations

import re
import subprocess
import sys

from opencensus.trace.samplers import ProbabilitySampler
from opencensus.trace.status import Status
from opencensus.trace.tracer import Tracer

_PRINTED = re.compile(
    r"\[SpanData\(name='test', context=SpanContext\(trace_id=[0-9a-f]{32}, span_id=None, "
    r"trace_options=TraceOptions\(enabled=True\), tracestate=None\), span_id='[0-9a-f]{16}', "
    r"parent_span_id=None, attributes=BoundedDict\(\{\}, maxlen=32\), "
    r"start_time='\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z', "
    r"end_time='\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z', child_span_count=0, stack_trace=None, "
    r"annotations=BoundedList\(\[\], maxlen=32\), message_events=BoundedList\(\[\], maxlen=128\), "
    r"links=BoundedList\(\[\], maxlen=32\), status=None, same_process_as_parent_span=None, "
    r"span_kind=0\)\]"
)


def test_a_span_is_printed_as_the_documents_show(capsys):
    tracer = Tracer(sampler=ProbabilitySampler(1.0))
    with tracer.span(name="test") as span:
        pass
    assert _PRINTED.fullmatch(capsys.readouterr().out.rstrip("\n"))
    assert span.status.__dict__ == Status.as_ok().__dict__


def test_a_status_that_says_something_is_printed(capsys):
    tracer = Tracer(sampler=ProbabilitySampler(1.0))
    with tracer.span(name="test") as span:
        span.set_status(Status(5, "no such row"))
    with tracer.span(name="test") as span:
        span.set_status(Status(0, "found"))
    printed = capsys.readouterr().out
    assert "status=Status(code=5, message='no such row', details=None)" in printed
    assert "status=Status(code=0, message='found', details=None)" in printed


def test_a_program_with_a_tracer_prints_its_spans_between_its_own_lines():
    program = """
from opencensus.trace.samplers import ProbabilitySampler
from opencensus.trace.tracer import Tracer

tracer = Tracer(sampler=ProbabilitySampler(1.0))
for line in ("first", "second"):
    with tracer.span(name="test"):
        print(line)
"""
    lines = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert lines[0] == "first"
    assert _PRINTED.fullmatch(lines[1])
    assert lines[2] == "second"
    assert _PRINTED.fullmatch(lines[3])


def test_importing_a_tracer_loads_nothing_heavy():
    program = """
import sys
import opencensus.trace.tracer, opencensus.stats.stats, opencensus.metrics.transport, opencensus.log
heavy = {"asyncio", "inspect", "dataclasses", "logging.config", "json", "hashlib", "ast", "urllib.request"}
print(sorted(heavy & set(sys.modules)))
"""
    printed = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{program}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed == "[]\n"
