/** Queries that people write, and what can be asked. */

import { ask, errorFrom, post, send, type Column, type ErrorBody, type Table } from "./api";

export interface Render {
  visualization: string;
  title?: string | null;
  kind?: string | null;
  xcolumn?: string | null;
  series?: string[] | null;
  ycolumns?: string[] | null;
  xtitle?: string | null;
  ytitle?: string | null;
  legend?: string | null;
}

export interface QueryTable extends Table {
  name: string;
}

export interface QueryReply {
  tables: QueryTable[];
  render: Render | null;
  sql: string | null;
  /** Why rows are missing, or "". */
  partial: string;
  took_ms: number;
}

export interface SchemaColumn extends Column {
  doc: string;
}

export interface SchemaTable {
  name: string;
  doc: string;
  alias_of: string;
  time_column: string;
  columns: SchemaColumn[];
}

export interface Schema {
  tables: SchemaTable[];
  /** What the server can run; absent when it does not say. */
  functions?: string[];
  aggregates?: string[];
}

export function fetchSchema(app: string, signal: AbortSignal): Promise<Schema> {
  return ask<Schema>(`/portal/api/schema?${new URLSearchParams({ app })}`, { signal });
}

/** A query as it is asked. */
export interface Question {
  app: string;
  query: string;
  timespan?: string;
}

export type FileFormat = "csv" | "json" | "parquet";

/** The rows of a query as a file, up to as many as the server gives away. */
export async function fileOf(
  question: Question,
  format: FileFormat,
  signal: AbortSignal,
): Promise<Blob> {
  const reply = await send("/portal/api/export", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...question, format }),
    signal,
  });
  return reply.blob();
}

/** Runs a query; a mistake in its text is thrown with its places. */
export async function runQuery(
  body: Question,
  signal: AbortSignal,
): Promise<QueryReply> {
  const reply = await post<QueryReply & ErrorBody>("/portal/api/query", body, signal);
  if (reply.error) throw errorFrom(reply.error, null, "QueryError");
  return reply;
}
