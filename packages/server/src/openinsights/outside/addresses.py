"""Which addresses the server may call because somebody configured a URL: a pure decision.

What lives here: the rows of what is never called, and the policy. What does not: finding the
addresses of names (`names.py`) and connecting (`transport.py`), which ask it.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from openinsights.errors import OpenInsightsError

if TYPE_CHECKING:
    from openinsights.settings import Settings

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

METADATA: Final[tuple[_Network, ...]] = tuple(
    ipaddress.ip_network(each)
    for each in (
        "169.254.0.0/16",  # 169.254.169.254 is nearly everybody's, 169.254.170.2 that of containers
        "fe80::/10",
        "fd00:ec2::/32",  # Amazon
        "fd20:ce::254/128",  # Google
        "100.100.100.200/32",  # Alibaba
        "168.63.129.16/32",  # Azure: reached from inside only, though it is a public address
        "192.0.0.192/32",  # Oracle's first
    )
)
"""Where machines of clouds are told who they are, with secrets; link-local networks whole."""

_NAT64: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


class AddressRefused(OpenInsightsError):
    """An address may not be called; the message names it, says why and what allows it."""

    code = "AddressRefused"


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Decides about addresses; ask it about the address that is really connected to.

    Attributes:
        private: whether addresses of this machine and of private networks may be called.
    """

    private: bool

    def allowed(self, address: str) -> bool:
        """Return whether an IP address may be called."""
        return self.refusal(address) is None

    def refusal(self, address: str) -> str | None:
        """Return why an IP address may not be called; None when it may.

        Args:
            address: in digits; a zone behind `%` is left aside. Names are refused.
        """
        try:
            given = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return f"{address[:80]!r} is no IP address"
        for meant in (given, *_within(given)):
            why = self._why(meant)
            if why is not None:
                return f"{address} {why}"
        return None

    def check(self, address: str) -> None:
        """Raise unless an IP address may be called.

        Raises:
            AddressRefused: it may not.
        """
        why = self.refusal(address)
        if why is not None:
            raise AddressRefused(f"cannot call {address[:80]}: {why}")

    def _why(self, address: _Address) -> str | None:
        if any(address in network for network in METADATA):
            return "is link-local or a cloud's metadata service, which is never called"
        if address.is_unspecified or address.is_multicast or _is_reserved(address):
            return "is no address of a machine"
        if not address.is_global and not self.private:
            return (
                "belongs to this machine or a private network; the setting private_addresses"
                " allows those"
            )
        return None


def policy_of(settings: Settings) -> AddressPolicy:
    """Return the policy that the settings name."""
    return AddressPolicy(settings.allows_private_addresses)


def _is_reserved(address: _Address) -> bool:
    # of IPv6 everything unassigned is reserved, loopback and NAT64 included
    return address.version == 4 and address.is_reserved


def _within(address: _Address) -> list[_Address]:
    """Return the IPv4 addresses that an IPv6 address carries, at which packets may end."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[_Address | None] = [address.ipv4_mapped, address.sixtofour]
    if address.teredo is not None:
        found += address.teredo
    if any(address in network for network in _NAT64) or _is_compatible(address):
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in found if each is not None]


def _is_compatible(address: ipaddress.IPv6Address) -> bool:
    # ::1.2.3.4, apart from :: and ::1
    return 1 < int(address) < 2**32
