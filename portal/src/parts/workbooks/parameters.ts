/** Parameters of a workbook: their values, and the texts in which they stand as {Name}. */

import { absolute, dateTime, type Span } from "../../lib/time";
import { KIND, type Document, type Item, type Parameter, type Visibility } from "./document";

export const PARAMETER = { text: 1, choice: 2, time: 4 } as const;

export interface Choice {
  value: string;
  label: string;
  selected?: boolean;
}

/** What stands for a parameter in texts. */
export type Value =
  | { kind: "text"; text: string; label: string }
  | { kind: "time"; span: Span; label: string };

export type Values = ReadonlyMap<string, Value>;

/** Every parameter of a document, in groups too. */
export function parametersIn(items: Item[]): Parameter[] {
  return items.flatMap((item) => [
    ...(item.type === KIND.parameters ? (item.content?.parameters ?? []) : []),
    ...parametersIn(item.content?.items ?? []),
  ]);
}

/** The tabs of a document: the parameter that they set, and the value of the first. */
function tabsIn(items: Item[]): [name: string, first: string][] {
  return items.flatMap((item) => {
    const lines = item.type === KIND.links && item.content?.style === "tabs" ? item.content.links : [];
    const first = lines?.find((one) => one.linkTarget === "parameter" && one.cellValue);
    const own: [string, string][] = first ? [[first.cellValue ?? "", first.subTarget ?? ""]] : [];
    return [...own, ...tabsIn(item.content?.items ?? [])];
  });
}

export interface Given {
  /** What the address says of a parameter; null for nothing. */
  asked: (name: string) => string | null;
  /** The page's time, and whether the address names it. */
  span: Span;
  isSpanAsked: boolean;
  /** The choices of a parameter; undefined until they are known. */
  choices: (parameter: Parameter) => Choice[] | undefined;
}

/** The value of each parameter that has one. */
export function valuesOf(document: Document, given: Given): Values {
  const values = new Map<string, Value>();
  for (const [name, first] of tabsIn(document.items)) {
    const text = given.asked(name) ?? first;
    values.set(name, { kind: "text", text, label: text });
  }
  for (const parameter of parametersIn(document.items)) {
    const value = valueOf(parameter, given);
    if (value) values.set(parameter.name, value);
  }
  return values;
}

function valueOf(parameter: Parameter, given: Given): Value | null {
  const asked = given.asked(parameter.name);
  if (parameter.type === PARAMETER.time) return timeOf(parameter, asked, given);
  if (parameter.type === PARAMETER.choice) {
    const choices = given.choices(parameter);
    return choices ? choiceOf(parameter, asked, choices) : null;
  }
  const text = asked ?? (typeof parameter.value === "string" ? parameter.value : "");
  return { kind: "text", text, label: text };
}

function timeOf(parameter: Parameter, asked: string | null, given: Given): Value {
  const own = (parameter.value as { durationMs?: number } | null)?.durationMs;
  const ms = Number(asked ?? (given.isSpanAsked ? 0 : (own ?? 0)));
  const { span } = given;
  if (!(ms > 0)) return { kind: "time", span, label: spanText(span) };
  return { kind: "time", span: { start: span.end - ms, end: span.end }, label: lastText(ms) };
}

/** The value that stands for every choice, and the one for the first. */
export const EVERY = "value::all";
export const FIRST_CHOICE = "value::1";
const FIRST = /^value::(\d+)$/;

function choiceOf(parameter: Parameter, asked: string | null, choices: Choice[]): Value {
  const own = Array.isArray(parameter.value) ? parameter.value : [parameter.value];
  const said = asked !== null ? (parameter.multiSelect ? splitAsked(asked) : [asked]) : own;
  const wanted = said.filter((one): one is string => typeof one === "string" && one !== "");
  const fallback = choices.filter((one) => one.selected).map((one) => one.value);
  const chosen = (wanted.length || asked !== null ? wanted : fallback).flatMap((one) => {
    if (one === EVERY) return choices.map((each) => each.value);
    const place = FIRST.exec(one);
    const named = place ? choices[Number(place[1]) - 1]?.value : one;
    return named === undefined ? [] : [named];
  });
  const labels = chosen.map((one) => choices.find((each) => each.value === one)?.label ?? one);
  if (!parameter.multiSelect) {
    return { kind: "text", text: chosen[0] ?? "", label: labels[0] ?? "" };
  }
  const { quote = "'", delimiter = "," } = parameter;
  return {
    kind: "text",
    text: chosen.map((one) => `${quote}${one}${quote}`).join(delimiter),
    label: labels.join(", "),
  };
}

/** Several values in the address: JSON, for a value may hold anything. */
export function splitAsked(text: string): string[] {
  try {
    const read: unknown = JSON.parse(text);
    return Array.isArray(read) ? read.filter((one) => typeof one === "string") : [text];
  } catch {
    return text ? [text] : [];
  }
}

