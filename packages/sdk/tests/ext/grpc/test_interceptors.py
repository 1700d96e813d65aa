from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc import aio

from opencensus.ext.grpc.aio import OpenCensusAioServerInterceptor, client_interceptors
from opencensus.ext.grpc.client_interceptor import OpenCensusClientInterceptor
from opencensus.ext.grpc.server_interceptor import OpenCensusServerInterceptor
from opencensus.trace import execution_context
from opencensus.trace.span import SpanKind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

METHOD = "/shop.Orders/{}"


def bill(request: bytes, context: Any) -> bytes:
    with execution_context.get_opencensus_tracer().span(name="inside"):
        return request.upper()


def refuse(request: bytes, context: Any) -> bytes:
    context.abort(grpc.StatusCode.NOT_FOUND, "no such order")
    raise AssertionError


def fail(request: bytes, context: Any) -> bytes:
    raise ValueError("broken")


def many(request: bytes, context: Any) -> Iterator[bytes]:
    for number in range(3):
        yield request + str(number).encode()


def fail_late(request: bytes, context: Any) -> Iterator[bytes]:
    yield request
    raise ValueError("broken")


def total(requests: Any, context: Any) -> bytes:
    return b"".join(requests)


def echo(requests: Any, context: Any) -> Iterator[bytes]:
    yield from requests


HANDLERS = {
    "Bill": grpc.unary_unary_rpc_method_handler(bill),
    "Refuse": grpc.unary_unary_rpc_method_handler(refuse),
    "Fail": grpc.unary_unary_rpc_method_handler(fail),
    "Many": grpc.unary_stream_rpc_method_handler(many),
    "FailLate": grpc.unary_stream_rpc_method_handler(fail_late),
    "Total": grpc.stream_unary_rpc_method_handler(total),
    "Echo": grpc.stream_stream_rpc_method_handler(echo),
}


@pytest.fixture
def served() -> Any:
    """The spans that the server exports."""

    class Served:
        def __init__(self) -> None:
            self.spans: list[Any] = []

        def export(self, spans: Any) -> None:
            self.spans.extend(spans)

    return Served()


@pytest.fixture
def port(served: Any) -> Iterator[int]:
    with ThreadPoolExecutor(4) as pool:
        server = grpc.server(pool, interceptors=(OpenCensusServerInterceptor(exporter=served),))
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("shop.Orders", HANDLERS),)
        )
        found = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield found
        server.stop(None).wait()


@pytest.fixture
def channel(port: int) -> Iterator[Any]:
    target = f"127.0.0.1:{port}"
    with grpc.insecure_channel(target) as plain:
        yield grpc.intercept_channel(plain, OpenCensusClientInterceptor(host_port=target))


def only(spans: list[Any], name: str) -> Any:
    (span,) = [span for span in spans if span.name == name]
    return span


def wait_for(spans: list[Any], name: str) -> Any:
    import time

    give_up = time.monotonic() + 10
    while time.monotonic() < give_up:
        if any(span.name == name for span in spans):
            return only(spans, name)
        time.sleep(0.01)
    raise AssertionError(f"no {name} among {[span.name for span in spans]}")


def test_a_call_is_one_span_on_each_side_of_one_trace(
    channel: Any, port: int, tracer: Any, span_list: Any, served: Any
) -> None:
    with tracer.span(name="order") as order:
        assert channel.unary_unary(METHOD.format("Bill"))(b"a", timeout=5) == b"A"

    sent = span_list.named("Sent.shop.Orders.Bill")
    received = wait_for(served.spans, "Recv.shop.Orders.Bill")
    assert sent.parent_span_id == order.span_id
    assert received.parent_span_id == sent.span_id
    assert received.context.trace_id == tracer.span_context.trace_id
    assert only(served.spans, "inside").parent_span_id == received.span_id
    assert (sent.span_kind, received.span_kind) == (SpanKind.CLIENT, SpanKind.SERVER)
    assert sent.attributes["component"] == "grpc"
    assert sent.attributes["grpc.host_port"] == f"127.0.0.1:{port}"
    assert sent.attributes["grpc.method"] == METHOD.format("Bill")
    assert (sent.status.code, received.status.code) == (0, 0)
    assert tracer.current_span() is None


@pytest.mark.parametrize(
    ("name", "code", "raised"), [("Refuse", 5, None), ("Fail", 2, "ValueError"), ("None", 12, None)]
)
def test_the_status_is_recorded_on_both_sides(
    channel: Any, tracer: Any, span_list: Any, served: Any, name: str, code: int, raised: str | None
) -> None:
    with pytest.raises(grpc.RpcError):
        channel.unary_unary(METHOD.format(name))(b"a", timeout=5)

    assert only(span_list.spans, f"Sent.shop.Orders.{name}").status.code == code
    if name != "None":
        received = wait_for(served.spans, f"Recv.shop.Orders.{name}")
        assert received.status.code == code
        assert received.attributes.get("error.name") == raised


