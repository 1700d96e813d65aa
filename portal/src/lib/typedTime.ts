/** Times as people type them. */

import { partsOf } from "./time";

/** The instant of `2026-11-21 07:02[:11]` read in the zone; NaN when it does not read as one. */
export function parseInZone(text: string, zone: string): number {
  const m = /^\s*(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?\s*$/.exec(text);
  if (!m) return NaN;
  const [, y, mo, d, h = "0", mi = "0", s = "0"] = m;
  const wanted = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s));
  let at = wanted;
  for (let round = 0; round < 2; round += 1) at += wanted - wallClock(at, zone);
  return at;
}

function wallClock(at: number, zone: string): number {
  const p = partsOf(at, zone);
  const n = (key: string) => Number(p[key]);
  return Date.UTC(n("year"), n("month") - 1, n("day"), n("hour"), n("minute"), n("second"));
}
