"""Item ids: which client sent an item and as which number, so that it is stored once.

The id travels in `Envelope.seq`. Other clients put their own things there; those are no ids.
"""

from __future__ import annotations

PREFIX = "oi."
SOURCE_DIGITS = 16
MAX_NUMBER = 2**63 - 1

_HEX = frozenset("0123456789abcdef")


def format_sequence(source: str, number: int) -> str:
    """Return the item id for the `number`-th item of a source.

    Args:
        source: 16 lower-case hexadecimal digits, drawn at random once per sending process.
        number: 0 to 2**63 - 1, never used twice by one source.
    """
    if len(source) != SOURCE_DIGITS or not _HEX.issuperset(source):
        raise ValueError(f"cannot use {source!r} as a source: it must be 16 hexadecimal digits")
    if not 0 <= number <= MAX_NUMBER:
        raise ValueError(f"cannot use {number} as an item number: it must be 0 to {MAX_NUMBER}")
    return f"{PREFIX}{source}.{number}"


def parse_sequence(seq: str | None) -> tuple[int, int] | None:
    """Return the source as a number and the item's number, None for anything that is no item id."""
    if seq is None or not seq.startswith(PREFIX) or seq[19:20] != ".":
        return None
    source, digits = seq[3:19], seq[20:]
    if not _HEX.issuperset(source) or not digits.isascii() or not digits.isdigit():
        return None
    if len(digits) > 19 or (digits[0] == "0" and digits != "0"):
        return None
    number = int(digits)
    return None if number > MAX_NUMBER else (int(source, 16), number)
