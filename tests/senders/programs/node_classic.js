// An application on the classic SDK for Node.
const applicationInsights = require("applicationinsights");
const record = require("./node_calls.js");
applicationInsights
  .setup()
  .setAutoCollectConsole(false)
  .setAutoCollectPerformance(false, false)
  .setSendLiveMetrics(false)
  .setUseDiskRetryCaching(false);
const client = applicationInsights.defaultClient;
client.context.tags[client.context.keys.cloudRole] = "shop";
applicationInsights.start();

record(client, { name: "speed", value: 3.5, count: 2, min: 1, max: 2.5, stdDev: 0.5 });
client.flush({
  callback: (reply) => {
    console.log(reply);
    process.exit(0);
  },
});
