"""The common alert schema of each kind of alert, its links, and its bounds."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from openinsights.alerts.alert import Criterion, MonitorCondition, Signal
from openinsights.alerts.notify.notification import from_facts, links_of, to_facts
from openinsights.alerts.notify.schema import MAX_PAYLOAD_BYTES, duration_text, payload
from openinsights.clock import TICKS_PER_SECOND

URL = "https://insights.example/"


def sent(notification):
    return json.loads(payload(notification, URL, "d-1"))


def test_a_metric_alert_has_the_documented_members(told):
    body = sent(told(context={"staticThresholdFailingPeriods": {"numberOfEvaluationPeriods": 1}}))
    assert body["schemaId"] == "azureMonitorCommonAlertSchema"
    assert set(body["data"]) == {"essentials", "alertContext", "customProperties", "openInsights"}
    assert body["data"]["essentials"] == {
        "alertId": "/subscriptions/s-1/providers/Microsoft.AlertsManagement/alerts/"
        "0b7c1d7e-0000-4000-8000-000000000001",
        "alertRule": "failed requests",
        "alertRuleId": "/subscriptions/s-1/resourcegroups/live/providers/microsoft.insights"
        "/metricalerts/r",
        "severity": "Sev1",
        "signalType": "Metric",
        "monitorCondition": "Fired",
        "monitoringService": "Platform",
        "alertTargetIDs": [
            "/subscriptions/s-1/resourcegroups/live/providers/microsoft.insights/components/shop"
        ],
        "configurationItems": ["shop"],
        "originAlertId": "0b7c1d7e-0000-4000-8000-000000000001",
        "firedDateTime": "2026-04-25T12:00:00Z",
        "description": "More than five requests failed.",
        "essentialsVersion": "1.0",
        "alertContextVersion": "1.0",
    }
    assert body["data"]["alertContext"] == {
        "properties": {"team": "checkout"},
        "conditionType": "SingleResourceMultipleMetricCriteria",
        "condition": {
            "windowSize": "PT5M",
            "allOf": [
                {
                    "metricName": "requests/failed",
                    "metricNamespace": "microsoft.insights/components",
                    "operator": "GreaterThan",
                    "threshold": "5",
                    "timeAggregation": "Count",
                    "dimensions": [{"name": "cloud/roleName", "value": "web"}],
                    "metricValue": 7,
                }
            ],
            "staticThresholdFailingPeriods": {"numberOfEvaluationPeriods": 1},
            "windowStartTime": "2026-04-25T11:55:00Z",
            "windowEndTime": "2026-04-25T12:00:00Z",
        },
    }
    assert body["data"]["customProperties"] == {"team": "checkout"}
    assert body["data"]["openInsights"]["deliveryId"] == "d-1"


def test_the_end_of_an_alert_says_when_it_ended(told):
    at = told().fired_ticks + 60 * TICKS_PER_SECOND
    essentials = sent(told(condition=MonitorCondition.RESOLVED, resolved_ticks=at))["data"][
        "essentials"
    ]
    assert essentials["monitorCondition"] == "Resolved"
    assert essentials["firedDateTime"] == "2026-04-25T12:00:00Z"
    assert essentials["resolvedDateTime"] == "2026-04-25T12:01:00Z"


def test_a_dynamic_threshold_says_so_and_carries_its_sensitivity(told):
    criterion = Criterion(
        "requests/duration", "", "Average", "GreaterThan", 0.25, 0.5, (), (0, 0.25)
    )
    periods = {"numberOfEvaluationPeriods": 4, "minFailingPeriodsToAlert": 4}
    context = sent(
        told(
            criteria=(criterion,),
            split=(),
            context={"alertSensitivity": "Medium", "failingPeriods": periods},
        )
    )["data"]["alertContext"]
    assert context["conditionType"] == "DynamicThresholdCriteria"
    (one,) = context["condition"]["allOf"]
    assert (one["threshold"], one["metricValue"], one["dimensions"]) == ("0.25", 0.5, [])
    assert (one["alertSensitivity"], one["failingPeriods"]) == ("Medium", periods)


def test_a_query_alert_carries_its_query_and_links_to_its_rows(told):
    criterion = Criterion("", "", "Count", "GreaterThan", 0.0, 3.0)
    data = sent(told(signal=Signal.LOG, criteria=(criterion,)))["data"]
    assert data["essentials"]["monitoringService"] == "Log Alerts V2"
    assert data["essentials"]["signalType"] == "Log"
    assert data["alertContext"]["conditionType"] == "LogQueryCriteria"
    (one,) = data["alertContext"]["condition"]["allOf"]
    assert one["searchQuery"] == "requests | where success == false | count"
    assert one["targetResourceTypes"] == "['microsoft.insights/components']"
    assert one["metricMeasureColumn"] is None
    api = urlsplit(one["linkToSearchResultsAPI"])
    assert api.path == "/v1/apps/a0000000-0000-4000-8000-000000000001/query"
    assert parse_qs(api.query) == {
        "query": ["requests | where success == false | count"],
        "timespan": ["2026-04-25T11:55:00Z/2026-04-25T12:00:00Z"],
    }


def test_an_availability_alert_names_its_test(told):
    criterion = Criterion("Failed Location", "", "Sum", "GreaterThan", 2.0, 3.0)
    context = sent(
        told(signal=Signal.AVAILABILITY, criteria=(criterion,), context={"webTestName": "home"})
    )["data"]["alertContext"]
    assert context["conditionType"] == "WebtestLocationAvailabilityCriteria"
    assert context["condition"]["allOf"][0]["webTestName"] == "home"


def test_a_finding_carries_what_its_detector_says(told):
    said = {"DetectionSummary": "An unusual share failed", "FailureRateChart": [["12:00", 50]]}
    data = sent(told(signal=Signal.SMART, context=said))["data"]
    assert data["essentials"]["monitoringService"] == "Smart Detector"
    assert data["alertContext"] == said


def test_the_evidence_opens_in_logs_with_its_very_text_and_time(told):
    found = urlsplit(links_of(told(), URL).evidence)
    assert (found.netloc, found.path) == (
        "insights.example",
        "/a/a0000000-0000-4000-8000-000000000001/logs",
    )
    asked = parse_qs(found.query)
    assert (asked["from"], asked["to"]) == (["2026-04-25T11:55:00Z"], ["2026-04-25T12:00:00Z"])
    text = base64.urlsafe_b64decode(asked["q"][0] + "==").decode()
    assert text == "requests | where success == false | count"


def test_a_question_that_is_too_long_for_an_address_leads_to_the_alert(told):
    found = links_of(told(evidence_kql="x" * 5_000), URL)
    assert found.evidence == found.alert
    assert found.alert.endswith("/alerts?alert=0b7c1d7e-0000-4000-8000-000000000001")
    assert found.api == ""


def nested(depth):
    return {"x" * 40: nested(depth - 1)} if depth else "deep" * 200_000


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "long " * 100_000},
        {"evidence_kql": "é" * 300_000, "signal": Signal.LOG},
        {"context": {"rows": [{"text": "x" * 300, "n": n} for n in range(50_000)]}},
        {"properties": {f"name {n}" * 50: "v" * 5_000 for n in range(2_000)}},
        {"context": nested(60)},
        {"context": {str(n): {str(m): ["y" * 100] * 50 for m in range(60)} for n in range(60)}},
        {"criteria": tuple(Criterion("m" * 9_000, "", "Count", "<", 1, n) for n in range(300))},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_payload_is_bounded_and_stays_whole_json(told, changes):
    body = payload(told(**changes), URL, "d-1")
    assert len(body) <= MAX_PAYLOAD_BYTES
    data = json.loads(body)["data"]
    assert data["essentials"]["alertId"].endswith("0b7c1d7e-0000-4000-8000-000000000001")
    assert data["openInsights"]["deliveryId"] == "d-1"
    assert data["openInsights"]["alertUrl"].startswith(URL)


def test_a_usual_payload_is_not_cut(told):
    assert (
        sent(told(description="d" * 100_000))["data"]["essentials"]["description"] == "d" * 100_000
    )


def test_a_notification_is_kept_as_json(told):
    whole = told(signal=Signal.LOG, resolved_ticks=5, context={"a": [1, {"b": None}]})
    assert from_facts(json.loads(json.dumps(to_facts(whole)))) == whole


@pytest.mark.parametrize(
    ("ticks", "text"),
    [
        (0, "PT0S"),
        (300 * 10**7, "PT5M"),
        (3_600 * 10**7, "PT1H"),
        (86_400 * 10**7, "P1D"),
        (90_061 * 10**7, "P1DT1H1M1S"),
        (15 * 10**6, "PT1.5S"),
    ],
)
def test_lengths_of_time_are_written_as_iso_8601_has_them(ticks, text):
    assert duration_text(ticks) == text
