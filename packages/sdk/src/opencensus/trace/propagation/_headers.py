"""Finds a header in whatever a caller has its headers in.

Propagators are handed plain dicts, the case-blind mappings of web frameworks, WSGI environments
(`HTTP_TRACEPARENT`), the pairs of bytes of an ASGI scope, or a wrapper that has nothing but `get`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

_METHODS_FOR_ALL = ("getlist", "get_all", "getall")
"""How mappings that keep repeated headers apart give all of them."""

_PAIR = 2


def every(headers: Any, name: str) -> list[str]:
    """Return the values of the header `name`, in order; its case does not matter.

    Args:
        headers: A mapping or pairs of names and values; names and values are texts or bytes.
        name: As it is written most often: what plain dicts are asked for first.
    """
    # Hot path, once per request: most have no such header.
    if headers is None:
        return []
    kind: Any = type(headers)
    get_all = _way_to_all(kind)
    if get_all is not None:
        try:
            values = get_all(headers, name)
        except KeyError:
            return []
        return [_text(value) for value in values] if values else []
    if hasattr(headers, "get"):
        value = headers.get(name)
        if value is not None:
            return [_text(value)]
    return _searched(headers, name)


def first(headers: Any, name: str) -> str | None:
    """Return the value of the header `name`, or None."""
    values = every(headers, name)
    return values[0] if values else None


@lru_cache(maxsize=64)
def _way_to_all(kind: type) -> Any:
    """Return how headers of a type give all of one name; None where they cannot."""
    for method in _METHODS_FOR_ALL:
        get_all = getattr(kind, method, None)
        if get_all is not None:
            return get_all
    return None


def _searched(headers: Any, name: str) -> list[str]:
    pairs: Iterable[Any]
    if isinstance(headers, Mapping):
        pairs = headers.items()
    elif isinstance(headers, Iterable) and not isinstance(headers, str | bytes):
        pairs = headers
    else:
        return []
    wanted = name.lower()
    spellings = (wanted, "http_" + wanted.replace("-", "_"))
    return [
        _text(pair[1])
        for pair in pairs
        if isinstance(pair, tuple | list)
        and len(pair) == _PAIR
        and isinstance(pair[0], str | bytes)
        and _text(pair[0]).lower() in spellings
    ]


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
