/** One line per test: what is configured, and what its results say over several times. */

import type { Row } from "../../lib/useTile";
import type { Place, Test, Tests } from "./tests";

export interface Line {
  name: string;
  /** Null for results that no test of the server made: CUSTOM ones. */
  test: Test | null;
  places: Place[];
  /** Rows of `availability.tests`, one per location. */
  range: Row[];
  day: Row[];
  week: Row[];
}

export interface Sum {
  runs: number;
  passed: number;
  totalMs: number;
  /** Milliseconds; 0 without runs. */
  last: number;
}

export function linesOf(tests: Tests | null, range: Row[], day: Row[], week: Row[]): Line[] {
  const known = new Map((tests?.tests ?? []).map((one) => [one.name, one]));
  const names = new Set([...known.keys(), ...[...range, ...week].map((row) => row.text("name"))]);
  const of = (rows: Row[], name: string) => rows.filter((row) => row.text("name") === name);
  return [...names].sort((a, b) => a.localeCompare(b, "en")).map((name) => {
    const test = known.get(name) ?? null;
    const seen = [...new Set(of([...range, ...week], name).map((row) => row.text("location")))];
    const configured = test?.locations ?? [];
    const others = seen
      .filter((id) => !configured.some((one) => one.id === id))
      .sort()
      .map((id) => ({ id, name: id, isProbed: true }));
    return {
      name,
      test,
      places: [...configured, ...others],
      range: of(range, name),
      day: of(day, name),
      week: of(week, name),
    };
  });
}

/** The runs of a line at one location, or at all. */
export function summed(rows: Row[], place: string | null): Sum {
  const sum: Sum = { runs: 0, passed: 0, totalMs: 0, last: 0 };
  for (const row of rows) {
    if (place !== null && row.text("location") !== place) continue;
    sum.runs += row.number("runs");
    sum.passed += row.number("passed");
    sum.totalMs += row.number("avg_ms") * row.number("runs");
    sum.last = Math.max(sum.last, row.instant("timestamp"));
  }
  return sum;
}

/** Runs by test and location, each newest last. */
export function dotsOf(rows: Row[]): Map<string, Row[]> {
  const found = new Map<string, Row[]>();
  for (const row of [...rows].sort((a, b) => a.instant("timestamp") - b.instant("timestamp"))) {
    const key = `${row.text("name")}\n${row.text("location")}`;
    found.set(key, [...(found.get(key) ?? []), row]);
  }
  return found;
}
