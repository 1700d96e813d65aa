"""An application on Microsoft's distribution of OpenTelemetry that somebody watches live."""

import os
import sys
import time

from azure.monitor.opentelemetry import configure_azure_monitor
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import SpanKind, Status, StatusCode

configure_azure_monitor(
    enable_live_metrics=True,
    sampling_ratio=1.0,
    resource=Resource.create({"service.name": "shop", "service.instance.id": "one"}),
)
tracer = trace.get_tracer("shop")
end = time.monotonic() + 60
while time.monotonic() < end and not os.path.exists(sys.argv[1] if sys.argv[1:] else "stop"):
    for status in (200, 200, 500):
        attributes = {
            "http.request.method": "GET",
            "http.route": "/주문",
            "http.response.status_code": status,
            "url.full": "http://shop.example/orders",
        }
        with tracer.start_as_current_span(
            "GET", kind=SpanKind.SERVER, attributes=attributes
        ) as span:
            time.sleep(0.05)
            if status == 500:
                span.set_status(Status(StatusCode.ERROR))
