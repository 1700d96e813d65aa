/** The figures of findings as people read them. */

import { count, duration, percent, plain } from "../../lib/format";
import { bytes } from "../../parts/bytes";
import type { Finding, Kind } from "./findings";

const FORMATS: Record<Kind, (value: number) => string> = {
  share: (value) => percent(100 * value),
  ms: duration,
  count: (value) => (value < 10 ? plain(value) : count(Math.round(value))),
  bytes,
};

export function formatOf(kind: Kind): (value: number) => string {
  return FORMATS[kind];
}

export function valueText(finding: Finding, value: number): string {
  return FORMATS[finding.kind](value);
}

/** How far from usual it is, in words. */
export function percentOf(finding: Finding): string {
  return `${finding.score.toFixed(1)} deviations from what is usual`;
}

/** `+77 pt`: by how much a value is commoner among what the finding is about. */
export function points(value: number): string {
  return `+${value.toFixed(0)} pt`;
}
