"""The headers of a request, in the forms that servers hand them over, as propagators read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class EnvironHeaders:
    """The headers in a WSGI environment; the case of names does not matter."""

    __slots__ = ("_environ",)

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a header."""
        return self._environ.get(f"HTTP_{name.upper().replace('-', '_')}", default)

    def getall(self, name: str) -> tuple[str, ...]:
        """Return the values of a header; a server joins several with commas."""
        value = self.get(name)
        return () if value is None else (value,)


class ScopeHeaders:
    """The headers of an ASGI scope, pairs of bytes; the case of names does not matter."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        self._pairs = pairs

    def get(self, name: str, default: Any = None) -> Any:
        """Return the first value of a header."""
        wanted = name.lower().encode("latin-1")
        for key, value in self._pairs:
            if key == wanted:
                return value.decode("latin-1")
        return default

    def getall(self, name: str) -> list[str]:
        """Return all values of a header, in order."""
        wanted = name.lower().encode("latin-1")
        return [value.decode("latin-1") for key, value in self._pairs if key == wanted]
