/** A chart of a metric: one that was pinned here, or one of Azure's that has its like here. */

import { metricNamed, type Aggregation } from "../../parts/metrics/catalog";
import { chartsText, FIRST, fitting, readCharts, type ChartState } from "../../parts/metrics/charts";
import { MetricChart } from "../../parts/metrics/MetricChart";
import type { Content } from "../../parts/workbooks/document";
import { useRange } from "../../shell/range";
import { Unsupported, type Shown } from "./Items";
import { spanOfItem } from "./QueryItem";

const AGGREGATIONS: Record<number, Aggregation> = {
  1: "sum",
  2: "min",
  3: "max",
  4: "avg",
  7: "count",
};
const CHART_KINDS: Record<number, ChartState["kind"]> = { [-1]: "table", 1: "bar", 3: "area" };

export function MetricItem({ shown, content }: { shown: Shown; content: Content }) {
  const { span } = useRange();
  const charts = chartsIn(content);
  if (!charts.length) {
    const named = (content.metrics ?? []).map((one) => one.metric).join(", ");
    return <Unsupported what="Metric" name={named} />;
  }
  return charts.map((chart, index) => (
    <MetricChart
      key={index}
      app={shown.resource.app_id}
      chart={chart}
      change={() => undefined}
      duplicate={null}
      remove={null}
      locked
      over={spanOfItem(content, shown.values, span)}
    />
  ));
}

function chartsIn(content: Content): ChartState[] {
  if (content.openinsights) {
    const chart = content.openinsights as ChartState;
    return readCharts(chartsText([chart])).filter((one) => metricNamed(one.namespace, one.metric));
  }
  return (content.metrics ?? []).flatMap(({ namespace = "", metric = "", aggregation, splitBy }) => {
    const isCustom = namespace.toLowerCase() === "azure.applicationinsights";
    const id = isCustom ? metric.slice(metric.indexOf("--") + 2) : metric.slice(lastDash(metric));
    const chart: ChartState = {
      ...FIRST,
      namespace: isCustom ? "custom" : "standard",
      metric: id,
      aggregation: AGGREGATIONS[aggregation ?? 0] ?? "avg",
      split: DIMENSIONS[splitBy ?? ""] ?? "",
      kind: CHART_KINDS[content.chartType ?? 2] ?? "line",
    };
    const spaces = isCustom ? (["custom"] as const) : (["standard", "logs"] as const);
    const space = spaces.find((one) => metricNamed(one, id));
    return space ? [fitting({ ...chart, namespace: space })] : [];
  });
}

/** Azure writes `namespace-Group-table/metric`: what is behind the last dash before the slash. */
function lastDash(metric: string): number {
  const slash = metric.lastIndexOf("/");
  return metric.lastIndexOf("-", slash < 0 ? metric.length : slash) + 1;
}

const DIMENSIONS: Record<string, string> = {
  "cloud/roleName": "role",
  "cloud/roleInstance": "instance",
  "application/version": "version",
  "operation/name": "operation",
  "request/resultCode": "code",
  "request/success": "success",
  "dependency/type": "type",
  "dependency/target": "target",
  "dependency/success": "success",
  "client/type": "client",
};
