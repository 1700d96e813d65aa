"""Regular expressions of RE2, which the engine runs in time linear in the text: checks, and groups.

Python's own `re` backtracks, so it never runs a query's pattern; here it only reads patterns, after
what it spells differently has been replaced.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

MAX_PATTERN: Final = 100_000
"""Characters of a pattern."""
_MAX_REPEAT: Final = 1_000

_PIECE: Final = re.compile(
    r"""
      (?P<quoted>\\Q.*?(?:\\E|\Z))
    | (?P<property>\\[pP](?:\{\^?\w+\}|\w))
    | (?P<escape>\\(?:x\{[0-9a-fA-F]+\}|x[0-9a-fA-F]{2}|.))
    | (?P<set>\[\^?\]?(?:\\[pP](?:\{\^?\w+\}|\w)|\\.|\[:\^?\w+:\]|[^\]\\])*\])
    | (?P<flags>\(\?[imsU]*(?:-[imsU]+)?(?P<scope>[:)]))
    | (?P<group>\(\?P<\w+>)
    | (?P<special>\(\?[^\s]{0,2})
    | (?P<repeat>\{\d+(?:,\d*)?\})
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_REFUSED: Final = (
    ("(?=", "look-ahead and look-behind are not supported"),
    ("(?!", "look-ahead and look-behind are not supported"),
    ("(?<=", "look-ahead and look-behind are not supported"),
    ("(?<!", "look-ahead and look-behind are not supported"),
    ("(?", "groups of this kind are not supported"),
)
_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_ESCAPES: Final = frozenset("AzbBdDsSwWCnrtfvaxpPQE01234567")


class PatternError(ValueError):
    """A pattern that is not run, and why."""


def _in_set(text: str) -> str:
    inner = re.sub(r"\\[pP](?:\{\^?\w+\}|\w)|\[:\^?\w+:\]", "x", text[1:])
    inner = re.sub(r"(?<!\\)\[", r"\\[", inner)
    return "[" + re.sub(r"([&|~])\1+", r"\1", inner).replace("--", r"-\-")


def _escape(text: str) -> str:
    letter = text[1]
    if letter in "123456789" and not text[2:]:
        raise PatternError("back-references are not supported")
    if letter in _LETTERS and letter not in _ESCAPES:
        raise PatternError(f"bad escape \\{letter}")
    return {"z": r"\Z", "C": ".", "A": r"\A"}.get(letter, "x" if letter == "x" else text)


def spelt(pattern: str) -> str:
    """The pattern as Python spells it, as far as groups and nesting are concerned."""
    written: list[str] = []
    for match in _PIECE.finditer(pattern):
        kind, text = match.lastgroup, match.group()
        kind = "flags" if kind == "scope" else kind
        if kind == "quoted":
            written.append(re.escape(text[2:].removesuffix(r"\E")) or "(?:)")
        elif kind == "property":
            written.append("x")
        elif kind == "escape":
            written.append(_escape(text))
        elif kind == "set":
            written.append(_in_set(text))
        elif kind == "flags":
            written.append("(?:" if text.endswith(":") else "(?:)")
        elif kind == "special":
            raise PatternError(next(why for start, why in _REFUSED if text.startswith(start)))
        elif kind == "repeat":
            if max(int(number) for number in re.findall(r"\d+", text)) > _MAX_REPEAT:
                raise PatternError(f"a repetition may count to {_MAX_REPEAT} at most")
            written.append(text)
        elif text == "+" and written and re.fullmatch(r"[*+?]|\{\d.*\}", written[-1]):
            # Python takes this for a repetition that does not give back.
            raise PatternError("multiple repeat")
        else:
            written.append(text)
    return "".join(written)


@lru_cache(maxsize=256)
def _read(pattern: str) -> re.Pattern[str]:
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"it has more than {MAX_PATTERN} characters")
    try:
        return re.compile(spelt(pattern))
    except (re.error, OverflowError) as error:
        raise PatternError(str(error)) from None
    except RecursionError:
        raise PatternError("it nests too deeply") from None


def problem(pattern: str) -> str:
    """Why a regular expression cannot be run, or ""."""
    try:
        _read(pattern)
    except PatternError as error:
        return str(error)
    return ""


def group_count(pattern: str) -> int:
    """How many groups a regular expression takes parts into.

    Raises:
        PatternError: it cannot be run.
    """
    return _read(pattern).groups


def group_place(pattern: str, group: object) -> int | None:
    """The number of a group, given by number or name; None when there is no such group.

    Raises:
        PatternError: the pattern cannot be run.
    """
    read = _read(pattern)
    if isinstance(group, str):
        return read.groupindex.get(group)
    return group if isinstance(group, int) and 0 <= group <= read.groups else None
