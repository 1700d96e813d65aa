"""The query view in a real browser: editor, rows, pictures, mistakes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser


def write(page: Page, query: str) -> None:
    """Replace the editor's text; the text arrives as one paste, not as keys."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(query)
    page.keyboard.press("Escape")


def run(page: Page, query: str) -> None:
    write(page, query)
    page.keyboard.press("Shift+Enter")


def rows(page: Page) -> Locator:
    return page.locator(".grid-row")


def test_a_query_runs_and_its_rows_are_read(
    portal: Page, shop: Any, picture: Callable[[str], None]
) -> None:
    portal.goto(shop.at("logs"))
    run(portal, "requests | where success == 'False' | order by duration desc")
    expect(rows(portal).first).to_be_visible()
    expect(portal.get_by_role("status")).to_contain_text(re.compile(r"\d+ rows · \d"))
    rows(portal).first.click()
    details = portal.locator(".row-details")
    expect(details).to_contain_text("customDimensions")
    expect(details).to_contain_text("stripe")
    picture("logs-rows-light")


def test_many_rows_are_shown_a_screen_at_a_time_and_sorted(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("logs"))
    run(portal, "range n from 1 to 20000 step 1")
    expect(portal.get_by_role("status")).to_contain_text("20,000 rows")
    expect(rows(portal).first).to_contain_text("1")
    assert rows(portal).count() < 80
    head = portal.get_by_role("columnheader", name="n")
    head.get_by_role("button").click()
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(rows(portal).first).to_contain_text("20000")
    portal.get_by_label("Find in results").fill("1999")
    expect(rows(portal)).to_have_count(12)
    portal.get_by_label("Find in results").fill("nowhere")
    portal.get_by_role("button", name="Show all rows").click()
    expect(rows(portal).first).to_contain_text("20000")


def test_only_the_block_under_the_cursor_runs(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("logs"))
    write(portal, "print a = 'above'\n\nprint b = 'below'")
    portal.keyboard.press("Control+Home")
    portal.keyboard.press("Control+Enter")
    expect(rows(portal)).to_contain_text(["above"])
    portal.keyboard.press("Control+End")
    portal.keyboard.press("Control+Enter")
    expect(rows(portal)).to_contain_text(["below"])


def test_the_address_holds_the_query(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("logs"))
    run(portal, "print answer = 6 * 7")
    expect(rows(portal)).to_contain_text(["42"])
    run(portal, "print answer = 6 * 8")
    expect(rows(portal)).to_contain_text(["48"])
    portal.reload()
    expect(rows(portal)).to_contain_text(["48"])
    portal.go_back()
    expect(portal.locator(".cm-content")).to_contain_text("6 * 7")
    expect(rows(portal)).to_contain_text(["42"])


def test_render_draws_a_chart_over_time(
    portal: Page, shop: Any, picture: Callable[[str], None]
) -> None:
    portal.goto(shop.at("logs"))
    query = (
        "requests\n| summarize count() by bin(timestamp, 10m), cloud_RoleName\n| render timechart"
    )
    for scheme in ("light", "dark"):
        portal.emulate_media(color_scheme=scheme)
        run(portal, query)
        chart = portal.get_by_role("img", name=re.compile("^timechart of"))
        expect(chart.locator("canvas")).to_be_visible()
        for role in ("web-frontend", "orders-api", "payments"):
            expect(portal.locator(".legend")).to_contain_text(role)
        picture(f"logs-chart-{scheme}")
        portal.locator(".legend").get_by_role("button", name="payments").click()
        expect(portal.locator(".legend .off")).to_have_count(2)
        portal.get_by_role("button", name="Results", exact=True).click()
        expect(rows(portal).first).to_be_visible()


def test_render_draws_every_kind_and_says_what_it_does_not_know(
    portal: Page, shop: Any, picture: Callable[[str], None]
) -> None:
    portal.goto(shop.at("logs"))
    for kind, found in (
        ("barchart", ".categories.across"),
        ("columnchart", ".categories.upright"),
        ("piechart", ".pie path"),
        ("card", ".result-cards"),
        ("table", ".grid-row"),
        ("treemap", ".grid-row"),
    ):
        with portal.expect_response("**/portal/api/query"):
            run(portal, f"requests | summarize calls = count() by name | render {kind}")
        expect(portal.locator(".results")).to_have_attribute("aria-busy", "false")
        expect(portal.locator(found).first).to_be_visible()
        picture(f"logs-{kind}")
    expect(portal.locator(".results-note")).to_contain_text("“render treemap” has no picture here")


