"""Our current tracer follows OpenTelemetry's current span, so that our own spans go below it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry import context as api
from opentelemetry import trace
from opentelemetry.context.context import _RuntimeContext

from opencensus.ext.opentelemetry.spans import BridgedSpan
from opencensus.trace import execution_context

if TYPE_CHECKING:
    from contextvars import Token

log = logging.getLogger(__name__)

_PLACE = "_RUNTIME_CONTEXT"
"""Where OpenTelemetry's API keeps what holds its current context."""


class _Attached(NamedTuple):
    """What ends the currency of a span of theirs, and the tracer of ours before it."""

    token: Any
    before: Any


class Following(_RuntimeContext):
    """OpenTelemetry's current context, which changes our current tracer along with itself.

    Args:
        kept: What holds the context.
    """

    def __init__(self, kept: Any) -> None:
        self.kept = kept

    def get_current(self) -> api.Context:
        """Return the current context."""
        current: api.Context = self.kept.get_current()
        return current

    def attach(self, context: api.Context) -> Token[api.Context]:
        """Make a context the current one; where its span is a bridged one, its trace is ours too."""
        token: Any = self.kept.attach(context)
        span = trace.get_current_span(context)
        if isinstance(span, BridgedSpan):
            before = execution_context.get_opencensus_tracer()
            known = getattr(before, "span_context", None)
            if getattr(known, "trace_id", None) != span.tracer.span_context.trace_id:
                execution_context.set_opencensus_tracer(span.tracer)
                token = _Attached(token, before)
        attached: Token[api.Context] = token
        return attached

    def detach(self, token: Any) -> None:
        """Make the context before it the current one again, and our tracer before it."""
        if not isinstance(token, _Attached):
            self.kept.detach(token)
            return
        # It raises in a thread or task where it was not attached: there, nothing is to be restored.
        self.kept.detach(token.token)
        execution_context.set_opencensus_tracer(token.before)


def follow() -> None:
    """Let our tracer follow from now on; doing so twice changes nothing."""
    kept = getattr(api, _PLACE, None)
    if kept is None:
        log.warning("OpenTelemetry keeps its context elsewhere: our spans inside its stand apart")
    elif not isinstance(kept, Following):
        setattr(api, _PLACE, Following(kept))
