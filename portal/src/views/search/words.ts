/** What people write into the search: words, "fragments", field:value, each with NOT or - before. */

import { DIMENSIONS, filterText, type Filter } from "../../parts/filters";

const PART = /(-|NOT\s+)?(?:(dim\.[^\s:"]+|[a-z]+):)?(?:"([^"]*)"?|(\S+))/gu;

/** The filters that a text means; an empty list for an empty text. */
export function filtersOf(text: string): Filter[] {
  const filters: Filter[] = [];
  for (const [whole, not, field, quoted, word] of text.matchAll(PART)) {
    const value = quoted ?? word ?? "";
    if (!value) continue;
    const leavesOut = Boolean(not);
    if (field && (field in DIMENSIONS || field.startsWith("dim."))) {
      filters.push({ dimension: field, value, leavesOut });
    } else if (field) {
      const said = whole.slice((not ?? "").length).replace(/^"|"$/g, "");
      filters.push({ dimension: "fragment", value: said, leavesOut });
    } else {
      filters.push({ dimension: quoted === undefined ? "word" : "fragment", value, leavesOut });
    }
  }
  return filters;
}

export function filterTexts(text: string): string[] {
  return filtersOf(text).map(filterText);
}
