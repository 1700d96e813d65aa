/** A rule as the editor shows it: what it holds, what is chosen from, what is missing. */

import { fromBase64Url, toBase64Url } from "../../lib/encode";
import { NEW_CONDITION, problemWith, splitBy, type Condition } from "./condition";
import { isNumber } from "./numbers";

export type Kind = "metric" | "log" | "availability";

export interface RuleForm {
  /** The path of the rule that is changed, "" for a new one. */
  path: string;
  name: string;
  kind: Kind;
  /** All of them have to be met; a query has one. */
  conditions: Condition[];
  query: string;
  /** The column whose numbers are compared, "" to count rows. */
  column: string;
  /** How far back the query reads, "" for its window. */
  reads: string;
  test: string;
  locations: string;
  window: string;
  every: string;
  /** How long after its end a window is looked at. */
  closes: string;
  severity: number;
  groups: string[];
  autoResolve: boolean;
  /** How long one that fires anew does not, "" for not at all. */
  mute: string;
  description: string;
}

export const USUAL_CLOSING = "PT10S";
export const MOST_CONDITIONS = 5;

export const NEW_RULE: RuleForm = {
  path: "",
  name: "",
  kind: "metric",
  conditions: [NEW_CONDITION],
  query: "requests\n| where success == false",
  column: "",
  reads: "",
  test: "",
  locations: "2",
  window: "PT5M",
  every: "PT1M",
  closes: USUAL_CLOSING,
  severity: 3,
  groups: [],
  autoResolve: true,
  mute: "",
  description: "",
};

export const SPANS: Record<string, string> = {
  PT10S: "10 seconds",
  PT30S: "30 seconds",
  PT1M: "1 minute",
  PT5M: "5 minutes",
  PT10M: "10 minutes",
  PT15M: "15 minutes",
  PT30M: "30 minutes",
  PT1H: "1 hour",
  PT6H: "6 hours",
  PT12H: "12 hours",
  P1D: "1 day",
  P2D: "2 days",
};

export const SEVERITIES = ["Critical", "Error", "Warning", "Informational", "Verbose"];

/** Why a form cannot be a rule yet, "" when it can. */
export function problemOf(form: RuleForm): string {
  if (form.kind === "availability") {
    if (!form.test) return "Choose an availability test.";
    return isNumber(form.locations) ? "" : "The number of locations has to be a number.";
  }
  const judged = form.kind;
  if (judged === "log" && !form.query.trim()) return "Write a query.";
  const problems = form.conditions.map((one) => problemWith(one, judged));
  const at = problems.findIndex(Boolean);
  if (at < 0) return "";
  const said = problems[at] ?? "";
  if (form.conditions.length > 1) return `Condition ${at + 1}: ${said}`;
  return said.charAt(0).toUpperCase() + said.slice(1);
}

/** What a beginning of a rule may say. */
interface Beginning {
  kind?: unknown;
  metric?: unknown;
  aggregation?: unknown;
  query?: unknown;
  column?: unknown;
  split?: unknown;
}

/** A beginning of a rule, in an address. */
export function ruleText(first: Record<string, unknown>): string {
  return toBase64Url(JSON.stringify(first));
}

/** What an address says of a new rule; what it does not say is as usual. */
export function readRule(text: string): RuleForm {
  const json = fromBase64Url(text);
  if (!json) return NEW_RULE;
  try {
    const said = JSON.parse(json) as Beginning;
    const or = (value: unknown, otherwise: string) => (typeof value === "string" ? value : otherwise);
    const condition: Condition = {
      ...NEW_CONDITION,
      metric: or(said.metric, NEW_CONDITION.metric),
      aggregation: or(said.aggregation, NEW_CONDITION.aggregation),
      filters: splitBy(or(said.split, "")),
    };
    return {
      ...NEW_RULE,
      kind: said.kind === "log" || said.kind === "availability" ? said.kind : "metric",
      query: or(said.query, NEW_RULE.query),
      column: or(said.column, ""),
      conditions: [condition],
    };
  } catch {
    return NEW_RULE;
  }
}

/** The changes, with what they ask of the other span: windows are at least as long as steps. */
export function fittingSpans(form: RuleForm, changes: Partial<RuleForm>): Partial<RuleForm> {
  const names = Object.keys(SPANS);
  const next = { ...form, ...changes };
  const [window, every] = [names.indexOf(next.window), names.indexOf(next.every)];
  if (window < 0 || every < 0 || window >= every) return changes;
  return "window" in changes
    ? { ...changes, every: next.window }
    : { ...changes, window: next.every };
}
