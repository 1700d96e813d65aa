/** A list of rows of which one is chosen; sorts by a column, walked with the arrow keys. */

import { useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import type { Row } from "../lib/useTile";
import { Icon } from "../ui/Icon";
import "./head.css";

export interface PickColumn {
  label: string;
  cell: (row: Row) => ReactNode;
  /** What the column sorts by, the greatest first; without it the column does not sort. */
  by?: (row: Row) => number;
  title?: (row: Row) => string;
  number?: boolean;
  wide?: boolean;
}

interface PickListProps {
  label: string;
  rows: Row[];
  columns: PickColumn[];
  keyOf: (row: Row) => string;
  chosen: string;
  /** Chooses a row; the key of the chosen one lets go of it. */
  choose: (key: string) => void;
  /** What stands for all rows, on top. */
  overall?: string;
}

export function PickList(props: PickListProps) {
  const { label, rows, columns, keyOf, chosen, choose, overall } = props;
  const [sort, setSort] = useState<string | null>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const ordered = useMemo(() => {
    const by = columns.find((column) => column.label === sort)?.by;
    return by ? [...rows].sort((a, b) => by(b) - by(a)) : rows;
  }, [rows, columns, sort]);
  const keys = [...(overall ? [""] : []), ...ordered.map(keyOf)];
  const at = Math.max(0, keys.indexOf(chosen));

  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(keys.length - 1, at + step));
    choose(keys[next] ?? "");
    body.current?.querySelectorAll<HTMLElement>("tr")[next]?.focus();
  };

  return (
    <div className="pick-scroll" tabIndex={-1}>
      <table className="table list pick" role="grid" aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.label}
                scope="col"
                className={classOf(column)}
                aria-sort={column.label === sort ? "descending" : undefined}
              >
                {column.by ? (
                  <button type="button" className="sorts" onClick={() => setSort(column.label)}>
                    {column.label}
                    {column.label === sort && <Icon name="down" size={10} />}
                  </button>
                ) : (
                  column.label
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body} onKeyDown={onKey}>
          {overall && (
            <tr
              aria-selected={chosen === ""}
              tabIndex={at === 0 ? 0 : -1}
              onClick={() => choose("")}
            >
              <td colSpan={columns.length}>
                <strong>{overall}</strong>
              </td>
            </tr>
          )}
          {ordered.map((row, index) => {
            const key = keyOf(row);
            const place = index + (overall ? 1 : 0);
            return (
              <tr
                key={key}
                aria-selected={key === chosen}
                tabIndex={place === at ? 0 : -1}
                onClick={() => choose(key === chosen ? "" : key)}
              >
                {columns.map((column) => (
                  <td key={column.label} className={classOf(column)} title={column.title?.(row)}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function classOf(column: PickColumn): string {
  return `${column.number ? "number" : ""} ${column.wide ? "wide" : ""}`.trim();
}
