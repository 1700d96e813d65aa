import type { Table } from "../lib/api";
import { useRange } from "../shell/range";
import { cellText, isNumeric } from "./cell";

/** Every value of a tile's answer: the numbers behind a picture. */
export function TileTable({ reply, label }: { reply: Table; label: string }) {
  const { zone } = useRange();
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={`${label}, as a table`}>
      <table className="table">
        <thead>
          <tr>
            {reply.columns.map((column) => (
              <th key={column.name} className={isNumeric(column.type) ? "number" : ""}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {reply.rows.map((row, index) => (
            <tr key={index}>
              {reply.columns.map((column, at) => (
                <td key={column.name} className={isNumeric(column.type) ? "number" : ""}>
                  {cellText(row[at] ?? null, column.type, zone)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
