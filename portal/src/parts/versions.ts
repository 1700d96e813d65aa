/** Which two versions of a role are compared, and how sure their differences are. */

import type { Row } from "../lib/useTile";
import { surenessOf, sureness, type Sureness } from "./significance";

export interface Pair {
  role: string;
  /** The version that came last. */
  now: Row;
  /** The one before it. */
  before: Row;
}

/** A version that is seen in so early a share of the range was there before it. */
const WAS_THERE = 0.02;

/**
 * The newest version of each role and the one before it, the busiest role first.
 *
 * Newest is what was first seen last. Of versions that were there when the range began, nobody saw
 * the first one: the greater number is the newer.
 */
export function pairsOf(rows: Row[], start: number, end: number): Pair[] {
  const roles = new Map<string, Row[]>();
  for (const row of rows) {
    const role = row.text("cloud_RoleName");
    roles.set(role, [...(roles.get(role) ?? []), row]);
  }
  const began = start + (end - start) * WAS_THERE;
  const seen = (row: Row) => Math.max(began, row.instant("first_seen"));
  const pairs: Pair[] = [];
  for (const [role, versions] of roles) {
    const [now, before] = versions.sort((a, b) => seen(b) - seen(a) || byNumber(b, a));
    if (now && before) pairs.push({ role, now, before });
  }
  return pairs.sort((a, b) => b.now.number("calls") - a.now.number("calls"));
}

function byNumber(a: Row, b: Row): number {
  const [left, right] = [a.text("application_Version"), b.text("application_Version")];
  return left.localeCompare(right, "en", { numeric: true });
}

/** How sure it is that the shares of failed requests differ. */
export function failedSureness({ now, before }: Pair): Sureness {
  const failed = (row: Row) => (row.number("failed") / row.number("calls")) * row.number("stored");
  return sureness(failed(now), now.number("stored"), failed(before), before.number("stored"));
}

/** How sure it is that the mean durations differ. */
export function durationSureness({ now, before }: Pair): Sureness {
  const error = (row: Row) =>
    Math.max(0, row.number("square_ms") - row.number("avg_ms") ** 2) / row.number("stored");
  return surenessOf(now.number("avg_ms") - before.number("avg_ms"), Math.sqrt(error(now) + error(before)));
}
