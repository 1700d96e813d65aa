"""Alerts as Azure's tools list them and change their state."""

from __future__ import annotations

import pytest
from watched_telemetry import check, criteria, request_item

from openinsights.clock import TICKS_PER_SECOND

HEAD = "/providers/Microsoft.AlertsManagement/alerts"
OWN = f"/subscriptions/00000000-0000-0000-0000-000000000000{HEAD}"


@pytest.fixture
def fired(served):
    """An alert of a rule with a state for each role."""
    dimensions = [{"name": "cloud/roleName", "operator": "Include", "values": ["*"]}]
    failed = check("requests/failed", "Count", "GreaterThan", 1, dimensions=dimensions)
    served.put_rule("failures", {"windowSize": "PT1M", "severity": 1, "criteria": criteria(failed)})
    served.clock.now += 10 * TICKS_PER_SECOND
    served.send(*(request_item(served.clock.now, success=False) for _ in range(3)))
    served.tick()
    return served


def listed(served, asked=""):
    return [each["name"] for each in served.get(f"{OWN}?{asked}")["value"]]


def test_an_alert_is_listed_and_shown_with_what_was_compared(fired):
    (alert,) = fired.get(OWN)["value"]
    essentials = alert["properties"]["essentials"]
    assert (essentials["severity"], essentials["signalType"]) == ("Sev1", "Metric")
    assert (essentials["alertState"], essentials["monitorCondition"]) == ("New", "Fired")
    assert essentials["targetResource"] == fired.create().resource_id
    assert essentials["alertRule"].endswith("/metricAlerts/failures")
    (compared,) = alert["properties"]["context"]["allOf"]
    assert (compared["metricValue"], compared["threshold"]) == (3.0, "1")
    assert compared["dimensions"] == [{"name": "cloud/roleName", "value": "web"}]
    assert fired.get(alert["id"]) == alert
    assert fired.get(f"{HEAD}/{alert['name']}") == alert
    assert fired.get(f"{OWN.replace('0000-', '1111-', 1)}")["value"] == []


def test_lists_are_filtered(fired):
    (id_,) = listed(fired)
    target = fired.create().resource_id
    for asked, found in (
        ("monitorCondition=fired", [id_]),
        ("monitorCondition=Resolved", []),
        ("severity=Sev1&alertState=New&timeRange=1h", [id_]),
        ("severity=Sev2", []),
        ("alertState=Closed", []),
        ("alertRule=failures", [id_]),
        (f"targetResource={target}", [id_]),
        (f"targetResource={target}x", []),
    ):
        assert listed(fired, asked) == found, asked
    assert fired.ask("GET", f"{OWN}?severity=bad").status_code == 400


def test_a_state_is_changed_and_the_history_tells_who_did_it(fired):
    (id_,) = listed(fired)
    changed = fired.ask("POST", f"{OWN}/{id_}/changestate?newState=acknowledged").json()
    assert changed["properties"]["essentials"]["alertState"] == "Acknowledged"
    assert changed["properties"]["essentials"]["lastModifiedUserName"] == "this machine"
    history = fired.get(f"{OWN}/{id_}/history")["properties"]["modifications"]
    assert [(each["modificationEvent"], each["newValue"]) for each in history] == [
        ("AlertCreated", "Fired"),
        ("StateChange", "Acknowledged"),
    ]
    assert fired.ask("POST", f"{OWN}/{id_}/changestate").status_code == 400
    assert fired.ask("POST", f"{OWN}/nope/changestate?newState=New").status_code == 404
