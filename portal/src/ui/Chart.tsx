/** Lines, areas, bars and points over time or numbers: uPlot with our axes, tooltip and colours. */

import { useEffect, useRef } from "react";
import uPlot from "uplot";
import { axisLabels, dateTime } from "../lib/time";
import { useTheme } from "../shell/theme";
import { seriesColor, token } from "./colors";

export type Shape = "line" | "area" | "bars" | "points";

export interface ChartSeries {
  label: string;
  values: (number | null)[];
  /** Index into the six series colours, or the colour of failure. */
  color: number | "bad";
  shape: Shape;
  /** The bucket is not over yet. */
  dashed?: boolean;
  /** The edge of a band, which is drawn itself. */
  faint?: boolean;
  hidden?: boolean;
}

interface ChartProps {
  /** Seconds when `zone` is given, else numbers. */
  x: number[];
  zone?: string | undefined;
  series: ChartSeries[];
  stacked?: boolean;
  /** What lies between two series, the upper one first, is filled; not of stacked ones. */
  bands?: [number, number][];
  /** Lines run on over missing values. */
  connected?: boolean;
  height: number;
  /** What the y axis ends at, whatever the values: 100 for a share. */
  top?: number;
  /** One sentence that says what the picture shows. */
  label: string;
  format: (value: number) => string;
  /** Bars fill their bucket: its width in units of x. */
  bucket?: number | undefined;
  /** The ends of the x axis, when the data need not reach them. */
  extent?: [number, number] | undefined;
  onZoom?: ((from: number, to: number) => void) | undefined;
  /** A click chooses the value nearest to it, by its index. */
  onPick?: (index: number) => void;
  syncKey?: string;
  /** Values are whole: the axis has no marks between them. */
  whole?: boolean;
}

const WHOLE_STEPS = [1, 2, 5].flatMap((n) => [...Array(12).keys()].map((k) => n * 10 ** k)).sort(
  (a, b) => a - b,
);

const TIME_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
  172_800, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000,
];

export function Chart(props: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  const zoom = useRef(props.onZoom);
  zoom.current = props.onZoom;
  const pick = useRef(props.onPick);
  pick.current = props.onPick;

  useEffect(() => {
    const element = host.current;
    if (!element) return undefined;
    const values = drawn(props);
    // Stacked shapes are painted from the tallest sum to the shortest, or the last would cover all.
    const order = props.series.map((_, index) => index);
    if (props.stacked) order.reverse();
    const plot = new uPlot(
      options(props, order, element, (from, to) => zoom.current?.(from, to)),
      [props.x, ...order.map((index) => values[index])] as uPlot.AlignedData,
      element,
    );
    plot.over.addEventListener("click", () => {
      if (plot.cursor.idx != null) pick.current?.(plot.cursor.idx);
    });
    const observer = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: props.height }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- made anew for what it draws alone
  }, [props.x, props.series, props.zone, props.stacked, props.height, theme]);

  return (
    <div
      className="chart"
      ref={host}
      style={{ height: props.height }}
      role="img"
      aria-label={props.label}
    />
  );
}

/** The values that are drawn: sums from below when stacked. */
function drawn({ series, stacked }: ChartProps): (number | null)[][] {
  if (!stacked) return series.map((one) => one.values);
  const sums: number[] = [];
  return series.map((one) =>
    one.values.map((value, index) => {
      if (one.hidden) return null;
      sums[index] = (sums[index] ?? 0) + (value ?? 0);
      return value === null && one.shape !== "area" ? null : (sums[index] ?? 0);
    }),
  );
}

