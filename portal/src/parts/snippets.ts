/** What to paste, per kind of application. */

export interface Snippet {
  name: string;
  install: string;
  code: (connectionString: string) => string;
}

/** One value of a connection string, "" when it has none of the name. */
export function partOf(connection: string, name: string): string {
  const found = connection.split(";").find((part) => part.startsWith(`${name}=`));
  return found?.slice(name.length + 1) ?? "";
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
    install: "pip install azure-monitor-opentelemetry",
    code: (connection) => `from azure.monitor.opentelemetry import configure_azure_monitor
from opentelemetry import trace

configure_azure_monitor(
    connection_string="${connection}",
    sampling_ratio=1.0,
)

with trace.get_tracer(__name__).start_as_current_span("first span"):
    print("Hello, telemetry")`,
  },
  {
    name: ".NET",
    install: "dotnet add package Microsoft.ApplicationInsights.AspNetCore",
    code: (connection) => `var builder = WebApplication.CreateBuilder(args);

builder.Services.AddApplicationInsightsTelemetry(options =>
{
    options.ConnectionString = "${connection}";
});

var app = builder.Build();
app.MapGet("/", () => "Hello, telemetry");
app.Run();`,
  },
  {
    name: "Node",
    install: "npm install applicationinsights@2",
    code: (connection) => `const insights = require("applicationinsights");

insights.setup("${connection}").start();
insights.defaultClient.trackEvent({ name: "first event" });
insights.defaultClient.flush();`,
  },
  {
    name: "Java",
    install: "",
    code: (connection) => `# with the file applicationinsights-agent-3.x.x.jar of Microsoft's Java agent beside app.jar
export APPLICATIONINSIGHTS_CONNECTION_STRING='${connection}'
java -javaagent:applicationinsights-agent-3.x.x.jar -jar app.jar`,
  },
  {
    name: "JavaScript",
    install: `npm install @microsoft/applicationinsights-web
cp node_modules/@microsoft/applicationinsights-web/dist/es5/applicationinsights-web.min.js public/`,
    code: (connection) => `<script src="/applicationinsights-web.min.js"></script>
<script>
  const insights = new Microsoft.ApplicationInsights.ApplicationInsights({
    config: {
      connectionString: "${connection}",
      // Nothing is fetched from elsewhere.
      extensionConfig: { AppInsightsCfgSyncPlugin: { cfgUrl: "" } },
    },
  });
  insights.loadAppInsights();
  insights.trackPageView();
</script>`,
  },
  {
    name: "OTLP",
    install: "pip install opentelemetry-distro opentelemetry-exporter-otlp-proto-http",
    code: (connection) => `export OTEL_SERVICE_NAME=my-app
export OTEL_EXPORTER_OTLP_ENDPOINT=${partOf(connection, "IngestionEndpoint")}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_EXPORTER_OTLP_HEADERS=x-ms-instrumentation-key=${partOf(connection, "InstrumentationKey")}
opentelemetry-instrument python app.py`,
  },
  {
    name: "curl",
    install: "",
    code: (connection) => {
      const key = partOf(connection, "InstrumentationKey");
      const endpoint = partOf(connection, "IngestionEndpoint");
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
