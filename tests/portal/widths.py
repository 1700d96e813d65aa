"""Whether a page fits the narrow windows that people have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import TimeoutError as PlaywrightTimeout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

WIDTHS = {"1,024 px": (1024, 768), "1,280 px at 200 %": (640, 400)}
USUAL = (1280, 800)
STANDS_OUT = """() => {
    const wide = document.documentElement.clientWidth;
    if (document.scrollingElement.scrollWidth <= wide) return [];
    const out = [...document.querySelectorAll('main *')]
        .filter(one => one.getBoundingClientRect().right > wide + 1)
        .slice(0, 5)
        .map(one => one.outerHTML.slice(0, 120));
    return out.length ? out : ['something outside of main'];
}"""


def breaks(page: Page) -> list[str]:
    """What stands out of the page at the right once charts have taken the width there is."""
    try:
        page.wait_for_function(f"() => ({STANDS_OUT})().length === 0")
    except PlaywrightTimeout:
        return list(page.evaluate(STANDS_OUT))
    return []


def narrowed(page: Page) -> Iterator[str]:
    """Give the page each narrow width, and the usual one after the last."""
    for name, (width, height) in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        yield name
    page.set_viewport_size({"width": USUAL[0], "height": USUAL[1]})
