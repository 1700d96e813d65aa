"""What a page needs beside itself: images, scripts and styles, found in its HTML."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final

import httpx

from openinsights.availability.test import MOST_DEPENDENTS

_SOURCES: Final = {"img": "src", "script": "src", "input": "src"}
_STYLES: Final = frozenset(("stylesheet", "icon"))


def dependents(html: str, url: str, most: int = MOST_DEPENDENTS) -> list[str]:
    """Return the URLs that a page loads, each once, in its order.

    Args:
        html: of the page.
        url: of the page, to which the others are relative unless it names a base.
        most: how many at most.
    """
    reader = _Reader(url, most)
    for begin in range(0, len(html), _PIECE):  # a page that is long needs no more than its top
        reader.feed(html[begin : begin + _PIECE])
        if len(reader.found) >= most:
            break
    return list(reader.found)


_PIECE: Final = 16_384


class _Reader(HTMLParser):
    def __init__(self, url: str, most: int) -> None:
        super().__init__()
        self.found: dict[str, None] = {}
        self._base = httpx.URL(url)
        self._most = most

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "base" and named.get("href"):
            self._base = _joined(self._base, named["href"]) or self._base
        elif tag == "link" and _STYLES & set(named.get("rel", "").lower().split()):
            self._add(named.get("href", ""))
        elif tag in _SOURCES and (tag != "input" or named.get("type", "").lower() == "image"):
            self._add(named.get(_SOURCES[tag], ""))

    def _add(self, reference: str) -> None:
        if not reference.strip() or len(self.found) >= self._most:
            return
        url = _joined(self._base, reference.strip())
        if url is not None and url.scheme in ("http", "https"):
            self.found[str(url.copy_with(fragment=None))] = None


def _joined(base: httpx.URL, reference: str) -> httpx.URL | None:
    try:
        return base.join(reference)
    except (httpx.InvalidURL, ValueError, UnicodeError):
        return None
