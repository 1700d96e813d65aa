"""Forked children begin again, also where the fork was made without telling Python."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, os, sys
from opencensus.common import _forks
from opencensus.ext._http.meter import served
from opencensus.ext.azure.common import lifetime
from opencensus.metrics.export.cumulative import LongCumulative
from opencensus.stats import aggregation, measure, stats, view
from opencensus.trace.span_context import generate_span_id, generate_trace_id

counted = LongCumulative("n", "", "", [])
counted.get_or_create_default_time_series().add(5)
served.add(1)
m = measure.MeasureInt("m", "", "1")
stats.stats.view_manager.register_view(view.View("v", "", [], m, aggregation.CountAggregation()))
measured = stats.stats.stats_recorder.new_measurement_map()
measured.measure_int_put(m, 1)
measured.record()
begun = []
_forks.call_in_child(lambda: 1 / 0)
_forks.call_in_child(lambda: begun.append(os.getpid()))

fork = os.fork if sys.argv[1] == "python" else ctypes.PyDLL(None).fork
child = fork()
if not child:
    lifetime.notice_fork()
    lifetime.notice_fork()
    print(len(begun), len(list(stats.stats.get_metrics())), served.total.requests,
          counted.get_or_create_default_time_series().value)
os.waitpid(child, 0) if child else None
print(generate_trace_id(), generate_span_id(), flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform cannot fork")
@pytest.mark.parametrize("maker", ["python", "c"])
def test_a_child_has_ids_and_counts_of_its_own(maker: str) -> None:
    """In the retired client workers of uWSGI repeat each other's ids and their master's counts."""
    printed = subprocess.run(
        [sys.executable, "-c", PROGRAM, maker], capture_output=True, text=True, timeout=60
    )
    in_child, child_ids, parent_ids = printed.stdout.splitlines()
    assert in_child == "1 0 0 0"
    assert not set(child_ids.split()) & set(parent_ids.split())
    assert printed.stderr.count("forked child cannot begin again") == 1
