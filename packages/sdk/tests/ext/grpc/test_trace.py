from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc import aio

from opencensus.ext.grpc import trace

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=["before", "after"])
def _integrated(request: pytest.FixtureRequest) -> Iterator[None]:
    modules = ((grpc, "insecure_channel"), (grpc, "secure_channel"), (grpc, "server"))
    places = [*modules, *((aio, name) for _, name in modules)]
    originals = [(module, name, getattr(module, name)) for module, name in places]
    # The tracer of the tests is made before, and given; or later, and found.
    given = request.getfixturevalue("tracer") if request.param == "before" else None
    trace.trace_integration(given)
    trace.trace_integration(given)
    request.getfixturevalue("tracer")
    yield
    for module, name, original in originals:
        setattr(module, name, original)


def handlers(behaviour: Any) -> Any:
    methods = {"Bill": grpc.unary_unary_rpc_method_handler(behaviour)}
    return (grpc.method_handlers_generic_handler("shop.Orders", methods),)


@pytest.mark.usefixtures("_integrated")
def test_channels_and_servers_are_traced(span_list: Any) -> None:
    with ThreadPoolExecutor(1) as pool:
        server = grpc.server(pool, handlers(lambda request, _: request), maximum_concurrent_rpcs=4)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            assert channel.unary_unary("/shop.Orders/Bill")(b"a", timeout=5) == b"a"
        server.stop(None).wait()

    sent = span_list.named("Sent.shop.Orders.Bill")
    assert span_list.named("Recv.shop.Orders.Bill").parent_span_id == sent.span_id
    assert sent.attributes["dependency.target"] == f"127.0.0.1:{port}"


@pytest.mark.usefixtures("_integrated")
def test_awaited_channels_and_servers_are_traced(span_list: Any) -> None:
    async def bill(request: bytes, context: Any) -> bytes:
        return request

    async def main() -> None:
        server = aio.server()
        server.add_generic_rpc_handlers(handlers(bill))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with aio.insecure_channel(f"127.0.0.1:{port}", (), None, None) as channel:
            assert await channel.unary_unary("/shop.Orders/Bill")(b"a") == b"a"
        await server.stop(None)

    asyncio.run(main())
    sent = span_list.named("Sent.shop.Orders.Bill")
    assert span_list.named("Recv.shop.Orders.Bill").parent_span_id == sent.span_id
