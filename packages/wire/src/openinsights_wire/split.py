"""Finding the items of a body that is not well-formed as a whole, so that good items survive bad ones.

Brackets and strings are followed without recursion: depth costs nothing and every byte is seen once.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    rb'"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*(?:"|\\?(?=\n)|\\?\Z)|[\[\]{},\n]',
)
_RESUME = re.compile(rb'(?:\n|\}\s{0,8},\s{0,8})(?=\{\s{0,8}")')
_BLANK = b" \t\r\n,"


def split_items(body: bytes) -> list[bytes]:
    """Return the bytes of each item of an array, of JSON lines, of one object or of a mix of these.

    What does not look like JSON comes back as an item too, so that it is reported in its place.
    Commas between items may be missing or doubled.
    """
    items: list[bytes] = []
    depth = 0
    base = 0  # 1 inside the array around the items
    start = 0
    for token in _TOKEN.finditer(body):
        kind = body[token.start()]
        if kind in b"[{":
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
                _add(items, body[start : token.start()])
                base = depth = 0
                start = token.end()
                continue
            depth = max(depth - 1, base)
            if depth == base:
                _add(items, body[start : token.end()])
                start = token.end()
        elif depth == base and (kind == 0x2C or (kind == 0x0A and not base)):
            _add(items, body[start : token.start()])
            start = token.end()
    _add(items, body[start:])
    return items


def _add(items: list[bytes], piece: bytes) -> None:
    stripped = piece.strip(_BLANK)
    if stripped:
        items.append(stripped)


def resume_points(item: bytes) -> list[int]:
    """Return the offsets in a broken item where a next item may begin.

    A string without its end swallows what follows it: these are the places to try again.
    """
    return [found.end() for found in _RESUME.finditer(item)]
