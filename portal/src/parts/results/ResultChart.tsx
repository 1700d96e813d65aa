/** A result as the picture its render clause asks for. */

import { useCallback, useMemo, useState, type RefCallback } from "react";
import type { Table } from "../../lib/api";
import type { Render } from "../../lib/queries";
import { plain } from "../../lib/format";
import type { Span } from "../../lib/time";
import { useRange } from "../../shell/range";
import { Chart, type ChartSeries, type Shape } from "../../ui/Chart";
import { Deployments } from "../Deployments";
import { Categories } from "./Categories";
import { Pie } from "./Pie";
import "./results.css";
import { pivot, type ChartKind, type Pivot } from "./pivot";

interface ResultChartProps {
  /** Whose deployments are marked. */
  app: string;
  table: Table;
  render: Render;
  kind: ChartKind;
  onZoom: (window: Span) => void;
}

const SHAPES: Record<ChartKind, Shape> = {
  timechart: "line",
  linechart: "line",
  areachart: "area",
  stackedareachart: "area",
  columnchart: "bars",
  barchart: "bars",
  piechart: "bars",
  scatterchart: "points",
};

export function ResultChart({ app, table, render, kind, onZoom }: ResultChartProps) {
  const [only, setOnly] = useState<string | null>(null);
  const drawn = useMemo(() => pivot(table, render, kind), [table, render, kind]);
  if (typeof drawn === "string") return <p className="empty-tile muted">{drawn}</p>;
  if (drawn.series.length === 0)
    return <p className="empty-tile muted">The result has no rows to draw</p>;
  const labels = drawn.series.map((one) => one.label);
  const shown = only !== null && labels.includes(only) ? only : null;
  return (
    <figure className="result-chart">
      {render.title && <figcaption>{render.title}</figcaption>}
      {drawn.dropped > 0 && (
        <p className="muted small">
          {drawn.dropped} more are not drawn; the rows under Results have them all.
        </p>
      )}
      <Picture app={app} drawn={drawn} kind={kind} render={render} only={shown} onZoom={onZoom} />
      {kind !== "piechart" && render.legend !== "hidden" && (
        <Legend
          labels={labels}
          only={shown}
          choose={(one) => setOnly(one === shown ? null : one)}
        />
      )}
    </figure>
  );
}

function Picture(props: {
  app: string;
  drawn: Pivot;
  kind: ChartKind;
  render: Render;
  only: string | null;
  onZoom: (window: Span) => void;
}) {
  const { drawn, kind, render, only, onZoom } = props;
  const { zone } = useRange();
  const [host, height] = useHeight();
  const stacked =
    kind === "stackedareachart" ||
    render.kind === "stacked" ||
    render.kind === "stacked100" ||
    (kind === "columnchart" && drawn.axis !== "category" && render.kind !== "unstacked");
  const series = useMemo<ChartSeries[]>(
    () =>
      drawn.series.map((one, index) => ({
        label: one.label,
        values: one.values,
        color: index,
        shape: SHAPES[kind],
        hidden: only !== null && one.label !== only,
      })),
    [drawn, kind, only],
  );
  const sentence = `${kind} of ${drawn.series
    .map((one) => one.label)
    .slice(0, 5)
    .join(", ")} by ${drawn.xName}`;
  if (kind === "piechart") return <Pie drawn={drawn} label={sentence} />;
  if (drawn.axis === "category") {
    return (
      <Categories
        drawn={drawn}
        across={kind === "barchart"}
        stacked={stacked}
        only={only}
        label={sentence}
      />
    );
  }
  const time = drawn.axis === "time";
  const extent = kind === "columnchart" ? barExtent(drawn.x) : valueExtent(drawn.x);
  return (
    <>
      <div className="result-canvas" ref={host}>
        {height > 0 && (
          <Chart
            x={drawn.x}
            zone={time ? zone : undefined}
            series={series}
            stacked={stacked}
            connected
            height={height}
            label={sentence}
            format={plain}
            bucket={time && kind === "columnchart" ? stepOf(drawn.x) : undefined}
            extent={extent}
            onZoom={
              time ? (from, to) => onZoom({ start: from * 1_000, end: to * 1_000 }) : undefined
            }
          />
        )}
      </div>
      {time && extent && <Deployments app={props.app} extent={extent} zone={zone} apart />}
    </>
  );
}

/** From the first value to the last; one value alone has no ends. */
function valueExtent(x: number[]): [number, number] | undefined {
  const [first, last] = [x[0], x.at(-1)];
  return first !== undefined && last !== undefined && first < last ? [first, last] : undefined;
}

/** Bars start at their x, so the last one needs its width beyond it. */
function barExtent(x: number[]): [number, number] {
  const step = stepOf(x);
  return [x[0] ?? 0, (x.at(-1) ?? 1) + step];
}

function stepOf(x: number[]): number {
  let least = Infinity;
  for (let index = 1; index < x.length; index += 1) {
    least = Math.min(least, (x[index] ?? 0) - (x[index - 1] ?? 0));
  }
  return Number.isFinite(least) && least > 0 ? least : 60;
}

/** The height of whichever element holds the canvas at the moment. */
function useHeight(): [RefCallback<HTMLDivElement>, number] {
  const [height, setHeight] = useState(0);
  const host = useCallback((element: HTMLDivElement | null) => {
    if (!element) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setHeight(Math.max(160, Math.floor(entry.contentRect.height)));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [host, height];
}

function Legend(props: { labels: string[]; only: string | null; choose: (label: string) => void }) {
  if (props.labels.length < 2) {
    return <p className="legend muted small">{props.labels[0]}</p>;
  }
  return (
    <ul className="legend">
      {props.labels.map((label, index) => (
        <li key={label}>
          <button
            type="button"
            aria-pressed={props.only === label}
            className={`legend-item${props.only !== null && props.only !== label ? " off" : ""}`}
            title="Show this one alone"
            onClick={() => props.choose(label)}
          >
            <i style={{ background: `var(--series-${(index % 6) + 1})` }} />
            <span className="clip">{label}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
