/** Values of metrics as people read them: by the unit that a metric has. */

import { count, duration, percent, plain } from "../../lib/format";

export type Unit = "count" | "ms" | "percent" | "per second" | "bytes" | "number";

const POWERS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** 512 B, 1.5 GiB. */
function bytes(value: number): string {
  const power = Math.min(
    POWERS.length - 1,
    Math.max(0, Math.floor(Math.log2(Math.abs(value) || 1) / 10)),
  );
  return `${Number((value / 1024 ** power).toPrecision(3))} ${POWERS[power]}`;
}

export const FORMATS: Record<Unit, (value: number) => string> = {
  count: (value) => (Number.isInteger(value) ? count(value) : plain(value)),
  ms: duration,
  percent: (value) => (value === 0 ? "0 %" : percent(value)),
  "per second": (value) => `${plain(value)} /s`,
  bytes,
  number: plain,
};

/** The unit that the name of a performance counter tells. */
export function unitOf(counter: string): Unit {
  if (/bytes\/sec$/i.test(counter)) return "number";
  if (/bytes$/i.test(counter)) return "bytes";
  if (/(^|\\)%|percentage/i.test(counter)) return "percent";
  if (/\/ ?sec$|rate$/i.test(counter)) return "per second";
  return /execution time$/i.test(counter) ? "ms" : "number";
}
