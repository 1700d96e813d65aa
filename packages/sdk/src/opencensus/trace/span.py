"""The span that records: names, times, attributes, events and outcome of one operation."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from opencensus.common import utils
from opencensus.trace import attributes as attributes_module
from opencensus.trace import base_span, span_data, time_event
from opencensus.trace import link as link_module
from opencensus.trace import stack_trace as stack_trace_module
from opencensus.trace import status as status_module
from opencensus.trace.span_context import generate_span_id
from opencensus.trace.tracers import base

if TYPE_CHECKING:
    from collections.abc import Callable, ItemsView, Iterator, Mapping
    from types import TracebackType

K = TypeVar("K")
V = TypeVar("V")

MAX_NUM_ATTRIBUTES = 32
MAX_NUM_ANNOTATIONS = 32
MAX_NUM_MESSAGE_EVENTS = 128
MAX_NUM_LINKS = 32


class BoundedList(Sequence[V]):
    """A list that drops its oldest elements beyond `maxlen`, and counts them in `dropped`.

    Threads may share it.
    """

    # A list and not a deque: each span makes three of these and fills hardly any.
    __slots__ = ("_items", "_lock", "dropped", "maxlen")

    def __init__(self, maxlen: int) -> None:
        if maxlen < 0:
            raise ValueError("maxlen must be non-negative")
        self.maxlen = maxlen
        self.dropped = 0
        self._items: list[V] = []
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)}, maxlen={self.maxlen})"

    def __getitem__(self, index: Any) -> Any:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[V]:
        return iter(self._items.copy())

    def append(self, item: V) -> None:
        """Add one element at the end."""
        self.extend((item,))

    def extend(self, seq: Sequence[V]) -> None:
        """Add elements at the end."""
        with self._lock:
            items = self._items
            items.extend(seq)
            surplus = len(items) - self.maxlen
            if surplus > 0:
                self.dropped += surplus
                del items[:surplus]

    @classmethod
    def from_seq(cls, maxlen: int, seq: Sequence[V]) -> BoundedList[V]:
        """Return a bounded list of these elements.

        Raises:
            ValueError: There are more than `maxlen`.
        """
        if len(seq) > maxlen:
            raise ValueError(f"cannot keep {len(seq)} elements in a list of at most {maxlen}")
        bounded = cls(maxlen)
        bounded.extend(seq)
        return bounded


class BoundedDict(MutableMapping[K, V]):
    """A dict that drops its oldest keys beyond `maxlen`, and counts them in `dropped`.

    Setting a key again makes it the newest. Threads may share it.
    """

    __slots__ = ("_dict", "_lock", "dropped", "maxlen")

    def __init__(self, maxlen: int) -> None:
        self.maxlen = maxlen
        self.dropped = 0
        self._dict: dict[K, V] = {}
        self._lock = Lock()

    def __repr__(self) -> str:
        with self._lock:
            return f"{type(self).__name__}({self._dict}, maxlen={self.maxlen})"

    def __getitem__(self, key: K) -> V:
        with self._lock:
            return self._dict[key]

    def __setitem__(self, key: K, value: V) -> None:
        with self._lock:
            kept = self._dict
            if key in kept:
                del kept[key]
            kept[key] = value
            if len(kept) > self.maxlen:
                self.dropped += 1
                del kept[next(iter(kept))]

    def __delitem__(self, key: K) -> None:
        with self._lock:
            del self._dict[key]

    def __iter__(self) -> Iterator[K]:
        with self._lock:
            return iter(list(self._dict))

    def __len__(self) -> int:
        return len(self._dict)

    def items(self) -> ItemsView[K, V]:
        """Return the entries as they stand now; later changes do not show in them."""
        with self._lock:
            return self._dict.copy().items()

    @classmethod
    def from_map(cls, maxlen: int, mapping: Mapping[K, V]) -> BoundedDict[K, V]:
        """Return a bounded dict of these entries.

        Raises:
            ValueError: There are more than `maxlen`.
        """
        if len(mapping) > maxlen:
            raise ValueError(f"cannot keep {len(mapping)} entries in a dict of at most {maxlen}")
        bounded = cls(maxlen)
        bounded._dict.update(mapping)
        return bounded


class SpanKind:
    """Which side of a call a span stands for."""

    UNSPECIFIED = 0
    SERVER = 1
    CLIENT = 2


class Span(base_span.BaseSpan):
    """One operation within a trace.

    Args:
        name: What is done.
        parent_span: The operation that this one belongs to.
        attributes: Named values, at most `MAX_NUM_ATTRIBUTES`.
        start_time: ISO text; `start` sets it.
        end_time: ISO text; `finish` sets it.
        span_id: 16 hexadecimal digits; by default a new id.
        stack_trace: Where the exception that ended it was raised.
        annotations: Notes, at most `MAX_NUM_ANNOTATIONS`.
        message_events: Messages, at most `MAX_NUM_MESSAGE_EVENTS`.
        links: Related spans, at most `MAX_NUM_LINKS`.
        status: How it ended; by default OK.
        same_process_as_parent_span: Whether the parent lives in this process.
        context_tracer: The tracer that ends and exports the span at the end of `with`.
        span_kind: One of `SpanKind`.

    Raises:
        ValueError: One of the bounded arguments has too many elements.
    """

    _on_create_callbacks: ClassVar[list[Callable[[Span], Any]]] = []

    def __init__(
        self,
        name: str,
        parent_span: Any = None,
        attributes: Mapping[str, Any] | None = None,
        start_time: str | None = None,
        end_time: str | None = None,
        span_id: str | None = None,
        stack_trace: stack_trace_module.StackTrace | None = None,
        annotations: Sequence[time_event.Annotation] | None = None,
        message_events: Sequence[time_event.MessageEvent] | None = None,
        links: Sequence[link_module.Link] | None = None,
        status: status_module.Status | None = None,
        same_process_as_parent_span: bool | None = None,
        context_tracer: Any = None,
        span_kind: int = SpanKind.UNSPECIFIED,
    ) -> None:
        # Hot path, once per sampled span.
        self.name = name
        self.parent_span = parent_span
        self.start_time = start_time
        self.end_time = end_time
        self.attributes: BoundedDict[str, Any] = (
            BoundedDict(MAX_NUM_ATTRIBUTES)
            if attributes is None
            else BoundedDict.from_map(MAX_NUM_ATTRIBUTES, attributes)
        )
        self.annotations: BoundedList[time_event.Annotation] = (
            BoundedList(MAX_NUM_ANNOTATIONS)
            if annotations is None
            else BoundedList.from_seq(MAX_NUM_ANNOTATIONS, annotations)
        )
        self.message_events: BoundedList[time_event.MessageEvent] = (
            BoundedList(MAX_NUM_MESSAGE_EVENTS)
            if message_events is None
            else BoundedList.from_seq(MAX_NUM_MESSAGE_EVENTS, message_events)
        )
        self.links: BoundedList[link_module.Link] = (
            BoundedList(MAX_NUM_LINKS)
            if links is None
            else BoundedList.from_seq(MAX_NUM_LINKS, links)
        )
        self.status = status_module.Status(0) if status is None else status
        self.span_id = generate_span_id() if span_id is None else span_id
        self.stack_trace = stack_trace
        self.same_process_as_parent_span = same_process_as_parent_span
        self._child_spans: list[Span] = []
        self.context_tracer = context_tracer
        self.span_kind = span_kind
        for callback in Span._on_create_callbacks:
            callback(self)

    @staticmethod
    def on_create(callback: Callable[[Span], Any]) -> None:
        """Call `callback` with each span that this process makes from now on."""
        Span._on_create_callbacks.append(callback)

    @property
    def children(self) -> list[Span]:
        """The spans made by `span`."""
        return self._child_spans

    def span(self, name: str = "child_span") -> Span:
        """Return a new child, not started yet. It is exported together with this span."""
        child = Span(name, parent_span=self)
        self._child_spans.append(child)
        return child

    def add_attribute(self, attribute_key: str, attribute_value: Any) -> None:
        """Attach a named value."""
        self.attributes[attribute_key] = attribute_value

    def add_annotation(self, description: str, **attrs: Any) -> None:
        """Note what happened now."""
        self.annotations.append(
            time_event.Annotation(None, description, attributes_module.Attributes(attrs))
        )

    def add_message_event(self, message_event: time_event.MessageEvent) -> None:
        """Note a message that was sent or received."""
        self.message_events.append(message_event)

    def add_link(self, link: link_module.Link) -> None:
        """Refer to a related span, also of another trace.

        Raises:
            TypeError: It is no `Link`.
        """
        if not isinstance(link, link_module.Link):
            raise TypeError(f"Type Error: received {type(link).__name__}, but requires Link.")
        self.links.append(link)

    def set_status(self, status: status_module.Status) -> None:
        """Say how the operation ended.

        Raises:
            TypeError: It is no `Status`.
        """
        if not isinstance(status, status_module.Status):
            raise TypeError(f"Type Error: received {type(status).__name__}, but requires Status.")
        self.status = status

    def start(self) -> None:
        """Set the start time to now."""
        self.start_time = utils.to_iso_str()

    def finish(self) -> None:
        """Set the end time to now."""
        self.end_time = utils.to_iso_str()

    def __iter__(self) -> Iterator[Span]:
        yield from chain.from_iterable(self._child_spans)
        yield self

    def __enter__(self) -> Span:
        if self.start_time is None:
            self.start()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the span; an exception becomes its status and stack trace and goes on."""
        if traceback is not None:
            self.stack_trace = stack_trace_module.StackTrace.from_traceback(traceback)
        if exception_value is not None:
            self.status = status_module.Status.from_exception(exception_value)
        tracer = self.context_tracer
        if tracer is None:
            self.finish()
        elif isinstance(tracer, base.Tracer):
            tracer._end_through(self)
        else:
            tracer.end_span()


def format_span_json(span: Span) -> dict[str, Any]:
    """Return a span in the JSON form of OpenCensus 0.1; what it does not have is left out."""
    json: dict[str, Any] = {
        "displayName": utils.get_truncatable_str(span.name),
        "spanId": span.span_id,
        "startTime": span.start_time,
        "endTime": span.end_time,
        "childSpanCount": len(span._child_spans),
    }
    parent_span_id = getattr(span.parent_span, "span_id", None)
    if parent_span_id is not None:
        json["parentSpanId"] = parent_span_id
    json.update(span_data._format_parts(span))
    if span.status is not None:
        json["status"] = span.status.format_status_json()
    if span.same_process_as_parent_span is not None:
        json["sameProcessAsParentSpan"] = span.same_process_as_parent_span
    return json
