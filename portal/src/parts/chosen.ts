/** What is chosen in a list, as an address holds it: the values that tell a row from others. */

import { fromBase64Url, toBase64Url } from "../lib/encode";

export function chosenText(values: string[]): string {
  return values.every((value) => value === "") ? "" : toBase64Url(JSON.stringify(values));
}

/** The values of an address, `length` of them; empty ones when it holds none. */
export function readChosen(text: string | null, length: number): string[] {
  const none = Array.from({ length }, () => "");
  const json = text ? fromBase64Url(text) : null;
  if (!json) return none;
  try {
    const read: unknown = JSON.parse(json);
    const fits = Array.isArray(read) && read.length === length;
    return fits && read.every((value) => typeof value === "string") ? read : none;
  } catch {
    return none;
  }
}
