"""The common alert schema: what webhooks and commands are sent. Source: azure-monitor 5.6.

Bounded: a payload that would be too long has its texts and lists cut, the longest first, and stays
JSON of the same shape.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import msgspec

from openinsights.alerts.alert import Signal
from openinsights.alerts.notify.notification import (
    SERVICES,
    SIGNAL_TYPES,
    TARGET_TYPE,
    links_of,
)
from openinsights.clock import TICKS_PER_SECOND
from openinsights.query.values import datetime_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openinsights.alerts.alert import Criterion, Split
    from openinsights.alerts.notify.notification import Links, Notification

SCHEMA_ID: Final = "azureMonitorCommonAlertSchema"
MAX_PAYLOAD_BYTES: Final = 256 * 1024
OF_CRITERIA: Final = (
    "alertSensitivity",
    "failingPeriods",
    "ignoreDataBefore",
    "metricMeasureColumn",
    "targetResourceTypes",
    "webTestName",
    "event",
)
"""What of an alert's context belongs to each criterion."""
OF_CONDITION: Final = ("staticThresholdFailingPeriods",)
"""What of an alert's context belongs to the condition."""
CONDITION_TYPE: Final = "conditionType"
_CUTS: Final = ((32_768, 2_000), (8_192, 500), (2_048, 100), (512, 20), (128, 5), (32, 2))
"""Bounds of texts (characters) and lists (items), tried in this order."""
_WHOLE: Final = frozenset(
    ("schemaId", "deliveryId", "alertId", "originAlertId", "alertUrl", "evidenceUrl")
)


def payload(notification: Notification, public_url: str, delivery_id: str) -> bytes:
    """Return the JSON of a notification, at most `MAX_PAYLOAD_BYTES` long.

    Args:
        notification: somebody is told of.
        public_url: of this server, with one slash at its end, for links.
        delivery_id: by which receivers tell that they have been told already.
    """
    whole = _payload(notification, links_of(notification, public_url), delivery_id)
    encoded = msgspec.json.encode(whole)
    for characters, items in _CUTS:
        if len(encoded) <= MAX_PAYLOAD_BYTES:
            break
        encoded = msgspec.json.encode(_cut(whole, characters, items))
    if (
        len(encoded) > MAX_PAYLOAD_BYTES
    ):  # nested deeply, which nothing that is sent along has to be
        whole["data"] |= {"alertContext": {}, "customProperties": {}}
        encoded = msgspec.json.encode(_cut(whole, *_CUTS[-1]))
    return encoded


def _payload(notification: Notification, links: Links, delivery_id: str) -> dict[str, Any]:
    return {
        "schemaId": SCHEMA_ID,
        "data": {
            "essentials": _essentials(notification),
            "alertContext": _context(notification, links),
            "customProperties": dict(notification.properties),
            "openInsights": {
                "deliveryId": delivery_id,
                "alertUrl": links.alert,
                "evidenceUrl": links.evidence,
                "isTest": notification.is_test,
            },
        },
    }


def alert_path(notification: Notification) -> str:
    """Return the path of an alert as Azure's tools name it."""
    subscription = (notification.about.resource_id.split("/") + [""] * 3)[2]
    return (
        f"/subscriptions/{subscription}/providers/Microsoft.AlertsManagement/alerts/"
        f"{notification.alert_id}"
    )


def _essentials(notification: Notification) -> dict[str, Any]:
    about = notification.about
    essentials = {
        "alertId": alert_path(notification),
        "alertRule": notification.rule_name,
        "alertRuleId": about.rule_path,
        "severity": f"Sev{notification.severity}",
        "signalType": SIGNAL_TYPES[notification.signal],
        "monitorCondition": notification.condition.value,
        "monitoringService": SERVICES[notification.signal],
        "alertTargetIDs": [about.resource_id.lower()],
        "configurationItems": [about.resource_name],
        "originAlertId": notification.alert_id,
        "firedDateTime": datetime_text(notification.fired_ticks),
        "resolvedDateTime": (
            datetime_text(notification.resolved_ticks or notification.window_end_ticks)
            if notification.is_resolved
            else None
        ),
        "description": notification.description,
        "essentialsVersion": "1.0",
        "alertContextVersion": "1.0",
    }
    optional = ("alertRuleId", "resolvedDateTime")
    return {name: value for name, value in essentials.items() if value or name not in optional}


