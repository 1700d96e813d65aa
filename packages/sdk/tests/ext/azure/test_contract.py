"""The envelopes that this client sends, one file each, which the server's tests read.

`RECORD_CONTRACT=1` rewrites the files; people look at the difference.
"""

from __future__ import annotations

import json
import logging
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure.common import tags
from opencensus.ext.azure.common.batch import Numbering, encode_items
from opencensus.ext.azure.common.ledger import Ledger
from opencensus.ext.azure.log_exporter import AzureEventHandler, AzureLogHandler
from opencensus.ext.azure.metrics_exporter.envelopes import buckets, envelope, to_data_point
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.metrics.export import value
from opencensus.stats import aggregation
from opencensus.trace.link import Link
from opencensus.trace.span_context import SpanContext
from opencensus.trace.span_data import SpanData
from opencensus.trace.stack_trace import StackFrame, StackTrace
from opencensus.trace.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openinsights_wire.envelope import Envelope

CONTRACT = Path(__file__).parents[5] / "contract" / "openinsights"
KEY = "5f0c0f3e-7d5b-4b1e-9a55-3f1f6f2f9d10"
TRACE = "8f2b6f0d1c3e4a5b9c7d0e1f2a3b4c5d"
SPAN = "3e1f0a9b8c7d6e5f"
PARENT = "1d2c3b4a59687786"
AT = datetime(2026, 11, 21, 7, 19, 39, 799123, tzinfo=timezone.utc)
TAGS = {
    "ai.cloud.role": "checkout.py",
    "ai.cloud.roleInstance": "orders-vm-2",
    "ai.device.id": "orders-vm-2",
    "ai.device.locale": "en_GB",
    "ai.device.osVersion": "#1 SMP PREEMPT_DYNAMIC Debian 6.1.158-1",
    "ai.device.type": "Other",
    "ai.internal.sdkVersion": "py3.11.7:oc0.11.4:ext0.1.0",
}


@pytest.fixture(autouse=True)
def _same_machine_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tags, "azure_monitor_context", TAGS)


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    return {
        "connection_string": f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:9",
        "storage_path": str(tmp_path / "storage"),
    }


@pytest.fixture
def exporter(options: dict[str, Any]) -> Iterator[AzureExporter]:
    exporter = AzureExporter(**options)
    yield exporter
    exporter.shutdown()


@pytest.fixture
def handler(options: dict[str, Any]) -> Iterator[AzureLogHandler]:
    handler = AzureLogHandler(**options)
    yield handler
    handler.close()


