/** The metrics there are: which tile answers for each, and what can be asked of it. */

import type { Row } from "../../lib/useTile";
import { unitOf, type Unit } from "./units";

export const NAMESPACES = {
  standard: "Standard",
  logs: "Log-based",
  custom: "Custom",
  counters: "Performance counters",
} as const;

export type Namespace = keyof typeof NAMESPACES;

export const AGGREGATIONS = {
  sum: "Sum",
  avg: "Average",
  min: "Minimum",
  max: "Maximum",
  count: "Count",
  p95: "95th percentile",
} as const;

export type Aggregation = keyof typeof AGGREGATIONS;

/** Reads an aggregation from a row of the tile; the width of a bucket makes a rate of a count. */
export type Read = (row: Row, grainS: number) => number;

export interface Metric {
  namespace: Namespace;
  /** As it is asked for: `requests/duration`, or the name that a program gave it. */
  id: string;
  title: string;
  group: string;
  tile: string;
  parameters: Record<string, string>;
  unit: Unit;
  /** The first is the default. */
  aggregations: Partial<Record<Aggregation, Read>>;
  dimensions: string[];
  note?: string;
}

const COMMON = ["role", "instance", "version", "operation", "synthetic"];
const PEOPLE = ["browser", "country", "city", "user", "session"];

function total(column: string): Partial<Record<Aggregation, Read>> {
  return { sum: (row) => row.number(column) };
}

function durations(items: string): Partial<Record<Aggregation, Read>> {
  return {
    avg: (row) => row.number("total_ms") / row.number(items),
    p95: (row) => row.number("p95_ms"),
    min: (row) => row.number("least_ms"),
    max: (row) => row.number("most_ms"),
    sum: (row) => row.number("total_ms"),
    count: (row) => row.number(items),
  };
}

function share(part: string, whole: string): Partial<Record<Aggregation, Read>> {
  return { avg: (row) => (100 * row.number(part)) / row.number(whole) };
}

interface Family {
  tile: string;
  group: string;
  dimensions: string[];
  namespace?: Namespace;
}

type Line = [
  id: string,
  title: string,
  unit: Unit,
  aggregations: Partial<Record<Aggregation, Read>>,
  more?: { parameters?: Record<string, string>; note?: string },
];

function family({ tile, group, dimensions, namespace = "standard" }: Family, lines: Line[]): Metric[] {
  return lines.map(([id, title, unit, aggregations, more]) => ({
    namespace,
    id,
    title,
    group,
    tile,
    parameters: more?.parameters ?? {},
    unit,
    aggregations,
    dimensions,
    ...(more?.note ? { note: more.note } : {}),
  }));
}

const TIMINGS: [timing: string, id: string, title: string][] = [
  ["total", "client/totalDuration", "Browser page load time"],
  ["network", "client/networkDuration", "Page load network connect time"],
  ["send", "client/sendDuration", "Send request time"],
  ["receive", "client/receiveDuration", "Receiving response time"],
  ["processing", "client/processingDuration", "Client processing time"],
];

