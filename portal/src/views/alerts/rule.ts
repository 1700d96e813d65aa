/** A rule as the editor shows it, to and from the documents of the management API. */

import { fromBase64Url, toBase64Url } from "../../lib/encode";
import type { Resource } from "../../lib/api";
import { groupOf, type Rule, type RuleProperties } from "./alerts";

export type Kind = "metric" | "log" | "availability";

export interface RuleForm {
  /** The path of the rule that is changed, "" for a new one. */
  path: string;
  name: string;
  kind: Kind;
  metric: string;
  aggregation: string;
  dynamic: boolean;
  sensitivity: string;
  operator: string;
  threshold: string;
  query: string;
  /** The column whose numbers are compared, "" to count rows. */
  column: string;
  /** Names of dimensions, separated by commas. */
  split: string;
  test: string;
  locations: string;
  window: string;
  every: string;
  failing: string;
  of: string;
  severity: number;
  groups: string[];
  autoResolve: boolean;
  description: string;
}

export const NEW_RULE: RuleForm = {
  path: "",
  name: "",
  kind: "metric",
  metric: "requests/failed",
  aggregation: "Count",
  dynamic: false,
  sensitivity: "Medium",
  operator: "GreaterThan",
  threshold: "5",
  query: "requests\n| where success == false",
  column: "",
  split: "",
  test: "",
  locations: "2",
  window: "PT5M",
  every: "PT1M",
  failing: "1",
  of: "1",
  severity: 3,
  groups: [],
  autoResolve: true,
  description: "",
};

export const AGGREGATIONS = ["Average", "Minimum", "Maximum", "Total", "Count"];
export const SENSITIVITIES = ["Low", "Medium", "High"];

export const OPERATORS: Record<string, string> = {
  GreaterThan: "is greater than",
  GreaterThanOrEqual: "is at least",
  LessThan: "is less than",
  LessThanOrEqual: "is at most",
  Equals: "equals",
};

export const BAND_OPERATORS: Record<string, string> = {
  GreaterThan: "is above what is usual",
  LessThan: "is below what is usual",
  GreaterOrLessThan: "is outside of what is usual",
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
};

export const SEVERITIES = ["Critical", "Error", "Warning", "Informational", "Verbose"];

const SINGLE = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria";
const LOCATIONS = "Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria";
const METRIC_TYPE = "Microsoft.Insights/metricAlerts";
const LOG_TYPE = "Microsoft.Insights/scheduledQueryRules";

const typeOf = (kind: Kind) => (kind === "log" ? LOG_TYPE : METRIC_TYPE);

/** Where the rule of a form is, or is going to be. */
export function pathOf(form: RuleForm, resource: Resource): string {
  if (form.path) return form.path;
  return `${groupOf(resource)}/providers/${typeOf(form.kind)}/${encodeURIComponent(form.name.trim())}`;
}

export interface Document {
  type: string;
  name: string;
  location: string;
  properties: RuleProperties;
}

/**
 * The document of a form.
 *
 * @param was what the rule had before: what the form does not show stays.
 */
export function documentOf(form: RuleForm, resource: Resource, was: RuleProperties = {}): Document {
  const shared = {
    severity: form.severity,
    enabled: was.enabled ?? true,
    scopes: was.scopes ?? [resource.path],
    evaluationFrequency: form.every,
    windowSize: form.window,
    autoMitigate: form.autoResolve,
    description: form.description.trim(),
  };
  const properties: RuleProperties = {
    ...was,
    ...shared,
    criteria: criteriaOf(form, resource, was.criteria),
    actions: actionsOf(form, was.actions),
  };
  return {
    type: typeOf(form.kind),
    name: form.name.trim() || "rule",
    location: form.kind === "log" ? "local" : "global",
    properties,
  };
}

function criteriaOf(
  form: RuleForm,
  resource: Resource,
  was: RuleProperties["criteria"] = {},
): NonNullable<RuleProperties["criteria"]> {
  if (form.kind === "availability") {
    return {
      "odata.type": LOCATIONS,
      webTestId: form.test,
      componentId: resource.path,
      failedLocationCount: numberOf(form.locations),
    };
  }
  const [first = {}, ...others] = was.allOf ?? [];
  const dimensions = dimensionsOf(form, first.dimensions);
  const periods = {
    numberOfEvaluationPeriods: numberOf(form.of),
    minFailingPeriodsToAlert: numberOf(form.failing),
  };
  if (form.kind === "log") {
    const rest = without(first, "metricMeasureColumn");
    const measure = form.column.trim() ? { metricMeasureColumn: form.column.trim() } : {};
    return {
      allOf: [
        {
          ...rest,
          ...measure,
          query: form.query,
          timeAggregation: form.column.trim() ? form.aggregation : "Count",
          operator: form.operator,
          threshold: numberOf(form.threshold),
          dimensions,
          failingPeriods: periods,
        },
      ],
    };
  }
  const rest = without(first, "threshold", "alertSensitivity", "failingPeriods");
  const judged = form.dynamic
    ? {
        criterionType: "DynamicThresholdCriterion",
        alertSensitivity: form.sensitivity,
        failingPeriods: periods,
      }
    : { criterionType: "StaticThresholdCriterion", threshold: numberOf(form.threshold) };
  return {
    ...was,
    "odata.type": was["odata.type"] ?? SINGLE,
    allOf: [
      {
        ...rest,
        name: first.name ?? "condition",
        metricName: form.metric.trim(),
        timeAggregation: form.aggregation,
        operator: form.operator,
        dimensions,
        ...judged,
      },
      ...others,
    ],
  };
}

