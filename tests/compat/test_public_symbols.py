"""The checked-in list of the client's public symbols says what the sources offer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "docs" / "reference" / "public-symbols.txt"


def test_list_of_public_symbols_is_current() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/write_public_symbols.py"), "--check"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_list_has_each_kind_of_symbol_and_nothing_private() -> None:
    lines = LIST.read_text(encoding="utf-8").splitlines()
    assert {
        "opencensus.trace.tracer",
        "opencensus.trace.tracer.Tracer(span_context=None, sampler=None, exporter=None, propagator=None)",
        "opencensus.trace.tracer.Tracer.span(name='span')",
        "opencensus.trace.span.Span.on_create(callback)",
        "opencensus.trace.span.SpanKind.CLIENT",
        "opencensus.trace.samplers.ProbabilitySampler(rate=None)",
        "opencensus.ext.requests.trace.execution_context = opencensus.trace.execution_context",
    } <= set(lines)
    assert [line for line in lines if "._" in line.partition("(")[0].partition(" ")[0]] == []
