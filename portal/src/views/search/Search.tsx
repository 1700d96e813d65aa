/** Every item of a time, newest first: found by words, narrowed by facets, opened end to end. */

import { useMemo, useState, type SyntheticEvent } from "react";
import { bucketsOf } from "../../lib/buckets";
import { count, exact } from "../../lib/format";
import { absolute } from "../../lib/time";
import type { TileReply } from "../../lib/api";
import { records, useTile, type Row, type TileState } from "../../lib/useTile";
import { setParameters, useAddress } from "../../shell/address";
import { setRange, useRange } from "../../shell/range";
import type { ViewProps } from "../../shell/views";
import { Card } from "../../ui/Card";
import { Chart, type ChartSeries } from "../../ui/Chart";
import { NothingHere } from "../../ui/Empty";
import { Icon } from "../../ui/Icon";
import { useSampling } from "../../parts/sampling";
import { Deployments } from "../../parts/Deployments";
import { NothingCame } from "../../parts/NothingCame";
import { ViewHead } from "../../parts/ViewHead";
import { Facets } from "./Facets";
import { Items } from "./Items";
import { filterTexts } from "./words";
import "./search.css";

const KINDS: [string, string, string][] = [
  ["request", "Requests", "requests"],
  ["dependency", "Dependencies", "dependencies"],
  ["exception", "Exceptions", "exceptions"],
  ["trace", "Traces", "traces"],
  ["customEvent", "Custom events", "customEvents"],
  ["pageView", "Page views", "pageViews"],
  ["availabilityResult", "Availability", "availabilityResults"],
];

export function Search({ resource }: ViewProps) {
  const { search } = useAddress();
  const app = resource.app_id;
  const text = search.get("q") ?? "";
  const hidden = search.get("without") ?? "";
  const without = useMemo(() => hidden.split(",").filter(Boolean), [hidden]);
  const filters = useMemo(
    () => [...filterTexts(text), ...without.map((kind) => `-kind:${kind}`)],
    [text, without],
  );
  const items = useTile("search.items", app, { filters });
  const histogram = useTile("search.histogram", app, { filters });
  const total = useMemo(() => totalOf(histogram.data), [histogram.data]);
  return (
    <div className="view search-view">
      <ViewHead title="Transaction search" app={app} sampling={useSampling(app)} />
      <Asked key={text} text={text} />
      <Kinds without={without} />
      <Histogram app={app} tile={histogram} />
      <div className="search-panes">
        <Facets app={app} filters={filters} />
        <Card
          title="Results"
          tile={items}
          empty={<NothingHere what={text ? "items that match" : "telemetry"} />}
        >
          <p className="muted small" role="status">
            {items.data &&
              (items.data.rows.length < total
                ? `The ${exact(items.data.rows.length)} newest of ${exact(total)}`
                : `${exact(items.data.rows.length)} items`)}
          </p>
          {items.data && <Items rows={records(items.data)} />}
        </Card>
      </div>
    </div>
  );
}

function totalOf(histogram: TileReply | null): number {
  if (!histogram) return 0;
  return records(histogram).reduce((sum, row) => sum + row.number("n"), 0);
}

function Asked({ text }: { text: string }) {
  const [typed, setTyped] = useState(text);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setParameters({ q: typed.trim() || null });
  };
  return (
    <form className="search-form" role="search" onSubmit={submit}>
      <Icon name="search" />
      <input
        className="input"
        data-search
        aria-label="Search the telemetry"
        placeholder='Words, "a fragment", role:web, dim.tenant:gold, NOT timeout'
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <button type="submit" className="button button-primary">
        Search
      </button>
      {text && (
        <button type="button" className="button" onClick={() => setParameters({ q: null })}>
          Clear
        </button>
      )}
    </form>
  );
}

function Kinds({ without }: { without: string[] }) {
  const toggle = (kind: string) => {
    const next = without.includes(kind)
      ? without.filter((one) => one !== kind)
      : [...without, kind];
    setParameters({ without: next.join(",") || null });
  };
  return (
    <div className="search-kinds" role="group" aria-label="Event types">
      {KINDS.map(([kind, label]) => (
        <label key={kind}>
          <input
            type="checkbox"
            checked={!without.includes(kind)}
            onChange={() => toggle(kind)}
          />
          {label}
        </label>
      ))}
    </div>
  );
}

function Histogram({ app, tile }: { app: string; tile: TileState }) {
  const { zone } = useRange();
  const shown = useMemo(() => tile.data && stacked(tile.data), [tile.data]);
  return (
    <Card title="Items over time" tile={tile} picture empty={<NothingCame app={app} what="telemetry" />}>
      {shown && (
        <>
          <Chart
            x={shown.x}
            extent={shown.extent}
            bucket={shown.grainS}
            zone={zone}
            series={shown.series}
            stacked
            whole
            height={96}
            label="Items by type over time"
            format={count}
            onZoom={(from, to) => setRange(absolute({ start: from * 1_000, end: to * 1_000 }))}
          />
          <Deployments app={app} extent={shown.extent} zone={zone} />
        </>
      )}
    </Card>
  );
}

function stacked(reply: TileReply) {
  const at = reply.columns.findIndex((column) => column.name === "table_name");
  const frame = bucketsOf({ ...reply, rows: [] });
  const series: ChartSeries[] = [];
  KINDS.forEach(([kind, label, table], color) => {
    const rows = reply.rows.filter((row) => row[at] === table);
    if (!rows.length) return;
    const values = bucketsOf({ ...reply, rows }).values((row: Row) => row.number("n"), 0);
    series.push({ label, color: kind === "exception" ? "bad" : color, shape: "bars", values });
  });
  return { ...frame, series };
}
