/** The telemetry of one operation, read from the rows of `tx.items`. */

import type { Cell, TileReply } from "../../lib/api";

export type Kind =
  | "request"
  | "dependency"
  | "pageView"
  | "availability"
  | "exception"
  | "trace"
  | "event"
  | "browserTiming";

export interface Item {
  /** Unique within the transaction. */
  key: string;
  kind: Kind;
  /** The span's own id; "" where the item is a moment of another span. */
  id: string;
  parentId: string;
  name: string;
  /** What a dependency calls: `SQL orders.db`. */
  target: string;
  type: string;
  /** Milliseconds since 1970, with fractions. */
  start: number;
  durationMs: number;
  failed: boolean;
  resultCode: string;
  role: string;
  instance: string;
  severity: number | null;
  /** How many items the stored one stands for. */
  itemCount: number;
  /** Every cell by its column, for people who want all. */
  cells: Map<string, Cell>;
}

const KINDS: Record<string, Kind> = {
  requests: "request",
  dependencies: "dependency",
  pageViews: "pageView",
  availabilityResults: "availability",
  exceptions: "exception",
  traces: "trace",
  customEvents: "event",
  browserTimings: "browserTiming",
};

const SPANS = new Set<Kind>(["request", "dependency", "pageView", "availability"]);

/** Whether an item lasts, and others can be its children. */
export function isSpan(item: Item): boolean {
  return SPANS.has(item.kind);
}

/** Milliseconds since 1970 of `2026-11-21T07:02:11.2041234Z`, to the tenth of a microsecond. */
export function preciseMs(text: string): number {
  const whole = Date.parse(text);
  const fraction = /\.(\d{3})(\d{1,4})/.exec(text);
  return fraction ? whole + Number(`0.${fraction[2]}`) : whole;
}

export function itemsOf(reply: TileReply): Item[] {
  const names = reply.columns.map((column) => column.name);
  return reply.rows.map((row, index) => {
    const cells = new Map(names.map((name, at) => [name, row[at] ?? null]));
    const text = (name: string) => String(cells.get(name) ?? "");
    const kind = KINDS[text("table_name")] ?? "trace";
    const severity = cells.get("severityLevel");
    return {
      key: text("itemId") || String(index),
      kind,
      id: text("id"),
      parentId: text("operation_ParentId"),
      name: nameOf(kind, text),
      target: text("target"),
      type: text("type"),
      start: preciseMs(text("timestamp")),
      durationMs: SPANS.has(kind) ? Math.max(0, Number(cells.get("duration") ?? 0)) : 0,
      failed: hasFailed(kind, text("success")),
      resultCode: text("resultCode"),
      role: text("cloud_RoleName"),
      instance: text("cloud_RoleInstance"),
      severity: severity === null || severity === undefined ? null : Number(severity),
      itemCount: Number(cells.get("itemCount") ?? 1),
      cells,
    };
  });
}

function nameOf(kind: Kind, text: (name: string) => string): string {
  if (kind === "exception") {
    return [text("type") || text("problemId"), text("outerMessage")].filter(Boolean).join(": ");
  }
  if (kind === "trace") return text("message");
  return text("name") || text("data") || text("target") || text("url") || "(no name)";
}

function hasFailed(kind: Kind, success: string): boolean {
  if (kind === "exception") return true;
  return ["False", "false", "0"].includes(success);
}

const WORDS: Record<Kind, string> = {
  request: "Request",
  dependency: "Dependency",
  pageView: "Page view",
  availability: "Availability result",
  exception: "Exception",
  trace: "Trace",
  event: "Custom event",
  browserTiming: "Browser timing",
};

export function kindWord(kind: Kind): string {
  return WORDS[kind];
}

/** The component an item belongs to: its role, or "(no role)". */
export function componentOf(item: Item): string {
  return item.role || "(no role)";
}
