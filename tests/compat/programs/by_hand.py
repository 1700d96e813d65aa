"""Opens and ends spans by hand, notes what happens in them, and passes the trace on."""

import datetime

from opencensus.trace import base_exporter, execution_context, link, status, time_event
from opencensus.trace.propagation import (
    b3_format,
    google_cloud_format,
    text_format,
    trace_context_http_header_format,
)
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.span import SpanKind
from opencensus.trace.tracer import Tracer


class Printing(base_exporter.Exporter):
    def export(self, span_datas):
        for span in span_datas:
            print(
                span.name,
                "below" if span.parent_span_id else "root",
                span.child_span_count,
                dict(span.attributes),
                [note.description for note in span.annotations],
                len(span.message_events),
                [one.trace_id[:4] for one in span.links],
                span.status.code,
            )


caller = trace_context_http_header_format.TraceContextPropagator().from_headers(
    {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
)
tracer = Tracer(span_context=caller, sampler=AlwaysOnSampler(), exporter=Printing())

request = tracer.start_span(name="request")
request.span_kind = SpanKind.SERVER
tracer.add_attribute_to_current_span("http.method", "GET")
request.add_annotation("accepted", queue="orders")
request.add_message_event(
    time_event.MessageEvent(
        datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc), 1, time_event.Type.RECEIVED
    )
)
request.add_link(link.Link("f" * 32, "e" * 16, type=link.Type.PARENT_LINKED_SPAN))
work = tracer.start_span(name="work")
work.span(name="step").finish()
tracer.end_span()

for propagator in (
    trace_context_http_header_format.TraceContextPropagator(),
    b3_format.B3FormatPropagator(),
    google_cloud_format.GoogleCloudFormatPropagator(),
):
    headers = propagator.to_headers(tracer.span_context)
    same = propagator.from_headers(headers)
    print(sorted(headers), same.trace_id, same.span_id == request.span_id)
carrier = text_format.TextFormatPropagator().to_carrier(tracer.span_context, {})
print(sorted(carrier), execution_context.get_opencensus_tracer() is tracer)

request.set_status(status.Status(5, "no such order"))
tracer.end_span()


@tracer.trace_decorator()
def decorated(number):
    return number + 1


print(decorated(41), tracer.current_span())
tracer.start_span(name="left open")
tracer.finish()
