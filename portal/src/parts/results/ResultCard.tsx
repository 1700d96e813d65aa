import type { Table } from "../../lib/api";
import type { Render } from "../../lib/queries";
import { plain } from "../../lib/format";
import { useRange } from "../../shell/range";
import "./results.css";
import { cellText, isNumeric } from "../../ui/cell";

export function isCard(render: Render): boolean {
  return render.visualization === "card";
}

/** `render card`: the first row's values, large. */
export function Card({ table }: { table: Table }) {
  const { zone } = useRange();
  const row = table.rows[0] ?? [];
  return (
    <dl className="result-cards">
      {table.columns.map((column, index) => {
        const cell = row[index] ?? null;
        const text =
          typeof cell === "number" && isNumeric(column.type)
            ? plain(cell)
            : cellText(cell, column.type, zone);
        return (
          <div key={column.name}>
            <dt className="muted">{column.name}</dt>
            <dd>{text || "–"}</dd>
          </div>
        );
      })}
    </dl>
  );
}
