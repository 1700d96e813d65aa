"""Sends a message over HTTP and reads what comes of it: no redirects, little of the reply."""

from __future__ import annotations

import email.utils
from typing import TYPE_CHECKING, Final

import httpx

from openinsights.alerts.notify.outcome import DELIVERED, FINAL_STATUSES, Outcome
from openinsights.outside.addresses import AddressRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_REPLY_BYTES: Final = 4_096
"""Read of a reply; the connection is closed behind it."""
_LONGEST_WHY: Final = 200
MAX_RETRY_AFTER_S: Final = 3_600.0


async def post(
    client: httpx.AsyncClient, url: str, body: bytes, headers: Mapping[str, str], unix_s: int
) -> Outcome:
    """Send a message; the caller bounds how long that may take.

    Args:
        client: whose transport checks addresses.
        url: where to.
        body: JSON.
        headers: beside those that say that it is JSON.
        unix_s: the time, against which a date in Retry-After is held.
    """
    every = {"content-type": "application/json; charset=utf-8", **headers}
    try:
        async with client.stream("POST", url, content=body, headers=every) as reply:
            said = await _beginning(reply)
    except AddressRefused as error:
        return Outcome(error.message)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Outcome(_cause(error))
    return _outcome(reply, said, unix_s)


async def _beginning(reply: httpx.Response) -> bytes:
    if reply.is_success:
        return b""  # it has arrived: what else is said is not waited for
    said = b""
    async for part in reply.aiter_raw():
        said += part
        if len(said) >= MAX_REPLY_BYTES:
            break
    return said[:MAX_REPLY_BYTES]


def _outcome(reply: httpx.Response, said: bytes, unix_s: int) -> Outcome:
    if reply.is_success:
        return DELIVERED
    status = reply.status_code
    if reply.is_redirect:
        return Outcome(f"it answered {status}, and redirects are not followed")
    text = " ".join(said.decode("utf-8", "replace").split())
    shown = "".join(each for each in text if each.isprintable())[:_LONGEST_WHY]
    return Outcome(
        f"it answered {status}" + (f": {shown}" if shown else ""),
        retry_after_s(reply.headers.get("retry-after", ""), unix_s),
        is_final=status in FINAL_STATUSES,
    )


def retry_after_s(text: str, unix_s: int) -> float:
    """Return how long Retry-After asks to wait, at most `MAX_RETRY_AFTER_S`; 0 when it does not."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MAX_RETRY_AFTER_S)
    try:
        at = email.utils.parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return min(max(at - unix_s, 0.0), MAX_RETRY_AFTER_S)


def _cause(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "it took too long to answer"
    return f"it cannot be reached: {str(error)[:_LONGEST_WHY] or type(error).__name__}"
