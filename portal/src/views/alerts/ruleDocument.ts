/** The form of a rule, to and from the document of the management API: what it does not show stays. */

import type { Resource } from "../../lib/api";
import { groupOf, type Rule } from "./alerts";
import { conditionOf, criterionOf, notShown, type Condition, type Judged } from "./condition";
import { objectOf, objectsOf, restOf, textOf, valueOf, withValues, type Json } from "./document";
import { numberOf } from "./numbers";
import { USUAL_CLOSING, type Kind, type RuleForm } from "./rule";

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

export interface RuleDocument {
  type: string;
  kind?: string;
  name: string;
  location: string;
  tags: Record<string, string>;
  properties: Json;
}

/**
 * The document of a form.
 *
 * @param rule what is changed; null for a new one.
 */
export function documentOf(form: RuleForm, resource: Resource, rule: Rule | null): RuleDocument {
  const was = objectOf(rule?.arm.properties);
  const before = rule && formOf(rule);
  const other = (field: keyof RuleForm) => !before || form[field] !== before[field];
  const next: Json = {};
  if (!before) next.enabled = true;
  if (valueOf(was, "scopes") === undefined) next.scopes = [resource.path];
  if (other("severity")) next.severity = form.severity;
  if (other("every")) next.evaluationFrequency = form.every;
  if (other("window")) next.windowSize = form.window;
  // A reply fills in that a rule resolves, also for one whose mute says that it does not.
  const resolves = valueOf(was, "autoMitigate");
  if (!before || (resolves !== undefined && resolves !== form.autoResolve) || other("autoResolve")) {
    next.autoMitigate = form.autoResolve;
  }
  if (other("description")) next.description = form.description.trim();
  if (form.closes !== (before?.closes ?? USUAL_CLOSING)) {
    const own = objectOf(valueOf(was, "OpenInsights"));
    next.OpenInsights = withValues(own, { windowClosesAfter: form.closes });
  }
  if (form.kind === "log") {
    const mute = form.autoResolve ? "" : form.mute;
    if (mute !== (before?.mute ?? "")) next.muteActionsDuration = mute || undefined;
    if (form.reads !== (before?.reads ?? "")) next.overrideQueryTimeRange = form.reads || undefined;
  }
  if (!before || !isSame(form.groups, before.groups)) {
    next.actions = actionsOf(form, valueOf(was, "actions"));
  }
  next.criteria = criteriaOf(form, resource, objectOf(valueOf(was, "criteria")));
  return {
    type: typeOf(form.kind),
    ...(rule?.arm.kind ? { kind: rule.arm.kind } : {}),
    name: form.name.trim() || "rule",
    location: rule?.arm.location ?? (form.kind === "log" ? "local" : "global"),
    tags: rule?.arm.tags ?? {},
    properties: withValues(was, next),
  };
}

const isSame = (some: string[], others: string[]) => JSON.stringify(some) === JSON.stringify(others);

/** The same rule with one of its conditions alone: when that one would have fired. */
export function alone(document: RuleDocument, at: number): RuleDocument {
  const criteria = objectOf(valueOf(document.properties, "criteria"));
  const one = objectsOf(valueOf(criteria, "allOf"))[at];
  const properties = withValues(document.properties, {
    criteria: withValues(criteria, { allOf: [one] }),
  });
  return { ...document, properties };
}

function criteriaOf(form: RuleForm, resource: Resource, was: Json): Json {
  if (form.kind === "availability") {
    const type = valueOf(was, "odata.type") ?? LOCATIONS;
    const next: Json = { "odata.type": type, failedLocationCount: numberOf(form.locations) };
    if (textOf(was, "webTestId") !== form.test) next.webTestId = form.test;
    if (valueOf(was, "componentId") === undefined) next.componentId = resource.path;
    return withValues(was, next);
  }
  const judged = form.kind;
  const every = form.conditions.map((one) => criterionOf(one, judged));
  if (judged === "log") return withValues(was, { allOf: every.map((one) => asked(form, one)) });
  const type = valueOf(was, "odata.type") ?? SINGLE;
  return withValues(was, { "odata.type": type, allOf: named(every, form.conditions) });
}

function asked(form: RuleForm, criterion: Json): Json {
  const column = form.column.trim();
  const next: Json = {};
  if (textOf(criterion, "query") !== form.query) next.query = form.query;
  if (textOf(criterion, "metricMeasureColumn") !== column) {
    next.metricMeasureColumn = column || undefined;
  }
  if (!column && textOf(criterion, "timeAggregation", "Count") !== "Count") {
    next.timeAggregation = "Count";
  }
  return withValues(criterion, next);
}

/** New criteria have names of their own. */
function named(every: Json[], conditions: Condition[]): Json[] {
  const taken = new Set(every.map((one) => textOf(one, "name")));
  return every.map((one, at) => {
    if (Object.keys(conditions[at]?.was ?? {}).length > 0) return one;
    let number = 1;
    const name = () => (number === 1 ? "condition" : `condition ${number}`);
    while (taken.has(name())) number += 1;
    taken.add(name());
    return { name: name(), ...one };
  });
}

