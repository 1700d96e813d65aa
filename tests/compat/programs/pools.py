"""Goes on with a trace in threads and pools, and tells on each log line which trace it is."""

import logging
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from opencensus import log
from opencensus.trace import config_integration, execution_context
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer


class Quiet:
    def export(self, span_datas):
        return None


print(config_integration.trace_integrations(["logging", "threading"]))
logging.basicConfig(stream=sys.stdout, format="%(traceId)s %(traceSampled)s %(message)s")
tracer = Tracer(sampler=AlwaysOnSampler(), exporter=Quiet())
trace_id = tracer.span_context.trace_id


def where():
    return execution_context.get_opencensus_tracer().span_context.trace_id == trace_id


with tracer.span(name="outer") as outer:
    logging.getLogger("shop").warning("inside")
    adapter = log.TraceLoggingAdapter(logging.getLogger("adapted"), {})
    adapter.warning("adapted")
    print(log.get_log_attrs().span_id == outer.span_id)
    with ThreadPoolExecutor(1) as pool:
        print("pool", pool.submit(where).result())
    seen = []
    thread = threading.Thread(target=lambda: seen.append(where()))
    thread.start()
    thread.join()
    print("thread", seen)
print(trace_id)
