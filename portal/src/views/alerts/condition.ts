/** One condition of a rule as the editor shows it, to and from a criterion of the management API. */

import { objectOf, objectsOf, restOf, spelt, textOf, valueOf, withValues, type Json } from "./document";
import { isNumber, numberOf } from "./numbers";

/** Which values of a dimension count; each has a state of its own. */
export interface Filter {
  name: string;
  /** "" where every value counts. */
  operator: string;
  /** One a line. */
  values: string;
  /** The document that it was read from. */
  was: Json;
}

export interface Condition {
  metric: string;
  namespace: string;
  /** "" for the one that is usual for the metric. */
  aggregation: string;
  dynamic: boolean;
  sensitivity: string;
  operator: string;
  threshold: string;
  failing: string;
  of: string;
  /** An instant before which history does not count, "" for all of it. */
  ignoreBefore: string;
  filters: Filter[];
  /** The document that it was read from, empty for a new one. */
  was: Json;
}

export type Judged = "metric" | "log";

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

export const FILTERS: Record<string, string> = {
  "": "is anything",
  Include: "is one of",
  Exclude: "is none of",
  StartsWith: "starts with",
};

export const NAMESPACES: Record<string, string> = {
  "": "Whichever has the name",
  "microsoft.insights/components": "Standard metrics",
  "azure.applicationinsights": "Metrics that programs send",
};

const DYNAMIC = "DynamicThresholdCriterion";
const STATIC = "StaticThresholdCriterion";
const EVERY_VALUE = "*";
/** How many windows a learned threshold goes by where nobody says: as many as may be looked at. */
const DYNAMIC_PERIODS = "4";

export const NEW_FILTER: Filter = { name: "", operator: "", values: "", was: {} };

export const NEW_CONDITION: Condition = {
  metric: "requests/failed",
  namespace: "",
  aggregation: "Count",
  dynamic: false,
  sensitivity: "Medium",
  operator: "GreaterThan",
  threshold: "5",
  failing: "1",
  of: "1",
  ignoreBefore: "",
  filters: [],
  was: {},
};

/** What a criterion of a rule that is there means. */
export function conditionOf(was: Json, judged: Judged): Condition {
  const kind = textOf(was, "criterionType") || (textOf(was, "alertSensitivity") ? DYNAMIC : STATIC);
  const dynamic = spelt(kind, [DYNAMIC]) === DYNAMIC;
  const periods = objectOf(valueOf(was, "failingPeriods"));
  const of = textOf(periods, "numberOfEvaluationPeriods", dynamic ? DYNAMIC_PERIODS : "1");
  const column = textOf(was, "metricMeasureColumn");
  const usual = judged === "metric" ? "" : column ? "Total" : "Count";
  return {
    metric: textOf(was, "metricName"),
    namespace: spelt(textOf(was, "metricNamespace"), Object.keys(NAMESPACES)),
    aggregation: spelt(textOf(was, "timeAggregation", usual), AGGREGATIONS),
    dynamic,
    sensitivity: spelt(textOf(was, "alertSensitivity", "Medium"), SENSITIVITIES),
    operator: spelt(
      textOf(was, "operator", "GreaterThan"),
      Object.keys(dynamic ? BAND_OPERATORS : OPERATORS),
    ),
    threshold: textOf(was, "threshold", "0"),
    failing: textOf(periods, "minFailingPeriodsToAlert", dynamic ? of : "1"),
    of,
    ignoreBefore: textOf(was, "ignoreDataBefore"),
    filters: objectsOf(valueOf(was, "dimensions")).map(filterOf),
    was,
  };
}

function filterOf(was: Json): Filter {
  const values = valueOf(was, "values");
  const named = Array.isArray(values) ? values.map(String) : [];
  const every = !named.length || named.includes(EVERY_VALUE);
  return {
    name: textOf(was, "name"),
    operator: every ? "" : spelt(textOf(was, "operator", "Include"), Object.keys(FILTERS)),
    values: every ? "" : named.join("\n"),
    was,
  };
}

