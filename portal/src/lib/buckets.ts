/** Buckets of a tile's answer on an even time axis: what is missing becomes visible as such. */

import type { TileReply } from "./api";
import { records, type Row } from "./useTile";

/** Seconds from 0001-01-01, where KQL's bin() counts from, to 1970. */
const EPOCH_S = 62_135_596_800;

export interface Buckets {
  /** Starts of the buckets in seconds. */
  x: number[];
  extent: [number, number];
  grainS: number;
  /** One value per bucket; `missing` where the answer has none (0 for counts, null for gaps). */
  values: (read: (row: Row) => number, missing: 0 | null) => (number | null)[];
  /** Whether the last bucket was still running when asked. */
  open: boolean;
}

/** The buckets of a reply; of some of its rows, when it holds several series. */
export function bucketsOf(reply: TileReply, of: Row[] = records(reply)): Buckets {
  const grainS = reply.grain_s;
  const startS = Date.parse(reply.start) / 1_000;
  const endS = Date.parse(reply.end) / 1_000;
  const x: number[] = [];
  for (let at = floor(startS, grainS); at < endS; at += grainS) x.push(at);
  const rows = new Map(of.map((row) => [row.instant("bucket") / 1_000, row]));
  return {
    x,
    extent: [x[0] ?? startS, Math.max(endS, (x.at(-1) ?? startS) + grainS)],
    grainS,
    values: (read, missing) =>
      x.map((at) => {
        const row = rows.get(at);
        if (!row) return missing;
        const value = read(row);
        return Number.isFinite(value) ? value : missing;
      }),
    open: (x.at(-1) ?? 0) + grainS > Date.now() / 1_000,
  };
}

function floor(seconds: number, grainS: number): number {
  return Math.floor((seconds + EPOCH_S) / grainS) * grainS - EPOCH_S;
}

/** Splits a line whose last bucket still runs: the firm part, and the part drawn dashed. */
export function firmAndOpen(
  values: (number | null)[],
  open: boolean,
): [(number | null)[], (number | null)[]] {
  if (!open) return [values, values.map(() => null)];
  const last = values.length - 1;
  return [
    values.map((value, index) => (index < last ? value : null)),
    values.map((value, index) => (index >= last - 1 ? value : null)),
  ];
}
