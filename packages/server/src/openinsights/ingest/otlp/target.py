"""Which Application Insights resource an OTLP request is for.

The path `/<instrumentation key>/v1/…` decides, else a header, else the resource for telemetry
without a key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from openinsights.ingest.errors import IngestError
from openinsights_wire.connection_string import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

KEY_HEADER = "x-ms-instrumentation-key"
CONNECTION_STRING_HEADER = "x-ms-connection-string"
_KEY_NAMES = frozenset(("instrumentationkey", "ikey"))
_STRING_NAMES = frozenset(("connectionstring", "applicationinsightsconnectionstring"))


def key_for(
    path_key: str | None,
    headers: Iterable[tuple[str, str]],
    default_key: Callable[[], str | None],
) -> str:
    """Return the instrumentation key of a request.

    Args:
        path_key: the key in the path, None when there is none.
        headers: names in any spelling, and values; of gRPC the metadata.
        default_key: returns the key for telemetry without one, None when there is none.

    Raises:
        IngestError: a connection string cannot be read, or nothing names a resource.
    """
    key = path_key or _key_in(headers) or default_key()
    if not key:
        raise IngestError(
            "106: cannot tell which resource the telemetry is for: name it by the header"
            f" {KEY_HEADER} or {CONNECTION_STRING_HEADER}, or send to /<instrumentation key>/v1/…"
        )
    return key


def _key_in(headers: Iterable[tuple[str, str]]) -> str | None:
    found = None
    for name, value in headers:
        plain = (
            name.lower().removeprefix("x-").removeprefix("ms-").replace("-", "").replace("_", "")
        )
        if plain in _KEY_NAMES and value.strip():
            return value.strip()
        if plain in _STRING_NAMES:
            found = found or _key_of(value)
    return found


def _key_of(text: str) -> str | None:
    try:
        parsed = parse(unquote(text))
    except ValueError as error:
        raise IngestError(
            f"106: cannot read the header {CONNECTION_STRING_HEADER}: {error}"
        ) from None
    return None if parsed is None else parsed.instrumentation_key
