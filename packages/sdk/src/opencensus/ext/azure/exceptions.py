"""Exceptions and stacks of the host in the wire's types: details of a chain, frames of a stack.

Frames are listed innermost first and numbered from there, as Application Insights counts them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openinsights_wire.types.exception import ExceptionDetails, StackFrame

if TYPE_CHECKING:
    from types import TracebackType

    from opencensus.trace.stack_trace import StackTrace

MAX_FRAMES = 128
"""Of a deeper stack, as many innermost and outermost frames are kept."""
MAX_CHAIN = 10
"""How many exceptions of a chain of causes are described."""
NO_EXCEPTION = "N/A"


def describe(
    exception: BaseException | None, traceback: TracebackType | None, message: str
) -> list[ExceptionDetails]:
    """Return the details of an exception and of what caused it, the exception itself first.

    Args:
        exception: The reported exception; None when a report was asked for without one.
        traceback: Where it was raised.
        message: What the first details say; those of causes say the cause's own text.
    """
    frames = parse_frames(traceback)
    details = [
        ExceptionDetails(
            typeName=type(exception).__name__ if exception is not None else NO_EXCEPTION,
            message=message,
            id=1,
            outerId=0,
            hasFullStack=0 < len(frames) < MAX_FRAMES,
            parsedStack=frames,
        )
    ]
    cause = _cause(exception)
    seen = {id(exception)}
    while cause is not None and id(cause) not in seen and len(details) < MAX_CHAIN:
        seen.add(id(cause))
        frames = parse_frames(cause.__traceback__)
        details.append(
            ExceptionDetails(
                typeName=type(cause).__name__,
                message=_text(cause),
                id=len(details) + 1,
                outerId=len(details),
                hasFullStack=0 < len(frames) < MAX_FRAMES,
                parsedStack=frames,
            )
        )
        cause = _cause(cause)
    return details


def parse_frames(traceback: TracebackType | None) -> list[StackFrame]:
    """Return the frames of a traceback, innermost first."""
    found: list[tuple[str, str | None, str, int]] = []
    while traceback is not None:
        frame = traceback.tb_frame
        code = frame.f_code
        module = frame.f_globals.get("__name__")
        found.append((code.co_name, module, code.co_filename, traceback.tb_lineno))
        traceback = traceback.tb_next
    found.reverse()
    numbered = list(enumerate(found))
    if len(numbered) > MAX_FRAMES:
        numbered = numbered[: MAX_FRAMES // 2] + numbered[-MAX_FRAMES // 2 :]
    return [
        StackFrame(
            level=level,
            method=method,
            assembly=str(module) if module is not None else None,
            fileName=file_name,
            line=line,
        )
        for level, (method, module, file_name, line) in numbered
    ]


def frames_of_span(stack_trace: StackTrace | None) -> list[StackFrame]:
    """Return the frames that a span carries, innermost first."""
    if stack_trace is None:
        return []
    frames: list[dict[str, Any]] = list(reversed(stack_trace.stack_frames))
    return [
        StackFrame(
            level=level,
            method=_value(frame, "function_name"),
            fileName=_value(frame, "file_name"),
            line=frame.get("line_number"),
        )
        for level, frame in enumerate(frames)
    ]


def _cause(exception: BaseException | None) -> BaseException | None:
    if exception is None:
        return None
    if exception.__cause__ is not None:
        return exception.__cause__
    return None if exception.__suppress_context__ else exception.__context__


def _text(exception: BaseException) -> str:
    try:
        return str(exception) or type(exception).__name__
    except Exception:
        # The host's code: an exception whose text cannot be had still has a type.
        return type(exception).__name__


def _value(frame: dict[str, Any], name: str) -> str:
    part = frame.get(name)
    return str(part.get("value", "")) if isinstance(part, dict) else str(part or "")
