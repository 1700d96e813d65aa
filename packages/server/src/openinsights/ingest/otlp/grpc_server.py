"""The gRPC side of OTLP, and the only file that knows grpcio.

A message is asked for only once there is a place for it, and comes as it was sent: gRPC unpacks
nothing here, so that a small message cannot claim much memory. The rest is the way of every body.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote

import grpc
from grpc import aio

from openinsights.access.caller import ASKING, Asking, Caller
from openinsights.access.rights import Right
from openinsights.ingest.errors import IngestError
from openinsights.ingest.otlp.body import SIGNALS
from openinsights.ingest.otlp.reply import code_of, grpc_trailers
from openinsights.ingest.sender import sender_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from openinsights.ingest.otlp.body import Signal
    from openinsights.ingest.otlp.receiver import Receiver

Who: TypeAlias = "Callable[[Mapping[bytes, bytes]], Awaitable[Caller]]"
"""Tells who calls, by the metadata of a call."""
MAX_MESSAGE_BYTES = 4 * 1024 * 1024
MESSAGES_AT_ONCE = 64
"""Messages that are being received or worked on; together with their size a bound on memory."""
_CALLS_AT_ONCE = 4096
_PATIENCE_S = 10.0
_ARRIVAL_S = 5.0
_HURRIED_ARRIVAL_S = 0.5
"""How long a message may take once others may have to wait for its place: calls that send nothing
must not keep those out that do."""
_GZIP = b"\x1f\x8b"
_ZLIB = b"\x78"
_OPTIONS = (
    ("grpc.so_reuseport", 0),
    ("grpc.per_message_decompression", 0),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_concurrent_streams", 256),
    ("grpc.max_metadata_size", 16 * 1024),
)
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class GrpcServer:
    """Takes OTLP over gRPC, on the event loop that starts it.

    Args:
        receiver: takes the bodies.
        address: `host:port`.
        tls: key and certificate in PEM; None is plain.
        who: tells who calls, by the call's metadata; None takes everybody for nobody.
    """

    def __init__(
        self,
        receiver: Receiver,
        address: str,
        tls: tuple[bytes, bytes] | None = None,
        who: Who | None = None,
    ) -> None:
        self._who = who
        self._receiver = receiver
        self._address = address
        self._tls = tls
        self._server: aio.Server | None = None
        self._awaited = 0

    async def start(self) -> bool:
        """Begin to listen; return False when the port is not free."""
        self._places = asyncio.Semaphore(MESSAGES_AT_ONCE)
        server = aio.server(options=_OPTIONS, maximum_concurrent_rpcs=_CALLS_AT_ONCE)
        for signal in SIGNALS:
            service, _, method = signal.service.lstrip("/").rpartition("/")
            # a stream of one message reads as a single one, but only when it is asked for
            handler = grpc.stream_unary_rpc_method_handler(self._export(signal))
            server.add_generic_rpc_handlers(
                (grpc.method_handlers_generic_handler(service, {method: handler}),)
            )
        try:
            if self._tls is None:
                server.add_insecure_port(self._address)
            else:
                credentials = grpc.ssl_server_credentials([self._tls])
                server.add_secure_port(self._address, credentials)
        except RuntimeError:
            return False
        await server.start()
        self._server = server
        return True

    async def stop(self, grace_s: float) -> None:
        """Take no more calls, and give those under way some time."""
        if self._server is not None:
            await self._server.stop(grace_s)

    def _export(self, signal: Signal) -> Any:
        async def export(messages: AsyncIterator[bytes], context: Any) -> bytes:
            try:
                return await self._take(signal, messages, context)
            except IngestError as error:
                await context.abort(
                    _CODES[code_of(error)], error.message, trailing_metadata=grpc_trailers(error)
                )
                raise

        return export

    async def _take(self, signal: Signal, messages: AsyncIterator[bytes], context: Any) -> bytes:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._places.acquire()
        except TimeoutError:
            raise IngestError(
                "100: cannot take the message now: the server is working on as many as it can",
                503,
                retry_after_s=1,
            ) from None
        try:
            message = await self._message(messages)
            headers = [
                (name, value if isinstance(value, str) else value.decode("latin-1"))
                for name, value in context.invocation_metadata() or ()
            ]
            encoding = _encoding(message)
            chunks = _once(message)
            size = len(message)
            del message
            as_bytes = {
                name.encode(): value.encode("latin-1", "replace") for name, value in headers
            }
            if self._who is not None:  # each call runs in a context of its own
                ASKING.set(Asking(await self._who(as_bytes), Right.INGEST))
            sender = sender_of(as_bytes, _address(context.peer()))
            return await self._receiver.take(
                signal, False, None, headers, chunks, encoding, size, sender
            )
        finally:
            self._places.release()

    async def _message(self, messages: AsyncIterator[bytes]) -> bytes:
        self._awaited += 1
        hurried = self._awaited > MESSAGES_AT_ONCE // 2
        try:
            async with asyncio.timeout(_HURRIED_ARRIVAL_S if hurried else _ARRIVAL_S):
                async for message in messages:
                    return message
        except TimeoutError:
            raise IngestError(
                "100: cannot read the message: it did not come in time", 408
            ) from None
        finally:
            self._awaited -= 1
        raise IngestError("100: cannot read the message: there is none")


def _address(peer: str) -> str:
    """Return the address in what gRPC calls a peer, such as `ipv4:127.0.0.1:4711`."""
    return unquote(peer.partition(":")[2].rpartition(":")[0]).strip("[]")


def _encoding(message: bytes) -> str:
    """Return how a message is packed: no request begins with these bytes otherwise."""
    if message[:2] == _GZIP:
        return "gzip"
    return "deflate" if message[:1] == _ZLIB else ""


async def _once(message: bytes) -> AsyncIterator[bytes]:
    if message:
        yield message
