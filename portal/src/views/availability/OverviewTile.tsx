/** Availability on the overview: there as soon as something was tested in the range. */

import { useMemo } from "react";
import { bucketsOf } from "../../lib/buckets";
import { count, exact, percent } from "../../lib/format";
import { absolute } from "../../lib/time";
import { records, useTile } from "../../lib/useTile";
import { Deployments } from "../../parts/Deployments";
import { useAddress, viewPath } from "../../shell/address";
import { Link } from "../../shell/Link";
import { setRange, useRange } from "../../shell/range";
import { Card } from "../../ui/Card";
import { Chart, type ChartSeries } from "../../ui/Chart";

const TILE_BUCKETS = 80;

export function OverviewTile({ app }: { app: string }) {
  const tile = useTile("overview.availability", app, { buckets: TILE_BUCKETS });
  const { search } = useAddress();
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
  if (!buckets || !tile.data?.rows.length) return null;
  let runs = 0;
  let passed = 0;
  for (const row of records(tile.data)) {
    runs += row.number("runs");
    passed += row.number("passed");
  }
  return (
    <Card title="Availability" tile={tile} picture draws={["pct"]}>
      <p className="headline">
        <strong className={`nowrap${passed < runs ? " bad" : ""}`}>
          {percent((100 * passed) / runs)}
        </strong>
        <Link href={viewPath(app, "availability", search)}>
          {exact(runs - passed)} of {count(runs)} failed
        </Link>
      </p>
      <Chart
        x={buckets.x}
        extent={buckets.extent}
        zone={zone}
        series={series}
        connected
        top={100}
        height={126}
        label="Share of availability tests that passed over time"
        format={percent}
        syncKey="overview"
        onZoom={(from, to) => setRange(absolute({ start: from * 1_000, end: to * 1_000 }))}
      />
      <Deployments app={app} extent={buckets.extent} zone={zone} narrow />
    </Card>
  );
}
