/** What to paste, per kind of application. */

export interface Snippet {
  name: string;
  install: string;
  code: (connectionString: string) => string;
}

const OPENCENSUS = "pip install openinsights-sdk";

export const SNIPPETS: Snippet[] = [
  {
    name: "Traces",
    install: OPENCENSUS,
    code: (connection) => `from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import ProbabilitySampler
from opencensus.trace.tracer import Tracer

tracer = Tracer(
    exporter=AzureExporter(
        connection_string="${connection}",
    ),
    sampler=ProbabilitySampler(1.0),
)

with tracer.span(name="first span"):
    print("Hello, telemetry")`,
  },
  {
    name: "Logs",
    install: OPENCENSUS,
    code: (connection) => `import logging

from opencensus.ext.azure.log_exporter import AzureLogHandler

logger = logging.getLogger(__name__)
logger.addHandler(
    AzureLogHandler(
        connection_string="${connection}",
    )
)

logger.warning("Hello, telemetry", extra={"custom_dimensions": {"step": "first"}})`,
  },
  {
    name: "Metrics",
    install: OPENCENSUS,
    code: (connection) => `import time

from opencensus.ext.azure import metrics_exporter

# CPU, memory and request rates of this process, every 15 seconds.
exporter = metrics_exporter.new_metrics_exporter(
    connection_string="${connection}",
)

time.sleep(60)`,
  },
  {
    name: "Flask",
    install: `${OPENCENSUS} flask`,
    code: (connection) => `from flask import Flask
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.ext.flask.flask_middleware import FlaskMiddleware
from opencensus.trace.samplers import ProbabilitySampler

app = Flask(__name__)
FlaskMiddleware(
    app,
    exporter=AzureExporter(
        connection_string="${connection}",
    ),
    sampler=ProbabilitySampler(1.0),
)


@app.route("/")
def hello():
    return "Hello, telemetry"`,
  },
  {
    name: "OpenTelemetry",
    install: "pip install azure-monitor-opentelemetry-exporter",
    code: (
      connection,
    ) => `from azure.monitor.opentelemetry.exporter import AzureMonitorTraceExporter
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(
    BatchSpanProcessor(
        AzureMonitorTraceExporter(
            connection_string="${connection}",
        )
    )
)
trace.set_tracer_provider(provider)

with trace.get_tracer(__name__).start_as_current_span("first span"):
    print("Hello, telemetry")

provider.shutdown()`,
  },
  {
    name: "curl",
    install: "",
    code: (connection) => {
      const key = /InstrumentationKey=([^;]+)/.exec(connection)?.[1] ?? "";
      const endpoint = /IngestionEndpoint=([^;]+)/.exec(connection)?.[1] ?? "/";
      const message = `{"name":"Microsoft.ApplicationInsights.Message",
       "time":"'$(date -u +%Y-%m-%dT%H:%M:%SZ)'","iKey":"${key}",
       "tags":{"ai.cloud.role":"curl"},
       "data":{"baseType":"MessageData",
               "baseData":{"ver":2,"message":"Hello, telemetry","severityLevel":1}}}`;
      return `curl ${endpoint}v2.1/track -H 'content-type: application/json' \\
  -d '${message}'`;
    },
  },
];
