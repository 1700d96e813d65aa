import { expect, test } from "vitest";
import { sampleData, seeded } from "./sampleData";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const KEY = "11111111-1111-4111-8111-111111111111";
const made = sampleData(KEY, NOW);

test("the same seed makes the same hour, which ends now", () => {
  expect(sampleData(KEY, NOW, seeded(20_261_121))).toEqual(made);
  const times = made.map((one) => Date.parse(one.time));
  expect(Math.min(...times)).toBeGreaterThanOrEqual(NOW - 3_600_000);
  expect(Math.max(...times)).toBeLessThan(NOW + 1_000);
  expect(new Set(made.map((one) => one.iKey))).toEqual(new Set([KEY]));
});

test("every kind of telemetry is there, and requests hang under the calls that made them", () => {
  const kinds = new Set(made.map((one) => one.data.baseType));
  expect(kinds.size).toBe(8);
  const ids = new Set(
    made
      .filter((one) => /Dependency|PageView/.test(one.data.baseType))
      .map((one) => one.data.baseData.id),
  );
  const requests = made.filter((one) => one.data.baseType === "RequestData");
  expect(requests.every((one) => ids.has(one.tags["ai.operation.parentId"]))).toBe(true);
  expect(requests.some((one) => one.data.baseData.success === false)).toBe(true);
});
