"""The span that records: names, times, attributes, events and outcome of one operation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from threading import Lock
from time import time_ns
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from opencensus.common import _forks, utils
from opencensus.trace import attributes as attributes_module
from opencensus.trace import base_span, span_data, time_event
from opencensus.trace import link as link_module
from opencensus.trace import stack_trace as stack_trace_module
from opencensus.trace import status as status_module
from opencensus.trace.span_context import generate_span_id
from opencensus.trace.tracers import base

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

K = TypeVar("K")
V = TypeVar("V")

MAX_NUM_ATTRIBUTES = 32
MAX_NUM_ANNOTATIONS = 32
MAX_NUM_MESSAGE_EVENTS = 128
MAX_NUM_LINKS = 32
_FAR_FROM_THE_LIMIT = MAX_NUM_ATTRIBUTES // 2


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


# One lock for all dicts: it is taken only near their limits, and a lock each would cost every span.
_near_the_limit = Lock()


def _after_fork_in_child() -> None:
    global _near_the_limit
    _near_the_limit = Lock()


_forks.call_in_child(_after_fork_in_child)


class BoundedDict(dict[K, V]):
    """A dict that drops its oldest keys beyond `maxlen`, and counts them in `dropped`.

    Setting a key again makes it the newest. Threads may share it.
    """

    # Hot path: each sampled span makes one, by `_new_dict`, which sets neither slot.
    __slots__ = ("_dropped", "_maxlen")

    _dropped: int
    _maxlen: int

    def __init__(self, maxlen: int) -> None:
        super().__init__()
        self._maxlen = maxlen

    @property
    def maxlen(self) -> int:
        """The most keys that it holds."""
        try:
            return self._maxlen
        except AttributeError:
            return MAX_NUM_ATTRIBUTES

    @property
    def dropped(self) -> int:
        """How many keys were pushed out."""
        try:
            return self._dropped
        except AttributeError:
            return 0

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self)}, maxlen={self.maxlen})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.maxlen, self.dropped, dict(self))

    def __setitem__(self, key: K, value: V) -> None:
        with _near_the_limit:
            self.pop(key, None)
            surplus = len(self) + 1 - self.maxlen
            if surplus > 0:
                for oldest in list(self)[:surplus]:
                    del self[oldest]
                self._dropped = self.dropped + surplus
            if self.maxlen > 0:
                super().__setitem__(key, value)

    def __ior__(self, other: Any) -> BoundedDict[K, V]:  # type: ignore[override, misc]
        self.update(other)
        return self

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set each entry."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def setdefault(self, key: K, default: Any = None) -> Any:
        """Return the value of a key, which is set to `default` when it was not there."""
        if key not in self:
            self[key] = default
        return self.get(key, default)

    def popitem(self) -> tuple[K, V]:
        """Remove and return the oldest entry.

        Raises:
            KeyError: There is none.
        """
        for key in list(self)[:1]:
            return key, self.pop(key)
        raise KeyError("cannot take an entry: there is none")

    @classmethod
    def from_map(cls, maxlen: int, mapping: Mapping[K, V]) -> BoundedDict[K, V]:
        """Return a bounded dict of these entries.

        Raises:
            ValueError: There are more than `maxlen`.
        """
        if len(mapping) > maxlen:
            raise ValueError(f"cannot keep {len(mapping)} entries in a dict of at most {maxlen}")
        bounded = cls(maxlen)
        dict.update(bounded, mapping)
        return bounded


def _restored(maxlen: int, dropped: int, entries: dict[Any, Any]) -> BoundedDict[Any, Any]:
    bounded: BoundedDict[Any, Any] = BoundedDict.from_map(maxlen, entries)
    bounded._dropped = dropped
    return bounded


_new_dict = BoundedDict.__new__
_set_item = dict.__setitem__
_update = dict.update


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

    # Most spans have none of these: what stands here costs them nothing.
    _annotations: BoundedList[time_event.Annotation] | None = None
    _message_events: BoundedList[time_event.MessageEvent] | None = None
    _links: BoundedList[link_module.Link] | None = None
    _status: status_module.Status | None = None
    _children: Sequence[Span] = ()
    _start_ns = 0
    _end_ns = 0
    _over_ns = 0
    """When that was over which it measures, if that was before `finish`."""
    _start_time: str | None = None
    _end_time: str | None = None
    stack_trace: stack_trace_module.StackTrace | None = None
    same_process_as_parent_span: bool | None = None
    span_kind: int = SpanKind.UNSPECIFIED

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
        self.context_tracer = context_tracer
        self.attributes: BoundedDict[str, Any] = (
            _new_dict(BoundedDict)
            if attributes is None
            else BoundedDict.from_map(MAX_NUM_ATTRIBUTES, attributes)
        )
        self.span_id = generate_span_id() if span_id is None else span_id
        if start_time is not None:
            self._start_time = start_time
        if end_time is not None:
            self._end_time = end_time
        if stack_trace is not None:
            self.stack_trace = stack_trace
        if annotations is not None:
            self._annotations = BoundedList.from_seq(MAX_NUM_ANNOTATIONS, annotations)
        if message_events is not None:
            self._message_events = BoundedList.from_seq(MAX_NUM_MESSAGE_EVENTS, message_events)
        if links is not None:
            self._links = BoundedList.from_seq(MAX_NUM_LINKS, links)
        if status is not None:
            self._status = status
        if same_process_as_parent_span is not None:
            self.same_process_as_parent_span = same_process_as_parent_span
        if span_kind:
            self.span_kind = span_kind
        if Span._on_create_callbacks:
            for callback in Span._on_create_callbacks:
                callback(self)

    @staticmethod
    def on_create(callback: Callable[[Span], Any]) -> None:
        """Call `callback` with each span that this process makes from now on."""
        Span._on_create_callbacks.append(callback)

    @property
    def children(self) -> list[Span]:
        """The spans made by `span`."""
        children: list[Span] = self.__dict__.setdefault("_children", [])
        return children

    @property
    def _child_spans(self) -> list[Span]:
        # The name under which older code fills it.
        return self.children

    @_child_spans.setter
    def _child_spans(self, children: list[Span]) -> None:
        self._children = children

    @property
    def start_time(self) -> str | None:
        """When it began, as ISO text; None before `start`."""
        if self._start_time is None and self._start_ns:
            self._start_time = utils.iso_text(self._start_ns)
        return self._start_time

    @start_time.setter
    def start_time(self, text: str | None) -> None:
        self._start_time, self._start_ns = text, 0

    @property
    def end_time(self) -> str | None:
        """When it ended, as ISO text; None before `finish`."""
        if self._end_time is None and self._end_ns:
            self._end_time = utils.iso_text(self._end_ns)
        return self._end_time

    @end_time.setter
    def end_time(self, text: str | None) -> None:
        self._end_time, self._end_ns = text, 0

    @property
    def annotations(self) -> BoundedList[time_event.Annotation]:
        """The notes."""
        return self._part("_annotations", MAX_NUM_ANNOTATIONS)

    @annotations.setter
    def annotations(self, annotations: Any) -> None:
        self._annotations = annotations

    @property
    def message_events(self) -> BoundedList[time_event.MessageEvent]:
        """The messages."""
        return self._part("_message_events", MAX_NUM_MESSAGE_EVENTS)

    @message_events.setter
    def message_events(self, message_events: Any) -> None:
        self._message_events = message_events

    @property
    def links(self) -> BoundedList[link_module.Link]:
        """The related spans."""
        return self._part("_links", MAX_NUM_LINKS)

    @links.setter
    def links(self, links: Any) -> None:
        self._links = links

    @property
    def status(self) -> status_module.Status:
        """How it ended."""
        if self._status is None:
            self._status = status_module.Status.as_ok()
        return self._status

    @status.setter
    def status(self, status: Any) -> None:
        self._status = status

    def _part(self, name: str, maxlen: int) -> BoundedList[Any]:
        # `setdefault` is atomic: of two threads that add the first element, none gets a list of its own.
        part: BoundedList[Any] = self.__dict__.setdefault(name, BoundedList(maxlen))
        return part

    def span(self, name: str = "child_span") -> Span:
        """Return a new child, not started yet. It is exported together with this span."""
        child = Span(name, parent_span=self)
        self.children.append(child)
        return child

    def add_attribute(self, attribute_key: str, attribute_value: Any) -> None:
        """Attach a named value."""
        # Hot path. So far from the limit, threads that meet here cannot pass it.
        attributes = self.attributes
        if attributes.__class__ is BoundedDict and len(attributes) < _FAR_FROM_THE_LIMIT:
            if attribute_key in attributes:
                # Set again, it becomes the newest.
                attributes.pop(attribute_key, None)
            _set_item(attributes, attribute_key, attribute_value)
        else:
            attributes[attribute_key] = attribute_value

    def _add_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Attach several named values."""
        # Hot path, once per span of an integration: most have no attributes yet.
        own = self.attributes
        if own.__class__ is BoundedDict and not own and len(attributes) < _FAR_FROM_THE_LIMIT:
            _update(own, attributes)
        else:
            for key, value in attributes.items():
                self.add_attribute(key, value)

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
        self._start_ns = time_ns()
        if self._start_time is not None:
            self._start_time = None

    def finish(self) -> None:
        """Set the end time to now."""
        self._end_ns = self._over_ns or time_ns()
        if self._end_time is not None:
            self._end_time = None

    def __iter__(self) -> Iterator[Span]:
        yield from chain.from_iterable(self._children)
        yield self

    def __enter__(self) -> Span:
        if not self._start_ns and self._start_time is None:
            self.start()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the span; an exception becomes its status and stack trace and goes on."""
        # Hot path.
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
