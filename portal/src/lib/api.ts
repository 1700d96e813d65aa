/** The server's answers, and the one place that asks for them. */

import { tellReachable } from "./reachable";

/** Code of an error that says nothing but that no answer came. */
export const SERVER_GONE = "ServerGone";

/** The page where somebody says who they are. */
export const SIGN_IN = "/sign-in";

export interface Resource {
  name: string;
  /** How addresses name it. */
  app_id: string;
  /** Its path in the management API. */
  path: string;
  resource_group: string;
  location: string;
  instrumentation_key: string;
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
    /** Of the answer; 0 when there was none, or it was not the answer that failed. */
    readonly status = 0,
  ) {
    super(message);
  }
}

export interface ErrorBody {
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
  return errorFrom({ message, ...body.error }, id, `Http${reply.status}`, reply.status);
}

export function errorFrom(
  { message = "", code, hint, diagnostics }: NonNullable<ErrorBody["error"]>,
  id: string | null,
  otherwise: string,
  status = 0,
) {
  return new ApiError(message, code ?? otherwise, id, hint, diagnostics, status);
}

export async function ask<T>(path: string, init: RequestInit): Promise<T> {
  const reply = await send(path, init);
  if (reply.status === 204) return undefined as T;
  return (await reply.json()) as T;
}

/** A request whose answer is no JSON, or is of no interest. */
export async function send(path: string, init: RequestInit): Promise<Response> {
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
  return reply;
}

export function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
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
  /** `local` where nobody is asked to sign in, `person` who did. */
  kind: string;
  /** Rights by application id; `*` is every resource. */
  may_by_resource: Record<string, string[]>;
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

/** A resource as the management API shows it; the pages and every other tool ask the same one. */
interface Component {
  id: string;
  name: string;
  location: string;
  properties: { AppId: string; InstrumentationKey: string; ConnectionString: string };
}

const COMPONENTS = "/providers/Microsoft.Insights/components";
const SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000";

/** Every item of a list of the management API, page by page. */
export async function listed<T>(path: string, signal?: AbortSignal): Promise<T[]> {
  const found: T[] = [];
  let at: string | undefined = path;
  while (at) {
    const page: { value: T[]; nextLink?: string } = await ask(at, { signal: signal ?? null });
    found.push(...page.value);
    // behind a proxy the server may know itself by another address
    const next: URL | null = page.nextLink ? new URL(page.nextLink) : null;
    at = next ? next.pathname + next.search : undefined;
  }
  return found;
}

export async function listResources(signal?: AbortSignal): Promise<Resource[]> {
  return (await listed<Component>(COMPONENTS, signal)).map(described);
}

/** Where a new resource comes to be. */
export interface NewResource {
  name: string;
  resource_group: string;
  location: string;
}

/** Makes a resource; one of the same name in the group is not touched, but refused with 409. */
export async function createResource(wanted: NewResource): Promise<Resource> {
  const group = `${SUBSCRIPTION}/resourceGroups/${encodeURIComponent(wanted.resource_group)}`;
  const made = await ask<Component>(`${group}${COMPONENTS}/${encodeURIComponent(wanted.name)}`, {
    method: "PUT",
    headers: { "content-type": "application/json", "if-none-match": "*" },
    body: JSON.stringify({ location: wanted.location }),
  });
  return described(made);
}

/** The names of resource groups, or of locations, that there are. */
export async function labels(of: "resourceGroups" | "locations", signal: AbortSignal) {
  const found = await listed<{ name: string }>(`${SUBSCRIPTION}/${of}`, signal);
  return found.map((one) => one.name);
}

function described(one: Component): Resource {
  const { AppId, InstrumentationKey, ConnectionString } = one.properties;
  return {
    name: one.name,
    app_id: AppId,
    path: one.id,
    resource_group: one.id.split("/")[4] ?? "",
    location: one.location,
    instrumentation_key: InstrumentationKey,
    connection_string: ConnectionString,
  };
}

export function askTile(
  name: string,
  query: URLSearchParams,
  signal: AbortSignal,
): Promise<TileReply> {
  return ask<TileReply>(`/portal/api/tile/${name}?${query}`, { signal });
}
