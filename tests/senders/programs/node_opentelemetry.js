// An application on OpenTelemetry's SDK for Node; the environment says where and how it sends.
const { trace, context, SpanKind, SpanStatusCode } = require("@opentelemetry/api");
const { resourceFromAttributes } = require("@opentelemetry/resources");
const { LoggerProvider, SimpleLogRecordProcessor } = require("@opentelemetry/sdk-logs");
const { MeterProvider, PeriodicExportingMetricReader } = require("@opentelemetry/sdk-metrics");
const { NodeTracerProvider, BatchSpanProcessor } = require("@opentelemetry/sdk-trace-node");

const kind = { json: "http", protobuf: "proto", grpc: "grpc" }[process.env.WAY];
const { OTLPTraceExporter } = require(`@opentelemetry/exporter-trace-otlp-${kind}`);
const { OTLPLogExporter } = require(`@opentelemetry/exporter-logs-otlp-${kind}`);
const { OTLPMetricExporter } = require(`@opentelemetry/exporter-metrics-otlp-${kind}`);

const resource = resourceFromAttributes({
  "service.name": "checkout",
  "service.namespace": "shop",
  "service.instance.id": "checkout-0",
});

async function main() {
  const spans = new NodeTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  const tracer = spans.getTracer("shop");
  const request = tracer.startSpan("POST /orders", {
    kind: SpanKind.SERVER,
    attributes: {
      "http.request.method": "POST",
      "http.route": "/orders",
      "http.response.status_code": 201,
      주문: "김치 · crème brûlée · 🎉",
    },
  });
  const inside = trace.setSpan(context.active(), request);
  const call = tracer.startSpan(
    "SELECT",
    {
      kind: SpanKind.CLIENT,
      attributes: { "db.system.name": "postgresql", "db.query.text": "select 1" },
    },
    inside,
  );
  call.recordException(new RangeError("broken"));
  call.setStatus({ code: SpanStatusCode.ERROR });
  call.end();
  request.end();
  await spans.shutdown();

  const logs = new LoggerProvider({
    resource,
    processors: [new SimpleLogRecordProcessor({ exporter: new OTLPLogExporter() })],
  });
  logs.getLogger("shop.stock").emit({ body: "재고 부족", severityNumber: 13 });
  await logs.forceFlush();
  await logs.shutdown();

  const reader = new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() });
  const metrics = new MeterProvider({ resource, readers: [reader] });
  const speed = metrics.getMeter("shop").createHistogram("speed");
  speed.record(1.5);
  speed.record(2);
  await metrics.shutdown();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