interface ArmDimension {
  name: string;
  operator: string;
  values: string[];
}

function dimensionsOf(form: RuleForm, was: unknown): ArmDimension[] {
  const known = Array.isArray(was) ? (was as ArmDimension[]) : [];
  const names = form.split
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
  return names.map(
    (name) =>
      known.find((one) => one.name === name) ?? { name, operator: "Include", values: ["*"] },
  );
}

function actionsOf(form: RuleForm, was: unknown): unknown {
  if (form.kind === "log") {
    const kept = typeof was === "object" && was !== null && !Array.isArray(was) ? was : {};
    return { ...kept, actionGroups: form.groups };
  }
  const known = Array.isArray(was) ? (was as { actionGroupId?: string }[]) : [];
  return form.groups.map(
    (id) =>
      known.find((one) => one.actionGroupId?.toLowerCase() === id.toLowerCase()) ?? {
        actionGroupId: id,
      },
  );
}

function numberOf(text: string): number {
  return Number(text.trim().replace(",", "."));
}

/** A rule that is there, as the editor shows it. */
export function formOf(rule: Rule): RuleForm {
  const said = rule.arm.properties;
  const first = said.criteria?.allOf?.[0] ?? {};
  const text = (value: unknown, otherwise: string) =>
    typeof value === "string" || typeof value === "number" ? String(value) : otherwise;
  const periods = (first.failingPeriods ?? {}) as Record<string, unknown>;
  const dynamic = first.criterionType === "DynamicThresholdCriterion";
  const usual = dynamic ? "4" : "1";
  return {
    path: rule.id,
    name: rule.name,
    kind: rule.kind,
    metric: text(first.metricName, ""),
    aggregation: text(first.timeAggregation, rule.kind === "log" ? "Count" : "Average"),
    dynamic,
    sensitivity: text(first.alertSensitivity, "Medium"),
    operator: text(first.operator, "GreaterThan"),
    threshold: text(first.threshold, "0"),
    query: text(first.query, ""),
    column: text(first.metricMeasureColumn, ""),
    split: ((first.dimensions ?? []) as ArmDimension[]).map((one) => one.name).join(", "),
    test: text(said.criteria?.webTestId, ""),
    locations: text(said.criteria?.failedLocationCount, "2"),
    window: text(said.windowSize, "PT5M"),
    every: text(said.evaluationFrequency, "PT1M"),
    failing: text(periods.minFailingPeriodsToAlert, usual),
    of: text(periods.numberOfEvaluationPeriods, usual),
    severity: rule.severity,
    groups: groupsOf(said.actions),
    autoResolve: said.autoMitigate !== false,
    description: text(said.description, ""),
  };
}

function groupsOf(actions: unknown): string[] {
  if (Array.isArray(actions)) {
    return (actions as { actionGroupId?: string }[]).flatMap((one) => one.actionGroupId ?? []);
  }
  const listed = (actions as { actionGroups?: unknown } | undefined)?.actionGroups;
  return Array.isArray(listed) ? (listed as string[]) : [];
}

/** How many conditions of a rule the editor does not show. */
export function hiddenConditions(rule: Rule | null): number {
  return Math.max(0, (rule?.arm.properties.criteria?.allOf?.length ?? 1) - 1);
}

/** Why a form cannot be a rule yet, "" when it can. */
export function problemOf(form: RuleForm): string {
  if (form.kind === "metric" && !form.metric.trim()) return "Name a metric.";
  if (form.kind === "log" && !form.query.trim()) return "Write a query.";
  if (form.kind === "availability" && !form.test) return "Choose an availability test.";
  const needsThreshold = form.kind === "log" || (form.kind === "metric" && !form.dynamic);
  if (needsThreshold && !isNumber(form.threshold)) return "The threshold has to be a number.";
  if (form.kind === "availability" && !isNumber(form.locations)) {
    return "The number of locations has to be a number.";
  }
  return "";
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(numberOf(text));
}

/** A beginning of a rule, in an address. */
export function ruleText(form: Partial<RuleForm>): string {
  return toBase64Url(JSON.stringify(form));
}

/** What an address says of a new rule; what it does not say is as usual. */
export function readRule(text: string): RuleForm {
  const json = fromBase64Url(text);
  if (!json) return NEW_RULE;
  try {
    const said = JSON.parse(json) as Record<string, unknown>;
    const fits = Object.entries(NEW_RULE).flatMap(([name, usual]) =>
      typeof said[name] === typeof usual && name !== "path" ? [[name, said[name]] as const] : [],
    );
    return { ...NEW_RULE, ...(Object.fromEntries(fits) as Partial<RuleForm>) };
  } catch {
    return NEW_RULE;
  }
}

/** The shortest span that is not shorter than another: windows are at least as long as steps. */
export function fittingSpans(form: RuleForm, changes: Partial<RuleForm>): Partial<RuleForm> {
  const names = Object.keys(SPANS);
  const next = { ...form, ...changes };
  if (names.indexOf(next.window) >= names.indexOf(next.every)) return changes;
  return "window" in changes
    ? { ...changes, every: next.window }
    : { ...changes, window: next.every };
}

function without<Whole extends object, Name extends keyof Whole>(
  whole: Whole,
  ...names: Name[]
): Omit<Whole, Name> {
  const kept = Object.entries(whole).filter(([name]) => !(names as PropertyKey[]).includes(name));
  return Object.fromEntries(kept) as Omit<Whole, Name>;
}
