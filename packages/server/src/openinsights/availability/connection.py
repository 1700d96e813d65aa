"""Connections that are timed part by part, to addresses that may be called and to no others."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import httpcore

from openinsights.availability.errors import ProbeFailed
from openinsights.availability.outcome import Timings
from openinsights.outside.addresses import AddressRefused
from openinsights.outside.names import resolve
from openinsights.outside.transport import allowed_addresses
from openinsights.tls import client_context

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from httpcore._backends.base import SOCKET_OPTION

    from openinsights.outside.addresses import AddressPolicy
    from openinsights.outside.names import Resolve


class Dialing:
    """How connections come about.

    Args:
        policy: which addresses may be called.
        authority: a file of certificates to trust beside the system's; None without.
        resolve: finds the addresses of names.
    """

    def __init__(
        self, policy: AddressPolicy, authority: Path | None = None, resolve: Resolve = resolve
    ) -> None:
        self.policy = policy
        self.authority = authority
        self.resolve = resolve

    # loading the system's authorities takes 20 ms: only tests over TLS pay for it
    @cached_property
    def verified(self) -> ssl.SSLContext:
        """What takes certificates that somebody trusted vouches for."""
        return client_context(self.authority)

    @cached_property
    def unverified(self) -> ssl.SSLContext:
        """What takes any certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    async def addresses(self, host: str, port: int, timings: Timings) -> list[str]:
        """Return those addresses of a host that may be called, and note how long that took.

        Raises:
            ProbeFailed: it has none.
        """
        begun = time.perf_counter()
        try:
            return await allowed_addresses(host, port, self.policy, self.resolve)
        except AddressRefused as error:
            raise ProbeFailed(error.message) from None
        except OSError as error:
            raise ProbeFailed(f"no address is known of {host[:200]}: {cause_of(error)}") from None
        finally:
            timings.dns = since_ms(begun)


@dataclass(slots=True)
class Connected:
    """What is known of a connection.

    Attributes:
        timings: of its parts.
        address: that it was made to.
        certificate: that was shown, in DER; b"" without one.
    """

    timings: Timings = field(default_factory=Timings)
    address: str = ""
    certificate: bytes = b""

    def take_certificate(self, ssl_object: ssl.SSLObject | None) -> None:
        """Keep the certificate that was shown."""
        if ssl_object is not None:
            self.certificate = ssl_object.getpeercert(binary_form=True) or b""


class Backend(httpcore.AsyncNetworkBackend):
    """Makes one connection for httpcore and notes what is known of it.

    Args:
        dialing: how it comes about.
        connected: where it is noted.
    """

    def __init__(self, dialing: Dialing, connected: Connected) -> None:
        self._dialing = dialing
        self._connected = connected
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers; see httpcore."""
        connected = self._connected
        *others, last = await self._dialing.addresses(host, port, connected.timings)
        begun = time.perf_counter()
        try:
            for each in others:
                with contextlib.suppress(httpcore.ConnectError):
                    connected.address = each
                    return self._noted(await self._inner.connect_tcp(each, port))
            connected.address = last
            return self._noted(await self._inner.connect_tcp(last, port))
        except httpcore.ConnectError as error:
            raise ProbeFailed(
                f"cannot connect to {host[:200]}:{port} at {connected.address}: {cause_of(error)}"
            ) from None
        finally:
            connected.timings.connect = since_ms(begun)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: it is no address of a network."""
        raise ProbeFailed(f"cannot call {path[:80]!r}: it is no address of a network")

    async def sleep(self, seconds: float) -> None:
        """Wait; see httpcore."""
        await asyncio.sleep(seconds)

    def _noted(self, stream: httpcore.AsyncNetworkStream) -> httpcore.AsyncNetworkStream:
        return _Stream(stream, self._connected)


class _Stream(httpcore.AsyncNetworkStream):
    def __init__(self, inner: httpcore.AsyncNetworkStream, connected: Connected) -> None:
        self._inner = inner
        self._connected = connected

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._inner.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        begun = time.perf_counter()
        try:
            stream = await self._inner.start_tls(ssl_context, server_hostname)
        except httpcore.ConnectError as error:
            raise ProbeFailed(handshake_failed(error)) from None
        finally:
            self._connected.timings.tls = since_ms(begun)
        self._connected.take_certificate(stream.get_extra_info("ssl_object"))
        return stream

    def get_extra_info(self, info: str) -> Any:  # see httpcore
        return self._inner.get_extra_info(info)


def handshake_failed(error: BaseException) -> str:
    """Return why a handshake failed, as people read it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate is not valid: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return f"the TLS handshake failed: {cause.reason or cause}"
        cause = cause.__cause__ or cause.__context__
    return f"the TLS handshake failed: {cause_of(error)}"


def since_ms(begun: float) -> float:
    """Return the milliseconds since a reading of `time.perf_counter`."""
    return (time.perf_counter() - begun) * 1_000


def cause_of(error: BaseException) -> str:
    """Return what the system says of an error; what is said around it repeats the address."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, OSError) and cause.errno and cause.errno > 0:
        return os.strerror(cause.errno)
    return str(cause) or type(cause).__name__
