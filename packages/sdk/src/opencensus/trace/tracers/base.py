"""What every tracer can do, and the parent of a span that has none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType


class Tracer:
    """The interface of a tracer. A subclass MUST implement every public method."""

    def finish(self) -> None:
        """End every open span and export it."""
        raise NotImplementedError

    def span(self, name: str = "span") -> Any:
        """Start a span and make it the current one; use it with `with`."""
        raise NotImplementedError

    def start_span(self, name: str = "span") -> Any:
        """Start a span and make it the current one; `end_span` ends it."""
        raise NotImplementedError

    def end_span(self) -> None:
        """End the current span and export it."""
        raise NotImplementedError

    def current_span(self) -> Any:
        """Return the innermost open span of this context, or None."""
        raise NotImplementedError

    def add_attribute_to_current_span(self, attribute_key: str, attribute_value: Any) -> None:
        """Attach a named value to the current span."""
        raise NotImplementedError

    def list_collected_spans(self) -> list[Any] | None:
        """Return the spans that are open."""
        raise NotImplementedError

    def _end_through(self, span: Any) -> None:
        """End `span` at the end of its `with` block."""
        self.end_span()


class NullContextManager:
    """Stands where a span has no parent in this process; may carry a remote parent's id."""

    def __init__(self, span_id: str | None = None, context_tracer: Any = None) -> None:
        self.span_id = span_id
        self.context_tracer = context_tracer
        self.name = None

    def __enter__(self) -> NullContextManager:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Do nothing; an exception goes on."""

    def span(self, name: str = "span") -> NullContextManager:
        """Return another one of these."""
        return NullContextManager()