def test_streams_end_when_their_status_is_there(
    channel: Any, tracer: Any, span_list: Any, served: Any
) -> None:
    with tracer.span(name="order") as order:
        assert list(channel.unary_stream(METHOD.format("Many"))(b"a")) == [b"a0", b"a1", b"a2"]
        assert channel.stream_unary(METHOD.format("Total"))(iter([b"a", b"b"])) == b"ab"
        assert list(channel.stream_stream(METHOD.format("Echo"))(iter([b"a", b"b"]))) == [
            b"a",
            b"b",
        ]
        with tracer.span(name="beside") as beside:
            pass

    for name in ("Many", "Total", "Echo"):
        sent = wait_for(span_list.spans, f"Sent.shop.Orders.{name}")
        received = wait_for(served.spans, f"Recv.shop.Orders.{name}")
        assert sent.parent_span_id == order.span_id
        assert received.parent_span_id == sent.span_id
        assert (sent.status.code, received.status.code) == (0, 0)
    assert beside.parent_span is order


def test_a_stream_that_fails_late_and_one_that_is_cancelled(
    channel: Any, tracer: Any, span_list: Any, served: Any
) -> None:
    answer = channel.unary_stream(METHOD.format("FailLate"))(b"a")
    assert next(answer) == b"a"
    with pytest.raises(grpc.RpcError):
        next(answer)
    assert wait_for(span_list.spans, "Sent.shop.Orders.FailLate").status.code == 2
    received = wait_for(served.spans, "Recv.shop.Orders.FailLate")
    assert received.attributes["error.name"] == "ValueError"

    answer = channel.unary_stream(METHOD.format("Many"))(b"a")
    answer.cancel()
    assert wait_for(span_list.spans, "Sent.shop.Orders.Many").status.code == 1


def test_a_future_ends_elsewhere(channel: Any, tracer: Any, span_list: Any, served: Any) -> None:
    with tracer.span(name="order") as order:
        future = channel.unary_unary(METHOD.format("Bill")).future(b"a")
        with tracer.span(name="meanwhile"):
            pass
        assert future.result(timeout=5) == b"A"

    sent = wait_for(span_list.spans, "Sent.shop.Orders.Bill")
    assert sent.parent_span_id == order.span_id
    assert span_list.named("meanwhile").parent_span_id == order.span_id


def test_a_server_that_is_away(tracer: Any, span_list: Any) -> None:
    with grpc.insecure_channel("127.0.0.1:1") as plain:
        traced = grpc.intercept_channel(plain, OpenCensusClientInterceptor())
        with pytest.raises(grpc.RpcError):
            traced.unary_unary(METHOD.format("Bill"))(b"a", timeout=5)

    assert span_list.named("Sent.shop.Orders.Bill").status.code == 14


def test_awaited_calls_on_both_sides(tracer: Any, span_list: Any, served: Any) -> None:
    async def bill(request: bytes, context: Any) -> bytes:
        with execution_context.get_opencensus_tracer().span(name="inside"):
            await asyncio.sleep(0.01)
        return request.upper()

    async def fail(request: bytes, context: Any) -> bytes:
        raise ValueError("broken")

    async def many(request: bytes, context: Any) -> AsyncIterator[bytes]:
        for _ in range(3):
            yield request

    async def main() -> None:
        server = aio.server(interceptors=(OpenCensusAioServerInterceptor(exporter=served),))
        handlers = {
            "Bill": grpc.unary_unary_rpc_method_handler(bill),
            "Fail": grpc.unary_unary_rpc_method_handler(fail),
            "Many": grpc.unary_stream_rpc_method_handler(many),
        }
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("shop.Orders", handlers),)
        )
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        target = f"127.0.0.1:{port}"
        async with aio.insecure_channel(
            target, interceptors=client_interceptors(host_port=target)
        ) as channel:
            call = channel.unary_unary(METHOD.format("Bill"))
            assert await asyncio.gather(*(call(b"a") for _ in range(3))) == [b"A"] * 3
            with pytest.raises(grpc.RpcError):
                await channel.unary_unary(METHOD.format("Fail"))(b"a")
            assert [one async for one in channel.unary_stream(METHOD.format("Many"))(b"a")] == [
                b"a"
            ] * 3
        await server.stop(None)

    with tracer.span(name="order") as order:
        asyncio.run(main())

    sent = [span for span in span_list.spans if span.name == "Sent.shop.Orders.Bill"]
    received = [span for span in served.spans if span.name == "Recv.shop.Orders.Bill"]
    assert {span.parent_span_id for span in sent} == {order.span_id}
    assert {span.parent_span_id for span in received} == {span.span_id for span in sent}
    inside = [span for span in served.spans if span.name == "inside"]
    assert {span.parent_span_id for span in inside} == {span.span_id for span in received}
    assert span_list.named("Sent.shop.Orders.Fail").status.code == 2
    assert only(served.spans, "Recv.shop.Orders.Fail").attributes["error.name"] == "ValueError"
    assert span_list.named("Sent.shop.Orders.Many").status.code == 0
    assert only(served.spans, "Recv.shop.Orders.Many").status.code == 0
