"""Values of settings as people and files write them, read by the name of their type.

What a row may have beyond its type, its own table says.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TRUTHS: Final = {"true": True, "yes": True, "on": True, "1": True} | {
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


def text(value: object) -> str:
    """Return a text without space around it."""
    if not isinstance(value, str):
        raise TypeError("a text is needed")
    return value.strip()


def path(value: object) -> Path:
    """Return a path; `~` is the user's home."""
    if not isinstance(value, str | Path):
        raise TypeError("a path is needed")
    if isinstance(value, str) and not value.strip():
        raise ValueError("the name is empty; name a folder, or . for the current one")
    return Path(value).expanduser()


def whole(value: object) -> int:
    """Return a whole number, also from a text such as 1e9."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError("a whole number is needed")
    try:
        return int(str(value))  # not by way of a float, which has 53 bits
    except ValueError:
        pass
    try:
        found = float(value)
    except ValueError:
        found = float("nan")
    if not found.is_integer():
        raise ValueError("a whole number is needed")
    return int(found)


def number(value: object) -> float:
    """Return a number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError("a number is needed")
    try:
        return float(value)
    except (ValueError, OverflowError):
        raise ValueError("a number is needed") from None


def truth(value: object) -> bool:
    """Return a truth, also from the words that people use for one."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or value.strip().lower() not in _TRUTHS:
        raise ValueError("true or false is needed; yes, no, on, off, 1 and 0 are read too")
    return _TRUTHS[value.strip().lower()]


def texts(value: object) -> tuple[str, ...]:
    """Return texts: a list, a JSON list, or one text."""
    if isinstance(value, str):
        if not value.lstrip().startswith('["'):
            return (value,) if value.strip() else ()
        value = json.loads(value)
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise TypeError("a list of texts is needed")


READERS: Final[Mapping[str, Callable[[object], Any]]] = {
    "str": text,
    "int": whole,
    "float": number,
    "bool": truth,
    "Path | None": path,
    "tuple[str, ...]": texts,
}
"""The reader of each type that a setting has."""
