/** From a tile's rows to named series on one time axis, and what a legend tells of each. */

import type { TileReply } from "../../lib/api";
import { bucketsOf, type Buckets } from "../../lib/buckets";
import { records, type Row } from "../../lib/useTile";
import { adds, type Aggregation, type Metric } from "./catalog";

/** What the server calls the series of all values beyond the first ten. */
const OTHERS = "(other)";

export interface Series {
  label: string;
  values: (number | null)[];
}

export interface Drawn {
  buckets: Buckets;
  series: Series[];
}

/** The series of a reply, the greatest first; what is left over last. */
export function drawnOf(
  reply: TileReply,
  metric: Metric,
  aggregation: Aggregation,
  split: string,
): Drawn {
  const rows = new Map<string, Row[]>();
  for (const row of records(reply)) {
    const name = row.text("series");
    const known = rows.get(name);
    if (known) known.push(row);
    else rows.set(name, [row]);
  }
  const read = metric.aggregations[aggregation] ?? (() => NaN);
  const series = [...rows].map(([name, of]) => ({
    label: split ? name || "(empty)" : metric.title,
    values: bucketsOf(reply, of).values(
      (row) => read(row, reply.grain_s),
      adds(aggregation) && !isReported(metric) ? 0 : null,
    ),
  }));
  series.sort((a, b) => rank(b) - rank(a));
  return { buckets: bucketsOf(reply, []), series };
}

/** Programs report these at their own interval, which may be longer than a bucket. */
export function isReported(metric: Metric): boolean {
  return metric.namespace === "custom" || metric.namespace === "counters";
}

function rank({ label, values }: Series): number {
  return label === OTHERS ? -Infinity : values.reduce<number>((sum, one) => sum + (one ?? 0), 0);
}

export interface Summary {
  min: number | null;
  max: number | null;
  avg: number | null;
  last: number | null;
}

/** What stands in the legend: of the buckets that have a value. */
export function summary(values: (number | null)[]): Summary {
  const there = values.filter((one) => one !== null);
  if (!there.length) return { min: null, max: null, avg: null, last: null };
  return {
    min: Math.min(...there),
    max: Math.max(...there),
    avg: there.reduce((sum, one) => sum + one, 0) / there.length,
    last: there.at(-1) ?? null,
  };
}

/** The range of the same length that ends where the reply's range begins, in whole buckets. */
export function before(reply: TileReply): { start: number; end: number } {
  const [start, end] = [Date.parse(reply.start), Date.parse(reply.end)];
  const grain = reply.grain_s * 1_000;
  const by = Math.ceil((end - start) / grain) * grain;
  return { start: start - by, end: end - by };
}
