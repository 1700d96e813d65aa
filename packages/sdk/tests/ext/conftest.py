"""Fixtures of the extension tests: a recording server, and no trace of one test in the next."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


def _load(name: str) -> Any:
    """Return a module of this folder, which tests below import by its name."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


track_server_module = _load("track_server")
pytest.register_assert_rewrite("web_contract")
_load("web_contract")


@pytest.fixture
def track_server() -> Iterator[Any]:
    server = track_server_module.TrackServer()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "APPLICATIONINSIGHTS_CONNECTION_STRING",
        "APPINSIGHTS_INSTRUMENTATIONKEY",
        "APPLICATIONINSIGHTS_ROLE_NAME",
        "APPLICATIONINSIGHTS_ROLE_INSTANCE",
        "OTEL_SERVICE_NAME",
        "WEBSITE_SITE_NAME",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _clean_context() -> Iterator[None]:
    from opencensus.common.runtime_context import RuntimeContext

    RuntimeContext.clear()
    yield
    RuntimeContext.clear()


class SpanList:
    """An exporter that keeps what ended, in order."""

    def __init__(self) -> None:
        self.spans: list[Any] = []

    def export(self, span_datas: Any) -> None:
        self.spans.extend(span_datas)

    def named(self, name: str) -> Any:
        (span,) = [span for span in self.spans if span.name == name]
        return span


@pytest.fixture
def span_list() -> SpanList:
    return SpanList()


@pytest.fixture
def tracer(span_list: SpanList) -> Any:
    """A tracer that records everything into `span_list`; the tracer of the current context."""
    from opencensus.trace.samplers import AlwaysOnSampler
    from opencensus.trace.tracer import Tracer

    return Tracer(exporter=span_list, sampler=AlwaysOnSampler())
