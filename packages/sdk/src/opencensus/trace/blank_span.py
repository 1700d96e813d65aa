"""The span of a trace that is not sampled: it takes everything and records nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opencensus.trace import base_span
from opencensus.trace.span_context import generate_span_id
from opencensus.trace.tracers import base

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from opencensus.trace.link import Link
    from opencensus.trace.status import Status
    from opencensus.trace.time_event import MessageEvent

_MADE_WHEN_ASKED: dict[str, Callable[[], Any]] = {
    "_child_spans": list,
    "attributes": dict,
    "links": list,
    "parent_span": base.NullContextManager,
}


class BlankSpan(base_span.BaseSpan):
    """A span with an id and without effect. It accepts the arguments of `Span`."""

    start_time: str | None = None
    end_time: str | None = None
    stack_trace: Any = None
    annotations: Any = None
    message_events: Any = None
    status: Status | None = None
    same_process_as_parent_span: bool | None = None
    context_tracer: Any = None
    span_kind: int | None = None

    def __init__(
        self,
        name: str | None = None,
        parent_span: Any = None,
        attributes: Any = None,
        start_time: str | None = None,
        end_time: str | None = None,
        span_id: str | None = None,
        stack_trace: Any = None,
        annotations: Any = None,
        message_events: Any = None,
        links: Any = None,
        status: Status | None = None,
        same_process_as_parent_span: bool | None = None,
        context_tracer: Any = None,
        span_kind: int | None = None,
    ) -> None:
        # Hot path, once per span of every trace that is not sampled.
        self.name = name
        # Called when asked for, which is seldom: who replaces the function, replaces it here.
        self._make_span_id = generate_span_id
        if parent_span is not None:
            self.parent_span = parent_span
        if start_time is not None:
            self.start_time = start_time
        if end_time is not None:
            self.end_time = end_time
        if stack_trace is not None:
            self.stack_trace = stack_trace
        if annotations is not None:
            self.annotations = annotations
        if message_events is not None:
            self.message_events = message_events
        if status is not None:
            self.status = status
        if same_process_as_parent_span is not None:
            self.same_process_as_parent_span = same_process_as_parent_span
        if context_tracer is not None:
            self.context_tracer = context_tracer
        if span_kind is not None:
            self.span_kind = span_kind

    def __getattr__(self, name: str) -> Any:
        """Make what hardly anybody asks for, and keep it."""
        make = self._make_span_id if name == "span_id" else _MADE_WHEN_ASKED.get(name)
        if make is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self.__dict__.setdefault(name, make())

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), "span_id", *_MADE_WHEN_ASKED})

    @staticmethod
    def on_create(callback: Callable[[Any], Any]) -> None:
        """Do nothing: a blank span tells nobody that it was made."""

    @property
    def children(self) -> list[Any]:
        """No spans: the children of a blank span are not kept."""
        children: list[Any] = self._child_spans
        return children

    def span(self, name: str = "child_span") -> BlankSpan:
        """Return another blank span."""
        return BlankSpan(name)

    def add_attribute(self, attribute_key: str, attribute_value: Any) -> None:
        """Do nothing."""

    def add_annotation(self, description: str, **attrs: Any) -> None:
        """Do nothing."""

    def add_message_event(self, message_event: MessageEvent) -> None:
        """Do nothing."""

    def add_link(self, link: Link) -> None:
        """Do nothing."""

    def set_status(self, status: Status) -> None:
        """Do nothing."""

    def start(self) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""

    def __iter__(self) -> Iterator[Any]:
        yield self

    def __enter__(self) -> BlankSpan:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Do nothing; an exception goes on."""
