/** Sampled telemetry: one stored item stands for several, so that counts are estimates. */

import { count } from "../lib/format";
import { records, useTile } from "../lib/useTile";

/** Below this a ratio is a matter of a few items, not of sampling. */
const WORTH_SAYING = 1.005;

/** How many items a stored one stands for, by item type; 1 where nothing is sampled. */
export type Sampling = (itemType: string) => number;

/** Asks how the telemetry of the range was sampled; until it is known nothing is. */
export function useSampling(app: string): Sampling {
  const tile = useTile("shell.sampling", app);
  const rows = tile.data ? records(tile.data) : [];
  const ratios = new Map(
    rows.map((row) => [row.text("itemType"), row.number("meant") / row.number("stored")]),
  );
  return (itemType) => ratios.get(itemType) ?? 1;
}

export function isSampled(ratio: number): boolean {
  return ratio > WORTH_SAYING;
}

/** A count as people read it; "≈" before one that is estimated from sampled items. */
export function about(value: number, ratio: number): string {
  return isSampled(ratio) ? `≈ ${count(value)}` : count(value);
}

/** 1:4, 1:2.5, 1:120. */
export function ratioText(ratio: number): string {
  return `1:${String(Number(ratio.toPrecision(2)))}`;
}