/** The criterion of a condition: says anew only what is another thing than before. */
export function criterionOf(condition: Condition, judged: Judged): Json {
  const { was, dynamic } = condition;
  const before = conditionOf(was, judged);
  const isNew = Object.keys(was).length === 0;
  const other = (field: keyof Condition) => isNew || condition[field] !== before[field];
  const kind = isNew || dynamic !== before.dynamic;
  const next: Json = {};
  if (judged === "metric") {
    if (other("metric")) next.metricName = condition.metric.trim();
    if (condition.namespace !== before.namespace) next.metricNamespace = condition.namespace || undefined;
  }
  if (other("aggregation")) next.timeAggregation = condition.aggregation || undefined;
  if (kind) next.criterionType = dynamic ? DYNAMIC : STATIC;
  if (other("operator")) next.operator = condition.operator;
  if (kind && dynamic) next.threshold = undefined;
  if (!dynamic && (kind || other("threshold"))) next.threshold = numberOf(condition.threshold);
  if (kind && !dynamic) next.alertSensitivity = next.ignoreDataBefore = undefined;
  if (dynamic) {
    if (kind || other("sensitivity")) next.alertSensitivity = condition.sensitivity;
    if (condition.ignoreBefore !== before.ignoreBefore) {
      next.ignoreDataBefore = condition.ignoreBefore.trim() || undefined;
    }
  }
  const hasPeriods = dynamic || judged === "log";
  if (!hasPeriods && kind) next.failingPeriods = undefined;
  if (hasPeriods && (kind || other("of") || other("failing"))) {
    next.failingPeriods = withValues(objectOf(valueOf(was, "failingPeriods")), {
      numberOfEvaluationPeriods: numberOf(condition.of),
      minFailingPeriodsToAlert: numberOf(condition.failing),
    });
  }
  if (isNew || !isSame(condition.filters, before.filters)) {
    next.dimensions = condition.filters.filter((one) => one.name.trim()).map(dimensionOf);
  }
  return withValues(was, next);
}

function isSame(some: Filter[], others: Filter[]): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}

function dimensionOf(filter: Filter): Json {
  const { was } = filter;
  const before = filterOf(was);
  const isNew = Object.keys(was).length === 0;
  const next: Json = {};
  if (isNew || filter.name !== before.name) next.name = filter.name.trim();
  if (isNew || filter.operator !== before.operator || filter.values !== before.values) {
    next.operator = filter.operator || "Include";
    next.values = filter.operator ? linesOf(filter.values) : [EVERY_VALUE];
  }
  return withValues(was, next);
}

function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((one) => one.trim())
    .filter(Boolean);
}

/** Filters that split by names, for every value of each. */
export function splitBy(names: string): Filter[] {
  return names
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean)
    .map((name) => ({ ...NEW_FILTER, name }));
}

/** A condition that goes by the other kind of threshold, as it is usual there. */
export function judgedBy(dynamic: boolean): Partial<Condition> {
  return dynamic
    ? { dynamic, operator: "GreaterThan", of: DYNAMIC_PERIODS, failing: DYNAMIC_PERIODS }
    : { dynamic, operator: "GreaterThan", of: "1", failing: "1", ignoreBefore: "" };
}

/** Why a condition cannot be used yet, "" when it can. */
export function problemWith(condition: Condition, judged: Judged): string {
  if (judged === "metric" && !condition.metric.trim()) return "name a metric.";
  if (!condition.dynamic && !isNumber(condition.threshold)) return "the threshold has to be a number.";
  for (const { name, operator, values } of condition.filters) {
    if (operator && !name.trim()) return "name the dimension whose values are filtered.";
    if (operator && !values.trim()) return `say which values of ${name} are meant.`;
  }
  return "";
}

/** A condition in a line: "Count of requests/failed is greater than 5". */
export function conditionText(condition: Condition): string {
  const measured = `${condition.aggregation || "Value"} of ${condition.metric}`;
  if (condition.dynamic) return `${measured} ${BAND_OPERATORS[condition.operator] ?? condition.operator}`;
  return `${measured} ${OPERATORS[condition.operator] ?? condition.operator} ${condition.threshold}`;
}

const KNOWN = [
  "name",
  "criterionType",
  "metricName",
  "metricNamespace",
  "timeAggregation",
  "operator",
  "threshold",
  "alertSensitivity",
  "failingPeriods",
  "ignoreDataBefore",
  "dimensions",
  "query",
  "metricMeasureColumn",
];

/** What a criterion says that a condition does not show. */
export function notShown(was: Json): [name: string, value: unknown][] {
  return restOf(was, KNOWN);
}
