"""The checked-in list of the client's public symbols says what programs may name."""

from __future__ import annotations

from pathlib import Path

LIST = Path(__file__).resolve().parents[2] / "docs" / "reference" / "public-symbols.txt"


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
