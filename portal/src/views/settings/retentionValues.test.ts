import { expect, test } from "vitest";
import type { Component } from "./management";
import { changesOf, problemsOf, valuesOf } from "./retentionValues";

const known: Component = {
  etag: "1",
  properties: {
    CreationDate: "2026-01-01T00:00:00Z",
    SamplingPercentage: 100,
    DisableLocalAuth: false,
    RetentionInDays: 90,
    RetentionInDaysByTable: { traces: 7 },
    OpenInsights: { daily_cap_bytes: 2_500_000_000 },
  },
};

test("what is known stands in the fields", () => {
  const values = valuesOf(known);
  expect(values).toMatchObject({ days: "90", traces: "7", requests: "", cap: "2.5", reset: "0" });
  expect(problemsOf(values)).toEqual({});
  expect(changesOf(values, values)).toEqual({});
});

test("only what differs is sent, and an emptied field sets back", () => {
  const before = valuesOf(known);
  const values = { ...before, traces: "", requests: "30", cap: "", rate: "100", sampling: "12.5" };
  expect(changesOf(before, values)).toEqual({
    SamplingPercentage: 12.5,
    RetentionInDaysByTable: { traces: null, requests: 30 },
    OpenInsights: { daily_cap_bytes: null, max_items_per_s: 100 },
  });
});

test.each([
  ["days", "0"],
  ["traces", "1.5"],
  ["cap", "-1"],
  ["reset", "24"],
  ["sampling", "0"],
  ["sampling", "much"],
  ["rate", "1e3"],
] as const)("%s cannot be %s", (name, text) => {
  expect(problemsOf({ ...valuesOf(known), [name]: text })[name]).toBeTruthy();
});
