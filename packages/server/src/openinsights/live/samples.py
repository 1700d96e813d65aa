"""The newest sample items of a resource, and how viewers see one."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from openinsights.live.filters import stream_info
from openinsights.live.readings import is_opentelemetry_python
from openinsights_wire.errors import WireError
from openinsights_wire.limits import MAX_ITEM_BYTES
from openinsights_wire.live.configuration import understood
from openinsights_wire.live.documents import duration_ms, item_of_document
from openinsights_wire.live.messages import ConfigurationInfo, encode, ticks_of
from openinsights_wire.live.names import DOCUMENT_TYPES, EXCEPTION
from openinsights_wire.stamps import format_time

if TYPE_CHECKING:
    from openinsights.live.filters import View
    from openinsights_wire.live.configuration import DocumentStream
    from openinsights_wire.live.messages import Document

MOST = 200
"""Samples that are held; a viewer who was away sees no more."""
_TYPE_OF = {document_type: kind.lower() for kind, document_type in DOCUMENT_TYPES.items()}


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample item and which server it came from."""

    number: int
    role: str
    instance: str
    version: str
    at_ticks: int
    document: Document


class Samples:
    """Holds the newest samples; older ones make room."""

    def __init__(self) -> None:
        self._held: deque[Sample] = deque(maxlen=MOST)
        self._next = 1

    def add(
        self, document: Document, role: str, instance: str, version: str, now_ticks: int
    ) -> None:
        """Take a sample that a server of this role and instance sent, unless it is huge."""
        if len(encode(document)) > MAX_ITEM_BYTES:
            return
        at = ticks_of(document.timestamp)
        self._held.append(
            Sample(self._next, role, instance, version, now_ticks if at is None else at, document)
        )
        self._next += 1

    def since(self, number: int, view: View) -> tuple[list[Sample], int]:
        """Return the samples that a view shows, newer than the given number, and the newest number."""
        shown = [
            sample for sample in self._held if sample.number > number and _is_shown(sample, view)
        ]
        return shown, self._next - 1


def _is_shown(sample: Sample, view: View) -> bool:
    if view.role and view.role != sample.role:
        return False
    if view.instance and view.instance != sample.instance:
        return False
    streams = sample.document.document_stream_ids
    if streams:
        return not view.stream_ids.isdisjoint(streams)
    # its sender knows no filters, so they are applied here
    return not view.filters or _passes(sample.document, view)


def _passes(document: Document, view: View) -> bool:
    item = item_of_document(document)
    if item is None:
        return False
    try:
        return any(stream.wants(item) for stream in _streams(view.filters))
    except WireError:
        return False


@lru_cache(maxsize=256)
def _streams(filters: tuple[str, ...]) -> tuple[DocumentStream, ...]:
    return understood(ConfigurationInfo("", [], [stream_info(filters)])).streams


def _success(document: Document) -> bool | None:
    if document.document_type == EXCEPTION:
        return False
    code = document.response_code or ""
    if document.success is None and code.isascii() and code.isdigit():
        return len(code) == 3 and code < "400"  # its sender does not say more
    return document.success


def shown(sample: Sample) -> dict[str, object]:
    """Return a sample as viewers get it; what it does not have is left out."""
    document = sample.document
    told = None if is_opentelemetry_python(sample.version) else duration_ms(document.duration)
    facts: dict[str, object | None] = {
        "id": sample.number,
        "time": format_time(sample.at_ticks),
        "type": _TYPE_OF.get(document.document_type, document.document_type.lower()),
        "name": document.name or document.exception_type,
        "message": document.message or document.exception_message,
        "url": document.url,
        "data": document.command_name,
        "target": document.target,
        "dependency_type": document.dependency_type_name,
        "code": document.response_code or document.result_code,
        "success": _success(document),
        "duration_ms": told,
        "severity": document.severity_level,
        "stack": document.exception,
        "operation_id": document.operation_id,
        "operation_name": document.operation_name,
        "role": document.cloud_role_name or sample.role,
        "instance": document.cloud_role_instance or sample.instance,
        "properties": {pair.key: pair.value for pair in document.properties or ()} or None,
    }
    return {name: value for name, value in facts.items() if value not in (None, "")}
