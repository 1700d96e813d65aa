"""HTTP that connects only where it may: the address is checked at the moment of the connection.

A name that means another address a moment later, a redirect, or an address in an unusual spelling
all come to the same place: whatever the name was, the connection is made to an address that was
checked, and to no other.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import httpcore
import httpx

from openinsights.outside.addresses import AddressRefused
from openinsights.outside.names import resolve

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterable, Iterator

    from httpcore import AsyncNetworkStream
    from httpcore._backends.base import SOCKET_OPTION

    from openinsights.outside.addresses import AddressPolicy
    from openinsights.outside.names import Resolve


async def allowed_addresses(
    host: str, port: int, policy: AddressPolicy, resolve: Resolve = resolve
) -> list[str]:
    """Return those addresses of a host that may be called, at least one.

    Raises:
        OSError: the host has no address.
        AddressRefused: it has none that may be called.
    """
    found = await resolve(host, port)
    allowed = [each for each in found if policy.allowed(each)]
    if not allowed:
        why = policy.refusal(found[0]) if found else "it has no address"
        raise AddressRefused(f"cannot call {host[:200]}: {why}")
    return allowed


class CheckedTransport(httpx.AsyncBaseTransport):
    """A transport of httpx's that asks a policy about every address before it connects.

    Raises what httpx's own transport raises, and `AddressRefused`. No proxies, HTTP/1.1 only.

    Args:
        policy: which addresses may be called.
        verify: how servers prove who they are.
        max_connections: at the same time.
        keep_alive: how many idle connections are kept for the next request.
        resolve: finds the addresses of names.
    """

    def __init__(
        self,
        policy: AddressPolicy,
        verify: ssl.SSLContext,
        *,
        max_connections: int = 100,
        keep_alive: int = 0,
        resolve: Resolve = resolve,
    ) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=verify,
            max_connections=max_connections,
            max_keepalive_connections=keep_alive,
            network_backend=_CheckedBackend(policy, resolve),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; see httpx."""
        url = request.url
        asked = httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _httpx_errors():
            reply = await self._pool.handle_async_request(asked)
        return httpx.Response(
            reply.status,
            headers=reply.headers,
            stream=_Body(reply),
            extensions=reply.extensions,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, reply: httpcore.Response) -> None:
        self._reply = reply

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _httpx_errors():
            async for part in self._reply.aiter_stream():
                yield part

    async def aclose(self) -> None:
        await self._reply.aclose()


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, policy: AddressPolicy, resolve: Resolve) -> None:
        self._policy = policy
        self._resolve = resolve
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await allowed_addresses(host, port, self._policy, self._resolve)
                share = None if timeout is None else timeout / len(addresses)
                *others, last = addresses
                for each in others:
                    with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                        return await self._inner.connect_tcp(
                            each, port, share, local_address, socket_options
                        )
                return await self._inner.connect_tcp(
                    last, port, None, local_address, socket_options
                )
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        raise AddressRefused(f"cannot call {path[:80]!r}: it is no address of a network")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


@contextlib.contextmanager
def _httpx_errors() -> Iterator[None]:
    """Tell errors of the connection as httpx does, whose errors have the same names."""
    try:
        yield
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.UnsupportedProtocol,
    ) as error:
        shown = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise shown(str(error)) from error
