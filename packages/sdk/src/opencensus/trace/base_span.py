"""What every span can do, whether it records or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from opencensus.trace.link import Link
    from opencensus.trace.status import Status
    from opencensus.trace.time_event import MessageEvent


class BaseSpan:
    """The interface of a span. A subclass MUST implement every method."""

    span_id: Any
    parent_span: Any

    @staticmethod
    def on_create(callback: Callable[[Any], Any]) -> None:
        """Call `callback` with each span that is made from now on."""
        raise NotImplementedError

    @property
    def children(self) -> list[Any]:
        """The spans made by `span`."""
        raise NotImplementedError

    def span(self, name: str = "child_span") -> BaseSpan:
        """Return a new child of this span, not started yet."""
        raise NotImplementedError

    def add_attribute(self, attribute_key: str, attribute_value: Any) -> None:
        """Attach a named value."""
        raise NotImplementedError

    def add_annotation(self, description: str, **attrs: Any) -> None:
        """Note what happened now."""
        raise NotImplementedError

    def add_message_event(self, message_event: MessageEvent) -> None:
        """Note a message that was sent or received."""
        raise NotImplementedError

    def add_link(self, link: Link) -> None:
        """Refer to a related span, also of another trace."""
        raise NotImplementedError

    def set_status(self, status: Status) -> None:
        """Say how the operation ended."""
        raise NotImplementedError

    def start(self) -> None:
        """Begin to measure."""
        raise NotImplementedError

    def finish(self) -> None:
        """End measuring."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError

    def __enter__(self) -> Any:
        raise NotImplementedError

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        raise NotImplementedError
