/** The form of retention and cap: what stands in its fields, what is wrong, what has changed. */

import type { Component, ComponentChanges } from "./management";

export const TABLES = [
  "requests",
  "dependencies",
  "exceptions",
  "traces",
  "customEvents",
  "customMetrics",
  "performanceCounters",
  "availabilityResults",
  "pageViews",
  "browserTimings",
] as const;

type Table = (typeof TABLES)[number];
export type Values = Record<"days" | "cap" | "reset" | "sampling" | "rate" | Table, string>;

const GB = 1e9;

export function valuesOf({ properties }: Component): Values {
  const own = properties.OpenInsights;
  const tables = TABLES.map((name) => [
    name,
    String(properties.RetentionInDaysByTable[name] ?? ""),
  ]);
  return {
    ...(Object.fromEntries(tables) as Record<Table, string>),
    days: String(properties.RetentionInDays),
    cap: own.daily_cap_bytes ? String(own.daily_cap_bytes / GB) : "",
    reset: String(own.cap_reset_hour ?? 0),
    sampling: String(properties.SamplingPercentage),
    rate: own.max_items_per_s ? String(own.max_items_per_s) : "",
  };
}

function whole(text: string, least: number, most: number): boolean {
  return /^\d{1,15}$/.test(text.trim()) && Number(text) >= least && Number(text) <= most;
}

/** What is wrong, by field. */
export function problemsOf(values: Values): Partial<Values> {
  const problems: Partial<Values> = {};
  for (const name of ["days", ...TABLES] as const) {
    const optional = !values[name].trim();
    if (!optional && !whole(values[name], 1, 4_383)) {
      problems[name] = "A whole number of days from 1 to 4,383 is needed.";
    }
  }
  const cap = Number(values.cap);
  if (values.cap.trim() && !(cap > 0 && cap < 1e9)) problems.cap = "A number above 0 is needed.";
  if (values.reset.trim() && !whole(values.reset, 0, 23)) {
    problems.reset = "An hour from 0 to 23 is needed.";
  }
  const share = Number(values.sampling);
  if (values.sampling.trim() && !(share > 0 && share <= 100)) {
    problems.sampling = "A number above 0 and up to 100 is needed.";
  }
  if (values.rate.trim() && !whole(values.rate, 1, 1e12)) {
    problems.rate = "A whole number above 0 is needed.";
  }
  return problems;
}

/** What to send: only what differs; an emptied field sets back to the default. */
export function changesOf(before: Values, values: Values): ComponentChanges {
  const differs = (name: keyof Values) => before[name].trim() !== values[name].trim();
  const number = (name: keyof Values) => (values[name].trim() ? Number(values[name]) : null);
  const changes: ComponentChanges = {};
  if (differs("days")) changes.RetentionInDays = number("days");
  if (differs("sampling")) changes.SamplingPercentage = number("sampling");
  const tables = TABLES.filter(differs).map((name) => [name, number(name)] as const);
  if (tables.length) changes.RetentionInDaysByTable = Object.fromEntries(tables);
  const own: Record<string, number | null> = {};
  const cap = number("cap");
  if (differs("cap")) own.daily_cap_bytes = cap === null ? null : Math.max(1, Math.round(cap * GB));
  if (differs("reset")) own.cap_reset_hour = number("reset");
  if (differs("rate")) own.max_items_per_s = number("rate");
  if (Object.keys(own).length) changes.OpenInsights = own;
  return changes;
}
