/** How the numbers of nodes and edges read. */

import { count, duration, percent } from "../../lib/format";
import { failedPercent, type Numbers } from "./graph";

/** 0.4 /min, 118 /min. */
export function perMinute(calls: number, minutes: number): string {
  const each = calls / Math.max(minutes, 1 / 60);
  const text = each < 1_000 ? Number(each.toPrecision(each < 1 ? 1 : 3)).toString() : count(each);
  return `${text} /min`;
}

/** 20 calls per minute, 304 ms on average, 3.1 % failed. */
export function numbersText(numbers: Numbers, minutes: number): string {
  const failed = numbers.failed ? `${percent(failedPercent(numbers))} failed` : "none failed";
  return `${perMinute(numbers.calls, minutes).replace(" /min", "")} calls per minute, ${duration(numbers.avgMs)} on average, ${failed}`;
}
