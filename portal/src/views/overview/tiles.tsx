/** The three pictures on top: failed requests, response time, requests. */

import { useMemo } from "react";
import { firmAndOpen, type Buckets } from "../../lib/buckets";
import { count, duration, exact, percent } from "../../lib/format";
import { records, type Row, type TileState } from "../../lib/useTile";
import { about, isSampled, ratioText, type Sampling } from "../../parts/sampling";
import { absolute } from "../../lib/time";
import { deferred } from "../../shell/deferred";
import { setRange } from "../../shell/range";
import { Card } from "../../ui/Card";
import { Chart, type ChartSeries } from "../../ui/Chart";
import { NothingHere } from "../../ui/Empty";

const Deployments = deferred(() =>
  import("../../parts/Deployments").then((m) => m.Deployments),
);

interface PictureProps {
  app: string;
  headline: TileState;
  timeline: TileState;
  buckets: Buckets | null;
  zone: string;
  sampling: Sampling;
}

interface Periods {
  current: Row | null;
  previous: Row | null;
}

function periods(headline: TileState): Periods {
  const rows = headline.data ? records(headline.data) : [];
  return {
    current: rows.find((row) => row.text("period") === "current") ?? null,
    previous: rows.find((row) => row.text("period") === "previous") ?? null,
  };
}

function failedPercent(row: Row): number {
  const total = row.number("total");
  return total ? (100 * row.number("failed")) / total : 0;
}

export function FailedRequests({ app, headline, timeline, buckets, zone, sampling }: PictureProps) {
  const { current, previous } = periods(headline);
  const series = useMemo<ChartSeries[]>(
    () => [
      {
        label: "Failed",
        color: "bad",
        shape: "bars",
        values: buckets?.values((row) => row.number("failed"), 0) ?? [],
      },
    ],
    [buckets],
  );
  const share = current && failedPercent(current);
  const approximately = isSampled(sampling("request")) ? "≈ " : "";
  const before = previous && failedPercent(previous);
  return (
    <Card title="Failed requests" tile={timeline} picture draws={["failed"]} empty={<NothingHere what="requests" />}>
      <Headline
        value={share === null ? "–" : percent(share)}
        note={current ? `${approximately}${exact(current.number("failed"))} failed` : ""}
        change={share !== null && before !== null ? points(share - before) : null}
        worse={share !== null && before !== null && share > before}
      />
      <Picture
        app={app}
        buckets={buckets}
        zone={zone}
        series={series}
        format={count}
        label="Failed requests over time"
      />
    </Card>
  );
}

export function ResponseTime({ app, headline, timeline, buckets, zone }: PictureProps) {
  const { current, previous } = periods(headline);
  const series = useMemo<ChartSeries[]>(() => {
    const lines: ChartSeries[] = [];
    for (const [label, column, color] of [
      ["p95", "p95_ms", 1],
      ["average", "avg_ms", 0],
    ] as const) {
      const values = buckets?.values((row) => row.number(column), null) ?? [];
      const [firm, open] = firmAndOpen(values, buckets?.open ?? false);
      lines.push({ label, color, shape: "line", values: firm });
      lines.push({ label, color, shape: "line", values: open, dashed: true });
    }
    return lines;
  }, [buckets]);
  const ms = current && current.number("avg_ms");
  const before = previous && previous.number("avg_ms");
  return (
    <Card
      title="Server response time"
      tile={timeline}
      picture
      draws={["avg_ms", "p95_ms"]}
      empty={<NothingHere what="requests" />}
    >
      <Headline
        value={ms === null ? "–" : duration(ms)}
        note={current ? `p95 ${duration(current.number("p95_ms"))}` : ""}
        change={ms !== null && before ? share(ms / before - 1) : null}
        worse={ms !== null && before !== null && ms > before}
      />
      <Picture
        app={app}
        buckets={buckets}
        zone={zone}
        series={series}
        format={duration}
        label="Average and 95th percentile of the response time"
      />
    </Card>
  );
}

export function Requests({ app, headline, timeline, buckets, zone, sampling }: PictureProps) {
  const { current, previous } = periods(headline);
  const ratio = sampling("request");
  const series = useMemo<ChartSeries[]>(
    () => [
      {
        label: "Requests",
        color: 0,
        shape: "bars",
        values: buckets?.values((row) => row.number("total"), 0) ?? [],
      },
    ],
    [buckets],
  );
  const total = current && current.number("total");
  const before = previous && previous.number("total");
  return (
    <Card title="Server requests" tile={timeline} picture draws={["total"]} empty={<NothingHere what="requests" />}>
      <Headline
        value={total === null ? "–" : about(total, ratio)}
        title={total === null ? "" : exact(total)}
        note={isSampled(ratio) ? `sampled ${ratioText(ratio)}` : ""}
        change={total !== null && before ? share(total / before - 1) : null}
        worse={false}
      />
      <Picture
        app={app}
        buckets={buckets}
        zone={zone}
        series={series}
        format={count}
        label="Requests over time"
      />
    </Card>
  );
}

function Picture(props: {
  app: string;
  buckets: Buckets | null;
  zone: string;
  series: ChartSeries[];
  format: (value: number) => string;
  label: string;
}) {
  if (!props.buckets) return null;
  return (
    <>
      <Chart
        x={props.buckets.x}
        extent={props.buckets.extent}
        bucket={props.buckets.grainS}
        zone={props.zone}
        series={props.series}
        height={126}
        label={props.label}
        format={props.format}
        syncKey="overview"
        onZoom={(from, to) => setRange(absolute({ start: from * 1_000, end: to * 1_000 }))}
      />
      <Deployments app={props.app} extent={props.buckets.extent} zone={props.zone} narrow />
    </>
  );
}

function Headline(props: {
  value: string;
  title?: string;
  note: string;
  change: string | null;
  worse: boolean;
}) {
  return (
    <p className="headline">
      <strong title={props.title}>{props.value}</strong>
      {props.change && (
        <span
          className={`change${props.worse ? " bad" : ""}`}
          title="Against the same length of time before"
        >
          {props.change}
        </span>
      )}
      <span className="muted">{props.note}</span>
    </p>
  );
}

/** ▲ 12 %, ▼ 3.1 %; nothing when it did not move, and never more than a tenfold change. */
function share(value: number): string | null {
  const size = Math.abs(value) * 100;
  if (!Number.isFinite(value) || size < 0.05) return null;
  const text = size >= 1_000 ? "> 1,000" : size < 10 ? size.toFixed(1) : size.toFixed(0);
  return `${value > 0 ? "▲" : "▼"} ${text} %`;
}

function points(value: number): string | null {
  if (Math.abs(value) < 0.05) return null;
  return `${value > 0 ? "▲" : "▼"} ${Math.abs(value).toFixed(1)} pt`;
}
