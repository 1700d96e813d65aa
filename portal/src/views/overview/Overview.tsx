/** How the application is doing, at a glance: the headline numbers and the worst offenders. */

import { useEffect, useMemo, useRef } from "react";
import { bucketsOf } from "../../lib/buckets";
import { absolute, dateTime } from "../../lib/time";
import { records, useTile, type TileState } from "../../lib/useTile";
import { navigate, useAddress, viewPath } from "../../shell/address";
import { useSampling } from "../../parts/sampling";
import { deferred } from "../../shell/deferred";
import { setRange, useRange } from "../../shell/range";
import type { ViewProps } from "../../shell/views";
import { Empty, useRangeWords } from "../../ui/Empty";
import { Head } from "./Head";
import { FailedDependencies, Freshness, SlowestOperations, TopExceptions } from "./lists";
import { FailedRequests, Requests, ResponseTime } from "./tiles";

const Detected = deferred(() => import("./Detected").then((m) => m.Detected));

const RejectedBar = deferred(() =>
  import("../../parts/RejectedBar").then((m) => m.RejectedBar),
);

const OverviewTile = deferred(() =>
  import("../availability/OverviewTile").then((m) => m.OverviewTile),
);

/** A tile is some 250 pixels wide: more bars than this would not be bars. */
const TILE_BUCKETS = 80;
const LATEST_MS = 30_000;

export function Overview({ resource }: ViewProps) {
  const app = resource.app_id;
  const headline = useTile("overview.headline", app);
  const timeline = useTile("overview.requests", app, { buckets: TILE_BUCKETS });
  const { zone } = useRange();
  const buckets = useMemo(() => timeline.data && bucketsOf(timeline.data), [timeline.data]);
  const noRequests = timeline.data?.rows.length === 0;
  const sampling = useSampling(app);
  const common = { app, headline, timeline, buckets, zone, sampling };
  return (
    <div className="overview">
      <Head resource={resource} sampling={sampling} />
      <RejectedBar resource={resource} />
      <Arrival app={app} quiet={noRequests} />
      <div className="tiles-3">
        <FailedRequests {...common} />
        <ResponseTime {...common} />
        <Requests {...common} />
        <OverviewTile app={app} />
      </div>
      <div className="tiles-2">
        <SlowestOperations app={app} sampling={sampling} />
        <TopExceptions app={app} sampling={sampling} />
        <FailedDependencies app={app} sampling={sampling} />
        <Detected resource={resource} />
        <Freshness app={app} />
      </div>
    </div>
  );
}

/** Leads a resource without telemetry to its first event, and a quiet range to the last one. */
function Arrival({ app, quiet }: { app: string; quiet: boolean }) {
  const latest = useTile("overview.latest", app, {
    rangeless: true,
    everyMs: quiet ? LATEST_MS : 0,
  });
  const { search, app: name } = useAddress();
  const { span, zone } = useRange();
  const words = useRangeWords();
  const decided = useRef(false);
  const empty = latest.data !== null && latest.data.rows.length === 0;

  useEffect(() => {
    if (decided.current || !latest.data || !name) return;
    decided.current = true;
    if (empty) navigate(viewPath(name, "start", search), true);
  }, [latest.data, empty, name, search]);

  const last = lastSeen(latest);
  if (!quiet || last === null || (last >= span.start && last < span.end)) return null;
  const width = span.end - span.start;
  const around = absolute({ start: last - width * 0.9, end: last + width * 0.1 });
  return (
    <Empty
      title={`No telemetry ${words}; the last arrived at ${dateTime(last, zone, false)}.`}
      action="Go to the last data"
      run={() => setRange(around)}
    />
  );
}

function lastSeen(latest: TileState): number | null {
  if (!latest.data || latest.data.rows.length === 0) return null;
  return Math.max(...records(latest.data).map((row) => row.instant("last_seen")));
}
