/** What can be done with a cell: keep or leave out its value, copy it, open its transaction. */

import { useEffect, useRef } from "react";
import type { Cell, Column, Table } from "../../lib/api";
import { copyText } from "../../lib/encode";
import { Icon, type IconName } from "../../ui/Icon";
import { moveFocus } from "../../ui/Menu";

export interface CellCommands {
  /** Runs the query again with rows of the value alone, or without them. */
  narrow: (column: Column, cell: Cell, leavesOut: boolean) => void;
  /** Opens the transaction of an operation, at an item and time if they are known. */
  open: (operation: string, item: string, time: string) => void;
}

export interface MenuAt {
  row: number;
  column: number;
  left: number;
  top: number;
}

interface CellMenuProps {
  table: Table;
  at: MenuAt;
  commands: CellCommands;
  close: () => void;
}

const SHOWN = 32;

export function CellMenu({ table, at, commands, close }: CellMenuProps) {
  const menu = useRef<HTMLDivElement>(null);
  const row = table.rows[at.row] ?? [];
  const column = table.columns[at.column];
  const cell = row[at.column] ?? null;
  const named = (name: string) =>
    String(row[table.columns.findIndex((one) => one.name === name)] ?? "");

  useEffect(() => {
    menu.current?.querySelector<HTMLElement>("button")?.focus();
    const outside = (event: PointerEvent) => {
      if (!menu.current?.contains(event.target as Node)) close();
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- `close` is another one each time
  }, []);

  if (!column) return null;
  const text = cell === null ? "null" : String(cell) || "(empty)";
  const value = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  const operation = named("operation_Id");
  const items: [label: string, icon: IconName, run: () => void][] = [
    [`Only ${column.name} = ${value}`, "plus", () => commands.narrow(column, cell, false)],
    [`Without ${column.name} = ${value}`, "minus", () => commands.narrow(column, cell, true)],
    ["Copy value", "copy", () => void copyText(cell === null ? "" : String(cell))],
  ];
  if (operation) {
    const [item, time] = [named("itemId"), named("timestamp")];
    items.push(["Open transaction", "transaction", () => commands.open(operation, item, time)]);
  }
  return (
    <div
      ref={menu}
      className="popover menu cell-menu"
      role="menu"
      aria-label={`${column.name} = ${value}`}
      style={{
        left: Math.min(at.left, innerWidth - 300),
        top: Math.min(at.top, innerHeight - 36 * items.length - 16),
      }}
      onKeyDown={(event) => {
        event.stopPropagation();
        moveFocus(event);
        if (event.key === "Escape" || event.key === "Tab") {
          event.preventDefault();
          close();
        }
      }}
    >
      {items.map(([label, icon, run]) => (
        <button
          key={label}
          type="button"
          role="menuitem"
          className="menu-item"
          onClick={(event) => {
            event.stopPropagation();
            close();
            run();
          }}
        >
          <span className="menu-icon">
            <Icon name={icon} />
          </span>
          <span className="clip">{label}</span>
        </button>
      ))}
    </div>
  );
}
