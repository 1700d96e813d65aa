"""OpenTelemetry over gRPC to a resource that asks for more than its instrumentation key."""

from __future__ import annotations

import socket

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from openinsights.app import _who_calls
from openinsights.ingest.otlp.body import SIGNALS
from openinsights.ingest.otlp.grpc_server import GrpcServer
from openinsights.ingest.otlp.target import KEY_HEADER


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def address(server, settings):
    address = f"127.0.0.1:{free_port()}"
    who = _who_calls(server.parts, settings, "http://127.0.0.1:5380/")
    grpc_server = GrpcServer(server.parts.otlp, address, None, who)
    assert server.portal.call(grpc_server.start)
    yield address
    server.portal.call(grpc_server.stop, 1.0)


def test_a_key_that_may_write_is_asked_for(server, address):
    shop = server.parts.resources.create("shop")
    server.parts.resources.update(shop.app_id, settings={"disable_local_auth": True})
    _, writer = server.parts.access.keys.create(shop.app_id, "w", ["write"])
    _, reader = server.parts.access.keys.create(shop.app_id, "r", ["read"])
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add()
    record.body.string_value = "hello"
    [service] = [each.service for each in SIGNALS if each.name == "logs"]

    def export(**metadata):
        with grpc.insecure_channel(address) as channel:
            call = channel.unary_unary(service)
            sent = [(KEY_HEADER, shop.instrumentation_key), *metadata.items()]
            try:
                call(request.SerializeToString(), metadata=sent, timeout=20)
            except grpc.RpcError as error:
                return error.code()
            return grpc.StatusCode.OK

    assert export() is grpc.StatusCode.UNAUTHENTICATED
    assert export(authorization=f"Bearer {reader}") is grpc.StatusCode.PERMISSION_DENIED
    assert export(authorization=f"Bearer {writer}") is grpc.StatusCode.OK