def _context(notification: Notification, links: Links) -> dict[str, Any]:
    given = dict(notification.context)
    if notification.signal is Signal.SMART:
        return given
    per_criterion = _taken(given, OF_CRITERIA)
    condition: dict[str, Any] = {
        "windowSize": duration_text(
            notification.window_end_ticks - notification.window_start_ticks
        ),
        "allOf": [
            _criterion(each, notification, links, per_criterion) for each in notification.criteria
        ],
        **_taken(given, OF_CONDITION),
        "windowStartTime": datetime_text(notification.window_start_ticks),
        "windowEndTime": datetime_text(notification.window_end_ticks),
    }
    kind = given.pop(CONDITION_TYPE, None) or _condition_type(notification)
    return {
        "properties": dict(notification.properties),
        CONDITION_TYPE: kind,
        "condition": condition,
        **given,
    }


def _condition_type(notification: Notification) -> str:
    if notification.signal is Signal.LOG:
        return "LogQueryCriteria"
    if notification.signal is Signal.AVAILABILITY:
        return "WebtestLocationAvailabilityCriteria"
    if any(each.band is not None for each in notification.criteria):
        return "DynamicThresholdCriteria"
    return "SingleResourceMultipleMetricCriteria"


def _criterion(
    criterion: Criterion, notification: Notification, links: Links, more: Mapping[str, Any]
) -> dict[str, Any]:
    shared = {
        "operator": criterion.operator,
        "threshold": number_text(criterion.threshold),
        "timeAggregation": criterion.aggregation,
        "dimensions": _dimensions(criterion.dimensions or notification.split),
        "metricValue": _number(criterion.value),
    }
    if notification.signal is not Signal.LOG:
        named = {"metricName": criterion.metric, "metricNamespace": criterion.namespace}
        return {**named, **shared, **more}
    return {
        "searchQuery": notification.evidence_kql,
        "metricMeasureColumn": criterion.metric or None,
        "targetResourceTypes": f"['{TARGET_TYPE}']",
        **shared,
        **more,
        "linkToSearchResultsUI": links.evidence,
        "linkToFilteredSearchResultsUI": links.evidence,
        "linkToSearchResultsAPI": links.api,
        "linkToFilteredSearchResultsAPI": links.api,
    }


def _dimensions(split: Split) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in split]


def _taken(given: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Take values out of a dictionary, those that are there."""
    return {name: given.pop(name) for name in names if name in given}


def number_text(value: float) -> str:
    """Return a number as people write it: `5`, `0.1`."""
    return f"{value:.15g}"


def _number(value: float | None) -> float | int | None:
    if value is None or not math.isfinite(value):
        return None
    return int(value) if value == int(value) and abs(value) < 2**53 else value


def duration_text(ticks: int) -> str:
    """Return a length of time in ISO 8601: `PT5M`, `P1D`, `PT1M30S`."""
    seconds, fraction = divmod(max(ticks, 0), TICKS_PER_SECOND)
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3_600)
    minutes, seconds = divmod(seconds, 60)
    rest = f"{seconds}.{fraction:07d}".rstrip("0") if fraction else str(seconds)
    within = "".join(
        f"{number}{unit}"
        for number, unit in ((hours, "H"), (minutes, "M"), (rest, "S"))
        if str(number) != "0"
    )
    day = f"{days}D" if days else ""
    if not within:
        return f"P{day}" if day else "PT0S"
    return f"P{day}T{within}"


def _cut(value: Any, characters: int, items: int, name: str = "") -> Any:  # JSON in, JSON out
    """Return JSON with texts and lists of at most such lengths; addresses are whole or gone."""
    if isinstance(value, str):
        return value if name in _WHOLE or len(value) <= characters else _short(value, characters)
    if isinstance(value, dict):
        # what a payload is made of has few members; only a context can have many
        kept = list(value.items())[: max(items, 24)]
        return {key[:512]: _cut(each, characters, items, key) for key, each in kept}
    if isinstance(value, list | tuple):
        return [_cut(each, characters, items, name) for each in value[:items]]
    return value


def _short(text: str, characters: int) -> str:
    if text.startswith(("http://", "https://")) and " " not in text:
        return ""
    return f"{text[: characters - 1]}…"
