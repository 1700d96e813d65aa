import { expect, test } from "vitest";
import type { Resource } from "../../lib/api";
import type { Rule } from "./alerts";
import { judgedBy, NEW_CONDITION, splitBy, type Condition } from "./condition";
import { objectOf, objectsOf, type Json } from "./document";
import { NEW_RULE, type RuleForm } from "./rule";
import { alone, documentOf, formOf, keptOf, pathOf } from "./ruleDocument";

const GROUP = "/subscriptions/s/resourceGroups/g";
const resource = {
  path: `${GROUP}/providers/Microsoft.Insights/components/shop`,
} as Resource;

function standing(kind: Rule["kind"], properties: Json, more: object = {}): Rule {
  const arm = { id: "/r", name: "r", type: "", location: "westeurope", properties, ...more };
  return { id: "/r", name: "r", kind, severity: 2, arm } as Rule;
}

const having = (changes: Partial<Condition>, more: Partial<RuleForm> = {}): RuleForm => ({
  ...NEW_RULE,
  conditions: [{ ...NEW_CONDITION, ...changes }],
  ...more,
});

function criteria(form: RuleForm, rule: Rule | null = null): Json[] {
  return objectsOf(objectOf(documentOf(form, resource, rule).properties.criteria).allOf);
}

test("a static rule on a metric", () => {
  const filters = splitBy("cloud/roleName, request/resultCode");
  const form = having({ filters }, { name: "fails", groups: ["/a"] });
  const { type, properties } = documentOf(form, resource, null);
  expect(type).toBe("Microsoft.Insights/metricAlerts");
  expect(pathOf(form, resource)).toBe(`${GROUP}/providers/Microsoft.Insights/metricAlerts/fails`);
  expect(properties.scopes).toEqual([resource.path]);
  expect(properties.actions).toEqual([{ actionGroupId: "/a" }]);
  expect(criteria(form)).toEqual([
    {
      name: "condition",
      criterionType: "StaticThresholdCriterion",
      metricName: "requests/failed",
      timeAggregation: "Count",
      operator: "GreaterThan",
      threshold: 5,
      dimensions: [
        { name: "cloud/roleName", operator: "Include", values: ["*"] },
        { name: "request/resultCode", operator: "Include", values: ["*"] },
      ],
    },
  ]);
});

test("several conditions have names of their own, and each can be tried alone", () => {
  const slow = { ...NEW_CONDITION, ...judgedBy(true), metric: "requests/duration", aggregation: "Average" };
  const form = { ...NEW_RULE, conditions: [NEW_CONDITION, slow, NEW_CONDITION] };
  expect(criteria(form).map((one) => one.name)).toEqual(["condition", "condition 2", "condition 3"]);
  const second = alone(documentOf(form, resource, null), 1);
  expect(objectsOf(objectOf(second.properties.criteria).allOf)).toEqual([criteria(form)[1]]);
});

test("values of a dimension are taken in, left out or begun with, one a line", () => {
  const filters = [
    { name: "a", operator: "Exclude", values: "x, y\n z \n", was: {} },
    { name: "b", operator: "StartsWith", values: "/api", was: {} },
  ];
  expect(criteria(having({ filters }))[0]?.dimensions).toEqual([
    { name: "a", operator: "Exclude", values: ["x, y", "z"] },
    { name: "b", operator: "StartsWith", values: ["/api"] },
  ]);
});

test("a learned threshold has no number, of metrics and of queries", () => {
  const dynamic = { ...judgedBy(true), of: "4", failing: "3" };
  for (const kind of ["metric", "log"] as const) {
    const [criterion = {}] = criteria(having(dynamic, { kind }));
    expect(criterion).not.toHaveProperty("threshold");
    expect(criterion).toMatchObject({
      criterionType: "DynamicThresholdCriterion",
      alertSensitivity: "Medium",
      failingPeriods: { numberOfEvaluationPeriods: 4, minFailingPeriodsToAlert: 3 },
    });
  }
});

test("a query is measured by a column, or its rows are counted", () => {
  const log = documentOf(
    having({ aggregation: "Total" }, { kind: "log", column: "n", reads: "PT1H" }),
    resource,
    null,
  );
  expect(log.type).toBe("Microsoft.Insights/scheduledQueryRules");
  expect(log.properties.actions).toEqual({ actionGroups: [] });
  expect(log.properties.overrideQueryTimeRange).toBe("PT1H");
  expect(objectsOf(objectOf(log.properties.criteria).allOf)[0]).toMatchObject({
    metricMeasureColumn: "n",
    timeAggregation: "Total",
  });
  const rows = having({ aggregation: "Total" }, { kind: "log" });
  expect(criteria(rows)[0]?.timeAggregation).toBe("Count");
});

test("one that fires anew is muted for a while, one that resolves is not", () => {
  const muted = { ...NEW_RULE, kind: "log" as const, autoResolve: false, mute: "PT1H" };
  const { properties } = documentOf(muted, resource, null);
  expect(properties).toMatchObject({ autoMitigate: false, muteActionsDuration: "PT1H" });
  const rule = standing("log", { ...properties, autoMitigate: true });
  expect(formOf(rule)).toMatchObject({ autoResolve: false, mute: "PT1H" });
  expect(documentOf(formOf(rule), resource, rule).properties.autoMitigate).toBe(false);
  const resolves = documentOf({ ...formOf(rule), autoResolve: true }, resource, rule);
  expect(resolves.properties).not.toHaveProperty("muteActionsDuration");
  expect(resolves.properties.autoMitigate).toBe(true);
});

