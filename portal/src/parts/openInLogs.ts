/** Opens the question of a tile in Logs without showing its answer. */

import { askTile } from "../lib/api";
import { toBase64Url } from "../lib/encode";
import type { Span } from "../lib/time";
import { navigate, viewPath } from "../shell/address";

interface Question {
  tile: string;
  /** The resources that are asked; Logs opens in the first. */
  apps: string[];
  filters?: string[];
  span?: Span;
}

export async function openInLogs({ tile, apps, filters = [], span }: Question): Promise<void> {
  const query = new URLSearchParams(apps.map((app) => ["app", app]));
  if (span) {
    query.set("start", new Date(span.start).toISOString());
    query.set("end", new Date(span.end).toISOString());
  }
  for (const filter of filters) query.append("f", filter);
  const { kql } = await askTile(tile, query, new AbortController().signal);
  showInLogs(apps[0] ?? "", kql);
}

/** Opens a query in Logs; the range stays, filters are in the query. */
export function showInLogs(app: string, kql: string): void {
  const search = new URLSearchParams(location.search);
  search.delete("f");
  const to = viewPath(app, "logs", search);
  navigate(`${to}${to.includes("?") ? "&" : "?"}q=${toBase64Url(kql)}`);
}
