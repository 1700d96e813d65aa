"""Which struct stands behind which `baseType`: the canonical names and the aliases in use."""

from __future__ import annotations

from typing import TypeAlias

from openinsights_wire.types.availability import AvailabilityData
from openinsights_wire.types.dependency import RemoteDependencyData
from openinsights_wire.types.event import EventData
from openinsights_wire.types.exception import ExceptionData
from openinsights_wire.types.message import MessageData
from openinsights_wire.types.metric import MetricData
from openinsights_wire.types.page_view import PageViewData
from openinsights_wire.types.page_view_perf import PageViewPerfData
from openinsights_wire.types.request import RequestData

BaseData: TypeAlias = (
    RequestData
    | RemoteDependencyData
    | ExceptionData
    | MessageData
    | EventData
    | MetricData
    | PageViewData
    | PageViewPerfData
    | AvailabilityData
)

BASE_TYPES: dict[str, type[BaseData]] = {
    "RequestData": RequestData,
    "RemoteDependencyData": RemoteDependencyData,
    "ExceptionData": ExceptionData,
    "MessageData": MessageData,
    "EventData": EventData,
    "MetricData": MetricData,
    "PageViewData": PageViewData,
    "PageViewPerfData": PageViewPerfData,
    "AvailabilityData": AvailabilityData,
}

ALIASES: dict[str, str] = {
    "PageviewData": "PageViewData",
    "PageEventData": "PageViewData",
    "PageviewPerformanceData": "PageViewPerfData",
    "PageViewPerformanceData": "PageViewPerfData",
    "PageviewPerfData": "PageViewPerfData",
}

_BY_LOWER_NAME = {name.lower(): name for name in BASE_TYPES} | {
    alias.lower(): name for alias, name in ALIASES.items()
}


def canonical_name(base_type: str) -> str | None:
    """Return the canonical spelling of a `baseType` in any case or alias, None when unknown."""
    return _BY_LOWER_NAME.get(base_type.lower())
