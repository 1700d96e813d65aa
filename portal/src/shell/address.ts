/** The address bar is the state: which resource and view, and the view's parameters. */

import { useSyncExternalStore } from "react";

export interface Address {
  app: string | null;
  view: string | null;
  /** What the view shows one of: the operation id of a transaction. */
  subject: string | null;
  search: URLSearchParams;
  /** The page that makes a resource. */
  creates: boolean;
}

/** The page that makes a resource. */
export const CREATE = "/create";

const CHANGED = "openinsights:address";

export function readAddress(url: URL): Address {
  const [first, app, view, subject] = url.pathname.split("/").filter(Boolean);
  const inside = first === "a" && app ? decoded(app) : null;
  return {
    app: inside,
    view: inside ? (view ?? null) : null,
    subject: inside && subject ? decoded(subject) : null,
    search: url.searchParams,
    creates: url.pathname === CREATE,
  };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Parameters that belong to the shell and travel from view to view. */
const SHARED = ["from", "to", "tz", "refresh", "f"];

/** The address of a view; the range, the zone and the filters stay, `own` are the view's. */
export function viewPath(
  app: string,
  view: string,
  search?: URLSearchParams,
  own: Record<string, string> = {},
): string {
  const kept = new URLSearchParams();
  for (const name of SHARED) {
    for (const value of search?.getAll(name) ?? []) kept.append(name, value);
  }
  for (const [name, value] of Object.entries(own)) if (value) kept.set(name, value);
  const query = kept.toString();
  return `/a/${encodeURIComponent(app)}/${view}${query ? `?${query}` : ""}`;
}

/** The address of a transaction, with the item to select and a hint of its time. */
export function transactionPath(
  app: string,
  operationId: string,
  search: URLSearchParams,
  own: { item?: string; t?: string; via?: string } = {},
): string {
  return viewPath(app, `tx/${encodeURIComponent(operationId)}`, search, own);
}

/** The operation that `/tx/{operation_Id}` names: a link for people who know no resource. */
export function operationIn(url: URL): string | null {
  const [first, operation] = url.pathname.split("/").filter(Boolean);
  return first === "tx" && operation ? decoded(operation) : null;
}

export function navigate(to: string, replace = false): void {
  if (to === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  dispatchEvent(new Event(CHANGED));
}

/** Changes parameters of the present view; null removes one. */
export function setParameters(changes: Record<string, string | null>, replace = false): void {
  const search = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) search.delete(name);
    else search.set(name, value);
  }
  const query = search.toString();
  navigate(location.pathname + (query ? `?${query}` : ""), replace);
}

function subscribe(listener: () => void): () => void {
  addEventListener("popstate", listener);
  addEventListener(CHANGED, listener);
  return () => {
    removeEventListener("popstate", listener);
    removeEventListener(CHANGED, listener);
  };
}

let known = "";
let address = readAddress(new URL("http://nowhere.invalid/"));

function snapshot(): Address {
  if (location.href !== known) {
    known = location.href;
    address = readAddress(new URL(known));
  }
  return address;
}

export function useAddress(): Address {
  return useSyncExternalStore(subscribe, snapshot);
}
