import { expect, test } from "vitest";
import { ruleOfChart } from "./newAlertRule";

test("a chart becomes the rule that goes by it", () => {
  const chart = { namespace: "standard", metric: "requests/duration", aggregation: "avg", split: "role" } as const;
  expect(ruleOfChart(chart)).toEqual({
    kind: "metric",
    metric: "requests/duration",
    aggregation: "Average",
    split: "cloud/roleName",
  });
  expect(ruleOfChart({ ...chart, namespace: "custom", metric: "prompt view" }).metric).toBe(
    "customMetrics/prompt view",
  );
  const counter = "\\Process(??APP_WIN32_PROC??)\\% Processor Time";
  expect(ruleOfChart({ ...chart, namespace: "counters", metric: counter }).metric).toBe(
    "performanceCounters/Process/% Processor Time",
  );
});

test("a share becomes a query with one number", () => {
  const chart = { namespace: "standard", metric: "requests/failedShare", aggregation: "avg", split: "" } as const;
  expect(ruleOfChart(chart)).toMatchObject({ kind: "log", column: "share", aggregation: "Average" });
});
