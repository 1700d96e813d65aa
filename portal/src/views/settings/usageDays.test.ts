import { expect, test } from "vitest";
import { records } from "../../lib/useTile";
import { daysOf, tablesOf } from "./usageDays";

const NOW = Date.parse("2026-11-21T13:00:00Z");
const COLUMNS = ["table_name", "day", "stored", "items", "last_seen"].map((name) => ({ name }));

test("days are those of UTC, today last", () => {
  const days = daysOf(NOW, 3);
  expect(days.map((day) => new Date(day * 1_000).toISOString().slice(0, 10))).toEqual([
    "2026-11-19",
    "2026-11-20",
    "2026-11-21",
  ]);
});

test("tables come by their rows, with nothing on days without any", () => {
  const rows = records({
    columns: COLUMNS,
    rows: [
      ["traces", "2026-11-21T00:00:00Z", 2, 2, "2026-11-21T12:00:00Z"],
      ["requests", "2026-11-19T00:00:00Z", 5, 50, "2026-11-19T12:00:00Z"],
      ["requests", "2026-10-01T00:00:00Z", 1, 1, "2026-10-01T12:00:00Z"],
    ],
  });
  const sizes = new Map([["requests", 100]]);
  const [requests, traces] = tablesOf(rows, daysOf(NOW, 3), sizes);
  expect(requests).toMatchObject({ name: "requests", stored: [5, 0, 0], items: [50, 0, 0] });
  expect(requests?.total).toEqual({ stored: 6, items: 51, bytes: 600 });
  expect(requests?.bytes).toEqual([500, 0, 0]);
  expect(new Date(requests?.last ?? 0).toISOString()).toBe("2026-11-19T12:00:00.000Z");
  expect(traces).toMatchObject({ name: "traces", stored: [0, 0, 2] });
});
