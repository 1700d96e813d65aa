"""Names to addresses, on threads of their own: a name server that hangs stops nobody else."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Resolve: TypeAlias = Callable[[str, int], Awaitable[list[str]]]
    """Returns the addresses of a host, in the order in which they are to be tried."""


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host as the system finds them, each once.

    Args:
        host: a name, or an address, which is returned as it is.
        port: that is going to be connected to.

    Raises:
        OSError: it has none.
    """
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return await _looked_up(host, port)


def _looked_up(host: str, port: int) -> asyncio.Future[list[str]]:
    """Start to look up a name; the thread ends with the process, however long it still waits."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()

    def settle(addresses: list[str], error: Exception | None) -> None:
        if found.done():  # whoever waited has given up
            return
        if error is None:
            found.set_result(addresses)
        else:
            found.set_exception(error)

    def look_up() -> None:
        addresses: list[str] = []
        problem: Exception | None = None
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(str(row[4][0]) for row in rows))
        except UnicodeError:
            problem = OSError(f"{host[:80]!r} is no name of a host")
        except OSError as error:
            problem = error
        try:
            loop.call_soon_threadsafe(settle, addresses, problem)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return

    threading.Thread(target=look_up, name="name-lookup", daemon=True).start()
    return found