def test_a_window_of_a_chart_is_offered_to_a_query_with_its_own_range(
    portal: Page, shop: Any
) -> None:
    portal.goto(shop.at("logs"))
    run(
        portal,
        "requests\n| where timestamp > ago(4h)\n| summarize count() by bin(timestamp, 5m)\n"
        "| render timechart",
    )
    plot = portal.locator(".u-over")
    expect(plot).to_be_visible()
    box = plot.bounding_box()
    assert box is not None
    portal.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40)
    portal.mouse.down()
    portal.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 40, steps=4)
    portal.mouse.up()
    before = portal.url
    portal.get_by_role("button", name="Write into the query").click()
    expect(portal.locator(".cm-content")).to_contain_text("| where timestamp between (datetime(")
    expect(portal).not_to_have_url(before)
    expect(portal.locator(".results")).to_have_attribute("aria-busy", "false")
    expect(plot).to_be_visible()


def test_a_long_query_is_cancelled_and_the_next_one_answers(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("logs"))
    run(
        portal,
        "range a from 1 to 200000 step 1 | extend k = 1"
        " | join kind=inner (range b from 1 to 200000 step 1 | extend k = 1) on k"
        " | summarize sum(a * b)",
    )
    portal.get_by_role("button", name="Cancel").click()
    expect(portal.get_by_role("button", name="Run")).to_be_visible()
    run(portal, "print still = 'here'")
    expect(rows(portal)).to_contain_text(["here"])


def test_a_mistake_is_marked_where_it_is_with_a_suggestion(
    portal: Page, shop: Any, picture: Callable[[str], None]
) -> None:
    portal.goto(shop.at("logs"))
    run(portal, "requests\n| wher duration > 5")
    problem = portal.get_by_role("alert")
    expect(problem).to_contain_text(re.compile("did you mean 'where'", re.IGNORECASE))
    expect(portal.locator(".error-place")).to_have_text("Line 2, column 3")
    expect(portal.locator(".cm-lintRange-error").first).to_have_text("wher")
    picture("logs-mistake")


def test_the_editor_completes_what_is_in_scope_and_marks_what_is_not(
    portal: Page, shop: Any, picture: Callable[[str], None]
) -> None:
    portal.goto(shop.at("logs"))
    expect(portal.get_by_test_id("editor")).to_have_attribute(
        "data-language", "ready", timeout=30_000
    )
    portal.locator(".cm-content").click()
    portal.keyboard.insert_text("requests | summarize count() by resultCode | order by ")
    portal.keyboard.press("Control+Space")
    options = portal.locator(".cm-tooltip-autocomplete li")
    expect(options.first).to_contain_text("count_")
    expect(options.nth(1)).to_contain_text("resultCode")
    picture("logs-completion")
    portal.keyboard.press("Enter")
    expect(portal.locator(".cm-content")).to_contain_text("order by count_")
    write(portal, "requests | where durration > 5")
    expect(portal.locator(".cm-lintRange-error").first).to_have_text("durration")


def test_the_tables_are_listed_with_their_columns(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("logs"))
    side = portal.get_by_role("complementary", name="Tables and queries")
    side.get_by_role("button", name="Columns of exceptions").click()
    expect(side.get_by_role("button", name=re.compile("^problemId"))).to_be_visible()
    side.get_by_role("button", name="exceptions", exact=True).click()
    expect(portal.locator(".cm-content")).to_contain_text("exceptions")


def test_every_example_runs(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("logs"))
    side = portal.get_by_role("complementary", name="Tables and queries")
    side.get_by_role("button", name="Examples").click()
    examples = side.locator(".side-query")
    expect(examples.first).to_be_visible()
    for example in range(examples.count()):
        with portal.expect_response("**/portal/api/query") as answer:
            examples.nth(example).click()
        assert "error" not in answer.value.json(), examples.nth(example).inner_text()


def test_what_ran_is_kept_in_this_browser(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("logs"))
    run(portal, "print kept = 'yes'")
    expect(rows(portal)).to_contain_text(["yes"])
    portal.goto(shop.at("logs"))
    side = portal.get_by_role("complementary", name="Tables and queries")
    side.get_by_role("button", name="History").click()
    expect(side).to_contain_text("print kept = 'yes'")


