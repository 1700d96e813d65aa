"""Finding the items of a body that is not well-formed as a whole, so that good items survive bad ones.

Brackets and strings are followed without recursion: depth costs nothing and every byte is seen once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(rb'["\[\]{},\n]')
_STRING_STOP = re.compile(rb'["\n]')
_RESUME = re.compile(rb'[\n,]\s{0,8}(?=\{\s{0,8}")')
_BLANK = b" \t\r\n,"


class Span(NamedTuple):
    """A part of a body: from `start` up to `end`."""

    start: int
    end: int


def split_items(body: bytes, most: int) -> list[Span]:
    """Return where each item stands in an array, of JSON lines, of one object or of a mix of these.

    What does not look like JSON comes back as an item too, so that it is reported in its place.
    Commas between items may be missing or doubled. Stops soon after `most` items were found.
    """
    items: list[Span] = []
    depth = 0
    base = 0  # 1 inside the array around the items
    start = 0
    position = 0
    while len(items) <= most and (token := _TOKEN.search(body, position)):
        kind = body[token.start()]
        position = token.end()
        if kind == 0x22:
            position = _string_end(body, position)
        elif kind in b"[{":
            if (
                kind == 0x5B
                and depth == base == 0
                and not body[start : token.start()].strip(_BLANK)
            ):
                base = depth = 1
                start = token.end()
                continue
            depth += 1
        elif kind in b"]}":
            if kind == 0x5D and depth == base == 1:
                _add(items, body, start, token.start())
                base = depth = 0
                start = token.end()
                continue
            depth = max(depth - 1, base)
            if depth == base:
                _add(items, body, start, token.end())
                start = token.end()
        elif depth == base and (kind == 0x2C or (kind == 0x0A and not base)):
            _add(items, body, start, token.start())
            start = token.end()
    _add(items, body, start, len(body))
    return items


def _string_end(body: bytes, start: int) -> int:
    """Return the offset behind a string's closing quote; a line's end closes a string too."""
    position = start
    while stop := _STRING_STOP.search(body, position):
        if body[stop.start()] == 0x0A:
            return stop.start()
        before = body[position : stop.start()]
        position = stop.end()
        if (len(before) - len(before.rstrip(b"\\"))) % 2 == 0:
            return position
    return len(body)


def _add(items: list[Span], body: bytes, start: int, end: int) -> None:
    piece = body[start:end]
    content = piece.strip(_BLANK)
    if content:
        begin = start + len(piece) - len(piece.lstrip(_BLANK))
        items.append(Span(begin, begin + len(content)))


def resume_points(body: bytes, span: Span) -> Iterator[int]:
    """Yield the offsets in a broken part of a body where a next item may begin.

    A string without its end swallows what follows it: these are the places to try again.
    """
    return (found.end() for found in _RESUME.finditer(body, span.start, span.end))
