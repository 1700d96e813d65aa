// The calls that applications on both SDKs for Node make.
module.exports = function record(client, metric) {
  client.trackRequest({
    name: "GET /orders",
    url: "http://shop.example/orders",
    duration: 12,
    resultCode: 200,
    success: true,
    properties: { 주문: "김치 · crème brûlée · 🎉" },
  });
  client.trackDependency({
    target: "db",
    name: "SELECT",
    data: "select 1",
    duration: 5,
    resultCode: 0,
    success: false,
    dependencyTypeName: "SQL",
  });
  client.trackTrace({ message: "재고 부족" });
  client.trackException({ exception: new RangeError("broken") });
  client.trackEvent({ name: "purchase", measurements: { amount: 3 } });
  client.trackMetric(metric);
  client.trackPageView({ name: "home", url: "http://shop.example/" });
  client.trackAvailability({
    id: "1",
    name: "ping",
    success: true,
    duration: 7,
    runLocation: "here",
    message: "ok",
  });
};
