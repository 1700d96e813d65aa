/** What resources, their groups and their locations may be called; the server has the last word. */

const NAME = /^[\p{L}\p{N}_.()-]{0,254}[\p{L}\p{N}_()-]$/u;
const LABEL = /^[\p{L}\p{N}_ .()-]{1,100}$/u;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What is wrong with the name of a resource or a group, "" when nothing is; so is no name yet. */
export function nameProblem(name: string): string {
  const text = name.trim();
  if (!text) return "";
  if (ID.test(text)) return "It looks like an id: choose a name.";
  if (text.length > 255) return "It is longer than 255 characters.";
  if (text.endsWith(".")) return "It must not end with a period.";
  return NAME.test(text) ? "" : "It has letters, digits and _ . - ( ) alone.";
}

/** What is wrong with a location. */
export function locationProblem(location: string): string {
  const text = location.trim();
  if (!text || LABEL.test(text)) return "";
  return text.length > 100
    ? "It is longer than 100 characters."
    : "It has letters, digits, spaces and _ . - ( ) alone.";
}
