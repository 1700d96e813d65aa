"""The template of the address that a Django application served."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_NAMED = re.compile(r"\(\?P(<\w+>)")
_ANCHORS = str.maketrans("", "", "^$")


def template_of(match: Any) -> str | None:
    """Return a template such as `/orders/<int:number>/`; None where no route was found.

    Args:
        match: What Django's resolver found for the request, or None.
    """
    route = getattr(match, "route", None)
    return None if route is None else readable(str(route))


@lru_cache(maxsize=1024)
def readable(route: str) -> str:
    """Return a route as an address; of a regular expression its groups by their names."""
    if "(" in route or "^" in route or "$" in route:
        route = _without_groups(route).translate(_ANCHORS).replace("\\", "").replace("?", "")
    return route if route.startswith("/") else f"/{route}"


def _without_groups(pattern: str) -> str:
    parts: list[str] = []
    position = 0
    while position < len(pattern):
        if pattern[position] != "(":
            step = 2 if pattern[position] == "\\" else 1
            parts.append(pattern[position : position + step])
            position += step
            continue
        named = _NAMED.match(pattern, position)
        position = _after_group(pattern, position)
        parts.append("<var>" if named is None else named[1])
    return "".join(parts)


def _after_group(pattern: str, position: int) -> int:
    """Return where the group ends that begins at a position."""
    depth = 0
    in_class = False
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            position += 1
        elif in_class:
            in_class = character != "]"
        elif character == "[":
            in_class = True
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                return position + 1
        position += 1
    return position