def test_rows_leave_as_csv_and_json(portal: Page, shop: Any, tmp_path: Path) -> None:
    portal.goto(shop.at("logs"))
    run(portal, "print text = 'a \"quoted\", text', number = 1.5, bag = dynamic({'k': [1]})")
    expect(rows(portal).first).to_be_visible()
    saved = {}
    for kind in ("CSV", "JSON"):
        portal.get_by_role("button", name="Export").click()
        with portal.expect_download() as download:
            portal.get_by_role("menuitem", name=kind).click()
        download.value.save_as(tmp_path / kind)
        saved[kind] = (tmp_path / kind).read_text("utf-8")
    assert saved["CSV"].splitlines()[0] == "text,number,bag"
    assert saved["CSV"].splitlines()[1].startswith('"a ""quoted"", text",1.5,')
    assert json.loads(saved["JSON"]) == [
        {"text": 'a "quoted", text', "number": 1.5, "bag": {"k": [1]}}
    ]


def test_the_sql_that_ran_can_be_read(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("logs"))
    run(portal, "requests | count")
    expect(rows(portal)).to_contain_text(["1200"])
    portal.get_by_role("button", name="SQL", exact=True).click()
    expect(portal.get_by_label("SQL that ran")).to_contain_text(re.compile("select", re.IGNORECASE))


def test_telemetry_is_shown_as_text_and_never_as_markup(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("logs"))
    run(portal, "print trap = '<img src=x onerror=\"document.title=1\"><b>bold</b>'")
    expect(rows(portal)).to_contain_text(["<b>bold</b>"])
    rows(portal).first.click()
    assert portal.locator(".grid b, .grid img").count() == 0


def test_tables_with_rows_come_first_with_their_number(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("logs"))
    active = portal.get_by_role("region", name="Active")
    expect(active.get_by_role("button", name="Columns of requests")).to_be_visible()
    expect(active.get_by_title("1,200 rows in this range")).to_have_count(2)
    others = portal.get_by_role("region", name="Application Insights")
    expect(others.get_by_role("button", name="Columns of pageViews")).to_be_visible()
    expect(others.get_by_role("button", name="Columns of requests")).to_have_count(0)


def test_a_query_is_saved_found_replaced_and_deleted(portal: Page, new_resource: Any) -> None:
    empty = new_resource("portal-saved")
    portal.goto(empty.at("logs"))
    write(portal, "print a = 1")
    portal.get_by_role("button", name="Save query").click()
    portal.get_by_label("Name", exact=True).fill("my first")
    portal.get_by_role("button", name="Save", exact=True).click()
    shared = portal.get_by_role("region", name="Shared")
    expect(shared).to_contain_text("my first")
    write(portal, "print b = 2")
    portal.get_by_role("button", name="Save query").click()
    portal.get_by_label("Name", exact=True).fill("own")
    portal.get_by_label("Only for me").check()
    portal.get_by_role("button", name="Save", exact=True).click()
    expect(portal.get_by_role("region", name="Mine")).to_contain_text("print b = 2")
    portal.evaluate("localStorage.clear()")
    portal.reload()
    portal.get_by_role("button", name="Saved", exact=True).click()
    shared.get_by_role("button", name="my first print").click()
    expect(rows(portal)).to_have_count(1)
    expect(portal.get_by_role("columnheader", name="a")).to_be_visible()
    shared.get_by_role("button", name="Delete my first").click()
    shared.get_by_role("button", name="Delete", exact=True).click()
    expect(shared).to_have_count(0)


def test_a_taken_name_is_told_and_replaced_only_when_asked(
    any_page: Page, new_resource: Any
) -> None:
    page = any_page
    empty = new_resource("portal-taken")
    page.goto(empty.at("logs"))
    for text in ("print a = 1", "print a = 2"):
        write(page, text)
        page.get_by_role("button", name="Save query").click()
        page.get_by_label("Name", exact=True).fill("Mine")
        page.get_by_role("button", name="Save", exact=True).click()
        if text.endswith("2"):
            expect(page.get_by_role("alert")).to_have_text("There is a query of this name.")
            page.get_by_role("button", name="Replace it").click()
        expect(page.get_by_role("region", name="Shared")).to_contain_text(text)


def shared_link(page: Page) -> str:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_text("Link copied")).to_be_visible()
    return str(page.evaluate("navigator.clipboard.readText()"))


@pytest.mark.parametrize("lines", [1, 200])
def test_a_link_holds_the_query_and_its_time(portal: Page, shop: Any, lines: int) -> None:
    portal.goto(shop.at("logs"))
    query = "requests" + "\n// what is asked, at length" * lines + "\n| summarize n = count()"
    write(portal, query)
    link = shared_link(portal)
    assert len(link) < 700
    assert re.search(r"from=2\d\d\d-.*Z", link)
    portal.evaluate("localStorage.clear()")
    portal.goto(link)
    expect(rows(portal)).to_contain_text(["1200"])