/** Those that every resource has. */
export const KNOWN: Metric[] = [
  ...family(
    {
      tile: "metrics.requests",
      group: "Server",
      dimensions: [...COMMON, "code", "success", ...PEOPLE],
    },
    [
      ["requests/count", "Server requests", "count", total("calls")],
      ["requests/duration", "Server response time", "ms", durations("calls")],
      [
        "requests/rate",
        "Server request rate",
        "per second",
        { avg: (row, grainS) => row.number("calls") / grainS },
      ],
      ["requests/failed", "Failed requests", "count", total("failed")],
      ["requests/failedShare", "Failed requests, share", "percent", share("failed", "calls")],
    ],
  ),
  ...family(
    {
      tile: "metrics.dependencies",
      group: "Dependencies",
      dimensions: [...COMMON, "type", "target", "code", "success"],
    },
    [
      ["dependencies/count", "Dependency calls", "count", total("calls")],
      ["dependencies/duration", "Dependency duration", "ms", durations("calls")],
      ["dependencies/failed", "Dependency failures", "count", total("failed")],
      ["dependencies/failedShare", "Dependency failures, share", "percent", share("failed", "calls")],
    ],
  ),
  ...family(
    {
      tile: "metrics.exceptions",
      group: "Failures",
      dimensions: [...COMMON, "problem", "type", "severity", ...PEOPLE],
    },
    [
      ["exceptions/count", "Exceptions", "count", total("thrown")],
      ["exceptions/server", "Server exceptions", "count", total("server")],
      ["exceptions/browser", "Browser exceptions", "count", total("browser")],
    ],
  ),
  ...family(
    { tile: "metrics.availability", group: "Availability", dimensions: ["role", "success"] },
    [
      [
        "availabilityResults/availabilityPercentage",
        "Availability",
        "percent",
        share("passed", "runs"),
      ],
      ["availabilityResults/duration", "Availability test duration", "ms", durations("runs")],
      ["availabilityResults/count", "Availability tests", "count", total("runs")],
    ],
  ),
  ...family({ tile: "metrics.pages", group: "Browser", dimensions: [...COMMON, ...PEOPLE] }, [
    ["pageViews/count", "Page views", "count", total("views")],
    ["pageViews/duration", "Page view load time", "ms", durations("views")],
  ]),
  ...family(
    { tile: "metrics.browser", group: "Browser", dimensions: [...COMMON, ...PEOPLE] },
    TIMINGS.map(([timing, id, title]) => [
      id,
      title,
      "ms",
      durations("loads"),
      { parameters: { timing } },
    ]),
  ),
  ...family(
    {
      tile: "metrics.traces",
      group: "Usage",
      dimensions: [...COMMON, "severity", ...PEOPLE],
      namespace: "logs",
    },
    [["traces/count", "Traces", "count", total("items")]],
  ),
  ...family(
    {
      tile: "metrics.events",
      group: "Usage",
      dimensions: [...COMMON, ...PEOPLE],
      namespace: "logs",
    },
    [["customEvents/count", "Events", "count", total("items")]],
  ),
  ...family(
    {
      tile: "metrics.usage",
      group: "Usage",
      dimensions: [...COMMON, "browser", "country", "city"],
      namespace: "logs",
    },
    (
      [
        ["users/count", "Users", "users"],
        ["users/authenticated", "Users, authenticated", "authenticated"],
        ["sessions/count", "Sessions", "sessions"],
      ] as const
    ).map(([id, title, column]) => [
      id,
      title,
      "count",
      { count: (row: Row) => row.number(column) },
      { note: "Different ones of requests, page views, events and exceptions; large numbers are estimates." },
    ]),
  ),
  ...family(
    {
      tile: "metrics.items",
      group: "Telemetry",
      dimensions: ["kind", ...COMMON],
      namespace: "logs",
    },
    [
      ["billing/telemetryCount", "Telemetry items", "count", total("items")],
      [
        "billing/storedCount",
        "Stored rows",
        "count",
        total("stored"),
        { note: "With sampling a row stands for several items." },
      ],
    ],
  ),
];

/** What the client sends to performanceCounters, under a name for people. */
const COUNTERS: Record<string, string> = {
  "\\Memory\\Available Bytes": "Available memory",
  "\\Processor(_Total)\\% Processor Time": "Processor time",
  "\\Process(??APP_WIN32_PROC??)\\% Processor Time": "Process CPU",
  "\\Process(??APP_WIN32_PROC??)\\Private Bytes": "Process private bytes",
  "\\ASP.NET Applications(??APP_W3SVC_PROC??)\\Requests/Sec": "HTTP request rate",
  "\\ASP.NET Applications(??APP_W3SVC_PROC??)\\Request Execution Time":
    "HTTP request execution time",
  "\\ApplicationInsights\\Dependency Calls/Sec": "Dependency call rate",
};

/** A counter by its whole name. */
export function counterNamed(name: string): Metric {
  return {
    namespace: "counters",
    id: name,
    title: COUNTERS[name] ?? name,
    group: "Performance counters",
    tile: "metrics.counters",
    parameters: { metric: name },
    unit: unitOf(name),
    aggregations: {
      avg: (row) => row.number("average"),
      p95: (row) => row.number("p95"),
      min: (row) => row.number("lowest"),
      max: (row) => row.number("highest"),
      count: (row) => row.number("samples"),
    },
    dimensions: ["role", "instance", "version"],
  };
}

/** A metric that a program sends, by its name. */
export function customNamed(name: string): Metric {
  return {
    namespace: "custom",
    id: name,
    title: name,
    group: "Custom",
    tile: "metrics.custom",
    parameters: { metric: name },
    unit: "number",
    aggregations: {
      avg: (row) => row.number("average"),
      sum: (row) => row.number("total"),
      min: (row) => row.number("lowest"),
      max: (row) => row.number("highest"),
      count: (row) => row.number("samples"),
    },
    dimensions: ["role", "instance", "version", "operation"],
  };
}

/** The metric of an address; null when there is none. */
export function metricNamed(namespace: Namespace, id: string): Metric | null {
  if (!id) return null;
  if (namespace === "custom") return customNamed(id);
  if (namespace === "counters") return counterNamed(id);
  return KNOWN.find((one) => one.id === id) ?? null;
}

/** The unit of an aggregation: how many there were is a count, whatever was measured. */
export function unitFor(metric: Metric, aggregation: Aggregation): Unit {
  return aggregation === "count" ? "count" : metric.unit;
}

/** Whether values of series may be put on top of each other. */
export function adds(aggregation: Aggregation): boolean {
  return aggregation === "sum" || aggregation === "count";
}
