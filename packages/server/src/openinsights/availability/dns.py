"""A probe that asks name servers for a record."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from openinsights.availability.checks import wrong_content
from openinsights.availability.connection import since_ms
from openinsights.availability.errors import ProbeFailed
from openinsights.availability.outcome import Outcome, StepOutcome, Timings

if TYPE_CHECKING:
    from openinsights.availability.connection import Dialing
    from openinsights.availability.test import DnsProbe

TYPES: Final = (
    "A", "AAAA", "CAA", "CNAME", "DNSKEY", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SRV",
    "SVCB", "TLSA", "TXT",
)  # fmt: skip
"""Records that can be asked for."""
_SHOWN: Final = 8


async def probe_dns(probe: DnsProbe, dialing: Dialing) -> Outcome:
    """Return whether a record is there and holds what it has to."""
    begun = time.perf_counter()
    timings, records = Timings(), []
    try:
        records = await _records(probe, dialing)
        lines = "\n".join(records)
        message = wrong_content(probe.content, lines)
        if message:
            message += f"; {probe.type} of {probe.name} is {_shown(records)}"
    except ProbeFailed as error:
        message = error.message
    timings.dns = timings.whole = since_ms(begun)
    passed = f"{probe.type} of {probe.name} is {_shown(records)}"
    step = StepOutcome(
        f"look up {probe.type} {probe.name}", message, timings.whole, timings=timings
    )
    return Outcome(message or passed, not message, (step,), timings, address=probe.server)


async def _records(probe: DnsProbe, dialing: Dialing) -> list[str]:
    # only tests of records pay for loading what reads them
    import dns.asyncresolver
    import dns.exception
    import dns.resolver

    try:
        # the machine's own name servers are its operator's, whatever their addresses
        resolver = dns.asyncresolver.Resolver(configure=not probe.server)
        if probe.server:
            resolver.nameservers = await dialing.addresses(probe.server, probe.port, Timings())
            resolver.port = probe.port
        answer = await resolver.resolve(probe.name, probe.type, search=False, lifetime=_LONGEST_S)
        return sorted(record.to_text() for record in answer)
    except dns.resolver.NXDOMAIN:
        raise ProbeFailed(f"there is no name {probe.name}") from None
    except dns.resolver.NoAnswer:
        raise ProbeFailed(f"there is no record {probe.type} of {probe.name}") from None
    except (dns.exception.DNSException, OSError, ValueError) as error:
        raise ProbeFailed(f"cannot look up {probe.type} of {probe.name}: {error}") from None


_LONGEST_S: Final = 120.0
"""Beyond what any test waits, whose own time ends it before."""


def _shown(records: list[str]) -> str:
    more = f" and {len(records) - _SHOWN} more" if len(records) > _SHOWN else ""
    return ", ".join(each[:200] for each in records[:_SHOWN]) + more