/** What tools write that the editor does not: other letter case, shapes that it has no field for. */
const WRITTEN = {
  Severity: 2,
  enabled: true,
  scopes: [resource.path, `${GROUP}/providers/Microsoft.Insights/components/other`],
  windowSize: "PT7M",
  evaluationFrequency: "PT1M",
  targetResourceType: "x",
  OpenInsights: { windowClosesAfter: "PT1M", other: 1 },
  Criteria: {
    "odata.type": "Microsoft.Azure.Monitor.MultipleResourceMultipleMetricCriteria",
    AllOf: [
      {
        Name: "first",
        metricName: "requests/failed",
        metricNamespace: "Microsoft.Insights/components",
        timeAggregation: "count",
        operator: "greaterThan",
        threshold: 5,
        skipMetricValidation: true,
        dimensions: [{ name: "cloud/roleName", operator: "include", values: ["a, b", "c"], more: 1 }],
      },
      {
        name: "second",
        metricName: "requests/duration",
        alertSensitivity: "high",
        operator: "GreaterOrLessThan",
        ignoreDataBefore: "2026-01-01T00:00:00Z",
      },
    ],
  },
  actions: [{ actionGroupId: "/A", webHookProperties: { a: "b" } }],
};

test("a rule that is saved as it was read is the same document", () => {
  const rule = standing("metric", WRITTEN, { tags: { a: "b" } });
  const next = documentOf(formOf(rule), resource, rule);
  expect(next.properties).toEqual(WRITTEN);
  expect(next.location).toBe("westeurope");
  expect(next.tags).toEqual({ a: "b" });
  const scopes = [resource.path];
  const log = {
    scopes,
    criteria: {
      allOf: [{ query: "traces", operator: "LessThan", threshold: 1, resourceIdColumn: "_ResourceId" }],
    },
    actions: { actionGroups: ["/a"], customProperties: { c: "d" } },
    overrideQueryTimeRange: "PT3H",
    checkWorkspaceAlertsStorageConfigured: true,
  };
  const query = standing("log", log, { kind: "LogAlert" });
  expect(documentOf(formOf(query), resource, query)).toMatchObject({ kind: "LogAlert", properties: log });
  expect(documentOf(formOf(query), resource, query).properties).toEqual(log);
  const test = {
    scopes,
    criteria: {
      "odata.type": "microsoft.azure.monitor.webtestLocationAvailabilityCriteria",
      webTestId: "/t",
      componentId: "/elsewhere",
      failedLocationCount: 2,
    },
  };
  const availability = standing("availability", test);
  expect(documentOf(formOf(availability), resource, availability).properties).toEqual(test);
});

test("a change of one thing leaves the others", () => {
  const rule = standing("metric", WRITTEN);
  const form = formOf(rule);
  const [first, second] = form.conditions as [Condition, Condition];
  expect(first).toMatchObject({
    aggregation: "Count",
    operator: "GreaterThan",
    namespace: "microsoft.insights/components",
  });
  expect(first.filters[0]).toMatchObject({ operator: "Include", values: "a, b\nc" });
  expect(second).toMatchObject({ dynamic: true, sensitivity: "High", of: "4", failing: "4" });
  const changed = { ...form, conditions: [{ ...first, threshold: "7" }, second] };
  const next = objectOf(documentOf(changed, resource, rule).properties.Criteria);
  expect(next.AllOf).toEqual([{ ...WRITTEN.Criteria.AllOf[0], threshold: 7 }, WRITTEN.Criteria.AllOf[1]]);
  const left = { ...form, conditions: [second] };
  expect(objectOf(documentOf(left, resource, rule).properties.Criteria).AllOf).toEqual([
    WRITTEN.Criteria.AllOf[1],
  ]);
  const learned = { ...form, conditions: [{ ...first, ...judgedBy(true) }, { ...second, ...judgedBy(false) }] };
  const [one, other] = objectsOf(objectOf(documentOf(learned, resource, rule).properties.Criteria).AllOf);
  expect(one).not.toHaveProperty("threshold");
  expect(one?.skipMetricValidation).toBe(true);
  expect(other).not.toHaveProperty("alertSensitivity");
  expect(other).not.toHaveProperty("ignoreDataBefore");
});

test("what has no field is shown", () => {
  const kept = keptOf(standing("metric", WRITTEN), resource);
  expect(kept.map((one) => one.name)).toEqual([
    "scopes",
    "OpenInsights.other",
    "condition 1: skipMetricValidation",
    "actions: webHookProperties",
  ]);
  expect(keptOf(standing("metric", documentOf(NEW_RULE, resource, null).properties), resource)).toEqual([]);
});

test("a rule on locations that fail", () => {
  const form = { ...NEW_RULE, kind: "availability" as const, test: "/t", locations: "3" };
  expect(documentOf(form, resource, null).properties.criteria).toEqual({
    "odata.type": "Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria",
    webTestId: "/t",
    componentId: resource.path,
    failedLocationCount: 3,
  });
});
