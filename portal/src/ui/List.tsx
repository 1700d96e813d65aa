import type { Row } from "../lib/useTile";
import { Icon } from "./Icon";

export interface ListColumn {
  label: string;
  cell: (row: Row) => string;
  /** A second, quieter text in the same cell. */
  note?: (row: Row) => string;
  title?: (row: Row) => string;
  /** The value tells of failure. */
  bad?: (row: Row) => boolean;
  number?: boolean;
  wide?: boolean;
}

/** A short list of rows, each value with its unit. */
export function List({ rows, columns }: { rows: Row[]; columns: ListColumn[] }) {
  return (
    <table className="table list">
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.label} scope="col" className={classOf(column)}>
              {column.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index}>
            {columns.map((column) => (
              <td
                key={column.label}
                className={classOf(column)}
                title={column.title?.(row) ?? (column.wide ? titleOf(column, row) : undefined)}
              >
                {column.bad?.(row) ? (
                  <span className="bad">
                    <Icon name="failed" size={12} /> {column.cell(row)}
                  </span>
                ) : (
                  column.cell(row)
                )}
                {column.note && <span className="note">{column.note(row)}</span>}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function classOf(column: ListColumn): string {
  return `${column.number ? "number" : ""} ${column.wide ? "wide" : ""}`.trim();
}

function titleOf(column: ListColumn, row: Row): string {
  return [column.cell(row), column.note?.(row)].filter(Boolean).join("\n");
}
