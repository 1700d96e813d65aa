/** The numbers of the view, in three groups, and how each of them reads. */

import { bytes } from "../../parts/bytes";
import { count, duration } from "../../lib/format";
import type { Values } from "./stream";

export interface LiveMetric {
  key: string;
  label: string;
  /** In words, for who does not see the picture. */
  unit: string;
  format: (value: number) => string;
  color: number | "bad";
  /** The scale never ends below this, so that nothing does not look like much. */
  least: number;
  /** The scale never ends above this. */
  most?: number;
  /** What whole steps of the scale are counted in. */
  step?: number;
}

export interface Group {
  title: string;
  /** The question that shows the same of what is stored. */
  tile: string;
  metrics: LiveMetric[];
}

/** 0.4, 12.3, 1,204, 28.7 K. */
export function rate(value: number): string {
  return value >= 1_000 ? count(value) : Number(value.toPrecision(3)).toString();
}

const perSecond = (value: number) => `${rate(value)} /s`;
const share = (value: number) => `${Number(value.toPrecision(3))} %`;

const RATE = { unit: "per second", format: perSecond, color: 0, least: 1 } as const;
const DURATION = { unit: "", format: duration, color: 1, least: 10 } as const;
const FAILED = { unit: "per second", format: perSecond, color: "bad", least: 1 } as const;

export const GROUPS: Group[] = [
  {
    title: "Incoming requests",
    tile: "live.requests",
    metrics: [
      { ...RATE, key: "requests_per_second", label: "Request rate" },
      { ...DURATION, key: "request_duration_ms", label: "Request duration" },
      { ...FAILED, key: "failed_requests_per_second", label: "Failed requests" },
    ],
  },
  {
    title: "Outgoing calls",
    tile: "live.dependencies",
    metrics: [
      { ...RATE, key: "dependencies_per_second", label: "Call rate" },
      { ...DURATION, key: "dependency_duration_ms", label: "Call duration" },
      { ...FAILED, key: "failed_dependencies_per_second", label: "Failed calls" },
    ],
  },
  {
    title: "Overall health",
    tile: "live.counters",
    metrics: [
      {
        key: "memory_bytes",
        label: "Memory",
        unit: "",
        format: bytes,
        color: 2,
        least: 1_048_576,
        step: 1_048_576,
      },
      {
        key: "cpu_percent",
        label: "CPU",
        unit: "",
        format: share,
        color: 2,
        least: 10,
        most: 100,
      },
      { ...FAILED, key: "exceptions_per_second", label: "Exceptions" },
    ],
  },
];

/** A metric that somebody asked for; its name says what it is. */
export function ownMetric(text: string): LiveMetric {
  const isDuration = /\(\s*duration\s*\)/i.test(text);
  const format = isDuration ? duration : (value: number) => rate(value);
  return { key: text, label: text, unit: "", format, color: 3, least: isDuration ? 10 : 1 };
}

/** The end of a scale that holds all values: 1, 2 or 5 times a power of ten. */
export function scaleEnd(values: Values, { least, most, step = 1 }: LiveMetric): number {
  const top = Math.max(least, ...values.map((value) => value ?? 0)) / step;
  const power = 10 ** Math.floor(Math.log10(top));
  const end = [1, 2, 5].map((times) => times * power).find((one) => one >= top) ?? 10 * power;
  return most === undefined ? end * step : Math.min(end * step, most);
}

/** The newest value and how many seconds it is behind; null without any. */
export function newestOf(values: Values): { value: number; behindS: number } | null {
  const at = values.findLastIndex((value) => value !== null);
  const value = values[at];
  return value == null ? null : { value, behindS: values.length - 1 - at };
}

/** The unbroken pieces of a line, as places and values. */
export function pieces(values: Values): [number, number][][] {
  const found: [number, number][][] = [];
  let piece: [number, number][] = [];
  values.forEach((value, at) => {
    if (value !== null) {
      if (!piece.length) found.push(piece);
      piece.push([at, value]);
    } else piece = [];
  });
  return found;
}
