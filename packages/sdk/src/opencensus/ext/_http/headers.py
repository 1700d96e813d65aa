"""The headers of a request, in the forms that servers hand them over, as propagators read them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@lru_cache(maxsize=64)
def _in_environ(name: str) -> str:
    return f"HTTP_{name.upper().replace('-', '_')}"


@lru_cache(maxsize=64)
def _in_scope(name: str) -> bytes:
    return name.lower().encode("latin-1")


class EnvironHeaders:
    """The headers in a WSGI environment; the case of names does not matter."""

    __slots__ = ("_environ",)

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a header."""
        return self._environ.get(_in_environ(name), default)

    def getall(self, name: str) -> tuple[str, ...]:
        """Return the values of a header; a server joins several with commas."""
        value = self._environ.get(_in_environ(name))
        return () if value is None else (value,)


class ScopeHeaders:
    """The headers of an ASGI scope, pairs of bytes; the case of names does not matter."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        self._pairs = pairs

    def get(self, name: str, default: Any = None) -> Any:
        """Return the first value of a header."""
        wanted = _in_scope(name)
        for key, value in self._pairs:
            if key == wanted:
                return value.decode("latin-1")
        return default

    def getall(self, name: str) -> list[str]:
        """Return all values of a header, in order."""
        wanted = _in_scope(name)
        return [value.decode("latin-1") for key, value in self._pairs if key == wanted]
