import { expect, test } from "vitest";
import { NEW_CONDITION } from "./condition";
import { fittingSpans, NEW_RULE, problemOf, readRule, ruleText, type RuleForm } from "./rule";

const having = (changes: object): RuleForm => ({
  ...NEW_RULE,
  conditions: [{ ...NEW_CONDITION, ...changes }],
});

test("what is missing is said", () => {
  expect(problemOf(NEW_RULE)).toBe("");
  expect(problemOf(having({ metric: " " }))).toBe("Name a metric.");
  expect(problemOf(having({ threshold: "many" }))).toMatch(/threshold/);
  expect(problemOf(having({ threshold: "many", dynamic: true }))).toBe("");
  expect(problemOf({ ...NEW_RULE, kind: "log", query: "" })).toMatch(/query/);
  expect(problemOf({ ...NEW_RULE, kind: "availability" })).toMatch(/test/);
  const filter = { name: "cloud/roleName", operator: "Exclude", values: "\n", was: {} };
  expect(problemOf(having({ filters: [filter] }))).toMatch(/values of cloud\/roleName/);
  expect(problemOf(having({ filters: [{ ...filter, name: "" }] }))).toMatch(/dimension/);
});

test("of several conditions the one is named that lacks something", () => {
  const conditions = [NEW_CONDITION, { ...NEW_CONDITION, metric: "" }];
  expect(problemOf({ ...NEW_RULE, conditions })).toBe("Condition 2: name a metric.");
});

test("a rule begins with what an address says", () => {
  expect(readRule(ruleText({ kind: "log", query: "traces" }))).toMatchObject({
    kind: "log",
    query: "traces",
    severity: 3,
  });
  const split = readRule(ruleText({ kind: "metric", metric: "a", split: "b, c" }));
  expect(split.conditions[0]).toMatchObject({ metric: "a" });
  expect(split.conditions[0]?.filters.map((one) => one.name)).toEqual(["b", "c"]);
  expect(readRule(ruleText({ severity: "1", path: "/x", was: {} }))).toEqual(NEW_RULE);
  expect(readRule("§")).toEqual(NEW_RULE);
});

test("a window is never shorter than the time between two", () => {
  expect(fittingSpans(NEW_RULE, { every: "PT15M" })).toEqual({ every: "PT15M", window: "PT15M" });
  expect(fittingSpans(NEW_RULE, { window: "PT30S" })).toEqual({ window: "PT30S", every: "PT30S" });
  expect(fittingSpans(NEW_RULE, { window: "PT1H" })).toEqual({ window: "PT1H" });
  const odd = { ...NEW_RULE, window: "PT90S" };
  expect(fittingSpans(odd, { every: "PT5M" })).toEqual({ every: "PT5M" });
});
