/** Failed ones over time, over all of them. */

import { useMemo } from "react";
import { bucketsOf } from "../../lib/buckets";
import { count } from "../../lib/format";
import { absolute } from "../../lib/time";
import { useTile } from "../../lib/useTile";
import { setRange, useRange } from "../../shell/range";
import { Card } from "../../ui/Card";
import { Chart, type ChartSeries } from "../../ui/Chart";
import { NothingCame } from "../../parts/NothingCame";
import { Deployments } from "../../parts/Deployments";
import type { Subject } from "./subjects";

interface FailedOverTimeProps {
  app: string;
  subject: Subject;
  parameters: Record<string, string>;
  values: string[];
  filters: string[];
}

export function FailedOverTime({ app, subject, parameters, values, filters }: FailedOverTimeProps) {
  const tile = useTile(subject.timeline, app, { parameters, filters });
  const { zone } = useRange();
  const buckets = useMemo(() => tile.data && bucketsOf(tile.data), [tile.data]);
  const isThrown = subject.name === "exceptions";
  const series = useMemo<ChartSeries[]>(() => {
    const bars: ChartSeries = {
      label: isThrown ? "Exceptions" : "Failed",
      color: "bad",
      shape: "bars",
      values: buckets?.values((row) => row.number("failed"), 0) ?? [],
    };
    const line: ChartSeries = {
      label: "All",
      color: 0,
      shape: "line",
      values: buckets?.values((row) => row.number("total"), 0) ?? [],
    };
    return isThrown ? [bars] : [bars, line];
  }, [buckets, isThrown]);
  const name = values.filter(Boolean).join(" ");
  return (
    <Card
      title={`${isThrown ? "Exceptions" : "Failed"}${name ? `: ${name}` : ""}`}
      tile={tile}
      picture
      draws={["failed", "total"]}
      empty={<NothingCame app={app} what={subject.noun.replace("failed ", "")} />}
    >
      {buckets && (
        <>
          <Chart
            x={buckets.x}
            extent={buckets.extent}
            bucket={buckets.grainS}
            zone={zone}
            series={series}
            height={180}
            label={`${subject.noun} over time`}
            format={count}
            whole
            syncKey="failures"
            onZoom={(from, to) => setRange(absolute({ start: from * 1_000, end: to * 1_000 }))}
          />
          <Deployments app={app} extent={buckets.extent} zone={zone} />
        </>
      )}
    </Card>
  );
}