function actionsOf(form: RuleForm, was: unknown): unknown {
  if (form.kind === "log") return withValues(objectOf(was), { actionGroups: form.groups });
  const known = objectsOf(was);
  return form.groups.map(
    (id) =>
      known.find((one) => textOf(one, "actionGroupId").toLowerCase() === id.toLowerCase()) ?? {
        actionGroupId: id,
      },
  );
}

/** A rule that is there, as the editor shows it. */
export function formOf(rule: Rule): RuleForm {
  const said = objectOf(rule.arm.properties);
  const criteria = objectOf(valueOf(said, "criteria"));
  const judged: Judged = rule.kind === "log" ? "log" : "metric";
  const every = rule.kind === "availability" ? [] : objectsOf(valueOf(criteria, "allOf"));
  const first = every[0] ?? {};
  const mute = textOf(said, "muteActionsDuration");
  const usual = rule.kind === "log" ? "PT5M" : "PT1M";
  return {
    path: rule.id,
    name: rule.name,
    kind: rule.kind,
    conditions: every.map((one) => conditionOf(one, judged)),
    query: textOf(first, "query"),
    column: textOf(first, "metricMeasureColumn"),
    reads: textOf(said, "overrideQueryTimeRange"),
    test: textOf(criteria, "webTestId"),
    locations: textOf(criteria, "failedLocationCount", "2"),
    window: textOf(said, "windowSize", "PT5M"),
    every: textOf(said, "evaluationFrequency", usual),
    closes: textOf(objectOf(valueOf(said, "OpenInsights")), "windowClosesAfter", USUAL_CLOSING),
    severity: rule.severity,
    groups: groupsOf(valueOf(said, "actions")),
    // A rule that is muted once it has told is one that does not resolve, whatever the reply fills in.
    autoResolve: valueOf(said, "autoMitigate") !== false && (!mute || mute === "PT0S"),
    mute,
    description: textOf(said, "description"),
  };
}

function groupsOf(actions: unknown): string[] {
  if (Array.isArray(actions)) {
    return objectsOf(actions).flatMap((one) => textOf(one, "actionGroupId") || []);
  }
  const listed = valueOf(objectOf(actions), "actionGroups");
  return Array.isArray(listed) ? listed.map(String) : [];
}

const SHOWN = [
  "severity",
  "enabled",
  "evaluationFrequency",
  "windowSize",
  "autoMitigate",
  "description",
  "criteria",
  "actions",
  "OpenInsights",
  "scopes",
];
const SHOWN_OF_LOGS = ["muteActionsDuration", "overrideQueryTimeRange"];
/** What the server says in its replies, whether or not somebody said it. */
const FILLED_IN = [
  "lastUpdatedTime",
  "isMigrated",
  "targetResourceType",
  "targetResourceRegion",
  "displayName",
  "checkWorkspaceAlertsStorageConfigured",
  "skipQueryValidation",
  "isWorkspaceAlertsStorageConfigured",
  "isLegacyLogAnalyticsRule",
  "createdWithApiVersion",
];
const LONGEST = 160;

export interface Kept {
  name: string;
  text: string;
}

/** What a rule says that the editor has no field for: it is shown, and stays as it is. */
export function keptOf(rule: Rule, resource: Resource): Kept[] {
  const said = objectOf(rule.arm.properties);
  const criteria = objectOf(valueOf(said, "criteria"));
  const scopes = valueOf(said, "scopes");
  const several = Array.isArray(scopes) ? scopes.map(String) : [];
  const elsewhere = several.filter((one) => one.toLowerCase() !== resource.path.toLowerCase());
  const known = [...SHOWN, ...(rule.kind === "log" ? SHOWN_OF_LOGS : [])];
  const filled = restOf(said, known).filter(
    ([name, value]) => !FILLED_IN.includes(name) || value === true || isNamed(name, value, rule),
  );
  const conditions = objectsOf(valueOf(criteria, "allOf"));
  return [
    ...(elsewhere.length ? [{ name: "scopes", text: several.join(", ") }] : []),
    ...filled.map(kept("")),
    ...restOf(objectOf(valueOf(said, "OpenInsights")), ["windowClosesAfter"]).map(kept("OpenInsights.")),
    ...conditions.flatMap((one, at) =>
      notShown(one).map(kept(conditions.length > 1 ? `condition ${at + 1}: ` : "")),
    ),
    ...sentAlong(valueOf(said, "actions")),
  ];
}

const isNamed = (name: string, value: unknown, rule: Rule) =>
  name === "displayName" && value !== "" && value !== rule.arm.name;

const kept =
  (where: string) =>
  ([name, value]: [string, unknown]): Kept => ({ name: `${where}${name}`, text: shortText(value) });

function sentAlong(actions: unknown): Kept[] {
  if (Array.isArray(actions)) {
    return objectsOf(actions).flatMap((one) => restOf(one, ["actionGroupId"]).map(kept("actions: ")));
  }
  return restOf(objectOf(actions), ["actionGroups"]).map(kept("actions: "));
}

function shortText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

