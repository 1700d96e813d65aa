import { expect, test } from "vitest";
import { conditionText } from "./conditions";
import { storedCounters } from "./counters";
import { newestOf, pieces, scaleEnd, type LiveMetric } from "./metrics";
import { MOST_ITEMS, newestFirst, type Item } from "./stream";

const metric = { least: 1 } as LiveMetric;

test("a scale ends at 1, 2 or 5 times a power of ten, within its bounds", () => {
  const ends = [0, 0.4, 1, 1.1, 3, 5, 7, 10, 12, 480, 4_999].map((value) =>
    scaleEnd([null, value], metric),
  );
  expect(ends).toEqual([1, 1, 1, 2, 5, 5, 10, 10, 20, 500, 5_000]);
  expect(scaleEnd([97], { ...metric, least: 10, most: 100 })).toBe(100);
  expect(scaleEnd([700], { ...metric, least: 10, most: 100 })).toBe(100);
  expect(scaleEnd([48 * 1_048_576], { ...metric, step: 1_048_576 })).toBe(50 * 1_048_576);
});

test("the newest number says how far it is behind", () => {
  expect(newestOf([1, 2, null, null])).toEqual({ value: 2, behindS: 2 });
  expect(newestOf([0])).toEqual({ value: 0, behindS: 0 });
  expect(newestOf([null, null])).toBeNull();
});

test("a line breaks where nothing was told", () => {
  expect(pieces([null, 1, 2, null, 0])).toEqual([
    [
      [1, 1],
      [2, 2],
    ],
    [[4, 0]],
  ]);
});

test("samples come newest first, once, and not without end", () => {
  const item = (id: number, time = "2026-11-21T07:02:11Z"): Item => ({ id, time, type: "request" });
  const first = newestFirst([], [item(1), item(2)]);
  expect(first.map((one) => one.id)).toEqual([2, 1]);
  expect(newestFirst(first, [item(1), item(2), item(3)]).map((one) => one.id)).toEqual([3, 2, 1]);
  expect(newestFirst(first, [item(1, "2026-11-21T07:03:00Z")])).toHaveLength(3);
  const many = Array.from({ length: MOST_ITEMS + 50 }, (_, at) => item(at));
  const kept = newestFirst([], many);
  expect(kept).toHaveLength(MOST_ITEMS);
  expect(kept[0]?.id).toBe(MOST_ITEMS + 49);
});

test("conditions are written as the server reads them", () => {
  const wanted = { kind: "request", field: "Url", operator: "contains", value: "/cart" };
  expect(conditionText(wanted)).toBe("request where Url contains /cart");
  expect(conditionText({ ...wanted, value: 'say "x" \\' })).toBe(
    'request where Url contains "say \\"x\\" \\\\"',
  );
  expect(conditionText({ ...wanted, value: "  " })).toBe("request");
  expect(conditionText({ ...wanted, field: "CustomDimensions.pay ment", value: "card" })).toBe(
    'request where "CustomDimensions.pay ment" contains card',
  );
});

test("stored counters are averaged over the instances that are shown", () => {
  const row = (name: string, role: string, value: number) => ({
    number: () => value,
    text: (column: string) => {
      const [category = "", counter = ""] = name.split("/");
      return { name, category, counter, cloud_RoleName: role }[column] ?? "";
    },
    instant: () => value,
  });
  const rows = [
    row("processPrivateBytes", "web", 100),
    row("processPrivateBytes", "web", 300),
    row("processPrivateBytes", "jobs", 5_000),
    row("Process/% Processor Time", "web", 99),
    row("Processor/% Processor Time", "web", 7),
  ];
  const asked = { role: "web", instance: "", filters: [], metrics: [] };
  expect(storedCounters(rows, asked)).toEqual({
    memory_bytes: { value: 200, at: 300 },
    cpu_percent: { value: 7, at: 7 },
  });
  expect(storedCounters([], asked)).toEqual({});
});
