import { expect, test } from "vitest";
import { draftOf, problemOf, propertiesOf } from "./draft";
import { resourceName, type Test } from "./tests";

const KEPT: Test = {
  id: "/x/webtests/front",
  testId: "1",
  name: "Front page",
  resourceName: "front",
  target: "https://shop.example/",
  kind: "standard",
  isEnabled: true,
  frequencyS: 60,
  timeoutS: 30,
  retries: true,
  alerts: false,
  objective: 99.5,
  locations: [{ id: "local", name: "local", isProbed: true }],
  properties: {
    Description: "kept",
    SyntheticMonitorId: "front",
    Request: {
      RequestUrl: "https://shop.example/",
      Headers: [{ key: "X-One", value: "1" }],
      RequestBody: btoa("a"),
    },
    ValidationRules: { SSLCheck: true, SSLCertRemainingLifetimeCheck: 7 },
  } as Test["properties"],
};

test("a test that is edited without a change keeps what its form does not show", () => {
  const properties = propertiesOf(draftOf(KEPT), KEPT);
  expect(properties).toMatchObject({
    Description: "kept",
    SyntheticMonitorId: "front",
    Name: "Front page",
    Frequency: 60,
    AlertEnabled: false,
    AvailabilityTarget: 99.5,
    Request: {
      RequestUrl: "https://shop.example/",
      Headers: [{ key: "X-One", value: "1" }],
      RequestBody: btoa("a"),
    },
    ValidationRules: { SSLCheck: true, SSLCertRemainingLifetimeCheck: 7 },
  });
});

test("other kinds are told by their scheme", () => {
  const draft = { ...draftOf(null), name: "db", kind: "tcp" as const, target: "db.example:5432" };
  const properties = propertiesOf(draft, null);
  expect(properties.Request?.RequestUrl).toBe("tcp://db.example:5432");
  expect(properties.ValidationRules).toEqual({});
  expect(draftOf({ ...KEPT, properties }).kind).toBe("tcp");
  expect(draftOf({ ...KEPT, properties }).target).toBe("db.example:5432");
});

test("what cannot be kept is said", () => {
  const good = { ...draftOf(null), name: "a", target: "https://a.example/" };
  expect(problemOf(good)).toBe("");
  expect(problemOf({ ...good, name: " " })).toContain("name");
  expect(problemOf({ ...good, target: "a.example" })).toContain("http");
  expect(problemOf({ ...good, timeout: "200" })).toContain("120");
  expect(problemOf({ ...good, locations: [] })).toContain("location");
});

test("names become parts of paths", () => {
  expect(resourceName("Front page: /in")).toBe("Front-page-in");
  expect(resourceName("…")).toBe("test");
});
