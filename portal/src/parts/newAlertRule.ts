/** Begins an alert rule from what somebody looks at: a chart, or a query. */

import { toBase64Url } from "../lib/encode";
import { navigate, viewPath } from "../shell/address";
import type { Aggregation, Namespace } from "./metrics/catalog";

/** What the editor begins with; the rest is as usual. */
export interface FirstRule {
  kind: "metric" | "log";
  metric?: string;
  aggregation?: string;
  query?: string;
  column?: string;
  split?: string;
}

export function beginRule(app: string, search: URLSearchParams, first: FirstRule): void {
  const text = toBase64Url(JSON.stringify(first));
  navigate(viewPath(app, "alerts", search, { rule: "new", new: text }));
}

const AGGREGATIONS: Record<Aggregation, string> = {
  sum: "Total",
  avg: "Average",
  min: "Minimum",
  max: "Maximum",
  count: "Count",
  p95: "Maximum",
};

/** Dimensions of charts, by the names that rules have for them. */
const DIMENSIONS: Record<string, string> = {
  role: "cloud/roleName",
  instance: "cloud/roleInstance",
  version: "application/version",
  operation: "operation/name",
  browser: "client/browser",
  country: "client/countryOrRegion",
  city: "client/city",
};

/** Shares that no metric of a rule is: each as a query with one number. */
const SHARES: Record<string, string> = {
  "requests/failedShare": "requests",
  "dependencies/failedShare": "dependencies",
};

interface Charted {
  namespace: Namespace;
  metric: string;
  aggregation: Aggregation;
  split: string;
}

/** The rule that goes by what a chart shows. */
export function ruleOfChart(chart: Charted): FirstRule {
  const table = SHARES[chart.metric];
  if (table) {
    const share = "100.0 * sumif(itemCount, success == false) / sum(itemCount)";
    return {
      kind: "log",
      query: `${table}\n| summarize share = ${share}`,
      column: "share",
      aggregation: "Average",
    };
  }
  return {
    kind: "metric",
    metric: metricOf(chart),
    aggregation: AGGREGATIONS[chart.aggregation],
    split: DIMENSIONS[chart.split] ?? "",
  };
}

function metricOf({ namespace, metric }: Charted): string {
  if (namespace === "custom") return `customMetrics/${metric}`;
  if (namespace !== "counters") return metric;
  const parts = /^\\([^\\(]+)(?:\([^\\]*\))?\\(.+)$/.exec(metric);
  return parts ? `performanceCounters/${parts[1]}/${parts[2]}` : `performanceCounters/${metric}`;
}