function options(
  props: ChartProps,
  order: number[],
  element: HTMLElement,
  zoom: (from: number, to: number) => void,
): uPlot.Options {
  const axis = {
    stroke: token("--muted"),
    font: `11px ${token("--font")}`,
    grid: { stroke: token("--grid"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height: props.height,
    padding: [8, 16, 0, 0],
    legend: { show: false },
    scales: {
      x: {
        time: false,
        ...(props.extent ? { range: () => props.extent as [number, number] } : {}),
      },
      y: { range: (_, min, max) => (props.top ? [0, props.top * 1.03] : bounds(min, max)) },
    },
    cursor: {
      y: false,
      points: { size: 6 },
      drag: { x: Boolean(props.onZoom), y: false, setScale: false },
      ...(props.syncKey ? { sync: { key: props.syncKey } } : {}),
    },
    axes: [
      { ...axis, grid: { show: false }, size: 24, gap: 4, ...xAxis(props.zone) },
      {
        ...axis,
        size: 54,
        gap: 6,
        space: 24,
        values: (_, ticks) => ticks.map(props.format),
        ...(props.whole ? { incrs: WHOLE_STEPS } : {}),
      },
    ],
    series: [{}, ...order.map((index) => line(props.series[index] as ChartSeries, props))],
    bands: (props.bands ?? []).map(([upper, lower]) => ({
      series: [upper + 1, lower + 1],
      fill: `${seriesColor(props.series[upper]?.color as number)}26`,
    })),
    plugins: [tooltip(props)],
    hooks: {
      setSelect: [
        (plot) => {
          if (plot.select.width < 4) return;
          zoom(
            plot.posToVal(plot.select.left, "x"),
            plot.posToVal(plot.select.left + plot.select.width, "x"),
          );
        },
      ],
    },
  };
}

function bounds(min: number | null, max: number | null): [number, number] {
  const low = Math.min(0, min ?? 0);
  const high = max ?? 1;
  return [low, high <= low ? low + 1 : high + (high - low) * 0.08];
}

function xAxis(zone: string | undefined): Partial<uPlot.Axis> {
  if (zone === undefined) return { space: 60 };
  return {
    space: 76,
    incrs: TIME_STEPS,
    splits: (_, __, min, max, step) => zoneTicks(min, max, step, zone),
    values: (_, ticks, __, ___, step) => axisLabels(ticks, step, zone),
  };
}

/** Ticks at whole steps of the zone's own clock. */
function zoneTicks(min: number, max: number, step: number, zone: string): number[] {
  const wall = Date.parse(`${dateTime(min * 1_000, zone, false).replace(" ", "T")}Z`) / 1_000;
  const offset = wall - Math.floor(min);
  const ticks = [];
  let at = Math.ceil((min + offset) / step) * step - offset;
  for (; at <= max; at += step) ticks.push(at);
  return ticks;
}

function line(one: ChartSeries, props: ChartProps): uPlot.Series {
  const stroke = one.color === "bad" ? token("--bad") : seriesColor(one.color);
  const base: uPlot.Series = {
    label: one.label,
    stroke,
    show: !one.hidden,
    width: one.faint ? 0 : 1.5,
    spanGaps: props.connected ?? false,
    points: { show: false },
  };
  if (one.shape === "bars") {
    const { bars } = uPlot.paths;
    return {
      ...base,
      width: 0,
      fill: stroke,
      ...(bars ? { paths: bars({ size: [0.76, 48, 1], align: props.bucket ? 1 : 0 }) } : {}),
    };
  }
  if (one.shape === "points") {
    // failure is a ring, so that it is told apart without its colour
    const points =
      one.color === "bad"
        ? { show: true, size: 8, fill: token("--surface"), stroke, width: 2 }
        : { show: true, size: 5, fill: stroke, width: 0 };
    return { ...base, width: 0, paths: () => null, points };
  }
  return {
    ...base,
    ...(one.dashed ? { dash: [3, 3] } : {}),
    ...(one.shape === "area" ? { fill: `${stroke}${props.stacked ? "cc" : "33"}` } : {}),
    points: {
      show: !one.dashed && !one.faint,
      size: 4,
      fill: stroke,
      filter: () => (props.connected ? few(one.values) : lonely(one.values)),
    },
  };
}

/** A line of one value is a point. */
function few(values: (number | null)[]): number[] {
  const found = values.flatMap((value, at) => (value != null ? [at] : []));
  return found.length < 3 ? found : [];
}

/** Values without neighbours, which would not show as a line. */
function lonely(values: (number | null)[]): number[] {
  const there = (index: number) => values[index] != null;
  return values.flatMap((_, at) => (there(at) && !there(at - 1) && !there(at + 1) ? [at] : []));
}

function tooltip(props: ChartProps): uPlot.Plugin {
  const box = document.createElement("div");
  box.className = "chart-tip";
  box.hidden = true;
  return {
    hooks: {
      init: (plot) => plot.over.append(box),
      setCursor: (plot) => {
        const { idx, left = -1 } = plot.cursor;
        if (idx == null || left < 0) {
          box.hidden = true;
          return;
        }
        box.replaceChildren(...tipRows(props, idx));
        box.hidden = box.childElementCount < 2;
        const right = left > plot.over.clientWidth / 2;
        box.style.left = right ? "" : `${left + 10}px`;
        box.style.right = right ? `${plot.over.clientWidth - left + 10}px` : "";
      },
    },
  };
}

function tipRows(props: ChartProps, index: number): HTMLElement[] {
  const at = props.x[index] ?? 0;
  const head = document.createElement("div");
  head.className = "chart-tip-head";
  head.textContent =
    props.zone === undefined ? props.format(at) : dateTime(at * 1_000, props.zone, false);
  const rows = [head];
  const seen = new Set<string>();
  for (const one of props.series.slice(0, 40)) {
    const value = one.values[index];
    if (value == null || one.hidden || seen.has(one.label)) continue;
    seen.add(one.label);
    if (rows.length > 12) break;
    const row = document.createElement("div");
    row.className = "chart-tip-row";
    const swatch = document.createElement("i");
    swatch.style.background = one.color === "bad" ? token("--bad") : seriesColor(one.color);
    const name = document.createElement("span");
    name.textContent = one.label;
    const number = document.createElement("b");
    number.textContent = props.format(value);
    row.append(swatch, name, number);
    rows.push(row);
  }
  return rows;
}
