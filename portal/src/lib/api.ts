/** The server's answers, and the one place that asks for them. */

import { tellReachable } from "./reachable";

/** Code of an error that says nothing but that no answer came. */
export const SERVER_GONE = "ServerGone";

/** The page where somebody says who they are. */
export const SIGN_IN = "/sign-in";

export interface Resource {
  name: string;
  app_id: string;
  /** How the address names it: the name, or the id where the name is not enough. */
  slug: string;
  resource_group: string;
  location: string;
  connection_string: string;
}

export type KqlType =
  | "bool"
  | "int"
  | "long"
  | "real"
  | "decimal"
  | "string"
  | "datetime"
  | "timespan"
  | "guid"
  | "dynamic";

export interface Column {
  name: string;
  type: KqlType;
}

/** A cell as it travels: dates, timespans and dynamics as text. */
export type Cell = string | number | boolean | null;

export interface Table {
  columns: Column[];
  rows: Cell[][];
}

export interface TileReply extends Table {
  kql: string;
  took_ms: number;
  truncated: boolean;
  sampled: number | null;
  start: string;
  end: string;
  grain_s: number;
}

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

/** A mistake in a query's text; lines and columns count from 1. */
export interface Place {
  line: number;
  column: number;
  length: number;
  message: string;
  hint: string | null;
}

/** A failed request: what, the code, and for a query the place in its text. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly code: string,
    readonly requestId: string | null,
    readonly hint: string | null = null,
    readonly places: Place[] = [],
  ) {
    super(message);
  }
}

interface ErrorBody {
  error?: {
    code?: string;
    message?: string;
    hint?: string | null;
    diagnostics?: Place[];
  };
}

async function errorOf(reply: Response): Promise<ApiError> {
  const id = reply.headers.get("x-ms-request-id");
  let body: ErrorBody = {};
  try {
    body = (await reply.json()) as ErrorBody;
  } catch {
    // An answer that is no JSON has no more to say than its status.
  }
  const message = `The server answered ${reply.status} ${reply.statusText}`.trim();
  return errorFrom({ message, ...body.error }, id, `Http${reply.status}`);
}

function errorFrom(error: NonNullable<ErrorBody["error"]>, id: string | null, code: string) {
  return new ApiError(error.message ?? "", error.code ?? code, id, error.hint, error.diagnostics);
}

async function ask<T>(path: string, init: RequestInit): Promise<T> {
  let reply: Response;
  try {
    reply = await fetch(path, init);
  } catch (problem) {
    if (init.signal?.aborted) throw problem;
    tellReachable(false);
    throw new ApiError("The server does not answer.", SERVER_GONE, null);
  }
  tellReachable(true);
  if (reply.status === 401 && location.pathname !== SIGN_IN) {
    location.assign(`${SIGN_IN}?to=${encodeURIComponent(location.pathname + location.search)}`);
  }
  if (!reply.ok) throw await errorOf(reply);
  return (await reply.json()) as T;
}

function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return ask<T>(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
}

/** Who asks, and how they can sign in. */
export interface SessionReply {
  name: string | null;
  kind: string;
  awaits_first_administrator: boolean;
  provider: string | null;
}

const SESSION = "/portal/api/session";

export function lookSession(signal: AbortSignal): Promise<SessionReply> {
  return ask<SessionReply>(SESSION, { signal });
}

export function signIn(name: string, password: string): Promise<{ name: string }> {
  return post(SESSION, { name, password });
}

export function signOut(everywhere: boolean): Promise<{ name: null }> {
  return ask(everywhere ? `${SESSION}?everywhere=true` : SESSION, { method: "DELETE" });
}

export function makeFirstAdministrator(
  secret: string,
  name: string,
  password: string,
): Promise<{ name: string }> {
  return post("/portal/api/first-administrator", { secret, name, password });
}

export async function listResources(signal?: AbortSignal): Promise<Resource[]> {
  const reply = await ask<{ resources: Resource[] }>("/portal/api/resources", {
    signal: signal ?? null,
  });
  return reply.resources;
}

export function createResource(name: string): Promise<Resource> {
  return post<Resource>("/portal/api/resources", { name });
}

export function askTile(
  name: string,
  query: Record<string, string>,
  signal: AbortSignal,
): Promise<TileReply> {
  return ask<TileReply>(`/portal/api/tile/${name}?${new URLSearchParams(query)}`, { signal });
}

export function fetchSchema(app: string, signal: AbortSignal): Promise<Schema> {
  return ask<Schema>(`/portal/api/schema?${new URLSearchParams({ app })}`, { signal });
}

/** Runs a query; a mistake in its text is thrown with its places. */
export async function runQuery(
  body: { app: string; query: string; timespan?: string },
  signal: AbortSignal,
): Promise<QueryReply> {
  const reply = await post<QueryReply & ErrorBody>("/portal/api/query", body, signal);
  if (reply.error) throw errorFrom(reply.error, null, "QueryError");
  return reply;
}
