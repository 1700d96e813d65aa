"""Workbooks and dashboards in a real browser: import, read, change in place, pin, take along."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from tests.portal.axe import violations

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser


def parameter(name: str, kind: int, **more: Any) -> dict[str, Any]:
    return {"id": name, "version": "KqlParameterItem/1.0", "name": name, "type": kind, **more}


def query(title: str, text: str, visualization: str, **more: Any) -> dict[str, Any]:
    content = {
        "version": "KqlItem/1.0",
        "query": text,
        "size": 1,
        "title": title,
        "timeContextFromParameter": "TimeRange",
        "queryType": 0,
        "resourceType": "microsoft.insights/components",
        "visualization": visualization,
    }
    return {"type": 3, "content": content, "customWidth": "50", "name": title, **more}


TAB = {"parameterName": "part", "comparison": "isEqualTo"}
AZURES = {
    "version": "Notebook/1.0",
    "items": [
        {
            "type": 1,
            "content": {"json": "# Shop\n\nOf **{Role}**, <b>no HTML</b>", "style": "info"},
            "name": "text - 0",
        },
        {
            "type": 9,
            "content": {
                "version": "KqlParameterItem/1.0",
                "parameters": [
                    parameter(
                        "TimeRange",
                        4,
                        value={"durationMs": 14400000},
                        typeSettings={"selectableValues": [{"durationMs": 3600000}]},
                    ),
                    parameter(
                        "Role",
                        2,
                        label="Component",
                        query="requests | distinct cloud_RoleName | order by cloud_RoleName asc",
                        value="value::1",
                    ),
                    parameter(
                        "Codes", 2, multiSelect=True, jsonData='["200", "502"]', value=["200"]
                    ),
                    parameter("Least", 1, value="0"),
                ],
            },
            "name": "parameters - 1",
        },
        {
            "type": 11,
            "content": {
                "version": "LinkItem/1.0",
                "style": "tabs",
                "links": [
                    {
                        "cellValue": "part",
                        "linkTarget": "parameter",
                        "linkLabel": label,
                        "subTarget": name,
                    }
                    for name, label in (("calls", "Calls"), ("codes", "Codes"))
                ],
            },
            "name": "links - 2",
        },
        {
            "type": 12,
            "content": {
                "version": "NotebookGroup/1.0",
                "groupType": "editable",
                "title": "Calls of {Role}",
                "items": [
                    query(
                        "Calls",
                        "requests | where timestamp {TimeRange} and cloud_RoleName == '{Role}'"
                        " | where duration >= {Least}"
                        " | summarize calls = count() by bin(timestamp, {TimeRange:grain})",
                        "timechart",
                    ),
                    query(
                        "Operations",
                        "requests | where cloud_RoleName == '{Role}' and duration >= {Least}"
                        " | summarize calls = count() by name | order by name asc",
                        "tiles",
                    ),
                ],
            },
            "conditionalVisibility": {**TAB, "value": "calls"},
            "name": "group - 3",
        },
        query(
            "Codes",
            "requests | where resultCode in ({Codes}) | summarize calls = count() by resultCode",
            "table",
            conditionalVisibility={**TAB, "value": "codes"},
        ),
        {
            "type": 10,
            "content": {
                "version": "MetricsItem/2.0",
                "chartType": 2,
                "metrics": [
                    {
                        "namespace": "microsoft.insights/components",
                        "metric": "microsoft.insights/components-Server-requests/duration",
                        "aggregation": 4,
                        "splitBy": "cloud/roleName",
                    }
                ],
            },
            "name": "metric - 5",
        },
        {"type": 8, "content": {"own": ["kept"]}, "name": "retention - 6"},
    ],
    "fallbackResourceIds": ["Azure Monitor"],
}


def card(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title, exact=True)


def imported(page: Page, shop: Any, folder: Path, document: Any, name: str) -> None:
    file = folder / f"{name}.workbook"
    file.write_text(json.dumps(document))
    page.goto(shop.at("workbooks"))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import JSON").click()
    chooser.value.set_files(file)
    expect(page.get_by_label("Name of the workbook")).to_have_value(name)


def test_an_azure_workbook_is_imported_read_and_exported_whole(
    portal: Page, shop: Any, tmp_path: Path, picture: Callable[[str], None]
) -> None:
    imported(portal, shop, tmp_path, AZURES, "From Azure")
    portal.get_by_role("button", name="Done").click()
    expect(portal.get_by_role("heading", name="From Azure", level=1)).to_be_visible()
    expect(portal.get_by_text("Of orders-api, <b>no HTML</b>")).to_be_visible()
    expect(portal.get_by_role("region", name="Calls of orders-api")).to_be_visible()
    expect(card(portal, "Calls").locator("canvas")).to_be_visible()
    expect(card(portal, "Operations")).to_contain_text("POST /api/orders")
    expect(portal.get_by_text("Retention “retention - 6”")).to_be_visible()
    metric = card(portal, "Average of Server response time by role")
    expect(metric.get_by_role("region", name="Series").locator("tbody tr")).to_have_count(3)
    portal.get_by_label("Component").select_option("web-frontend")
    expect(card(portal, "Operations").locator("li")).to_have_count(3)
    portal.get_by_label("Least").fill("100000")
    portal.get_by_label("Least").press("Enter")
    expect(card(portal, "Operations")).to_contain_text("The query found no rows")
    portal.get_by_label("Least").fill("0")
    portal.get_by_label("Least").press("Enter")
    picture("workbook-light")
    portal.get_by_role("tab", name="Codes").click()
    expect(card(portal, "Codes").locator("tbody tr")).to_have_count(1)
    portal.get_by_role("button", name="Codes: 200").click()
    portal.get_by_label("502", exact=True).check()
    expect(card(portal, "Codes").locator("tbody tr")).to_have_count(2)
    portal.reload()
    expect(card(portal, "Codes").locator("tbody tr")).to_have_count(2)
    expect(portal.get_by_label("Component")).to_have_value("web-frontend")
    portal.get_by_role("button", name="More for this workbook").click()
    with portal.expect_download() as started:
        portal.get_by_role("menuitem", name="Export JSON").click()
    assert json.loads(started.value.path().read_text()) == AZURES


def test_a_workbook_is_made_changed_in_place_and_kept(
    portal: Page, shop: Any, picture: Callable[[str], None]
) -> None:
    portal.emulate_media(color_scheme="dark")
    portal.goto(shop.at("workbooks"))
    portal.get_by_role("button", name="New workbook").click()
    portal.get_by_label("Name", exact=True).fill("Own")
    portal.get_by_role("button", name="Create").click()
    portal.get_by_label("Text in Markdown").fill("## Checked *daily*")
    portal.get_by_role("group", name="Item text").get_by_role("button", name="Add an item").click()
    portal.get_by_role("menuitem", name="Query").click()
    item = card(portal, "Query")
    expect(item.get_by_test_id("editor")).to_be_visible()
    item.locator(".cm-content").click()
    portal.keyboard.press("Control+a")
    portal.keyboard.insert_text("requests | summarize calls = count() by cloud_RoleName")
    portal.keyboard.press("Shift+Enter")
    item.get_by_label("Shown as").select_option("piechart")
    expect(item.locator(".pie")).to_be_visible()
    item.get_by_label("Title").fill("By role")
    picture("workbook-edit-dark")
    portal.get_by_role("button", name="Move query up").click()
    portal.get_by_label("Name of the workbook").fill("Our own")
    portal.get_by_role("button", name="Save", exact=True).click()
    expect(portal.get_by_role("heading", name="Our own", level=1)).to_be_visible()
    portal.reload()
    expect(card(portal, "By role").locator(".pie")).to_be_visible()
    items = portal.locator(".workbook-item")
    expect(items.nth(1)).to_contain_text("By role")
    expect(items.nth(2)).to_contain_text("Checked daily")
    portal.get_by_role("link", name="All workbooks").click()
    expect(portal.get_by_role("link", name="Our own")).to_be_visible()


def add(page: Page, after: str, kind: str) -> None:
    group = page.get_by_role("group", name=f"Item {after}", exact=True)
    group.get_by_role("button", name="Add an item").click()
    page.get_by_role("menuitem", name=kind, exact=True).click()


def test_parameters_links_and_metrics_are_made_in_forms(
    portal: Page, new_resource: Any, picture: Callable[[str], None]
) -> None:
    portal.goto(new_resource("portal-workbook-forms").at("workbooks"))
    portal.get_by_role("button", name="New workbook").click()
    portal.get_by_label("Name", exact=True).fill("Forms")
    portal.get_by_role("button", name="Create").click()
    portal.get_by_label("Text in Markdown").fill("Of **{Tier:label}** with {part}")

    portal.get_by_role("button", name="Add a parameter").click()
    made = portal.get_by_role("group", name="parameter1", exact=True)
    made.get_by_label("Name").fill("TimeRange")
    expect(made).to_contain_text("There is a parameter of this name")
    made.get_by_label("Name").fill("2nd")
    expect(made).to_contain_text("Letters, digits and _")
    made.get_by_label("Name").fill("Tier")
    made.get_by_label("Name").press("Tab")
    tier = portal.get_by_role("group", name="Tier", exact=True)
    tier.get_by_label("Kind").select_option("Drop down")
    tier.get_by_label("One a line").fill("g | Gold\nsilver")
    tier.get_by_label("One a line").press("Tab")
    expect(portal.get_by_text("Of Gold with")).to_be_visible()
    tier.get_by_label("First value").select_option("silver")
    expect(portal.get_by_text("Of silver with")).to_be_visible()

    add(portal, "parameters", "Links")
    portal.get_by_label("Shown as").first.select_option("Tabs")
    for number, (label, value) in enumerate((("First part", "one"), ("Second part", "two")), 1):
        portal.get_by_role("button", name="Add a tab").click()
        line = portal.get_by_role("group", name=f"Link {number}", exact=True)
        line.get_by_role("textbox", name="Label").fill(label)
        line.get_by_role("textbox", name="Parameter").fill("part")
        line.get_by_role("textbox", name="Value").fill(value)
    portal.get_by_role("tab", name="Second part").click()
    expect(portal.get_by_text("Of silver with two")).to_be_visible()

    add(portal, "links", "Metric")
    portal.get_by_label("Split by").select_option("role")
    expect(card(portal, "Server requests by role")).to_be_visible()
    for scheme in ("light", "dark"):
        portal.emulate_media(color_scheme=scheme)
        picture(f"workbook-forms-{scheme}")
    assert violations(portal) == []
    portal.get_by_role("button", name="Save", exact=True).click()
    expect(portal.get_by_role("button", name="Edit")).to_be_visible()
    portal.reload()
    expect(portal.get_by_label("Tier")).to_have_value("silver")
    expect(portal.get_by_text("Of silver with two")).to_be_visible()
    expect(card(portal, "Server requests by role")).to_be_visible()
    portal.get_by_role("button", name="More for this workbook").click()
    with portal.expect_download() as started:
        portal.get_by_role("menuitem", name="Export JSON").click()
    parameters, links, metric, text = json.loads(started.value.path().read_text())["items"]
    assert [one["name"] for one in parameters["content"]["parameters"]] == ["TimeRange", "Tier"]
    own = parameters["content"]["parameters"][1]
    assert json.loads(own["jsonData"]) == [{"value": "g", "label": "Gold"}, "silver"]
    assert (own["type"], own["value"]) == (2, "silver")
    assert [one["subTarget"] for one in links["content"]["links"]] == ["one", "two"]
    assert (links["type"], links["content"]["style"]) == (11, "tabs")
    assert metric["content"]["metrics"][0]["metric"].endswith("requests/count")
    assert text["type"] == 1


def test_a_workbook_that_somebody_else_changed_is_not_overwritten(
    any_page: Page, shop: Any, tmp_path: Path
) -> None:
    page = any_page
    text = {"type": 1, "content": {"json": "mine"}, "name": "text"}
    imported(page, shop, tmp_path, {"version": "Notebook/1.0", "items": [text]}, "Contested")
    other = page.context.new_page()
    other.goto(page.url)
    for each, words in ((other, "theirs"), (page, "ours")):
        each.get_by_label("Text in Markdown").fill(words)
        each.get_by_role("button", name="Save", exact=True).click()
        if each is other:
            expect(each.get_by_role("button", name="Edit")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("changed since it was read")
    expect(page.get_by_label("Text in Markdown")).to_have_value("ours")
    page.get_by_role("button", name="More for this workbook").click()
    page.get_by_role("menuitem", name="Save a copy").click()
    expect(page.get_by_role("heading", name="Contested (copy)")).to_be_visible()
    expect(page.get_by_text("ours", exact=True)).to_be_visible()


def test_cards_are_pinned_to_a_dashboard(
    portal: Page, shop: Any, picture: Callable[[str], None]
) -> None:
    portal.goto(shop.at("overview"))
    failed = card(portal, "Failed requests")
    expect(failed.locator("canvas")).to_be_visible()
    failed.get_by_role("button", name="More for this tile").click()
    portal.get_by_role("menuitem", name="Pin…").click()
    dialog = portal.get_by_role("dialog", name="Pin “Failed requests”")
    dialog.get_by_label("To").select_option("New dashboard…")
    dialog.get_by_label("Name").fill("Wall")
    dialog.get_by_role("button", name="Pin", exact=True).click()
    expect(dialog.get_by_role("status")).to_have_text("Pinned to Wall")
    dialog.get_by_role("button", name="Close").click()
    portal.goto(shop.at("metrics"))
    chart = card(portal, "Server requests")
    chart.get_by_label("Split by").select_option("role")
    by_role = card(portal, "Server requests by role")
    expect(by_role.locator("canvas")).to_be_visible()
    by_role.get_by_role("button", name="More for this tile").click()
    portal.get_by_role("menuitem", name="Pin…").click()
    portal.get_by_role("dialog").get_by_label("To").select_option("Wall (dashboard)")
    portal.get_by_role("button", name="Pin", exact=True).click()
    portal.get_by_role("link", name="Wall").click()
    expect(portal.get_by_role("heading", name="Wall", level=1)).to_be_visible()
    expect(card(portal, "Failed requests").locator("canvas")).to_be_visible()
    expect(by_role.locator("canvas")).to_be_visible()
    expect(by_role.get_by_role("region", name="Series").locator("tbody tr")).to_have_count(3)
    picture("dashboard-light")
    portal.goto(shop.at("logs"))
    portal.locator(".cm-content").click()
    portal.keyboard.insert_text("requests | summarize n = count() by name | render barchart")
    portal.keyboard.press("Shift+Enter")
    portal.get_by_role("button", name="Pin", exact=True).click()
    portal.get_by_role("dialog").get_by_label("To").select_option("Wall (dashboard)")
    portal.get_by_role("dialog").get_by_role("button", name="Pin", exact=True).click()
    portal.get_by_role("link", name="Wall").click()
    expect(card(portal, "Query").get_by_text("GET /products/{id}")).to_be_visible()
    portal.get_by_label("Time range").last.select_option("Last hour")
    expect(portal).to_have_url(re.compile("p.TimeRange=3600000"))
    expect(card(portal, "Failed requests").locator("canvas")).to_be_visible()


def test_without_workbooks_the_list_says_how_to_make_one(portal: Page, new_resource: Any) -> None:
    portal.goto(new_resource("portal-no-workbooks").at("workbooks"))
    expect(portal.get_by_text("No workbooks yet.")).to_be_visible()


def test_what_is_no_workbook_is_told(portal: Page, shop: Any, tmp_path: Path) -> None:
    portal.goto(shop.at("workbooks"))
    for text, said in (("{", "This is no JSON"), ('{"a": 1}', "This JSON is no workbook")):
        file = tmp_path / "x.json"
        file.write_text(text)
        portal.locator("input[type=file]").set_input_files(file)
        expect(portal.get_by_role("alert")).to_contain_text(said)
    portal.goto(shop.at("workbooks/nothing-here"))
    expect(portal.get_by_role("alert")).to_contain_text("There is no workbook “nothing-here”")
