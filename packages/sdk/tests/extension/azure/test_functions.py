from __future__ import annotations

import logging
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.common.runtime_context import RuntimeContext
from opencensus.extension.azure import functions
from opencensus.extension.azure.functions import OpenCensusExtension, invocation_context
from opencensus.trace import execution_context

if TYPE_CHECKING:
    from collections.abc import Iterator

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HEADER = f"00-{TRACE}-{PARENT}-01"
CONNECTION = {"connection_string": "InstrumentationKey=11111111-2222-3333-4444-555555555555"}
logger = logging.getLogger("invocation")


class Kept:
    def __init__(self) -> None:
        self.spans: list[Any] = []

    def export(self, spans: Any) -> None:
        self.spans.extend(spans)


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    RuntimeContext.clear()
    OpenCensusExtension.init()
    yield
    OpenCensusExtension.init()
    RuntimeContext.clear()


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    exporter = Kept()
    monkeypatch.setattr(OpenCensusExtension, "_exporter", exporter)
    return exporter


def context_with(**trace_context: Any) -> Any:
    return SimpleNamespace(trace_context=SimpleNamespace(**trace_context))


def before(context: Any) -> None:
    OpenCensusExtension.pre_invocation_app_level(logger, context, {})


def after(context: Any) -> None:
    OpenCensusExtension.post_invocation_app_level(logger, context, {}, "returned")


@pytest.mark.parametrize(
    "given",
    [
        {"trace_parent": HEADER, "trace_state": "a=b"},
        {"Traceparent": HEADER, "Tracestate": "a=b"},
        {"trace_parent": HEADER, "trace_state": "a=b", "Traceparent": "", "Tracestate": None},
    ],
)
def test_spans_of_a_function_are_below_its_invocation(kept: Kept, given: Any) -> None:
    context = context_with(**given)
    before(context)
    with context.tracer.span("parent"), context.tracer.span("child"):
        assert execution_context.get_opencensus_tracer() is context.tracer
    after(context)

    child, parent = kept.spans
    assert (parent.context.trace_id, parent.parent_span_id) == (TRACE, PARENT)
    assert child.parent_span_id == parent.span_id
    assert dict(parent.context.tracestate) == {"a": "b"}
    assert vars(context).keys() == {"trace_context"}


def test_a_thread_keeps_nothing_of_an_invocation(kept: Kept) -> None:
    found = execution_context.get_opencensus_full_context()
    context = context_with(trace_parent=HEADER)
    before(context)
    context.tracer.start_span("left open")
    after(context)
    assert execution_context.get_opencensus_full_context() == found

    another = context_with(trace_parent=HEADER.replace(TRACE, "1" * 32))
    before(another)
    with another.tracer.span("another"):
        pass
    after(another)
    assert kept.spans[-1].parent_span_id == PARENT
    assert kept.spans[-1].context.trace_id == "1" * 32


@pytest.mark.parametrize(
    "context",
    [
        SimpleNamespace(),
        SimpleNamespace(trace_context=None),
        context_with(trace_parent="", trace_state=""),
        context_with(trace_parent="nonsense", trace_state="=,="),
    ],
)
def test_an_invocation_without_a_trace_begins_one(kept: Kept, context: Any) -> None:
    before(context)
    with context.tracer.span("alone"):
        pass
    after(context)
    assert kept.spans[0].parent_span_id is None
    assert len(kept.spans[0].context.trace_id) == 32


def test_many_invocations_at_once(kept: Kept) -> None:
    start = threading.Barrier(8)

    def invoke(number: int) -> None:
        context = context_with(trace_parent=f"00-{number + 1:032x}-{number + 1:016x}-01")
        start.wait(20)
        for _ in range(10):
            before(context)
            with context.tracer.span(str(number)):
                pass
            after(context)

    threads = [threading.Thread(target=invoke, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(kept.spans) == 80
    for span in kept.spans:
        assert span.context.trace_id == f"{int(span.name) + 1:032x}"
        assert span.parent_span_id == f"{int(span.name) + 1:016x}"


def test_without_configure_the_function_runs_and_the_log_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    context = context_with(trace_parent=HEADER)
    before(context)
    after(context)
    assert not hasattr(context, "tracer")
    assert "configure() was not called" in caplog.text


def test_a_context_that_takes_nothing_costs_no_invocation(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    context = (1, 2)
    before(context)
    after(context)
    assert "an invocation has no tracer" in caplog.text


def test_configure_makes_one_exporter_for_the_same_options() -> None:
    OpenCensusExtension.configure(**CONNECTION)
    first = OpenCensusExtension._exporter
    OpenCensusExtension.configure(**CONNECTION)
    assert OpenCensusExtension._exporter is first
    assert isinstance(first, functions.AzureExporter)
    OpenCensusExtension.configure(role_name="other", **CONNECTION)
    assert OpenCensusExtension._exporter is not first
    with pytest.raises(ValueError, match="nstrumentation"):
        OpenCensusExtension.configure(connection_string="InstrumentationKey=wrong")


def test_where_workers_load_no_extension_the_log_says_what_to_do(
    caplog: pytest.LogCaptureFixture,
) -> None:
    functions._warn_where_it_is_not_called((3, 12))
    assert caplog.text == ""
    functions._warn_where_it_is_not_called((3, 13))
    assert "no extensions on Python 3.13" in caplog.text
    assert invocation_context(context_with(trace_parent=HEADER)).trace_id == TRACE


def test_a_worker_finds_the_hooks(kept: Kept) -> None:
    """`make test-matrix` has the library that every worker brings."""
    meta = pytest.importorskip("azure.functions.extension.extension_meta").ExtensionMeta
    hooks = meta.get_application_hooks()
    context = context_with(trace_parent=HEADER)
    for hook in hooks.pre_invocation_app_level:
        hook.ext_impl(logger, context, {})
    with context.tracer.span("inside"):
        pass
    for hook in hooks.post_invocation_app_level:
        hook.ext_impl(logger, context, {}, None)
    assert "OpenCensusExtension" in meta.get_registered_extensions_json()
    assert (kept.spans[0].parent_span_id, hasattr(context, "tracer")) == (PARENT, False)
