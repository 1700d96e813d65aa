// An application on the classic SDK for Node that somebody watches live.
const fs = require("fs");
const applicationInsights = require("applicationinsights");
applicationInsights
  .setup()
  .setAutoCollectConsole(false)
  .setAutoCollectPerformance(false, false)
  .setSendLiveMetrics(true)
  .setUseDiskRetryCaching(false);
const client = applicationInsights.defaultClient;
client.context.tags[client.context.keys.cloudRole] = "shop";
applicationInsights.start();

const end = Date.now() + 60000;
const work = setInterval(() => {
  for (const resultCode of [200, 200, 500]) {
    client.trackRequest({
      name: "GET /주문",
      url: "http://shop.example/orders",
      duration: 50,
      resultCode,
      success: resultCode < 400,
    });
  }
  if (Date.now() > end || fs.existsSync(process.argv[2])) {
    clearInterval(work);
    process.exit(0);
  }
}, 100);
