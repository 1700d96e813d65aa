/** How a cell of a table reads: by its type, in the chosen zone. */

import type { Cell, KqlType } from "../lib/api";
import { dateTime } from "../lib/time";

const NUMERIC = new Set<KqlType>(["int", "long", "real", "decimal"]);

export function isNumeric(type: KqlType): boolean {
  return NUMERIC.has(type);
}

export function cellText(cell: Cell, type: KqlType, zone: string): string {
  if (cell === null) return "";
  if (type === "datetime" && typeof cell === "string") {
    const at = Date.parse(cell);
    return Number.isNaN(at) ? cell : dateTime(at, zone);
  }
  if (typeof cell === "number" && type === "real") return realText(cell);
  return String(cell);
}

function realText(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const text = value.toPrecision(6);
  return text.includes("e") ? text : Number(text).toString();
}

/** Orders two cells of one column; missing values first. */
export function compareCells(a: Cell, b: Cell): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}
