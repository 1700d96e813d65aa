// An application on the SDK for Node that is built on OpenTelemetry.
const applicationInsights = require("applicationinsights");
const record = require("./node_calls.js");
applicationInsights
  .setup()
  .setAutoCollectConsole(false)
  .setAutoCollectPerformance(false)
  .setSendLiveMetrics(false)
  .setUseDiskRetryCaching(false)
  .start();
const client = applicationInsights.defaultClient;

record(client, { name: "speed", value: 3.5 });
client
  .flush()
  .then(() => client.shutdown())
  .then(() => process.exit(0));
