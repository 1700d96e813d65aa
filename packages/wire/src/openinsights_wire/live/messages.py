"""The messages of the protocol as types, and their way to bytes and back.

Writing is strict. Reading takes what is there: a field of the wrong type counts as absent, texts
are cut, lists are bounded, and nothing that a sender writes raises anything but `WireError` for a
body that is no JSON of the right shape.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import field

from openinsights_wire.coerce import clean, text_of
from openinsights_wire.errors import BAD_BODY, WireError
from openinsights_wire.lenient import tolerant
from openinsights_wire.stamps import (
    MAX_TICKS,
    TICKS_PER_MILLISECOND,
    UNIX_EPOCH_TICKS,
    parse_time,
)
from openinsights_wire.strict import REFUSALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_POINTS = 120
"""A post brings a point per second; more than two minutes of them are of no use to anybody."""
MAX_ENTRIES = 1_000
"""The most elements of any list inside a point or a configuration."""
NAME_LENGTH = 1_024
TEXT_LENGTH = 32_768
_DATE = re.compile(r"/?Date\((-?\d{1,15})(?:[+-]\d{4})?\)/?", re.ASCII)


class Message(msgspec.Struct, rename="pascal", omit_defaults=True):
    """A wire object whose fields have Python's spelling here and the protocol's there."""


class MetricPoint(Message):
    """One metric of one second; `weight` is how many items the value stands for."""

    name: str
    value: float
    weight: int


class KeyValue(msgspec.Struct):
    """A property of a document."""

    key: str
    value: str


class Document(Message, kw_only=True):
    """One sample item; which fields are there depends on the type.

    Attributes:
        document_type: Request, RemoteDependency, Exception, Event or Trace.
        document_stream_ids: the streams whose filters it passed; none means all.
        duration: ISO 8601.
    """

    document_type: str
    document_stream_ids: list[str] | None = None
    properties: list[KeyValue] | None = None
    timestamp: str | None = None
    name: str | None = None
    url: str | None = None
    success: bool | None = None
    duration: str | None = None
    response_code: str | None = None
    result_code: str | None = None
    command_name: str | None = None
    target: str | None = None
    dependency_type_name: str | None = None
    exception_type: str | None = None
    exception_message: str | None = None
    exception: str | None = None
    message: str | None = None
    severity_level: str | None = None
    operation_id: str | None = None
    operation_name: str | None = None
    cloud_role_name: str | None = None
    cloud_role_instance: str | None = None


class ProcessCpu(Message):
    """How much of the processors one process of the machine uses."""

    process_name: str
    cpu_percentage: int


class ConfigurationError(Message):
    """A part of the configuration that the client could not follow."""

    collection_configuration_error_type: str
    message: str
    full_exception: str = ""
    data: list[KeyValue] = field(default_factory=list)


class MonitoringDataPoint(Message, kw_only=True):
    """What one process was doing during one second; a ping carries one without numbers."""

    version: str = field(default_factory=str)
    invariant_version: int = field(default_factory=int)
    instance: str = field(default_factory=str)
    role_name: str = field(default_factory=str)
    machine_name: str = field(default_factory=str)
    stream_id: str = field(default_factory=str)
    is_web_app: bool = field(default_factory=bool)
    performance_collection_supported: bool = field(default_factory=bool)
    timestamp: str | None = None
    transmission_time: str | None = None
    processor_count: int | None = None
    metrics: list[MetricPoint] | None = None
    documents: list[Document] | None = None
    top_cpu_processes: list[ProcessCpu] | None = None
    collection_configuration_errors: list[ConfigurationError] | None = None
    global_document_quota_reached: bool | None = None


class FilterInfo(Message):
    """One condition on one field; see `filters`."""

    field_name: str
    predicate: str
    comparand: str


class FilterGroup(Message):
    """Conditions that must all hold."""

    filters: list[FilterInfo]


class DerivedMetricInfo(Message):
    """A metric that the server asks for: which items count, and what of them."""

    id: str
    telemetry_type: str
    filter_groups: list[FilterGroup]
    projection: str
    aggregation: str
    back_end_aggregation: str


class DocumentFilterGroup(Message):
    """Conditions on items of one kind."""

    telemetry_type: str
    filters: FilterGroup


class DocumentStreamInfo(Message):
    """Which items the server wants samples of: those that pass any of the groups."""

    id: str
    document_filter_groups: list[DocumentFilterGroup]


class QuotaInfo(Message):
    """How many documents a client may send."""

    max_quota: float
    quota_accrual_rate_per_sec: float
    initial_quota: float | None = None


class ConfigurationInfo(Message):
    """What the server wants to know; `e_tag` names the version."""

    e_tag: str = field(name="ETag")
    metrics: list[DerivedMetricInfo]
    document_streams: list[DocumentStreamInfo]
    quota_info: QuotaInfo | None = None


encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode
"""Return the JSON of a message or of a list of them."""


def decode_points(body: bytes) -> list[MonitoringDataPoint]:
    """Return the points of a ping's or post's body: an array of them, one alone, or nothing.

    Raises:
        WireError: the body is no JSON, or neither array nor object.
    """
    if not body.strip():
        return []
    value = _loads(body)
    if isinstance(value, dict):
        return [_point(value)]
    if not isinstance(value, list):
        raise WireError(f"{BAD_BODY}: cannot read the points: the body is no array or object")
    return [_point(one) for one in value[-MAX_POINTS:] if isinstance(one, dict)]


def decode_configuration(body: bytes) -> ConfigurationInfo:
    """Return the configuration in a reply's body.

    Raises:
        WireError: the body is no JSON object.
    """
    value = _loads(body)
    if not isinstance(value, dict):
        raise WireError(f"{BAD_BODY}: cannot read the configuration: the body is no object")
    return ConfigurationInfo(
        e_tag=_name(value.get("ETag")),
        metrics=[_derived(one) for one in _objects(value.get("Metrics"))],
        document_streams=[_stream(one) for one in _objects(value.get("DocumentStreams"))],
        quota_info=_quota(value.get("QuotaInfo")),
    )


def ticks_of(text: str | None) -> int | None:
    """Return the ticks of a point's or document's time; None when it says none.

    Times are ISO 8601, or `/Date(1700000000000)/` as .NET's and Java's serializers write them.
    """
    matched = _DATE.fullmatch((text or "").replace("\\", ""))
    try:
        if matched is None:
            return parse_time(text or "")
        ticks = UNIX_EPOCH_TICKS + int(matched[1]) * TICKS_PER_MILLISECOND
    except WireError:
        return None
    return ticks if 0 <= ticks <= MAX_TICKS else None


def _loads(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except REFUSALS:
        pass
    try:
        return tolerant.decode(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        raise WireError(f"{BAD_BODY}: cannot read the body: {str(error)[:200]}") from None


def _point(value: dict[str, Any]) -> MonitoringDataPoint:
    return MonitoringDataPoint(
        version=_name(value.get("Version")),
        invariant_version=int(_number(value.get("InvariantVersion"))),
        instance=_name(value.get("Instance")),
        role_name=_name(value.get("RoleName")),
        machine_name=_name(value.get("MachineName")),
        stream_id=_name(value.get("StreamId")),
        is_web_app=value.get("IsWebApp") is True,
        performance_collection_supported=value.get("PerformanceCollectionSupported") is True,
        timestamp=_name(value.get("Timestamp")) or None,
        transmission_time=_name(value.get("TransmissionTime")) or None,
        metrics=list(_metrics(value.get("Metrics"))),
        documents=[_document(one) for one in _objects(value.get("Documents"))],
        top_cpu_processes=[
            ProcessCpu(_name(one.get("ProcessName")), int(_number(one.get("CpuPercentage"))))
            for one in _objects(value.get("TopCpuProcesses"))
        ],
        collection_configuration_errors=[
            ConfigurationError(
                _name(one.get("CollectionConfigurationErrorType")), _name(one.get("Message"))
            )
            for one in _objects(value.get("CollectionConfigurationErrors"))
        ],
        global_document_quota_reached=value.get("GlobalDocumentQuotaReached") is True,
    )


def _metrics(value: object) -> Iterator[MetricPoint]:
    for one in _objects(value):
        number = one.get("Value")
        if isinstance(number, bool) or not isinstance(number, int | float):
            continue
        name = _name(one.get("Name"))
        if name and isfinite(number):
            yield MetricPoint(name, float(number), int(_number(one.get("Weight"), 1)))


def _document(value: dict[str, Any]) -> Document:
    success = value.get("Success")
    return Document(
        document_type=_document_type(value),
        document_stream_ids=[_name(one) for one in _list(value.get("DocumentStreamIds"))],
        properties=[
            KeyValue(_name(one.get("key")), _text(one.get("value")) or "")
            for one in _objects(value.get("Properties"))
        ],
        success=success if isinstance(success, bool) else None,
        **{name: _text(value.get(wire_name)) for name, wire_name in _DOCUMENT_TEXTS},
    )


_DOCUMENT_TEXTS = tuple(
    (one.name, one.encode_name)
    for one in msgspec.structs.fields(Document)
    if one.name not in ("document_type", "document_stream_ids", "properties", "success")
)


def _document_type(value: dict[str, Any]) -> str:
    named = _name(value.get("DocumentType"))
    if named:
        return named
    # .NET's serializer names the class instead
    kind = _name(value.get("__type")).partition(":")[0].removesuffix("TelemetryDocument")
    return "RemoteDependency" if kind == "Dependency" else kind


def _derived(value: dict[str, Any]) -> DerivedMetricInfo:
    return DerivedMetricInfo(
        id=_name(value.get("Id")),
        telemetry_type=_name(value.get("TelemetryType")),
        filter_groups=[_filter_group(one) for one in _objects(value.get("FilterGroups"))],
        projection=_name(value.get("Projection")),
        aggregation=_name(value.get("Aggregation")),
        back_end_aggregation=_name(value.get("BackEndAggregation")),
    )


def _stream(value: dict[str, Any]) -> DocumentStreamInfo:
    return DocumentStreamInfo(
        _name(value.get("Id")),
        [
            DocumentFilterGroup(
                _name(one.get("TelemetryType")), _filter_group(one.get("Filters") or {})
            )
            for one in _objects(value.get("DocumentFilterGroups"))
        ],
    )


def _filter_group(value: object) -> FilterGroup:
    filters = value.get("Filters") if isinstance(value, dict) else None
    return FilterGroup(
        [
            FilterInfo(
                _name(one.get("FieldName")),
                _name(one.get("Predicate")),
                _text(one.get("Comparand")) or "",
            )
            for one in _objects(filters)
        ]
    )


def _quota(value: object) -> QuotaInfo | None:
    if not isinstance(value, dict):
        return None
    initial = value.get("InitialQuota")
    return QuotaInfo(
        _number(value.get("MaxQuota")),
        _number(value.get("QuotaAccrualRatePerSec")),
        None if initial is None else _number(initial),
    )


def _list(value: object) -> list[Any]:
    return value[:MAX_ENTRIES] if isinstance(value, list) else []


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]


def _name(value: object) -> str:
    return (_text(value) or "")[:NAME_LENGTH]


def _text(value: object) -> str | None:
    if value is None or isinstance(value, dict | list):
        return None
    return clean(value if isinstance(value, str) else text_of(value))[:TEXT_LENGTH]


def _number(value: object, default: float = 0.0) -> float:
    """Return a number between -1e15 and 1e15, so that it may become an integer of any reader."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return default
    return float(max(-1e15, min(1e15, value)))
