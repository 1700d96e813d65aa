"""What a request says of its sender beside its body: the address and the browser.

Applications behind proxies name the first address of `X-Forwarded-For`. Nothing is trusted for it:
a sender may as well put any address into its items.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEPT_AGENTS = 1024
_MAX_AGENT_LENGTH = 512


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a body.

    Attributes:
        address: IPv4 or IPv6, "" when not known.
        user_agent: the header, "" when absent.
    """

    address: str = ""
    user_agent: str = ""


UNKNOWN_SENDER = Sender()


class Browser(NamedTuple):
    """What a user agent tells, as the columns have it; "" for what it does not."""

    client_Browser: str = ""
    client_OS: str = ""
    client_Model: str = ""


def sender_of(headers: Mapping[bytes, bytes], peer: str) -> Sender:
    """Return who sent a request.

    Args:
        headers: by lower-case name.
        peer: the address at the other end of the connection, "" when not known.
    """
    forwarded = headers.get(b"x-forwarded-for", b"").split(b",")[0].decode("latin-1")
    agent = headers.get(b"user-agent", b"")[:_MAX_AGENT_LENGTH].decode("latin-1")
    return Sender(address_in(forwarded) or address_in(peer), agent)


def address_in(text: str) -> str:
    """Return the address in `address`, `address:port` or `[address]:port`, "" for anything else."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


@lru_cache(_KEPT_AGENTS)
def browser_of(user_agent: str) -> Browser:
    """Return what a browser's user agent tells."""
    if not user_agent:
        return Browser()
    # heavy: hundreds of patterns, wanted only where browsers send
    from ua_parser import parse

    found = parse(user_agent).with_defaults()
    browser = found.user_agent
    system = found.os
    return Browser(
        _versioned(browser.family, browser.major, browser.minor),
        _versioned(system.family, system.major, system.minor),
        found.device.model or "",
    )


def _versioned(family: str, *numbers: str | None) -> str:
    if family == "Other":
        return ""
    version = ".".join(number for number in numbers if number)
    return f"{family} {version}".strip()
