"""What is hard to use on a page, by the rules of WCAG 2 A and AA."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

SOURCE = Path(__file__).parents[2] / "portal/node_modules/axe-core/axe.min.js"
RUN = """async runOnly => {
    await new Promise(requestAnimationFrame);
    const found = await axe.run(
        {runOnly, resultTypes: ['violations'], selectors: false, preload: false});
    return found.violations.flatMap(rule =>
        rule.nodes.map(node => `${rule.id}: ${rule.help}: ${node.html.slice(0, 200)}`));
}"""
EVERYTHING = {"type": "tag", "values": ["wcag2a", "wcag2aa"]}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""The rules whose answer another scheme can change: the page is the same one in other colours."""
SCHEMES: dict[Literal["light", "dark"], str] = {
    "light": "rgb(243, 245, 248)",
    "dark": "rgb(15, 19, 24)",
}
"""The colour of the page's ground in each."""


def violations(page: Page) -> list[str]:
    """Return what breaks a rule on the page as it stands, in its colours and in the other ones.

    The page is left in the colours that it had.
    What is asked for anew stands dimmed until its answer comes: that is waited for.
    """
    expect(page.locator('[aria-busy="true"], .skeleton')).to_have_count(0)
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(SOURCE.read_text("utf-8"))
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    found: list[str] = []
    rules = EVERYTHING
    for scheme, ground in sorted(SCHEMES.items(), reverse=not is_dark):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("body")).to_have_css("background-color", ground)
        found += [f"{scheme}: {problem}" for problem in page.evaluate(RUN, rules)]
        rules = COLOURS
    page.emulate_media(color_scheme="dark" if is_dark else "light")
    return found
