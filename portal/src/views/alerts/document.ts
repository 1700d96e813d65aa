/** Reading and changing documents whose names may come in any letter case, and that hold more than is known. */

export type Json = Record<string, unknown>;

/** How a document spells a name; the name itself where it does not have it. */
function spelling(of: Json, name: string): string {
  if (name in of) return name;
  return Object.keys(of).find((one) => one.toLowerCase() === name.toLowerCase()) ?? name;
}

export function valueOf(of: Json, name: string): unknown {
  return of[spelling(of, name)] ?? undefined;
}

export function textOf(of: Json, name: string, otherwise = ""): string {
  const value = valueOf(of, name);
  return typeof value === "string" || typeof value === "number" ? String(value) : otherwise;
}

/** An object, an empty one for anything else. */
export function objectOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function objectsOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

/** The document with other values; what is undefined goes, what is not named stays as it is. */
export function withValues(of: Json, values: Json): Json {
  const next = { ...of };
  for (const [name, value] of Object.entries(values)) next[spelling(next, name)] = value;
  return Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined));
}

/** A word as a list of words spells it; as it is where it is none of them. */
export function spelt(word: string, among: readonly string[]): string {
  return among.find((one) => one.toLowerCase() === word.toLowerCase()) ?? word;
}

/** What a document says under names that nobody knows. */
export function restOf(of: Json, known: readonly string[]): [name: string, value: unknown][] {
  const names = new Set(known.map((one) => one.toLowerCase()));
  return Object.entries(of).filter(([name, value]) => value !== null && !names.has(name.toLowerCase()));
}
