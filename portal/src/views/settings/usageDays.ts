/** Stored rows by table on an even axis of days. */

import type { Row } from "../../lib/useTile";

const DAY_S = 86_400;

export type Measure = "stored" | "items" | "bytes";

export interface TableUse extends Record<Measure, number[]> {
  name: string;
  total: Record<Measure, number>;
  /** When the newest item happened, in milliseconds. */
  last: number;
}

/** The starts of the last days (UTC) in seconds, today included, oldest first. */
export function daysOf(now: number, days: number): number[] {
  const today = Math.floor(now / 1_000 / DAY_S) * DAY_S;
  return Array.from({ length: days }, (_, index) => today - (days - 1 - index) * DAY_S);
}

/**
 * What each table has on each day, the one with the most rows first.
 *
 * @param rowBytes how large a row of a table is; bytes are 0 where that is not known.
 */
export function tablesOf(
  rows: Row[],
  days: number[],
  rowBytes: Map<string, number> = new Map(),
): TableUse[] {
  const found = new Map<string, TableUse>();
  const place = new Map(days.map((day, index) => [day, index]));
  for (const row of rows) {
    const name = row.text("table_name");
    let table = found.get(name);
    if (!table) {
      const none = () => days.map(() => 0);
      table = {
        name,
        stored: none(),
        items: none(),
        bytes: none(),
        total: { stored: 0, items: 0, bytes: 0 },
        last: 0,
      };
      found.set(name, table);
    }
    const stored = row.number("stored");
    const items = row.number("items");
    const bytes = stored * (rowBytes.get(name) ?? 0);
    table.total.stored += stored;
    table.total.items += items;
    table.total.bytes += bytes;
    table.last = Math.max(table.last, row.instant("last_seen"));
    const at = place.get(row.instant("day") / 1_000);
    if (at !== undefined) {
      table.stored[at] = stored;
      table.items[at] = items;
      table.bytes[at] = bytes;
    }
  }
  return [...found.values()].sort((a, b) => b.total.stored - a.total.stored);
}
