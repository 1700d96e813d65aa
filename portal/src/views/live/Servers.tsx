/** The servers that told something during the last minute; choosing one shows it alone. */

import { bytes } from "../../parts/bytes";
import { duration } from "../../lib/format";
import type { Row } from "../../lib/useTile";
import { addFilter } from "../../parts/filters";
import { PickList, type PickColumn } from "../../parts/PickList";
import { rate } from "./metrics";
import type { Server } from "./stream";

/** A server that posts is late when it told nothing for so long. */
const LATE_S = 5;

export function Servers({ servers }: { servers: Server[] }) {
  const rows = servers.map(rowOf);
  return (
    <section className="card" aria-label="Servers">
      <header className="card-head">
        <h2>Servers</h2>
      </header>
      <div className="card-body">
        <PickList
          label="Servers"
          rows={rows}
          columns={COLUMNS}
          keyOf={(row) => `${row.text("role")}\n${row.text("instance")}\n${row.text("stream")}`}
          chosen=""
          choose={(key) => {
            const [role = "", instance = ""] = key.split("\n");
            if (role) addFilter({ dimension: "role", value: role, leavesOut: false });
            if (instance) addFilter({ dimension: "instance", value: instance, leavesOut: false });
          }}
        />
      </div>
    </section>
  );
}

function rowOf(server: Server): Row {
  const cells = server as unknown as Record<string, unknown>;
  return {
    number: (name) => (cells[name] === null ? NaN : Number(cells[name])),
    text: (name) => (Array.isArray(cells[name]) ? cells[name].join("\n") : textOf(cells[name])),
    instant: () => NaN,
  };
}

function told(value: number, format: (value: number) => string): string {
  return Number.isFinite(value) ? format(value) : "–";
}

function numbers(label: string, name: string, format: (value: number) => string): PickColumn {
  const read = (row: Row) => row.number(name);
  return {
    label,
    number: true,
    by: (row) => (Number.isFinite(read(row)) ? read(row) : -1),
    cell: (row) => told(read(row), format),
  };
}

function failures(label: string, name: string): PickColumn {
  return {
    ...numbers(label, name, rate),
    cell: (row) =>
      row.number(name) > 0 ? (
        <span className="bad">{rate(row.number(name))}</span>
      ) : (
        told(row.number(name), rate)
      ),
  };
}

const COLUMNS: PickColumn[] = [
  {
    label: "Server",
    wide: true,
    cell: (row) => (
      <>
        {row.text("instance") || row.text("machine") || "(no name)"}
        <span className="note">{row.text("role") || "(no role)"}</span>
        {row.text("errors") && <span className="note bad">does not follow a filter</span>}
      </>
    ),
    title: (row) =>
      [row.text("machine"), row.text("version"), row.text("errors")].filter(Boolean).join("\n"),
  },
  numbers("Requests/s", "requests_per_second", rate),
  failures("Failed/s", "failed_requests_per_second"),
  numbers("Duration", "request_duration_ms", duration),
  numbers("Calls/s", "dependencies_per_second", rate),
  failures("Failed calls/s", "failed_dependencies_per_second"),
  failures("Exceptions/s", "exceptions_per_second"),
  numbers("CPU", "cpu_percent", (value) => `${Number(value.toPrecision(3))} %`),
  numbers("Memory", "memory_bytes", bytes),
  {
    label: "Told",
    cell: (row) => {
      const behind = row.number("behind_s");
      if (row.text("source") === "telemetry") {
        return <span className="muted">stored, {behind} s behind</span>;
      }
      const late = row.number("last_seen_s");
      return late > LATE_S ? <span className="muted">{Math.round(late)} s ago</span> : "now";
    },
  },
];

function textOf(cell: unknown): string {
  return typeof cell === "string" ? cell : cell == null ? "" : JSON.stringify(cell);
}