def check(name: str, sent: Envelope) -> None:
    (item,) = encode_items([sent], Numbering("9d10c0f35f0c0f3e"), Ledger("contract"))
    text = json.dumps(json.loads(item), indent=2, ensure_ascii=False) + "\n"
    path = CONTRACT / f"{name}.json"
    if os.environ.get("RECORD_CONTRACT"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def span(kind: int, status: Status | None = None, **fields: Any) -> SpanData:
    return SpanData(
        name=fields.get("name", "span"),
        context=SpanContext(trace_id=TRACE),
        span_id=SPAN,
        parent_span_id=fields.get("parent"),
        attributes=fields.get("attributes", {}),
        start_time="2026-11-21T07:19:39.799123Z",
        end_time="2026-11-21T07:19:39.840623Z",
        child_span_count=0,
        stack_trace=fields.get("stack_trace"),
        annotations=(),
        message_events=(),
        links=fields.get("links", ()),
        status=status or Status.as_ok(),
        same_process_as_parent_span=None,
        span_kind=kind,
    )


REQUEST = {
    "http.method": "GET",
    "http.host": "shop.example",
    "http.path": "/orders/81",
    "http.route": "/orders/<number>",
    "http.url": "http://shop.example/orders/81",
    "http.status_code": 200,
    "cart.items": 3,
}


def test_request(exporter: AzureExporter) -> None:
    check("request", *exporter.span_data_to_envelopes(span(1, attributes=REQUEST)))


def test_exception_of_a_request(exporter: AzureExporter) -> None:
    stack = StackTrace()
    for function, line in (("dispatch", 12), ("find", 31)):
        stack.add_stack_frame(
            StackFrame(function, function, "/srv/shop/orders.py", line, 0, "orders", "b", "v")
        )
    attributes = {
        **REQUEST,
        "http.status_code": 500,
        "error.name": "KeyError",
        "error.message": "82",
        "stacktrace": "  File ...",
    }
    failure, request = exporter.span_data_to_envelopes(
        span(1, Status(2, "82"), attributes=attributes, stack_trace=stack, parent=PARENT)
    )
    check("exception_of_request", failure)
    check("request_failed", request)


def test_dependency_over_http(exporter: AzureExporter) -> None:
    attributes = {
        "component": "HTTP",
        "http.method": "POST",
        "http.url": "http://payments.example:8080/charge?dry=1",
        "http.status_code": 502,
    }
    check(
        "dependency_http",
        *exporter.span_data_to_envelopes(
            span(2, Status(2), name="/charge", attributes=attributes, parent=PARENT)
        ),
    )


def test_dependency_on_a_database(exporter: AzureExporter) -> None:
    attributes = {
        "component": "sqlite3",
        "sqlite3.query": "select price from products where id = ?",
        "sqlite3.cursor.method.name": "execute",
        "db.instance": "shop.db",
    }
    check(
        "dependency_database",
        *exporter.span_data_to_envelopes(
            span(2, name="sqlite3.query", attributes=attributes, parent=PARENT)
        ),
    )


def test_dependency_in_the_process(exporter: AzureExporter) -> None:
    linked = span(0, name="price basket", attributes={"items": 3}, links=[Link("a" * 32, "b" * 16)])
    check("dependency_inproc", *exporter.span_data_to_envelopes(linked))


def record(text: str, level: int = logging.WARNING, **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord("shop", level, "/srv/shop/orders.py", 33, text, (), None)
    made.created = AT.timestamp()
    made.processName = "MainProcess"
    made.__dict__.update(extra)
    return made


def test_message(handler: AzureLogHandler) -> None:
    made = record(
        "stock low", traceId=TRACE, spanId=SPAN, custom_dimensions={"product": "찻잔", "left": 3}
    )
    check("message", handler.log_record_to_envelope(made))


def test_message_without_a_trace(handler: AzureLogHandler) -> None:
    check("message_without_trace", handler.log_record_to_envelope(record("opened", logging.INFO)))


def test_exception_with_its_cause(handler: AzureLogHandler) -> None:
    code = compile(
        "def find(number):\n    return {}[number]\n\n\ndef show(number):\n    try:\n"
        "        find(number)\n    except KeyError as error:\n"
        "        raise ValueError('no such order') from error\n",
        "/srv/shop/orders.py",
        "exec",
    )
    module: dict[str, Any] = {"__name__": "orders"}
    exec(code, module)
    with pytest.raises(ValueError, match="no such order") as caught:
        module["show"](82)
    made = record("cannot show the order", logging.ERROR, traceId=TRACE, spanId=SPAN)
    made.exc_info = (ValueError, caught.value, caught.tb.tb_next)
    made.exc_text = "ValueError: no such order"
    check("exception", handler.log_record_to_envelope(made))


def test_event(options: dict[str, Any]) -> None:
    handler = AzureEventHandler(**options)
    made = record(
        "order placed",
        custom_dimensions={"product": "teapot"},
        custom_measurements={"price": 64.5},
    )
    check("event", handler.log_record_to_envelope(made))
    handler.close()


def test_metric() -> None:
    point = to_data_point("orders", value.ValueLong(5))
    assert point is not None
    check("metric", envelope(point, AT, KEY, TAGS, {"issuer": "visa", "channel": "null"}))


def test_distribution() -> None:
    data = aggregation.DistributionAggregation([10]).new_aggregation_data()
    for sample in (5, 20, 35):
        data.add_sample(sample, None, None)
    distribution = data.to_point(AT).value
    point = to_data_point("latency", distribution)
    assert point is not None
    check("metric_distribution", envelope(point, AT, KEY, TAGS, buckets(distribution)))


def test_performance_counter() -> None:
    point = to_data_point(r"\Memory\Available Bytes", value.ValueLong(2_147_483_648))
    assert point is not None
    check("performance_counter", envelope(point, AT, KEY, TAGS, {}))
