/** One chart: what it shows is chosen above it, its numbers stand below it. */

import { useMemo, useRef, useState } from "react";
import type { TileReply } from "../../lib/api";
import { firmAndOpen } from "../../lib/buckets";
import { absolute, type Span } from "../../lib/time";
import { useTile } from "../../lib/useTile";
import { useAddress } from "../../shell/address";
import { setRange, useRange } from "../../shell/range";
import { Card } from "../../ui/Card";
import { Chart, type ChartSeries, type Shape } from "../../ui/Chart";
import { NothingCame } from "../NothingCame";
import type { MenuItem } from "../../ui/Menu";
import { Deployments } from "../../parts/Deployments";
import { beginRule, ruleOfChart } from "../../parts/newAlertRule";
import { metricItem } from "../../parts/workbooks/pinned";
import { dimensionLabel } from "../../parts/filters";
import { adds, AGGREGATIONS, metricNamed, unitFor, type Metric } from "./catalog";
import type { ChartState } from "./charts";
import { Controls } from "./Controls";
import { Legend, type LegendRow } from "./Legend";
import { before, drawnOf, isReported, type Drawn } from "./series";
import { SeriesTable } from "./SeriesTable";
import "./metrics.css";
import { FORMATS } from "./units";

interface MetricChartProps {
  app: string;
  chart: ChartState;
  change: (changes: Partial<ChartState>) => void;
  /** Null when there may be no more. */
  duplicate: (() => void) | null;
  /** Null for the only chart. */
  remove: (() => void) | null;
  /** What it shows cannot be chosen. */
  locked?: boolean;
  /** Asked over this time instead of the page's. */
  over?: Span | undefined;
}

export function MetricChart(props: MetricChartProps) {
  const { app, chart, change, duplicate, remove, locked = false, over } = props;
  const { search } = useAddress();
  const metric = metricNamed(chart.namespace, chart.metric);
  const parameters = { ...metric?.parameters, ...(chart.split ? { split: chart.split } : {}) };
  const tile = useTile(metric?.tile ?? "metrics.requests", app, {
    parameters,
    filters: chart.filters,
    over,
    ready: metric !== null,
  });
  const past = usePast(metric, app, chart, tile.data, parameters);
  const menu: MenuItem[] = [];
  if (!locked && metric) {
    const run = () => beginRule(app, search, ruleOfChart(chart));
    menu.push({ label: "New alert rule", icon: "alerts", run });
  }
  if (duplicate) menu.push({ label: "Duplicate chart", icon: "plus", run: duplicate });
  if (remove) menu.push({ label: "Remove chart", icon: "close", run: remove });
  const controls = locked ? null : (
    <Controls app={app} chart={chart} metric={metric} change={change} />
  );
  if (!metric) {
    return (
      <section className="card" aria-label="Chart without a metric">
        <header className="card-head">
          <h2>New chart</h2>
          {remove && (
            <button type="button" className="button button-small" onClick={remove}>
              Remove chart
            </button>
          )}
        </header>
        {controls}
        <p className="empty-tile muted">
          {chart.metric ? `There is no metric “${chart.metric}”` : "Choose a metric"}
        </p>
      </section>
    );
  }
  return (
    <Card
      title={titleOf(chart, metric)}
      tile={tile}
      picture
      controls={controls}
      menu={menu}
      pin={() => metricItem(chart, titleOf(chart, metric))}
      empty={<NothingCame app={app} what={`values of ${metric.title}`} />}
    >
      {tile.data && <Picture app={app} chart={chart} metric={metric} reply={tile.data} past={past} />}
    </Card>
  );
}

/** The answer for the range before, kept while the next one is on its way. */
function usePast(
  metric: Metric | null,
  app: string,
  chart: ChartState,
  reply: TileReply | null,
  parameters: Record<string, string>,
): TileReply | null {
  const { range } = useRange();
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the same range gives the same span
  const over = useMemo(() => (reply ? before(reply) : undefined), [reply?.start, reply?.end]);
  const tile = useTile(metric?.tile ?? "metrics.requests", app, {
    parameters,
    filters: chart.filters,
    over,
    ready: chart.compare && metric !== null && over !== undefined,
  });
  const kept = useRef<{ of: string; reply: TileReply } | null>(null);
  const of = JSON.stringify([app, chart.namespace, chart.metric, parameters, chart.filters, range]);
  if (tile.data && over) kept.current = { of, reply: tile.data };
  return chart.compare && kept.current?.of === of ? kept.current.reply : null;
}

