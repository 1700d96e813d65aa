/** Queries that ran in this browser, newest first. */

const KEY = "openinsights.queries";
const MOST = 50;

export interface PastQuery {
  text: string;
  at: number;
}

export function pastQueries(): PastQuery[] {
  try {
    const value = JSON.parse(localStorage.getItem(KEY) ?? "[]") as unknown;
    return Array.isArray(value)
      ? (value as (PastQuery | null)[]).filter(
          (one): one is PastQuery => typeof one?.text === "string",
        )
      : [];
  } catch {
    return [];
  }
}

export function rememberQuery(text: string, at: number): PastQuery[] {
  const list = [{ text, at }, ...pastQueries().filter((one) => one.text !== text)].slice(0, MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(list));
  } catch {
    // A full or forbidden storage costs the history, not the query.
  }
  return list;
}
