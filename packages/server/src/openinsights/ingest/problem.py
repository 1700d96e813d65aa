"""What an exception's row says: the chain of causes, the problem's place, the details as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from openinsights_wire.types.exception import ExceptionData, ExceptionDetails

_SEVERITIES = ("Verbose", "Information", "Warning", "Error", "Critical")
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Problem:
    """An exception with its outermost and innermost links."""

    problem_id: str
    outer: ExceptionDetails
    innermost: ExceptionDetails
    details: str


def problem_of(data: ExceptionData) -> Problem:
    """Return what an exception's row needs to know.

    Without an id from the sender, problems are equal when type and raising function are.
    """
    chain = data.exceptions
    outer, innermost = chain[0], _innermost(chain)
    method = frame_method(innermost)
    derived = f"{innermost.typeName} at {method}" if method else innermost.typeName
    severity = data.severityLevel
    name = _SEVERITIES[severity] if isinstance(severity, int) else None
    details = _encode([_link(link, name) for link in chain]).decode()
    return Problem(data.problemId or derived, outer, innermost, details)


def frame_method(link: ExceptionDetails) -> str:
    """Return the function that raised, "" when the stack is not known."""
    return link.parsedStack[0].method if link.parsedStack else ""


def frame_assembly(link: ExceptionDetails) -> str:
    """Return the module of the function that raised, "" when it is not known."""
    return (link.parsedStack[0].assembly or "") if link.parsedStack else ""


def _innermost(chain: list[ExceptionDetails]) -> ExceptionDetails:
    caused_by: dict[int, ExceptionDetails] = {}
    for link in chain[1:]:
        if link.outerId is not None:
            caused_by.setdefault(link.outerId, link)
    current = chain[0]
    for _ in chain:
        inner = None if current.id is None else caused_by.get(current.id)
        if inner is None or inner is current:
            break
        current = inner
    return current


def _link(link: ExceptionDetails, severity: str | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"severityLevel": severity} if severity else {}
    if link.outerId is not None:
        shown["outerId"] = str(link.outerId)
    shown["message"] = link.message
    shown["type"] = link.typeName
    if link.id is not None:
        shown["id"] = str(link.id)
    if link.parsedStack:
        shown["parsedStack"] = [
            {
                "assembly": frame.assembly or "",
                "method": frame.method,
                "level": frame.level,
                "line": frame.line or 0,
                "fileName": frame.fileName or "",
            }
            for frame in link.parsedStack
        ]
    if link.stack:
        shown["rawStack"] = link.stack
    return shown
