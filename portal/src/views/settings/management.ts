/** What settings read and change: the management API, which every other tool asks too. */

import { ask, listed, type Resource } from "../../lib/api";

export interface Component {
  etag: string;
  properties: {
    CreationDate: string;
    SamplingPercentage: number;
    DisableLocalAuth: boolean;
    RetentionInDays: number;
    RetentionInDaysByTable: Record<string, number>;
    OpenInsights: {
      daily_cap_bytes?: number;
      cap_reset_hour?: number;
      max_items_per_s?: number;
    };
  };
}

/** What is set of a component; null sets back to the default. */
export interface ComponentChanges {
  SamplingPercentage?: number | null;
  RetentionInDays?: number | null;
  RetentionInDaysByTable?: Record<string, number | null>;
  OpenInsights?: Record<string, number | null>;
}

export interface Quota {
  ShouldBeThrottled: boolean;
  ExpirationTime: string | null;
}

export interface Key {
  id: string;
  name: string;
  createdDate: string;
  apiKey?: string;
  OpenInsights: { rights: string[]; expires: string | null; lastUsed: string | null };
}

export type Role = "viewer" | "editor" | "admin";

export interface Person {
  id: string;
  name: string;
  /** By the name of a resource; `*` is every one. */
  roles: Record<string, Role>;
  created: string;
  hasPassword: boolean;
}

export interface DayOfUse {
  day: string;
  items: number;
  sizeBytes: number;
}

export interface ServerFacts {
  version: string;
  publicUrl: string;
  asksEverybody: boolean;
  otlpHttpPort: number;
  otlpGrpcPort: number;
  retentionDays: number;
  itemsPerS: number;
  tls: "none" | "auto" | "own";
  fingerprint: string;
}

export interface Health {
  status: "ok" | "unavailable";
  reason: string;
  version: string;
  resources?: number;
  store?: {
    days: number;
    pendingBytes: number;
    freeDiskBytes: number | null;
    usedDiskBytes: number | null;
    duplicateRows: number;
  };
}

function send<T>(method: string, path: string, body?: unknown, headers = {}): Promise<T> {
  return ask<T>(path, {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: body === undefined ? null : JSON.stringify(body),
  });
}

function get<T>(path: string): (signal: AbortSignal) => Promise<T> {
  return (signal) => ask<T>(path, { signal });
}

export const component = (of: Resource) => get<Component>(of.path);

/** Changes a component as it was read; 412 when somebody has changed it since. */
export function change(of: Resource, etag: string, properties: ComponentChanges) {
  return send<Component>("PATCH", of.path, { properties }, { "if-match": etag });
}

/** Deletes a resource with all of its telemetry. */
export function deleteComponent(of: Resource) {
  return send<{ deletedRows: number }>("DELETE", of.path);
}

export const quota = (of: Resource) => get<Quota>(`${of.path}/quotastatus`);

export const usage = (of: Resource, days: number) =>
  get<{ value: DayOfUse[] }>(`${of.path}/usage?days=${days}`);

export const keys = (of: Resource) => (signal: AbortSignal) =>
  listed<Key>(`${of.path}/ApiKeys`, signal);

export function createKey(of: Resource, name: string, rights: string[], days: number | null) {
  return send<Key>("POST", `${of.path}/ApiKeys`, { name, OpenInsights: { rights, days } });
}

export function revokeKey(key: Key) {
  return send("DELETE", key.id);
}

export const people = (signal: AbortSignal) => listed<Person>("/access/people", signal);

export function createPerson(name: string, password: string, roles: Record<string, Role>) {
  return send<Person>("POST", "/access/people", { name, password, roles });
}

export function changePerson(
  person: Person,
  changes: { password?: string; roles?: Record<string, Role | null> },
) {
  return send<Person>("PATCH", `/access/people/${encodeURIComponent(person.id)}`, changes);
}

export function removePerson(person: Person) {
  return send("DELETE", `/access/people/${encodeURIComponent(person.id)}`);
}

export function signOutEverywhere(person: Person) {
  return send("POST", `/access/people/${encodeURIComponent(person.id)}/sign-out`);
}

export function changeOwnPassword(old: string, next: string) {
  return send("POST", "/portal/api/password", { old, new: next });
}

export const server = get<ServerFacts>("/server");

/** Why the server takes no telemetry is an answer too. */
export async function health(signal: AbortSignal): Promise<Health> {
  const reply = await fetch("/health", { signal });
  return (await reply.json()) as Health;
}
