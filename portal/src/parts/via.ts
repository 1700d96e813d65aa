/** Which list a transaction was opened from, in an address: the tile, its values and filters. */

import { fromBase64Url, toBase64Url } from "../lib/encode";

export interface Via {
  tile: string;
  parameters: Record<string, string>;
  /** What the list is narrowed to beside the address's own filters. */
  filters?: string[];
}

const LISTS = /^(performance|failures|search|availability)\.[a-z_]+$/;

export function viaText(via: Via): string {
  return toBase64Url(JSON.stringify([via.tile, via.parameters, ...(via.filters ?? [])]));
}

/** Reads what an address holds; null when it is no list of ours. */
export function readVia(text: string | null): Via | null {
  const json = text ? fromBase64Url(text) : null;
  if (!json) return null;
  let read: unknown;
  try {
    read = JSON.parse(json);
  } catch {
    return null;
  }
  if (!Array.isArray(read)) return null;
  const [tile, parameters, ...filters] = read as unknown[];
  if (typeof tile !== "string" || !LISTS.test(tile)) return null;
  if (typeof parameters !== "object" || parameters === null) return null;
  const kept = Object.entries(parameters).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return {
    tile,
    parameters: Object.fromEntries(kept),
    filters: filters.filter((one) => typeof one === "string"),
  };
}
