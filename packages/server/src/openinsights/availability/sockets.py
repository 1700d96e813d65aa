"""Probes below HTTP: a TCP connection, and a TLS handshake with the certificate shown in it."""

from __future__ import annotations

import asyncio
import time
from datetime import timezone
from typing import TYPE_CHECKING

from openinsights.availability.certificate import certificate_of
from openinsights.availability.checks import wrong_certificate
from openinsights.availability.connection import Connected, cause_of, handshake_failed, since_ms
from openinsights.availability.errors import ProbeFailed
from openinsights.availability.outcome import Outcome, StepOutcome

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from datetime import datetime

    from openinsights.availability.connection import Dialing
    from openinsights.availability.test import TcpProbe, TlsProbe


async def probe_tcp(probe: TcpProbe, dialing: Dialing) -> Outcome:
    """Return whether a connection comes about."""
    connected = Connected()
    begun = time.perf_counter()
    message = await _connect(probe.host, probe.port, dialing, connected)
    return _outcome(
        f"connect to {probe.host}:{probe.port}",
        message,
        f"connected to {connected.address}:{probe.port}",
        connected,
        begun,
    )


async def probe_tls(probe: TlsProbe, dialing: Dialing, now: Callable[[], datetime]) -> Outcome:
    """Return whether a handshake comes about, and how the certificate is.

    A certificate that is refused is looked at in a second handshake, so that people read when it
    ended.
    """
    connected = Connected()
    begun = time.perf_counter()
    check = probe.certificate
    context = dialing.verified if check.is_verified else dialing.unverified
    message = await _connect(probe.host, probe.port, dialing, connected, context)
    if message and check.is_verified and connected.timings.tls is not None:
        again = Connected()
        await _connect(probe.host, probe.port, dialing, again, dialing.unverified)
        connected.certificate = again.certificate
    shown = certificate_of(connected.certificate, now().astimezone(timezone.utc))
    message = message or wrong_certificate(check, shown)
    passed = "the handshake came about"
    if shown is not None:
        passed += f"; the certificate ends in {shown.days_left:.0f} days, on {shown.ends_at}"
        if message and not message.startswith("the certificate ends"):
            message += f" (it is for {shown.subject} and ends on {shown.ends_at})"
    outcome = _outcome(
        f"handshake with {probe.host}:{probe.port}", message, passed, connected, begun
    )
    days = None if shown is None else shown.days_left
    return Outcome(
        outcome.message,
        outcome.passed,
        outcome.steps,
        outcome.timings,
        address=outcome.address,
        certificate_days=days,
    )


async def _connect(
    host: str,
    port: int,
    dialing: Dialing,
    connected: Connected,
    context: ssl.SSLContext | None = None,
) -> str:
    """Connect and disconnect; return what went wrong, "" when nothing did."""
    try:
        addresses = await dialing.addresses(host, port, connected.timings)
    except ProbeFailed as error:
        return error.message
    reason = ""
    for address in addresses:
        connected.address = address
        begun = time.perf_counter()
        try:
            _, writer = await asyncio.open_connection(address, port)
        except OSError as error:
            reason = f"cannot connect to {host}:{port} at {address}: {cause_of(error)}"
            continue
        finally:
            connected.timings.connect = since_ms(begun)
        try:
            return await _handshake(writer, host, connected, context)
        finally:
            writer.transport.abort()  # a polite end waits for the other side
    return reason


async def _handshake(
    writer: asyncio.StreamWriter,
    host: str,
    connected: Connected,
    context: ssl.SSLContext | None,
) -> str:
    if context is None:
        return ""
    begun = time.perf_counter()
    try:
        await writer.start_tls(context, server_hostname=host)
    except (OSError, EOFError) as error:
        return handshake_failed(error)
    finally:
        connected.timings.tls = since_ms(begun)
    connected.take_certificate(writer.get_extra_info("ssl_object"))
    return ""


def _outcome(name: str, message: str, passed: str, connected: Connected, begun: float) -> Outcome:
    timings = connected.timings
    timings.whole = since_ms(begun)
    return Outcome(
        message or passed,
        not message,
        (StepOutcome(name, message, timings.whole, timings=timings),),
        timings,
        address=connected.address,
    )