CELLS_AND_HEADS = """() => {
    const left = element => Math.round(element.getBoundingClientRect().left);
    const heads = [...document.querySelectorAll('[role=columnheader]')].map(left);
    return [...document.querySelectorAll('.grid-row')].flatMap(row =>
        [...row.querySelectorAll('[role=gridcell]')].map(cell =>
            [left(cell), heads[cell.dataset.column],
             (row.ariaRowIndex - 1) * cell.dataset.column, Number(cell.textContent)]));
}"""


def test_rows_that_come_into_view_are_themselves_and_stand_below_their_heads(
    portal: Page, shop: Any
) -> None:
    portal.goto(shop.at("logs"))
    columns = ", ".join(f"c{place} = n * {place}" for place in range(30))
    run(portal, f"range n from 1 to 20000 step 1 | project {columns}")
    expect(portal.get_by_role("status")).to_contain_text("20,000 rows")
    grid = portal.get_by_role("treegrid")
    rows(portal).first.click()
    expect(portal.locator(".row-details")).to_be_visible()
    # Far and near, and aside at once: elements of cells that went show those that come.
    leaps = [(40_000 * leap, (1_200, 300, 0, 700)[leap % 4]) for leap in range(1, 13)]
    for top, aside in ((0, 0), (60, 0), (100_000, 1_200), (99_900, 600), *leaps):
        grid.evaluate("(grid, [top, aside]) => grid.scrollTo(aside, top)", [top, aside])
        portal.wait_for_function(
            """top => [...document.querySelectorAll('.grid-item')].some(item =>
                   Math.abs(item.getBoundingClientRect().top
                       - document.querySelector('.grid').getBoundingClientRect().top) < 60)""",
            arg=top,
        )
        cells = portal.evaluate(CELLS_AND_HEADS)
        assert len({expected for _, _, expected, _ in cells}) > 30
        wrong = [cell for cell in cells if cell[0] != cell[1] or cell[2] != cell[3]]
        assert wrong == [], (top, aside)
    grid.evaluate("grid => grid.scrollTo(0, 0)")
    rows(portal).first.click()
    expect(portal.locator(".row-details")).to_have_count(0)
    expect(portal.locator(".grid-item").nth(1)).to_have_attribute("style", re.compile("26px"))


def test_a_cell_narrows_the_query_and_opens_its_transaction(
    portal: Page, shop: Any, picture: Callable[[str], None]
) -> None:
    portal.goto(shop.at("logs"))
    run(portal, "requests | project timestamp, name, resultCode, operation_Id")
    cell = rows(portal).get_by_role("gridcell", name="502", exact=True).first
    portal.get_by_role("columnheader", name="resultCode").get_by_role("button").click()
    portal.get_by_role("columnheader", name="resultCode").get_by_role("button").click()
    cell.click(button="right")
    menu = portal.get_by_role("menu", name="resultCode = 502")
    expect(menu.get_by_role("menuitem").first).to_be_focused()
    picture("logs-cell-menu-light")
    menu.get_by_role("menuitem", name="Only resultCode = 502").click()
    expect(portal.locator(".cm-content")).to_contain_text('| where resultCode == "502"')
    expect(portal.get_by_role("status")).to_contain_text(re.compile(r"^\d\d rows"))
    grid = portal.get_by_role("treegrid")
    grid.focus()
    for key in ("ArrowRight", "Shift+F10", "ArrowDown", "Enter"):
        portal.keyboard.press(key)
    expect(portal.locator(".cm-content")).to_contain_text("| where name != ")
    expect(portal.locator('.results[aria-busy="false"]')).to_be_visible()
    expect(grid).to_be_focused()  # the new result's, as the old one's was
    portal.keyboard.press("Shift+F10")
    portal.keyboard.press("Escape")
    expect(grid).to_be_focused()
    portal.keyboard.press("Shift+F10")
    portal.get_by_role("menuitem", name="Open transaction").click()
    expect(portal).to_have_url(re.compile("/tx/"))


def test_rows_leave_as_parquet(portal: Page, shop: Any, tmp_path: Path) -> None:
    portal.goto(shop.at("logs"))
    run(portal, "requests | summarize calls = count() by name")
    expect(rows(portal)).to_have_count(5)
    portal.get_by_role("button", name="Export").click()
    with portal.expect_download() as started:
        portal.get_by_role("menuitem", name="Parquet").click()
    file = tmp_path / "rows.parquet"
    started.value.save_as(file)
    assert started.value.suggested_filename == "portal-shop.parquet"
    assert duckdb.sql(f"select sum(calls) from '{file}'").fetchall() == [(1200,)]
