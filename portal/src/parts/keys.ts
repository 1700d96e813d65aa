/** What tells the rows of a list apart: columns, and the parameters of tiles that they become. */

import type { Row } from "../lib/useTile";

export interface Key {
  column: string;
  parameter: string;
}

export function valuesOf(keys: Key[], row: Row): string[] {
  return keys.map((key) => row.text(key.column));
}

export function parametersOf(keys: Key[], values: string[]): Record<string, string> {
  return Object.fromEntries(keys.map((key, index) => [key.parameter, values[index] ?? ""]));
}
