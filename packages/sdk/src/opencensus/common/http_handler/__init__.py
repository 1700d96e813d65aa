"""A plain HTTP GET, for facts that a host tells about itself."""

from __future__ import annotations

import socket  # noqa: F401
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError  # noqa: F401
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from collections.abc import Mapping

_REQUEST_TIMEOUT = 2
"""Seconds."""


def get_request(
    request_url: str, request_headers: Mapping[str, str] | None = None
) -> str | bytes | None:
    """Return the body of the answer, or None when there is none within two seconds."""
    try:
        request = Request(request_url, headers=dict(request_headers or {}))  # noqa: S310 (the caller's URL)
        with closing(urlopen(request, timeout=_REQUEST_TIMEOUT)) as response:  # noqa: S310
            body: bytes = response.read()
            return body
    except (OSError, ValueError):
        return None
