/** What the editor offers while typing: the language service, or the schema until it has started. */

import {
  snippet,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  type CompletionSource,
} from "@codemirror/autocomplete";
import type { Schema } from "../../lib/queries";
import type { KqlCompletion, KqlService } from "./kqlService";
import { OPERATORS, TYPES } from "./kqlWords";

/** Kinds of the language service, in the editor's words. */
const TYPE_OF: Record<number, string> = {
  9: "keyword",
  11: "keyword",
  12: "keyword",
  13: "property",
  14: "class",
  15: "function",
  16: "function",
  17: "function",
  18: "function",
  19: "variable",
  20: "variable",
  26: "type",
};

/** A word begun, or a place where one of a few words must follow. */
const WORTH_OFFERING =
  /[\w.-]$|[|(,=<>]\s?$|\b(by|where|and|or|on|extend|project|summarize|render|kind) $/;

export function kqlCompletion(service: KqlService, schema: () => Schema | null): CompletionSource {
  return async (context) => {
    const wanted = context.explicit || context.matchBefore(WORTH_OFFERING);
    if (!wanted) return null;
    if (!service.ready) return fromSchema(context, schema());
    try {
      const text = context.state.doc.toString();
      const found = await service.complete(text, context.pos);
      return { from: found.from, options: found.items.map(option), validFor: /^[\w-]*$/ };
    } catch {
      return fromSchema(context, schema());
    }
  };
}

function option(item: KqlCompletion, index: number): Completion {
  const text = escaped(item.before) + (item.after ? `\${}${escaped(item.after)}` : "");
  return {
    label: item.label,
    type: TYPE_OF[item.kind] ?? "text",
    apply: item.after ? snippet(text) : item.before,
    // The service orders by what fits best; keep its order among equal matches.
    boost: Math.max(-99, 40 - index / 4),
  };
}

function escaped(text: string): string {
  return text.replace(/[\\$#{}]/g, "\\$&");
}

function fromSchema(context: CompletionContext, schema: Schema | null): CompletionResult | null {
  const word = context.matchBefore(/[\w-]*/);
  if (!word || !schema) return null;
  const text = context.state.doc.toString();
  const used = schema.tables.filter((table) => new RegExp(`\\b${table.name}\\b`).test(text));
  const columns = new Map(used.flatMap((table) => table.columns).map((one) => [one.name, one]));
  return {
    from: word.from,
    options: [
      ...[...columns.values()].map((one) => ({
        label: one.name,
        type: "property",
        detail: one.type,
      })),
      ...schema.tables.map((one) => ({ label: one.name, type: "class" })),
      ...OPERATORS.map((label) => ({ label, type: "keyword" })),
      ...TYPES.map((label) => ({ label, type: "type" })),
      ...(schema.functions ?? []).map((label) => ({ label, type: "function" })),
    ],
    validFor: /^[\w-]*$/,
  };
}
