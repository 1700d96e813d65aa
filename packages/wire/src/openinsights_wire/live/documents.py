"""Sample items: which are taken, how many, and what is told of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from openinsights_wire import tags
from openinsights_wire.errors import WireError
from openinsights_wire.live.items import SEVERITIES, Item, stack_of
from openinsights_wire.live.messages import TEXT_LENGTH, Document, KeyValue, QuotaInfo
from openinsights_wire.live.names import (
    DEPENDENCY,
    DOCUMENT_TYPES,
    EVENT,
    EXCEPTION,
    REQUEST,
    TRACE,
)
from openinsights_wire.stamps import MAX_DURATION_MS, parse_duration
from openinsights_wire.types.dependency import RemoteDependencyData
from openinsights_wire.types.event import EventData
from openinsights_wire.types.exception import ExceptionData, ExceptionDetails
from openinsights_wire.types.message import MessageData
from openinsights_wire.types.request import RequestData

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openinsights_wire.live.configuration import Configuration

MAX_PROPERTIES = 10
DEFAULT_QUOTA = QuotaInfo(max_quota=30.0, quota_accrual_rate_per_sec=0.5, initial_quota=3.0)
"""For each stream and kind, when the server names none."""
ALL_STREAMS = 10
"""All documents of a process together may be so many times as many as those of one stream."""

_ANY_DURATION = re.compile(
    r"P(?:([\d.]{1,12})Y)?(?:([\d.]{1,12})M)?(?:([\d.]{1,12})D)?"
    r"(?:T(?:([\d.]{1,12})H)?(?:([\d.]{1,12})M)?(?:([\d.]{1,20})S)?)?",
    re.ASCII,
)
_SECONDS_OF_PARTS = (365 * 86_400, 30 * 86_400, 86_400, 3_600, 60, 1)


class Quota:
    """A budget that fills up as time goes by.

    Args:
        info: how much there is at first and at most, and how fast it fills up.
        monotonic: the clock, in seconds.
    """

    def __init__(self, info: QuotaInfo, monotonic: Callable[[], float]) -> None:
        self._most = info.max_quota
        self._per_s = info.quota_accrual_rate_per_sec
        self._monotonic = monotonic
        self._left = info.max_quota if info.initial_quota is None else info.initial_quota
        self._counted_at = monotonic()

    @property
    def is_exhausted(self) -> bool:
        """Whether nothing can be taken now."""
        now = self._monotonic()
        self._left = min(self._most, self._left + (now - self._counted_at) * self._per_s)
        self._counted_at = now
        return self._left < 1

    def take(self) -> bool:
        """Take one, if there is one."""
        if self.is_exhausted:
            return False
        self._left -= 1
        return True


class Sampler:
    """Takes samples for the streams of a configuration, within their quotas.

    Args:
        configuration: names the streams and their quota.
        monotonic: the clock, in seconds.
    """

    def __init__(self, configuration: Configuration, monotonic: Callable[[], float]) -> None:
        self._streams = configuration.streams
        self._info = configuration.quota or DEFAULT_QUOTA
        self._monotonic = monotonic
        self._quotas: dict[tuple[str, str], Quota] = {}
        self._all = Quota(_times(self._info, ALL_STREAMS), monotonic)

    @property
    def is_exhausted(self) -> bool:
        """Whether the quota of all streams together is used up."""
        return self._all.is_exhausted

    def take(self, item: Item) -> Document | None:
        """Return the item as a document, if a stream wants it and has quota left."""
        wanted = [
            stream.id
            for stream in self._streams
            if stream.wants(item) and self._quota(stream.id, item)
        ]
        if not wanted or not self._all.take():
            return None
        document = document_of(item)
        document.document_stream_ids = wanted
        return document

    def _quota(self, stream: str, item: Item) -> bool:
        place = (stream, item.kind)
        if place not in self._quotas:
            self._quotas[place] = Quota(self._info, self._monotonic)
        return self._quotas[place].take()


def _times(info: QuotaInfo, factor: float) -> QuotaInfo:
    first = info.max_quota if info.initial_quota is None else info.initial_quota
    return QuotaInfo(
        max_quota=factor * info.max_quota,
        quota_accrual_rate_per_sec=factor * info.quota_accrual_rate_per_sec,
        initial_quota=factor * first,
    )


def document_of(item: Item) -> Document:
    """Return what is told of an item."""
    document = Document(
        document_type=DOCUMENT_TYPES[item.kind],
        properties=_properties(item.data.properties),
        timestamp=item.time,
        operation_id=item.tags.get(tags.OPERATION_ID),
        operation_name=item.tags.get(tags.OPERATION_NAME),
        cloud_role_name=item.tags.get(tags.CLOUD_ROLE),
        cloud_role_instance=item.tags.get(tags.CLOUD_ROLE_INSTANCE),
    )
    _FILL[item.kind](document, item)
    return document


def _request(document: Document, item: Item) -> None:
    document.name = _cut(item.data.name)
    document.url = _cut(item.data.url)
    document.response_code = _cut(item.data.responseCode)
    document.success = item.succeeded
    document.duration = iso_duration(item.duration_ms)


def _dependency(document: Document, item: Item) -> None:
    document.name = _cut(item.data.name)
    document.command_name = _cut(item.data.data)
    document.target = _cut(item.data.target)
    document.dependency_type_name = _cut(item.data.type)
    document.result_code = _cut(item.data.resultCode)
    document.success = item.succeeded
    document.duration = iso_duration(item.duration_ms)


def _exception(document: Document, item: Item) -> None:
    outermost = item.data.exceptions[0]
    document.exception_type = _cut(outermost.typeName)
    document.exception_message = _cut(outermost.message)
    document.exception = _cut(stack_of(outermost)) or None
    document.severity_level = _severity(item.data.severityLevel)


def _event(document: Document, item: Item) -> None:
    document.name = _cut(item.data.name)


def _trace(document: Document, item: Item) -> None:
    document.message = _cut(item.data.message)
    document.severity_level = _severity(item.data.severityLevel)


_FILL: dict[str, Callable[[Document, Item], None]] = {
    REQUEST: _request,
    DEPENDENCY: _dependency,
    EXCEPTION: _exception,
    EVENT: _event,
    TRACE: _trace,
}


def iso_duration(milliseconds: float) -> str:
    """Return a duration as the documents of the protocol write it, such as `PT0.241S`."""
    return f"PT{max(0.0, milliseconds) / 1000:.7f}".rstrip("0").rstrip(".") + "S"


def duration_ms(text: str | None) -> float | None:
    """Return the milliseconds of a document's duration; None when it cannot be read.

    Besides the durations of envelopes, years and months are read, with decimals anywhere.
    """
    if not text:
        return None
    try:
        return parse_duration(text)
    except WireError:
        pass
    matched = _ANY_DURATION.fullmatch(text)
    if matched is None or not any(matched.groups()):
        return None
    try:
        parts = [float(part or 0) for part in matched.groups()]
    except ValueError:  # two decimal points
        return None
    seconds = sum(part * each for part, each in zip(parts, _SECONDS_OF_PARTS, strict=True))
    return min(seconds * 1000, MAX_DURATION_MS)


def item_of_document(document: Document) -> Item | None:
    """Return a document as an item, so that filters apply to it; None for an unknown type.

    Serves senders that do not filter themselves.
    """
    kind = _KIND_OF.get(document.document_type)
    if kind is None:
        return None
    data: Any = _READ[kind](document)
    data.properties = {pair.key: pair.value for pair in document.properties or ()}
    return Item(
        kind=kind,
        weight=1,
        data=data,
        tags={},
        time=document.timestamp or "",
        duration_ms=duration_ms(document.duration) or 0.0,
        succeeded=document.success is not False,
    )


_KIND_OF = {document_type: kind for kind, document_type in DOCUMENT_TYPES.items()}


def _read_request(document: Document) -> RequestData:
    return RequestData(
        id="",
        duration=_readable(document.duration),
        responseCode=document.response_code or "",
        success=document.success is not False,
        name=document.name,
        url=document.url,
    )


def _read_dependency(document: Document) -> RemoteDependencyData:
    return RemoteDependencyData(
        name=document.name or "",
        duration=_readable(document.duration),
        resultCode=document.result_code,
        success=document.success is not False,
        data=document.command_name,
        type=document.dependency_type_name,
        target=document.target,
    )


def _read_exception(document: Document) -> ExceptionData:
    details = ExceptionDetails(
        typeName=document.exception_type or "",
        message=document.exception_message or "",
        stack=document.exception,
    )
    return ExceptionData(exceptions=[details], severityLevel=_readable_severity(document))


def _read_event(document: Document) -> EventData:
    return EventData(name=document.name or "")


def _read_trace(document: Document) -> MessageData:
    return MessageData(message=document.message or "", severityLevel=_readable_severity(document))


_READ: dict[str, Callable[[Document], Any]] = {
    REQUEST: _read_request,
    DEPENDENCY: _read_dependency,
    EXCEPTION: _read_exception,
    EVENT: _read_event,
    TRACE: _read_trace,
}


def _readable(duration: str | None) -> str:
    return iso_duration(duration_ms(duration) or 0.0)


def _readable_severity(document: Document) -> str | None:
    named = (document.severity_level or "").strip().title()
    return named if named in SEVERITIES else None


def _properties(values: Mapping[str, Any] | None) -> list[KeyValue] | None:
    if not values:
        return None
    return [
        KeyValue(str(name), _cut(value) or "")
        for name, value in sorted(values.items())[:MAX_PROPERTIES]
    ]


def _cut(value: object) -> str | None:
    return None if value is None else str(value)[:TEXT_LENGTH]


def _severity(value: object) -> str | None:
    if isinstance(value, int) and 0 <= value < len(SEVERITIES):
        return SEVERITIES[value]
    return None if value is None else str(value)
