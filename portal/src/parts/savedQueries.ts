/** Queries that are kept on the server, by the management API: named ones, and those of short links. */

import { ask, send, type Resource } from "../lib/api";

export interface SavedQuery {
  id: string;
  name: string;
  text: string;
  /** Seen by everybody who sees the resource, or by the one who saved it. */
  shared: boolean;
}

interface Item {
  Id: string;
  Name: string;
  Content?: string;
  Scope: string;
}

const paths = (resource: Resource, shared: boolean) =>
  `${resource.path}/${shared ? "analyticsItems" : "myanalyticsItems"}`;

async function listed(resource: Resource, shared: boolean): Promise<SavedQuery[]> {
  const path = `${paths(resource, shared)}?type=query&includeContent=true`;
  return (await ask<Item[]>(path, {})).map(read);
}

/** The queries that the caller sees: first those of all, then the caller's own, by name. */
export async function savedQueries(resource: Resource): Promise<SavedQuery[]> {
  return (await Promise.all([listed(resource, true), listed(resource, false)])).flat();
}

/** Keeps a query; one of the same name is replaced only when that is said. */
export async function saveQuery(
  resource: Resource,
  query: { name: string; text: string; shared: boolean },
  replace: boolean,
): Promise<SavedQuery> {
  return put(resource, query, "query", replace);
}

export async function deleteQuery(resource: Resource, query: SavedQuery): Promise<void> {
  const path = `${paths(resource, query.shared)}/item?id=${encodeURIComponent(query.id)}`;
  await send(path, { method: "DELETE" });
}

/** Keeps a text for a link that names it by its id; equal texts share one. */
export async function keepForLink(resource: Resource, text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const name = [...new Uint8Array(digest)].map((one) => one.toString(16).padStart(2, "0")).join("");
  return (await put(resource, { name: `link ${name}`, text, shared: true }, "recent", true)).id;
}

/** The text of a link. */
export async function textOfLink(resource: Resource, id: string): Promise<string> {
  const path = `${paths(resource, true)}/item?id=${encodeURIComponent(id)}`;
  return (await ask<Item>(path, {})).Content ?? "";
}

async function put(
  resource: Resource,
  query: { name: string; text: string; shared: boolean },
  type: "query" | "recent",
  replace: boolean,
): Promise<SavedQuery> {
  const item = await ask<Item>(`${paths(resource, query.shared)}/item?overrideItem=${replace}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      Name: query.name,
      Content: query.text,
      Type: type,
      Scope: query.shared ? "shared" : "user",
    }),
  });
  return read(item);
}

function read(item: Item): SavedQuery {
  const { Id, Name, Content = "", Scope } = item;
  return { id: Id, name: Name, text: Content, shared: Scope === "shared" };
}
