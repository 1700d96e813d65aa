import { expect, test } from "vitest";
import type { Resource } from "../../lib/api";
import type { Rule } from "./alerts";
import {
  documentOf,
  fittingSpans,
  formOf,
  NEW_RULE,
  pathOf,
  problemOf,
  readRule,
  ruleText,
} from "./rule";

const GROUP = "/subscriptions/s/resourceGroups/g";
const resource = {
  path: `${GROUP}/providers/Microsoft.Insights/components/shop`,
} as Resource;

function standing(kind: Rule["kind"], properties: Rule["arm"]["properties"]): Rule {
  const arm = { id: "/r", name: "r", type: "", location: "global", properties };
  return { id: "/r", name: "r", kind, severity: 2, arm } as Rule;
}

test("a static rule on a metric", () => {
  const form = { ...NEW_RULE, name: "fails", split: "cloud/roleName, request/resultCode", groups: ["/a"] };
  const { type, properties } = documentOf(form, resource);
  expect(type).toBe("Microsoft.Insights/metricAlerts");
  expect(pathOf(form, resource)).toBe(`${GROUP}/providers/Microsoft.Insights/metricAlerts/fails`);
  expect(properties.scopes).toEqual([resource.path]);
  expect(properties.actions).toEqual([{ actionGroupId: "/a" }]);
  expect(properties.criteria?.allOf).toEqual([
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
  expect(formOf(standing("metric", properties))).toEqual({
    ...form,
    path: "/r",
    name: "r",
    severity: 2,
    query: "",
  });
});

test("a dynamic threshold has no number, and a query rule no sensitivity", () => {
  const dynamic = documentOf({ ...NEW_RULE, dynamic: true, of: "4", failing: "3" }, resource);
  const criterion = dynamic.properties.criteria?.allOf?.[0] ?? {};
  expect(criterion).not.toHaveProperty("threshold");
  expect(criterion.failingPeriods).toEqual({
    numberOfEvaluationPeriods: 4,
    minFailingPeriodsToAlert: 3,
  });
  const log = documentOf({ ...NEW_RULE, kind: "log", column: "n", aggregation: "Total" }, resource);
  expect(log.type).toBe("Microsoft.Insights/scheduledQueryRules");
  expect(log.properties.actions).toEqual({ actionGroups: [] });
  expect(log.properties.criteria?.allOf?.[0]).toMatchObject({
    metricMeasureColumn: "n",
    timeAggregation: "Total",
  });
  const rows = documentOf({ ...NEW_RULE, kind: "log", aggregation: "Total" }, resource);
  expect(rows.properties.criteria?.allOf?.[0]?.timeAggregation).toBe("Count");
});

test("what the editor does not show stays", () => {
  const was = documentOf(NEW_RULE, resource).properties;
  const second = { name: "second", metricName: "requests/count" };
  const kept = {
    ...was,
    targetResourceType: "x",
    OpenInsights: { windowClosesAfter: "PT1M" },
    criteria: { ...was.criteria, allOf: [{ ...was.criteria?.allOf?.[0], skipMetricValidation: true }, second] },
    actions: [{ actionGroupId: "/A", webHookProperties: { a: "b" } }],
  };
  const form = { ...formOf(standing("metric", kept)), threshold: "7" };
  const next = documentOf(form, resource, kept).properties;
  expect(next.OpenInsights).toEqual({ windowClosesAfter: "PT1M" });
  expect(next.actions).toEqual(kept.actions);
  expect(next.criteria?.allOf?.[0]).toMatchObject({ threshold: 7, skipMetricValidation: true });
  expect(next.criteria?.allOf?.[1]).toEqual(second);
});

test("a rule on locations that fail", () => {
  const form = { ...NEW_RULE, kind: "availability" as const, test: "/t", locations: "3" };
  expect(documentOf(form, resource).properties.criteria).toEqual({
    "odata.type": "Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria",
    webTestId: "/t",
    componentId: resource.path,
    failedLocationCount: 3,
  });
});

test("what is missing is said", () => {
  expect(problemOf(NEW_RULE)).toBe("");
  expect(problemOf({ ...NEW_RULE, metric: " " })).toMatch(/metric/);
  expect(problemOf({ ...NEW_RULE, threshold: "many" })).toMatch(/threshold/);
  expect(problemOf({ ...NEW_RULE, threshold: "many", dynamic: true })).toBe("");
  expect(problemOf({ ...NEW_RULE, kind: "log", query: "" })).toMatch(/query/);
  expect(problemOf({ ...NEW_RULE, kind: "availability" })).toMatch(/test/);
});

test("a rule begins with what an address says", () => {
  expect(readRule(ruleText({ kind: "log", query: "traces" }))).toMatchObject({
    kind: "log",
    query: "traces",
    severity: 3,
  });
  expect(readRule(ruleText({ severity: "1", path: "/x" } as never))).toEqual(NEW_RULE);
  expect(readRule("§")).toEqual(NEW_RULE);
});

test("a window is never shorter than the time between two", () => {
  expect(fittingSpans(NEW_RULE, { every: "PT15M" })).toEqual({ every: "PT15M", window: "PT15M" });
  expect(fittingSpans(NEW_RULE, { window: "PT30S" })).toEqual({ window: "PT30S", every: "PT30S" });
  expect(fittingSpans(NEW_RULE, { window: "PT1H" })).toEqual({ window: "PT1H" });
});
