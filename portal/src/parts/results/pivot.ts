/** From a result and its render clause to what is drawn: one x axis and named series. */

import type { Cell, Column, Table } from "../../lib/api";
import type { Render } from "../../lib/queries";
import { isNumeric } from "../../ui/cell";

export const CHARTS = [
  "timechart",
  "linechart",
  "areachart",
  "stackedareachart",
  "columnchart",
  "barchart",
  "piechart",
  "scatterchart",
] as const;

export type ChartKind = (typeof CHARTS)[number];

export interface Pivot {
  /** Seconds for a time axis, numbers for a number axis, positions for a category axis. */
  x: number[];
  axis: "time" | "number" | "category";
  categories: string[];
  xName: string;
  series: { label: string; values: (number | null)[] }[];
  /** Series that were left out because there are too many to tell apart. */
  dropped: number;
}

const MOST_SERIES = 24;
const MOST_CATEGORIES = 60;
const MOST_POINTS = 5_000;

export function isChart(kind: string): kind is ChartKind {
  return (CHARTS as readonly string[]).includes(kind);
}

/** What can be drawn of the table, or a sentence that says why nothing can. */
export function pivot(table: Table, render: Render, kind: ChartKind): Pivot | string {
  const columns = table.columns.map((column, index) => ({ ...column, index }));
  const y = chosen(columns, render.ycolumns) ?? defaultY(columns, render, kind);
  if (y.length === 0) return "A chart needs a column of numbers.";
  const x = xColumn(columns, render, kind, y);
  if (!x) return "A chart needs a column for its x axis beside the numbers.";
  const split =
    chosen(columns, render.series) ??
    columns.filter((one) => one !== x && !isNumeric(one.type) && one.type !== "datetime");
  return filled(table, x, y, split, axisOf(x, kind));
}

type Placed = Column & { index: number };

function chosen(columns: Placed[], names: string[] | string | null | undefined): Placed[] | null {
  if (!names) return null;
  const wanted = typeof names === "string" ? names.split(",").map((one) => one.trim()) : names;
  const found = wanted.flatMap((name) => columns.find((one) => one.name === name) ?? []);
  return found.length ? found : null;
}

function defaultY(columns: Placed[], render: Render, kind: ChartKind): Placed[] {
  const x = render.xcolumn ?? (kind === "timechart" ? firstTime(columns)?.name : columns[0]?.name);
  return columns.filter((one) => isNumeric(one.type) && one.name !== x);
}

function firstTime(columns: Placed[]): Placed | undefined {
  return columns.find((one) => one.type === "datetime");
}

function xColumn(columns: Placed[], render: Render, kind: ChartKind, y: Placed[]): Placed | null {
  const named = columns.find((one) => one.name === render.xcolumn);
  if (named) return named;
  const time = firstTime(columns);
  if (kind === "timechart" || (time && !["barchart", "piechart"].includes(kind))) {
    return time ?? columns.find((one) => !y.includes(one)) ?? null;
  }
  return columns.find((one) => !y.includes(one)) ?? null;
}

function axisOf(x: Placed, kind: ChartKind): Pivot["axis"] {
  if (kind === "piechart" || kind === "barchart") return "category";
  if (x.type === "datetime") return "time";
  if (isNumeric(x.type) && kind !== "columnchart") return "number";
  return "category";
}

function filled(table: Table, x: Placed, y: Placed[], split: Placed[], axis: Pivot["axis"]): Pivot {
  const places = new Map<string, { key: number; text: string }>();
  const series = new Map<string, Map<string, number>>();
  for (const row of table.rows) {
    const cell = row[x.index] ?? null;
    if (axis !== "category" && cell === null) continue;
    const text = cell === null || cell === "" ? "(empty)" : String(cell);
    if (!places.has(text)) places.set(text, { key: keyOf(cell, axis, places.size), text });
    const group = split.map((one) => String(row[one.index] ?? "")).join(" · ");
    for (const one of y) {
      const value = numberOf(row[one.index] ?? null);
      if (value === null) continue;
      const label = labelOf(group, one.name, split.length > 0, y.length > 1);
      const values = series.get(label) ?? new Map<string, number>();
      values.set(text, value);
      series.set(label, values);
    }
  }
  const most = axis === "category" ? MOST_CATEGORIES : MOST_POINTS;
  let ordered = [...places.values()];
  if (axis !== "category") ordered.sort((a, b) => a.key - b.key);
  ordered = ordered.slice(0, most);
  const named = [...series].map(([label, values]) => ({
    label,
    values: ordered.map((place) => values.get(place.text) ?? null),
  }));
  return {
    x: ordered.map((place) => place.key),
    axis,
    categories: ordered.map((place) => place.text),
    xName: x.name,
    series: named.slice(0, MOST_SERIES),
    dropped: Math.max(0, named.length - MOST_SERIES) + Math.max(0, places.size - most),
  };
}

function keyOf(cell: Cell, axis: Pivot["axis"], position: number): number {
  if (axis === "time") return Date.parse(String(cell)) / 1_000;
  return axis === "number" ? Number(cell) : position;
}

function numberOf(cell: Cell): number | null {
  if (cell === null || cell === "") return null;
  const value = Number(cell);
  return Number.isFinite(value) ? value : null;
}

function labelOf(group: string, column: string, grouped: boolean, several: boolean): string {
  if (!grouped) return column;
  const name = group || "(empty)";
  return several ? `${name}: ${column}` : name;
}
