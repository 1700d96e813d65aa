/** Response times over time, and how many calls they are of. */

import { useMemo } from "react";
import { bucketsOf, firmAndOpen } from "../../lib/buckets";
import { count, duration } from "../../lib/format";
import { absolute } from "../../lib/time";
import { useTile } from "../../lib/useTile";
import { setRange, useRange } from "../../shell/range";
import { Card } from "../../ui/Card";
import { Chart, type ChartSeries } from "../../ui/Chart";
import { NothingCame } from "../../parts/NothingCame";
import { Deployments } from "../../parts/Deployments";
import type { Subject } from "./subjects";

const LINES = [
  ["average", "avg_ms", 0],
  ["p50", "p50_ms", 2],
  ["p95", "p95_ms", 1],
  ["p99", "p99_ms", 3],
] as const;

interface TimesProps {
  app: string;
  subject: Subject;
  parameters: Record<string, string>;
  values: string[];
}

export function Times({ app, subject, parameters, values }: TimesProps) {
  const tile = useTile(subject.timeline, app, { parameters });
  const { zone } = useRange();
  const buckets = useMemo(() => tile.data && bucketsOf(tile.data), [tile.data]);
  const lines = useMemo<ChartSeries[]>(
    () =>
      LINES.flatMap(([label, column, color]) => {
        const found = buckets?.values((row) => row.number(column), null) ?? [];
        const [firm, open] = firmAndOpen(found, buckets?.open ?? false);
        return [
          { label, color, shape: "line" as const, values: firm },
          { label, color, shape: "line" as const, values: open, dashed: true },
        ];
      }),
    [buckets],
  );
  const bars = useMemo<ChartSeries[]>(
    () => [
      {
        label: "Calls",
        color: 0,
        shape: "bars",
        values: buckets?.values((row) => row.number("calls"), 0) ?? [],
      },
    ],
    [buckets],
  );
  const name = values.filter(Boolean).join(" ");
  const common = buckets && {
    x: buckets.x,
    extent: buckets.extent,
    bucket: buckets.grainS,
    zone,
    syncKey: "performance",
    onZoom: (from: number, to: number) =>
      setRange(absolute({ start: from * 1_000, end: to * 1_000 })),
  };
  return (
    <Card
      title={name ? `Response time of ${name}` : "Response time"}
      tile={tile}
      picture
      draws={["avg_ms", "p50_ms", "p95_ms", "p99_ms"]}
      empty={<NothingCame app={app} what={subject.noun} />}
    >
      {common && (
        <>
          <Chart
            {...common}
            series={lines}
            height={170}
            label="Average and percentiles of the duration over time"
            format={duration}
          />
          <Deployments app={app} extent={common.extent} zone={zone} />
          <Chart {...common} series={bars} height={64} label="Calls over time" format={count} whole />
        </>
      )}
    </Card>
  );
}
