import { expect, test } from "vitest";
import type { TileReply } from "../../lib/api";
import { counterNamed, customNamed, KNOWN, metricNamed } from "./catalog";
import { chartsText, FIRST, readCharts } from "./charts";
import { before, drawnOf, summary } from "./series";
import { FORMATS, unitOf } from "./units";

test("charts survive an address, and other text shows the first one", () => {
  const chart = {
    ...FIRST,
    namespace: "custom" as const,
    metric: "prompt view 🚀",
    aggregation: "max" as const,
    filters: ["-code:404"],
    compare: true,
  };
  expect(readCharts(chartsText([chart, FIRST]))).toEqual([chart, FIRST]);
  for (const text of [null, "", "%%", "bm8", "bnVsbA", "W10", "W251bGxd"]) {
    expect(readCharts(text)).toEqual([FIRST]);
  }
  const odd = { kind: "pie", aggregation: "median", namespace: "x", filters: [1, "nothing"], split: 3 };
  expect(readCharts(chartsText([odd as never]))).toEqual([FIRST]);
});

test("an aggregation that the metric lacks becomes its first", () => {
  const chart = { ...FIRST, metric: "requests/rate" };
  expect(readCharts(chartsText([chart]))[0]?.aggregation).toBe("avg");
});

test("each known metric is found by its id", () => {
  for (const one of KNOWN) expect(metricNamed(one.namespace, one.id)).toBe(one);
  expect(metricNamed("standard", "nothing/else")).toBeNull();
  expect(new Set(KNOWN.map((one) => one.id)).size).toBe(KNOWN.length);
});

function reply(rows: TileReply["rows"]): TileReply {
  const names = ["bucket", "series", "calls", "failed", "total_ms", "least_ms", "most_ms", "p95_ms"];
  return {
    columns: names.map((name) => ({ name, type: "real" })),
    rows,
    kql: "",
    took_ms: 1,
    truncated: false,
    sampled: null,
    start: "2026-11-21T08:00:20Z",
    end: "2026-11-21T08:05:00Z",
    grain_s: 60,
  };
}

test("series lie on one axis, the greatest first and the others last; counts have no gaps", () => {
  const at = (minute: number) => `2026-11-21T08:0${minute}:00Z`;
  const asked = reply([
    [at(1), "a", 2, 0, 10, 1, 9, 9],
    [at(1), "(other)", 90, 0, 10, 1, 9, 9],
    [at(3), "b", 5, 1, 100, 1, 50, 50],
  ]);
  const count = metricNamed("standard", "requests/count");
  const time = metricNamed("standard", "requests/duration");
  if (!count || !time) throw new Error("BUG: no such metric");
  const drawn = drawnOf(asked, count, "sum", "role");
  expect(drawn.series).toEqual([
    { label: "b", values: [0, 0, 0, 5, 0] },
    { label: "a", values: [0, 2, 0, 0, 0] },
    { label: "(other)", values: [0, 90, 0, 0, 0] },
  ]);
  const [b] = drawnOf(asked, time, "avg", "role").series;
  expect(b).toEqual({ label: "b", values: [null, null, null, 20, null] });
  expect(summary(b?.values ?? [])).toEqual({ min: 20, max: 20, avg: 20, last: 20 });
  expect(summary([null])).toEqual({ min: null, max: null, avg: null, last: null });
});

test("the range before begins whole buckets earlier", () => {
  const over = before(reply([]));
  expect(new Date(over.start).toISOString()).toBe("2026-11-21T07:55:20.000Z");
  expect(new Date(over.end).toISOString()).toBe("2026-11-21T08:00:00.000Z");
});

test("a counter's name tells its unit", () => {
  expect(unitOf("\\Memory\\Available Bytes")).toBe("bytes");
  expect(unitOf("\\Processor(_Total)\\% Processor Time")).toBe("percent");
  expect(unitOf("\\ASP.NET Applications(x)\\Requests/Sec")).toBe("per second");
  expect(unitOf("\\ASP.NET Applications(x)\\Request Execution Time")).toBe("ms");
  expect(unitOf("queue")).toBe("number");
  expect(counterNamed("\\Memory\\Available Bytes").title).toBe("Available memory");
  expect(customNamed("prompt view").title).toBe("prompt view");
  expect(FORMATS.bytes(3.5 * 2 ** 30)).toBe("3.5 GiB");
  expect(FORMATS.bytes(0)).toBe("0 B");
  expect(FORMATS.bytes(-1536)).toBe("-1.5 KiB");
});
