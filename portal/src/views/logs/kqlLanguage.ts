/** Colours of KQL: a small tokenizer, so that text is coloured before any service has started. */

import {
  HighlightStyle,
  LanguageSupport,
  StreamLanguage,
  syntaxHighlighting,
} from "@codemirror/language";
import type { StreamParser } from "@codemirror/language";
import { tags } from "@lezer/highlight";
import { KEYWORDS, OPERATORS, TYPES } from "./kqlWords";

const OPERATOR_SET = new Set(OPERATORS);
const KEYWORD_SET = new Set(KEYWORDS);
const TYPE_SET = new Set(TYPES);

interface State {
  /** The closing mark of a text over several lines, or "". */
  inside: string;
}

const parser: StreamParser<State> = {
  name: "kql",
  startState: () => ({ inside: "" }),
  languageData: {
    commentTokens: { line: "//" },
    closeBrackets: { brackets: ["(", "[", "{", "'", '"'] },
  },
  token(stream, state) {
    if (state.inside) {
      if (stream.skipTo(state.inside)) {
        stream.match(state.inside);
        state.inside = "";
      } else stream.skipToEnd();
      return "string";
    }
    if (stream.eatSpace()) return null;
    if (stream.match("//")) {
      stream.skipToEnd();
      return "comment";
    }
    if (stream.match(/^(```|~~~)/)) {
      state.inside = stream.current();
      return "string";
    }
    if (stream.match(/^[hH]?(@"[^"]*"?|@'[^']*'?|"(\\.|[^"\\])*"?|'(\\.|[^'\\])*'?)/))
      return "string";
    if (
      stream.match(
        /^(0x[\da-f]+|\d+(\.\d+)?(e[+-]?\d+)?)(tick|microsecond|millisecond|second|minute|hour|day|ms|us|[dhms])?s?\b/i,
      )
    )
      return "number";
    if (stream.match(/^[a-z]+-[a-z]+(?=\s|$)/i)) {
      return OPERATOR_SET.has(stream.current()) ? "keyword" : backToWord(stream);
    }
    if (stream.match(/^[a-z_$][\w]*/i)) return word(stream.current(), stream.peek());
    stream.next();
    return null;
  },
};

function backToWord(stream: {
  current: () => string;
  backUp: (n: number) => void;
  peek: () => string | undefined;
}) {
  const [first = ""] = stream.current().split("-");
  stream.backUp(stream.current().length - first.length);
  return word(first, stream.peek());
}

function word(text: string, next: string | undefined | null): string | null {
  const calls = next === "(";
  if (TYPE_SET.has(text)) return "typeName";
  if (KEYWORD_SET.has(text) || (OPERATOR_SET.has(text) && !calls)) return "keyword";
  return calls ? "function" : "variableName";
}

const colors = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--kql-keyword)" },
  { tag: tags.function(tags.variableName), color: "var(--kql-function)" },
  { tag: tags.string, color: "var(--kql-string)" },
  { tag: tags.number, color: "var(--kql-number)" },
  { tag: tags.comment, color: "var(--kql-comment)" },
  { tag: tags.typeName, color: "var(--kql-type)" },
]);

const language = StreamLanguage.define({
  ...parser,
  tokenTable: { function: tags.function(tags.variableName) },
});

export function kql(): LanguageSupport {
  return new LanguageSupport(language, [syntaxHighlighting(colors)]);
}
