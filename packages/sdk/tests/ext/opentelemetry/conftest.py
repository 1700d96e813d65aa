"""OpenTelemetry's API on our core, imported for as long as a test runs."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_kept: dict[str, Any] = {}


@pytest.fixture
def bridge(monkeypatch: pytest.MonkeyPatch, span_list: Any) -> Iterator[Any]:
    """A provider of ours whose spans end in `span_list`, and what tests need of OpenTelemetry.

    Other tests are about programs that do not use it: its modules go as they came, and stay where
    others have imported them before.
    """
    was_there = "opentelemetry.trace" in sys.modules
    if not was_there:
        sys.modules.update(_kept)
    from opentelemetry import context, propagate, trace

    from opencensus.ext.opentelemetry.current import Following
    from opencensus.ext.opentelemetry.tracing import TracerProvider

    kept = context._RUNTIME_CONTEXT
    monkeypatch.setattr(context, "_RUNTIME_CONTEXT", Following(kept))
    token = kept.attach(context.Context())
    provider = TracerProvider(exporter=span_list)
    yield SimpleNamespace(
        trace=trace,
        context=context,
        propagate=propagate,
        kind=trace.SpanKind,
        provider=provider,
        tracer=provider.get_tracer("tests"),
    )
    assert not trace.get_current_span().get_span_context().is_valid
    kept.detach(token)
    if was_there:
        return
    _kept.update({n: m for n, m in sys.modules.items() if n.partition(".")[0] == "opentelemetry"})
    for name in _kept:
        sys.modules.pop(name, None)
