"""Telemetry and criteria as tests write them."""

from __future__ import annotations

from openinsights.query.values import datetime_text


def at(ticks):
    return datetime_text(ticks)


def request_item(ticks, *, success=True, name="GET /", role="web", ms=20, **more):
    return {
        "name": "Microsoft.ApplicationInsights.Request",
        "time": at(ticks),
        "tags": {"ai.cloud.role": role, "ai.operation.name": name},
        "data": {
            "baseType": "RequestData",
            "baseData": {
                "ver": 2,
                "id": "1",
                "name": name,
                "duration": f"00:00:00.{ms:03d}0000",
                "responseCode": "200" if success else "500",
                "success": success,
                **more,
            },
        },
    }


def metric_item(ticks, name, value, **properties):
    return {
        "name": "Microsoft.ApplicationInsights.Metric",
        "time": at(ticks),
        "tags": {"ai.cloud.role": "web"},
        "data": {
            "baseType": "MetricData",
            "baseData": {
                "ver": 2,
                "metrics": [{"name": name, "value": value, "count": 1}],
                "properties": properties,
            },
        },
    }


def criteria(*checks):
    return {
        "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        "allOf": list(checks),
    }


def check(metric, aggregation, operator, threshold, **more):
    return {
        "name": metric,
        "metricName": metric,
        "timeAggregation": aggregation,
        "operator": operator,
        "threshold": threshold,
        **more,
    }


def availability_item(ticks, name, location, passed):
    return {
        "name": "Microsoft.ApplicationInsights.Availability",
        "time": at(ticks),
        "data": {
            "baseType": "AvailabilityData",
            "baseData": {
                "ver": 2,
                "id": f"{location}-{ticks}",
                "name": name,
                "duration": "00:00:00.1000000",
                "success": passed,
                "runLocation": location,
            },
        },
    }
