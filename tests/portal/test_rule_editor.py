"""The editor of alert rules, in a real browser: several conditions, and rules that others wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from tests.portal.axe import violations
from tests.portal.watched import an_hour_with_failures, arm, enter, key_of, path_of
from tests.portal.widths import WIDTHS, breaks, narrowed

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

METRIC_RULES = "Microsoft.Insights/metricAlerts"
LOG_RULES = "Microsoft.Insights/scheduledQueryRules"


def test_a_rule_of_several_conditions_is_tried_made_and_changed(
    portal: Page, server: Any, sender: Any, new_resource: Any, picture: Callable[[str], None]
) -> None:
    resource = new_resource("portal-conditions")
    sender.fill(resource, an_hour_with_failures(sender, key_of(resource)))
    portal.goto(resource.at("alerts", rule="new"))
    tried = portal.get_by_role("region", name="What it would have done")
    expect(tried).to_contain_text("It would have fired once")

    # a second condition, without a mouse
    enter(portal.get_by_role("button", name="Add a condition"))
    first = portal.get_by_role("group", name="Condition 1")
    second = portal.get_by_role("group", name="Condition 2")
    expect(portal.get_by_text("Condition 2: name a metric.")).to_be_visible()
    expect(portal.get_by_role("button", name="Create the rule")).to_be_disabled()
    second.get_by_label("Metric", exact=True).fill("requests/count")
    second.get_by_label("Number").fill("1000")
    expect(tried).to_contain_text("It would not have fired")
    alone = tried.get_by_role("listitem", name="2. Count of requests/count")
    expect(alone).to_contain_text("By itself it would have fired never")
    expect(tried.get_by_role("listitem", name="1. Count")).to_contain_text("fired once")
    second.get_by_label("Number").fill("10")
    expect(tried).to_contain_text("It would have fired once")
    expect(alone).not_to_contain_text("never")
    expect(alone.locator("canvas")).to_be_visible()

    # which values count
    for condition in (first, second):
        enter(condition.get_by_role("button", name="Split by a dimension"))
        condition.get_by_label("Split by", exact=True).fill("cloud/roleName")
        condition.get_by_label("Which").select_option("StartsWith")
        condition.get_by_label("Values, one a line").fill("WE\nelse")
    expect(tried.get_by_role("list", name="When it would have fired")).to_contain_text(
        "cloud/roleName web"
    )
    expect(tried).to_have_attribute("aria-busy", "false")
    assert violations(portal) == []
    picture("alerts-conditions-light")
    for width in narrowed(portal):
        assert breaks(portal) == [], width
        picture(f"alerts-conditions-{WIDTHS[width][0]}")
    portal.emulate_media(color_scheme="dark")
    picture("alerts-conditions-dark")
    portal.emulate_media(color_scheme="light")

    portal.get_by_label("Waits for late telemetry").select_option("PT1M")
    portal.get_by_label("Name of the rule").fill("both at once")
    enter(portal.get_by_role("button", name="Create the rule"))
    row = portal.get_by_role("row", name="both at once")
    expect(row).to_be_visible()
    path = path_of(resource, METRIC_RULES, "both at once")
    said = arm(server, "GET", path)["properties"]
    assert said["OpenInsights"] == {"windowClosesAfter": "PT1M"}
    assert [each["metricName"] for each in said["criteria"]["allOf"]] == [
        "requests/failed",
        "requests/count",
    ]
    values = [each["dimensions"][0]["values"] for each in said["criteria"]["allOf"]]
    assert values == [["WE", "else"]] * 2

    # one of them goes, the other one learns what is usual
    enter(row.get_by_role("button", name="both at once", exact=True))
    enter(portal.get_by_role("button", name="Remove condition 1"))
    portal.get_by_label("Threshold").select_option("dynamic")
    expect(tried).to_contain_text("learn")
    portal.get_by_label("Sensitivity").select_option("High")
    enter(portal.get_by_role("button", name="Save the rule"))
    expect(row).to_be_visible()
    (left,) = arm(server, "GET", path)["properties"]["criteria"]["allOf"]
    assert left["criterionType"] == "DynamicThresholdCriterion"
    assert left["alertSensitivity"] == "High"
    assert "threshold" not in left


def test_a_rule_that_a_template_made_is_shown_and_stays_what_it_is(
    portal: Page, server: Any, new_resource: Any, picture: Callable[[str], None]
) -> None:
    resource = new_resource("portal-template")
    scopes = [resource.facts["resource_id"]]
    metric = {
        "scopes": scopes,
        "windowSize": "PT7M",
        "evaluationFrequency": "PT1M",
        "criteria": {
            "odata.type": "Microsoft.Azure.Monitor.MultipleResourceMultipleMetricCriteria",
            "allOf": [
                {
                    "Name": "first",
                    "metricName": "requests/failed",
                    "metricNamespace": "Microsoft.Insights/components",
                    "operator": "greaterthan",
                    "threshold": 5,
                    "skipMetricValidation": True,
                    "dimensions": [
                        {"name": "operation/name", "operator": "exclude", "values": ["a, b", "c"]}
                    ],
                },
                {"metricName": "prompt view", "alertSensitivity": "high", "operator": "LessThan"},
            ],
        },
        "actions": [{"actionGroupId": "/none/at/all", "webHookProperties": {"team": "shop"}}],
    }
    log = {
        "scopes": scopes,
        "muteActionsDuration": "PT20M",
        "overrideQueryTimeRange": "PT90M",
        "criteria": {
            "allOf": [
                {
                    "query": "requests",
                    "operator": "LessThan",
                    "threshold": 1,
                    "dimensions": [{"name": "name", "operator": "Include", "values": ["a", "b"]}],
                }
            ]
        },
        "actions": {"customProperties": {"team": "shop"}},
    }
    for kind, name, sent in (
        (METRIC_RULES, "of a template", metric),
        (LOG_RULES, "of another one", log),
    ):
        path = path_of(resource, kind, name)
        tags = {"made": "by a template"}
        arm(server, "PUT", path, {"location": "westeurope", "tags": tags, "properties": sent})
        portal.goto(resource.at("alerts", tab="rules"))
        row = portal.get_by_role("row", name=name)
        row.get_by_role("button", name=name, exact=True).click()
        kept = portal.get_by_role("group", name="What stays as it is")
        expect(kept).to_contain_text("shop")
        if sent is metric:
            expect(kept).to_contain_text("condition 1: skipMetricValidation")
            values = portal.get_by_role("group", name="Condition 1").get_by_label("Values, one a")
            expect(values).to_have_value("a, b\nc")
            second = portal.get_by_role("group", name="Condition 2")
            expect(second.get_by_label("Sensitivity")).to_have_value("High")
            picture("alerts-template")
        portal.get_by_label("Description").fill("for people")
        portal.get_by_role("button", name="Save the rule").click()
        expect(row).to_be_visible()
        after = arm(server, "GET", path)
        assert {name: after["properties"][name] for name in sent} == sent
        assert after["properties"]["description"] == "for people"
        assert (after["location"], after["tags"]) == ("westeurope", tags)
