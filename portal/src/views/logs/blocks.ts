/** Several queries in one text: blank lines part them, the cursor chooses. */

import type { Cell, Column, KqlType } from "../../lib/api";

export interface Block {
  from: number;
  to: number;
  text: string;
}

/** The block around a position; the nearest one above when the position is on a blank line. */
export function blockAt(text: string, position: number): Block | null {
  const blocks = blocksOf(text);
  let chosen = blocks[0] ?? null;
  for (const block of blocks) {
    if (block.from <= position) chosen = block;
  }
  return chosen;
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let at = 0;
  let from = -1;
  for (const line of [...text.split("\n"), ""]) {
    const blank = line.trim() === "";
    if (!blank && from < 0) from = at;
    if (blank && from >= 0) {
      const to = Math.min(at - 1, text.length);
      blocks.push({ from, to, text: text.slice(from, to) });
      from = -1;
    }
    at += line.length + 1;
  }
  return blocks;
}

/** Whether the query names a bound on its time column itself. */
export function boundsTime(query: string): boolean {
  const code = query.replace(/\/\/.*$/gm, "");
  return /\b(timestamp|TimeGenerated)\b\s*(>=?|<=?|==|between\b|in\b)/.test(code);
}

/** The query with one more filter, right after its source: the window that a person dragged. */
export function withWindow(query: string, window: { start: number; end: number }): string {
  const column = /\bTimeGenerated\b/.test(query) ? "TimeGenerated" : "timestamp";
  const [start, end] = [window.start, window.end].map((at) => new Date(at).toISOString());
  const filter = `| where ${column} between (datetime(${start}) .. datetime(${end}))`;
  const body = query.lastIndexOf(";") + 1;
  const pipe = query.indexOf("|", body);
  if (pipe < 0) return `${query.trimEnd()}\n${filter}`;
  const before = query.slice(0, pipe).trimEnd();
  return `${before}\n${filter}\n${query.slice(pipe)}`;
}

/** The query with a condition on one of its result's columns: before `render`, else at its end. */
export function withCondition(
  query: string,
  column: Column,
  cell: Cell,
  leavesOut: boolean,
): string {
  const body = query.trimEnd().replace(/;$/, "").trimEnd();
  const render = /\|\s*render\s+\w+[^|;]*$/.exec(body);
  const before = (render ? body.slice(0, render.index) : body).trimEnd();
  const where = `| where ${condition(column, cell, leavesOut)}`;
  return `${before}\n${where}${render ? `\n${render[0]}` : ""}`;
}

const WORD = /^[A-Za-z_]\w*$/;

function condition(column: Column, cell: Cell, leavesOut: boolean): string {
  const name = WORD.test(column.name) ? column.name : `["${escaped(column.name)}"]`;
  const isText = column.type === "string" || column.type === "dynamic";
  const read = column.type === "dynamic" ? `tostring(${name})` : name;
  if (cell === null || (isText && cell === "")) {
    const empty = isText ? "empty" : "null";
    return `is${leavesOut ? "not" : ""}${empty}(${name})`;
  }
  return `${read} ${leavesOut ? "!=" : "=="} ${literal(column.type, cell)}`;
}

function literal(type: KqlType, cell: string | number | boolean): string {
  switch (type) {
    case "string":
    case "dynamic":
      return `"${escaped(String(cell))}"`;
    case "timespan":
      return `timespan(${cell})`;
    case "datetime":
    case "guid":
    case "decimal":
      return `${type}(${cell})`;
    case "real":
      return typeof cell === "number" ? String(cell) : `real(${REALS[cell as string] ?? cell})`;
    default:
      return String(cell);
  }
}

const REALS: Record<string, string> = { NaN: "nan", Infinity: "+inf", "-Infinity": "-inf" };

function escaped(text: string): string {
  return text
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");
}