function titleOf(chart: ChartState, metric: Metric): string {
  const split = chart.split ? ` by ${dimensionLabel(chart.split).toLowerCase()}` : "";
  const only = Object.keys(metric.aggregations).length < 2;
  return `${only ? "" : `${AGGREGATIONS[chart.aggregation]} of `}${metric.title}${split}`;
}

interface PictureProps {
  app: string;
  chart: ChartState;
  metric: Metric;
  reply: TileReply;
  past: TileReply | null;
}

const SHAPES: Record<"line" | "area" | "bar", Shape> = { line: "line", area: "area", bar: "bars" };

function Picture({ app, chart, metric, reply, past }: PictureProps) {
  const { zone } = useRange();
  const [only, setOnly] = useState<string | null>(null);
  const { aggregation, split } = chart;
  const now = useMemo(
    () => drawnOf(reply, metric, aggregation, split),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a metric is what its name says
    [reply, metric.id, metric.namespace, aggregation, split],
  );
  const then = useMemo(
    () => (past ? drawnOf(past, metric, aggregation, split) : null),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a metric is what its name says
    [past, metric.id, metric.namespace, aggregation, split],
  );
  const kind = kindOf(chart, now);
  const alone = now.series.some((one) => one.label === only) ? only : null;
  const stacked = kind !== "line" && kind !== "table" && adds(aggregation) && now.series.length > 1;
  const series = useMemo(
    () => (kind === "table" ? [] : seriesOf(now, then, SHAPES[kind], stacked, alone)),
    [now, then, kind, stacked, alone],
  );
  const format = FORMATS[unitFor(metric, aggregation)];
  const rows: LegendRow[] = now.series.flatMap((one, index) => {
    const earlier = then?.series.find((each) => each.label === one.label);
    return [
      { label: one.label, color: index, values: one.values, dashed: false },
      ...(earlier
        ? [{ label: one.label, color: index, values: earlier.values, dashed: true }]
        : []),
    ];
  });
  const sentence = `${titleOf(chart, metric)} over time, ${now.series.length} series`;
  return (
    <>
      {metric.note && <p className="muted small">{metric.note}</p>}
      {kind === "table" ? (
        <SeriesTable drawn={now} zone={zone} format={format} label={sentence} />
      ) : (
        <>
          <Chart
            x={now.buckets.x}
            extent={now.buckets.extent}
            {...(kind === "bar" ? { bucket: now.buckets.grainS } : {})}
            zone={zone}
            series={series}
            stacked={stacked}
            connected={isReported(metric)}
            height={240}
            label={sentence}
            format={format}
            whole={unitFor(metric, aggregation) === "count"}
            syncKey="metrics"
            onZoom={(from, to) => setRange(absolute({ start: from * 1_000, end: to * 1_000 }))}
          />
          <Deployments app={app} extent={now.buckets.extent} zone={zone} />
        </>
      )}
      <Legend
        rows={rows}
        only={alone}
        choose={(label) => setOnly(label === alone ? null : label)}
        format={format}
      />
    </>
  );
}

/** Bars of several series stand on top of each other, which only sums may. */
function kindOf(chart: ChartState, drawn: Drawn): ChartState["kind"] {
  const several = drawn.series.length > 1;
  return chart.kind === "bar" && several && !adds(chart.aggregation) ? "line" : chart.kind;
}

function seriesOf(
  now: Drawn,
  then: Drawn | null,
  shape: Shape,
  stacked: boolean,
  only: string | null,
): ChartSeries[] {
  const drawn = now.series.flatMap<ChartSeries>(({ label, values }, color) => {
    const hidden = only !== null && only !== label;
    if (stacked || shape === "bars") return [{ label, color, shape, values, hidden }];
    const [firm, open] = firmAndOpen(values, now.buckets.open);
    return [
      { label, color, shape, values: firm, hidden },
      { label, color, shape: "line", values: open, dashed: true, hidden },
    ];
  });
  if (!then || stacked) return drawn;
  const earlier = now.series.flatMap<ChartSeries>(({ label }, color) => {
    const values = then.series.find((one) => one.label === label)?.values;
    const hidden = only !== null && only !== label;
    return values
      ? [{ label: `${label}, previous period`, color, shape: "line", dashed: true, values, hidden }]
      : [];
  });
  return [...drawn, ...earlier];
}
