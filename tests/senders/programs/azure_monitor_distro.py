"""An application on Microsoft's distribution of OpenTelemetry."""

import logging

from azure.monitor.opentelemetry import configure_azure_monitor
from opentelemetry import metrics, trace
from opentelemetry._logs import get_logger_provider
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import SpanKind

configure_azure_monitor(
    logger_name="shop",
    sampling_ratio=1.0,
    resource=Resource.create(
        {"service.name": "shop", "service.namespace": "eu", "service.instance.id": "one"}
    ),
)
tracer = trace.get_tracer("shop")
logger = logging.getLogger("shop")
logger.setLevel(logging.INFO)
meter = metrics.get_meter("shop")

request = {
    "http.request.method": "GET",
    "http.route": "/orders/{id}",
    "http.response.status_code": 200,
    "url.scheme": "http",
    "url.path": "/orders/5",
    "server.address": "shop.example",
    "주문": "김치 · crème brûlée · 🎉",
}
call = {
    "http.request.method": "GET",
    "url.full": "http://stock.example/items/5",
    "server.address": "stock.example",
    "http.response.status_code": 200,
}
with tracer.start_as_current_span("GET", kind=SpanKind.SERVER, attributes=request) as span:
    with tracer.start_as_current_span("GET", kind=SpanKind.CLIENT, attributes=call):
        pass
    with tracer.start_as_current_span("reckon"):
        pass
    logger.warning("재고 부족 %s", 5, extra={"item": "5"})
    logger.info("bought", extra={"microsoft.custom_event.name": "purchase", "amount": 3})
    try:
        print(1 / 0)
    except ZeroDivisionError:
        logger.exception("could not divide")

meter.create_counter("orders").add(3, {"kind": "a"})
histogram = meter.create_histogram("seconds")
histogram.record(1.5)
histogram.record(2.5)

trace.get_tracer_provider().force_flush()
get_logger_provider().force_flush()
metrics.get_meter_provider().force_flush()
