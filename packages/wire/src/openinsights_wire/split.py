"""Finding the items of a body that is not well-formed as a whole, so that good items survive bad ones.

Brackets and strings are followed without recursion: depth costs nothing and every byte is seen once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_BETWEEN = re.compile(rb'"[^"\\\n]*"|["\[\]{},\n]')
_INSIDE = re.compile(rb'"[^"\\\n]*"|"|[\[{]+|[\]}]+')
_STRING_STOP = re.compile(rb'["\n]')
_RESUME = re.compile(rb'[\n,\[]\s{0,8}(?=\{\s{0,8}")')
_BLANK = b" \t\r\n,"
_QUOTE, _COMMA, _LINE_END, _ARRAY, _ARRAY_END = b'",\n[]'


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
    in_array = False
    start = position = 0
    while len(items) <= most and (token := _BETWEEN.search(body, position)):
        kind = body[token.start()]
        position = token.end()
        if kind == _QUOTE:
            position = _string_end(body, token.start(), position)
            continue
        if kind == _COMMA or (kind == _LINE_END and not in_array):
            _add(items, body, start, token.start())
        elif kind == _ARRAY_END and in_array:
            _add(items, body, start, token.start())
            in_array = False
        elif kind in b"]}":
            _add(items, body, start, position)
        elif kind == _ARRAY and not (in_array or body[start : token.start()].strip(_BLANK)):
            in_array = True
        elif kind in b"[{":
            position = _nested_end(body, position)
            _add(items, body, start, position)
        else:
            continue
        start = position
    _add(items, body, start, len(body))
    return items


def _nested_end(body: bytes, position: int) -> int:
    """Return the offset behind the bracket that closes the one before `position`."""
    depth = 1
    while token := _INSIDE.search(body, position):
        position = token.end()
        length = position - token.start()
        kind = body[token.start()]
        if kind == _QUOTE:
            position = _string_end(body, token.start(), position)
        elif kind in b"[{":
            depth += length
        elif length >= depth:
            return token.start() + depth
        else:
            depth -= length
    return len(body)


def _string_end(body: bytes, start: int, position: int) -> int:
    """Return the offset behind a string's closing quote; a line's end closes a string too.

    `start` is where its first quote stands, `position` what follows that quote or, when a match
    took the string whole since it has no escapes, what follows the string.
    """
    if position - start > 1:
        return position
    while stop := _STRING_STOP.search(body, position):
        if body[stop.start()] == _LINE_END:
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
