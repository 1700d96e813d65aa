/** The lists below the pictures: what is slow, what fails, and whether telemetry still arrives. */

import { count, duration, exact, percent } from "../../lib/format";
import { ago, dateTime } from "../../lib/time";
import { records, useTile } from "../../lib/useTile";
import { about, type Sampling } from "../../parts/sampling";
import { useRange } from "../../shell/range";
import { Card } from "../../ui/Card";
import { NothingHere, NothingWrong } from "../../ui/Empty";
import { List, type ListColumn } from "../../ui/List";

interface ListProps {
  app: string;
  sampling: Sampling;
}

const operations = (sampling: Sampling): ListColumn[] => [
  {
    label: "Operation",
    wide: true,
    cell: (row) => row.text("name"),
    note: (row) => row.text("cloud_RoleName"),
  },
  { label: "p95", number: true, cell: (row) => duration(row.number("p95_ms")) },
  { label: "Average", number: true, cell: (row) => duration(row.number("avg_ms")) },
  {
    label: "Requests",
    number: true,
    cell: (row) => about(row.number("total"), sampling("request")),
    title: (row) => exact(row.number("total")),
  },
  {
    label: "Failed",
    number: true,
    cell: (row) => percent((100 * row.number("failed")) / row.number("total")),
    bad: (row) => row.number("failed") > 0,
  },
];

export function SlowestOperations({ app, sampling }: ListProps) {
  const tile = useTile("overview.operations", app);
  return (
    <Card title="Slowest operations" tile={tile} empty={<NothingHere what="requests" />}>
      <List rows={tile.data ? records(tile.data) : []} columns={operations(sampling)} />
    </Card>
  );
}

export function TopExceptions({ app, sampling }: ListProps) {
  const tile = useTile("overview.exceptions", app);
  const { zone } = useRange();
  const columns: ListColumn[] = [
    {
      label: "Exception",
      wide: true,
      cell: (row) => row.text("type") || row.text("problemId"),
      note: (row) => row.text("outerMessage").split("\n")[0] ?? "",
    },
    { label: "Role", cell: (row) => row.text("cloud_RoleName") },
    {
      label: "Count",
      number: true,
      cell: (row) => about(row.number("total"), sampling("exception")),
      title: (row) => exact(row.number("total")),
    },
    {
      label: "Last seen",
      number: true,
      cell: (row) => ago(row.instant("last_seen"), Date.now()),
      title: (row) => dateTime(row.instant("last_seen"), zone),
    },
  ];
  return (
    <Card title="Top exceptions" tile={tile} empty={<NothingWrong what="exceptions" />}>
      <List rows={tile.data ? records(tile.data) : []} columns={columns} />
    </Card>
  );
}

const dependencies = (sampling: Sampling): ListColumn[] => [
  {
    label: "Dependency",
    wide: true,
    cell: (row) => row.text("name"),
    note: (row) => row.text("target"),
  },
  { label: "Type", cell: (row) => row.text("type") },
  {
    label: "Failed",
    number: true,
    cell: (row) => about(row.number("failed"), sampling("dependency")),
    title: (row) => exact(row.number("failed")),
    bad: () => true,
  },
  {
    label: "of calls",
    number: true,
    cell: (row) => percent((100 * row.number("failed")) / row.number("total")),
  },
  { label: "Average", number: true, cell: (row) => duration(row.number("avg_ms")) },
];

export function FailedDependencies({ app, sampling }: ListProps) {
  const tile = useTile("overview.dependencies", app);
  return (
    <Card
      title="Failed dependencies"
      tile={tile}
      empty={<NothingWrong what="failed dependencies" />}
    >
      <List rows={tile.data ? records(tile.data) : []} columns={dependencies(sampling)} />
    </Card>
  );
}

const FRESHNESS_MS = 10_000;

export function Freshness({ app }: { app: string }) {
  const tile = useTile("overview.freshness", app, { rangeless: true, everyMs: FRESHNESS_MS });
  const { zone } = useRange();
  const rows = tile.data ? records(tile.data) : [];
  const newest = rows.length ? Math.max(...rows.map((row) => row.instant("last_seen"))) : null;
  const columns: ListColumn[] = [
    { label: "Table", wide: true, cell: (row) => row.text("table_name") },
    {
      label: "Rows, 24 h",
      number: true,
      cell: (row) => count(row.number("stored")),
      title: (row) => exact(row.number("stored")),
    },
    {
      label: "Last event",
      number: true,
      cell: (row) => ago(row.instant("last_seen"), Date.now()),
      title: (row) => dateTime(row.instant("last_seen"), zone),
    },
  ];
  return (
    <Card
      title="Ingestion"
      tile={tile}
      empty={<p className="empty-tile muted">Nothing has arrived in the last 24 hours</p>}
    >
      {newest !== null && (
        <p className="headline headline-small">
          <strong>{ago(newest, Date.now())}</strong>
          <span className="muted">
            last event, {dateTime(newest, zone)} · {rows.length}{" "}
            {rows.length === 1 ? "table" : "tables"}
          </span>
        </p>
      )}
      <List rows={rows} columns={columns} />
    </Card>
  );
}
