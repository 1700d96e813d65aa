/** The two pictures on top: the share of runs that passed, and every run by how long it took. */

import { useMemo } from "react";
import { bucketsOf } from "../../lib/buckets";
import { duration, percent } from "../../lib/format";
import { absolute } from "../../lib/time";
import { useTile, type Row, type TileState } from "../../lib/useTile";
import { Deployments } from "../../parts/Deployments";
import { setRange, useRange } from "../../shell/range";
import { Card } from "../../ui/Card";
import { Chart, type ChartSeries } from "../../ui/Chart";
import { NothingHere } from "../../ui/Empty";
import { hasPassed } from "./RunPanel";

const zoom = (from: number, to: number) =>
  setRange(absolute({ start: from * 1_000, end: to * 1_000 }));

export function PassedOverTime({ app, test }: { app: string; test: string }) {
  const tile = useTile("availability.timeline", app, {
    parameters: useMemo(() => ({ test }), [test]),
  });
  const { zone } = useRange();
  const buckets = useMemo(() => tile.data && bucketsOf(tile.data), [tile.data]);
  const series = useMemo<ChartSeries[]>(
    () => [
      {
        label: "Availability",
        color: 0,
        shape: "line",
        values: buckets?.values((row) => row.number("pct"), null) ?? [],
      },
    ],
    [buckets],
  );
  return (
    <Card
      title="Availability"
      tile={tile}
      picture
      draws={["pct"]}
      empty={<NothingHere what="runs" />}
    >
      {buckets && (
        <>
          <Chart
            x={buckets.x}
            extent={buckets.extent}
            zone={zone}
            series={series}
            connected
            top={100}
            height={170}
            label={`Share of runs that passed over time${test ? `, of ${test}` : ""}`}
            format={percent}
            syncKey="availability"
            onZoom={zoom}
          />
          <Deployments app={app} extent={buckets.extent} zone={zone} />
        </>
      )}
    </Card>
  );
}

interface RunsProps {
  app: string;
  tile: TileState;
  rows: Row[];
  open: (row: Row) => void;
}

export function RunsByDuration({ app, tile, rows, open }: RunsProps) {
  const { zone, span } = useRange();
  const ordered = useMemo(
    () => [...rows].sort((a, b) => a.instant("timestamp") - b.instant("timestamp")),
    [rows],
  );
  const x = useMemo(() => ordered.map((row) => row.instant("timestamp") / 1_000), [ordered]);
  const series = useMemo<ChartSeries[]>(() => {
    const of = (passed: boolean) =>
      ordered.map((row) =>
        hasPassed(row.text("success")) === passed ? row.number("duration") : null,
      );
    return [
      { label: "Passed", color: 2, shape: "points", values: of(true) },
      { label: "Failed", color: "bad", shape: "points", values: of(false) },
    ];
  }, [ordered]);
  const extent = useMemo<[number, number]>(() => [span.start / 1_000, span.end / 1_000], [span]);
  return (
    <Card title="Runs" tile={tile} picture empty={<NothingHere what="runs" />}>
      <Chart
        x={x}
        extent={extent}
        zone={zone}
        series={series}
        height={170}
        label="How long each run took; rings are those that failed"
        format={duration}
        syncKey="availability"
        onZoom={zoom}
        onPick={(index) => {
          const row = ordered[index];
          if (row) open(row);
        }}
      />
      <Deployments app={app} extent={extent} zone={zone} />
    </Card>
  );
}
