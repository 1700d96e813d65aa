/** Tables that leave as files. */

import type { Cell, Table } from "../lib/api";

/** RFC 4180 text. A cell that a spreadsheet would run as a formula is kept as text. */
export function toCsv(table: Table): string {
  const lines = [table.columns.map((column) => quoted(column.name))];
  for (const row of table.rows) lines.push(row.map((cell) => quoted(cell)));
  return lines.map((line) => line.join(",")).join("\r\n") + "\r\n";
}

function quoted(cell: Cell): string {
  if (cell === null) return "";
  const text = typeof cell === "string" && /^[=+\-@\t]/.test(cell) ? `'${cell}` : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One object per row; dynamic cells as JSON values. */
export function toJson(table: Table): string {
  const rows = table.rows.map((row) =>
    Object.fromEntries(
      table.columns.map((column, index) => [column.name, value(column.type, row[index] ?? null)]),
    ),
  );
  return JSON.stringify(rows, null, 2);
}

function value(type: string, cell: Cell): unknown {
  if (type !== "dynamic" || typeof cell !== "string") return cell;
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}

export function download(name: string, type: string, text: string): void {
  downloadBlob(name, new Blob([text], { type }));
}

export function downloadBlob(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
}
