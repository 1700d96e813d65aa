import { useState } from "react";
import type { Cell, Column } from "../../lib/api";
import { ago } from "../../lib/time";
import { useRange } from "../../shell/range";
import { cellText } from "../../ui/cell";
import { CopyButton } from "../../ui/CopyButton";
import { JsonTree } from "./JsonTree";

/** A row to read: one line per column, dynamic values as a tree. */
export function RowDetails({ columns, row }: { columns: Column[]; row: Cell[] }) {
  const [all, setAll] = useState(false);
  const pairs = columns.map((column, index) => ({ column, cell: row[index] ?? null }));
  const told = pairs.filter(({ cell }) => cell !== null && cell !== "");
  const shown = all ? pairs : told;
  const json = Object.fromEntries(pairs.map(({ column, cell }) => [column.name, cell]));
  return (
    <div className="row-details">
      <div className="row">
        <CopyButton text={JSON.stringify(json, null, 2)} label="Copy row as JSON" />
        {told.length < pairs.length && (
          <button type="button" className="button button-small" onClick={() => setAll(!all)}>
            {all ? "Hide empty columns" : `Show ${pairs.length - told.length} empty columns`}
          </button>
        )}
      </div>
      <dl>
        {shown.map(({ column, cell }) => (
          <div key={column.name}>
            <dt title={column.type}>{column.name}</dt>
            <dd>
              <Value cell={cell} column={column} />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Value({ cell, column }: { cell: Cell; column: Column }) {
  const { zone } = useRange();
  if (cell === null) return <span className="muted">null</span>;
  if (column.type === "datetime" && typeof cell === "string") {
    return (
      <>
        {cellText(cell, column.type, zone)}{" "}
        <span className="muted">
          {cell} · {ago(Date.parse(cell), Date.now())}
        </span>
      </>
    );
  }
  if (column.type === "dynamic" && typeof cell === "string") return <JsonTree text={cell} />;
  return <span className="value-text">{String(cell)}</span>;
}