const PLACE = /\{(\w+)(?::(\w+))?\}/g;

/** A text with its parameters put in; what names no parameter stays. */
export function filledIn(text: string, values: Values): string {
  return text.replace(PLACE, (whole, name: string, form: string | undefined) => {
    const value = values.get(name);
    if (!value) return whole;
    if (form === "label") return value.label;
    return value.kind === "text" ? value.text : timeText(value.span, form ?? "query");
  });
}

/** What a text asks, whatever the time. */
export function identityOf(text: string, values: Values): string {
  const timeless = [...values].filter(([, value]) => value.kind === "text");
  return filledIn(text, new Map(timeless));
}

/** Parameters of a text that have no value yet. */
export function missingIn(text: string, document: Document, values: Values): string[] {
  const known = new Set(parametersIn(document.items).map((one) => one.name));
  const named = [...text.matchAll(PLACE)].map((match) => match[1] ?? "");
  return [...new Set(named)].filter((name) => known.has(name) && !values.has(name));
}

const GRAINS: [seconds: number, text: string][] = [
  [1, "1s"], [5, "5s"], [15, "15s"], [30, "30s"], [60, "1m"], [300, "5m"], [900, "15m"],
  [1_800, "30m"], [3_600, "1h"], [21_600, "6h"], [86_400, "1d"], [604_800, "7d"],
];

const MOST_BUCKETS = 240;

function timeText({ start, end }: Span, form: string): string {
  const { from, to } = absolute({ start, end });
  const seconds = (end - start) / 1_000;
  switch (form) {
    case "start":
      return `datetime(${from})`;
    case "end":
      return `datetime(${to})`;
    case "startISO":
      return from;
    case "endISO":
      return to;
    case "grain":
      return GRAINS.find(([width]) => seconds <= width * MOST_BUCKETS)?.[1] ?? "30d";
    case "seconds":
      return String(Math.round(seconds));
    default:
      return `between (datetime(${from}) .. datetime(${to}))`;
  }
}

function spanText({ start, end }: Span): string {
  return `${dateTime(start, "local", false)} – ${dateTime(end, "local", false)}`;
}

/** `Last 4 hours`. */
export function lastText(ms: number): string {
  const units: [width: number, one: string][] = [
    [86_400_000, "day"],
    [3_600_000, "hour"],
    [60_000, "minute"],
  ];
  const [width, one] = units.find(([each]) => ms >= each && ms % each === 0) ?? [1_000, "second"];
  const n = Math.round(ms / width);
  return n === 1 ? `Last ${one}` : `Last ${n} ${one}s`;
}

/** Whether an item is shown, for the values that there are. */
export function isShown(item: Item, values: Values): boolean {
  const conditions = item.conditionalVisibilities ?? [];
  return [...(item.conditionalVisibility ? [item.conditionalVisibility] : []), ...conditions].every(
    (one) => holds(one, values),
  );
}

function holds({ parameterName = "", comparison, value = "" }: Visibility, values: Values): boolean {
  const found = values.get(parameterName);
  const text = found?.kind === "text" ? found.text : "";
  return comparison === "isNotEqualTo" ? text !== value : text === value;
}

/** The choices of a parameter that names them itself; null when a query does. */
export function ownChoices(parameter: Parameter): Choice[] | null {
  if (parameter.query?.trim()) return null;
  try {
    const read: unknown = JSON.parse(parameter.jsonData ?? "[]");
    return Array.isArray(read) ? read.flatMap(asChoice) : [];
  } catch {
    return [];
  }
}

/** The choices that a parameter names itself, one a line: `value` or `value | label`. */
export function choicesText(parameter: Parameter): string {
  const choices = ownChoices({ ...parameter, query: "" }) ?? [];
  return choices
    .map(({ value, label }) => (label === value ? value : `${value} | ${label}`))
    .join("\n");
}

/** The JSON that a document keeps of choices written one a line. */
export function readChoices(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim());
  return JSON.stringify(
    lines.map((line) => {
      const [value = "", ...label] = line.split("|").map((one) => one.trim());
      return label.length ? { value, label: label.join("|") } : value;
    }),
  );
}

/** A text or number as text; null for anything else. */
function textOf(value: unknown): string | null {
  return typeof value === "string" || typeof value === "number" ? String(value) : null;
}

function asChoice(one: unknown): Choice[] {
  if (typeof one === "string" || typeof one === "number") {
    return [{ value: String(one), label: String(one) }];
  }
  if (typeof one !== "object" || one === null) return [];
  const { value, label, selected } = one as Record<string, unknown>;
  const text = textOf(value);
  if (text === null) return [];
  return [
    {
      value: text,
      label: textOf(label) ?? text,
      ...(selected === true ? { selected } : {}),
    },
  ];
}
