"""What is hard to use on a page, by the rules of WCAG 2 A and AA."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

SOURCE = Path(__file__).parents[2] / "portal/node_modules/axe-core/axe.min.js"
RUN = """async () => {
    const frame = () => new Promise(requestAnimationFrame);
    // Colours on their way from one scheme to the other are no colours of the page.
    for (await frame(); document.getAnimations().some(one => one instanceof CSSTransition);) {
        await frame();
    }
    const asked = {runOnly: ['wcag2a', 'wcag2aa'], resultTypes: ['violations'], preload: false};
    const found = await axe.run(asked);
    return found.violations.flatMap(rule =>
        rule.nodes.map(node => `${rule.id}: ${rule.help}: ${node.html.slice(0, 200)}`));
}"""
SCHEMES: dict[Literal["light", "dark"], str] = {
    "light": "rgb(243, 245, 248)",
    "dark": "rgb(15, 19, 24)",
}
"""The colour of the page's ground in each."""


def violations(page: Page) -> list[str]:
    """Return what breaks a rule on the page as it stands, in its colours and in the other ones."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(SOURCE.read_text("utf-8"))
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    found: list[str] = []
    for scheme, ground in sorted(SCHEMES.items(), reverse=not is_dark):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("body")).to_have_css("background-color", ground)
        found += [f"{scheme}: {problem}" for problem in page.evaluate(RUN)]
    return found
