/** How much telemetry there is, by table and day, and how much was sent. */

import { useMemo, useState } from "react";
import { count, exact, percent } from "../../lib/format";
import { ago, dateTime } from "../../lib/time";
import { records, useTile } from "../../lib/useTile";
import { Deployments } from "../../parts/Deployments";
import { useReply } from "../../parts/useReply";
import { useRange } from "../../shell/range";
import { WayOn } from "../../parts/NothingCame";
import { Card } from "../../ui/Card";
import { Chart, type ChartSeries } from "../../ui/Chart";
import { ErrorBox } from "../../ui/ErrorBox";
import { usage } from "./management";
import { size } from "./size";
import type { TabProps } from "./Settings";
import { daysOf, tablesOf, type Measure } from "./usageDays";

const DAYS = 30;
const DAY_S = 86_400;
const HEIGHT = 200;
const MEASURES: Record<Measure, string> = { stored: "Rows", items: "Items", bytes: "Bytes" };

export function Usage({ resource }: TabProps) {
  return (
    <>
      <Stored app={resource.app_id} />
      <Sent resource={resource} />
    </>
  );
}

/** Whole days, the last one with its end. */
function extentOf(days: number[]): [number, number] {
  return [days[0] ?? 0, (days.at(-1) ?? 0) + DAY_S];
}

/** Rows and items in the store. */
function Stored({ app }: { app: string }) {
  const tile = useTile("settings.usage", app, { rangeless: true });
  const sizes = useTile("settings.sizes", app, { rangeless: true });
  const [measure, setMeasure] = useState<Measure>("stored");
  const { zone } = useRange();
  // eslint-disable-next-line react-hooks/exhaustive-deps -- a reply of another day has other days
  const x = useMemo(() => daysOf(Date.now(), DAYS), [tile.data]);
  const tables = useMemo(() => {
    const read = sizes.data ? records(sizes.data) : [];
    const rowBytes = new Map(read.map((row) => [row.text("table_name"), row.number("row_bytes")]));
    return tile.data ? tablesOf(records(tile.data), x, rowBytes) : [];
  }, [tile.data, sizes.data, x]);
  const series = useMemo<ChartSeries[]>(
    () =>
      tables.map((table, color) => ({
        label: table.name,
        color: color % 6,
        shape: "bars",
        values: table[measure],
      })),
    [tables, measure],
  );
  const total = { stored: 0, items: 0, bytes: 0 };
  for (const table of tables) {
    total.stored += table.total.stored;
    total.items += table.total.items;
    total.bytes += table.total.bytes;
  }
  return (
    <Card
      title="Stored, last 30 days"
      tile={tile}
      picture
      empty={
        <div className="empty-tile nothing-came muted">
          <p>Nothing is stored of the last 30 days</p>
          <WayOn app={app} />
        </div>
      }
    >
      <div className="segments" role="group" aria-label="What is drawn">
        {(Object.keys(MEASURES) as Measure[]).map((name) => (
          <button
            key={name}
            type="button"
            className="button button-small"
            aria-pressed={name === measure}
            onClick={() => setMeasure(name)}
          >
            {MEASURES[name]}
          </button>
        ))}
        <span className="muted small">
          {measure === "bytes"
            ? "≈ from the size of 200 rows of each table, as JSON."
            : "A row stands for several items where a client has sampled."}
        </span>
      </div>
      <Chart
        x={x}
        bucket={DAY_S}
        extent={extentOf(x)}
        zone="UTC"
        series={series}
        stacked
        height={HEIGHT}
        label={`${MEASURES[measure]} stored by day and table`}
        format={measure === "bytes" ? size : count}
      />
      <Deployments app={app} extent={extentOf(x)} zone="UTC" apart />
      <div className="scrolls" tabIndex={0} role="group" aria-label="Tables, scrollable">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Table</th>
              <th scope="col" className="number">
                Rows
              </th>
              <th scope="col" className="number">
                Share
              </th>
              <th scope="col" className="number">
                Items
              </th>
              <th scope="col" className="number">
                Size
              </th>
              <th scope="col" className="number">
                Last item
              </th>
            </tr>
          </thead>
          <tbody>
            {tables.map((table, color) => (
              <tr key={table.name}>
                <td>
                  <i className="swatch" style={{ background: `var(--series-${(color % 6) + 1})` }} />
                  {table.name}
                </td>
                <td className="number">{exact(table.total.stored)}</td>
                <td className="number">{percent((100 * table.total.stored) / total.stored)}</td>
                <td className="number">{exact(table.total.items)}</td>
                <td className="number">{sizeText(table.total.bytes) || "–"}</td>
                <td className="number" title={dateTime(table.last, zone)}>
                  {ago(table.last, Date.now())}
                </td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">All tables</th>
              <td className="number">{exact(total.stored)}</td>
              <td />
              <td className="number">{exact(total.items)}</td>
              <td className="number">{sizeText(total.bytes)}</td>
              <td />
            </tr>
          </tfoot>
        </table>
      </div>
    </Card>
  );
}

/** An estimated size; nothing before it is known. */
function sizeText(bytes: number): string {
  return bytes ? `≈ ${size(bytes)}` : "";
}

/** Bytes and items as they were sent: what the daily cap counts. */
function Sent({ resource }: Pick<TabProps, "resource">) {
  const found = useReply(resource.app_id, usage(resource, DAYS));
  // eslint-disable-next-line react-hooks/exhaustive-deps -- a reply of another day has other days
  const x = useMemo(() => daysOf(Date.now(), DAYS), [found.data]);
  const bytes = useMemo(() => {
    const byDay = new Map(found.data?.value.map((one) => [Date.parse(one.day) / 1_000, one]));
    return x.map((at) => byDay.get(at)?.sizeBytes ?? 0);
  }, [found.data, x]);
  const series = useMemo<ChartSeries[]>(
    () => [{ label: "Sent", color: 0, shape: "bars", values: bytes }],
    [bytes],
  );
  const days = [...(found.data?.value ?? [])].reverse();
  return (
    <section className="card" aria-label="Sent, last 30 days">
      <h2>Sent, last 30 days</h2>
      {found.error && <ErrorBox error={found.error} retry={found.reload} />}
      {!found.data && !found.error && <div className="skeleton" />}
      {found.data && days.length === 0 && (
        <p className="empty-tile muted">Nothing was sent in the last 30 days</p>
      )}
      {days.length > 0 && (
        <>
          <p>
            {size(bytes.reduce((sum, one) => sum + one, 0))}{" "}
            <span className="muted">
              as sent and unpacked, which the daily cap counts. A body holds items of several
              tables, so these bytes are told for all of them together.
            </span>
          </p>
          <Chart
            x={x}
            bucket={DAY_S}
            extent={extentOf(x)}
            zone="UTC"
            series={series}
            height={HEIGHT / 2}
            label="Bytes sent by day"
            format={size}
          />
          <Deployments app={resource.app_id} extent={extentOf(x)} zone="UTC" apart />
          <details>
            <summary>By day</summary>
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">Day (UTC)</th>
                  <th scope="col" className="number">
                    Bytes
                  </th>
                  <th scope="col" className="number">
                    Items
                  </th>
                </tr>
              </thead>
              <tbody>
                {days.map((one) => (
                  <tr key={one.day}>
                    <td>{one.day}</td>
                    <td className="number" title={exact(one.sizeBytes)}>
                      {size(one.sizeBytes)}
                    </td>
                    <td className="number">{exact(one.items)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </details>
        </>
      )}
    </section>
  );
}
