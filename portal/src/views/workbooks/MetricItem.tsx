/** A chart of a metric: one that was pinned here, or one of Azure's that has its like here. */

import { metricNamed, type Aggregation } from "../../parts/metrics/catalog";
import { chartsText, FIRST, fitting, readCharts, type ChartState } from "../../parts/metrics/charts";
import { MetricChart } from "../../parts/metrics/MetricChart";
import { DIMENSIONS } from "../../parts/workbooks/azureDimensions";
import type { Content } from "../../parts/workbooks/document";
import { metricItem } from "../../parts/workbooks/pinned";
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

interface MetricItemProps {
  shown: Shown;
  content: Content;
  change: ((content: Content) => void) | null;
}

/** While editing, a chart has the controls of Metrics; an item of several keeps what it has. */
export function MetricItem({ shown, content, change }: MetricItemProps) {
  const { span } = useRange();
  const charts = chartsIn(content);
  if (!charts.length) {
    const named = (content.metrics ?? []).map((one) => one.metric).join(", ");
    return <Unsupported what="Metric" name={named} />;
  }
  const edits = charts.length === 1 ? change : null;
  return charts.map((chart, index) => (
    <MetricChart
      key={index}
      app={shown.resource.app_id}
      chart={chart}
      change={(changes) => {
        const { metrics = [], chartType = 2, openinsights } =
          metricItem({ ...chart, ...changes }, "").content ?? {};
        edits?.({ ...content, metrics, chartType, openinsights });
      }}
      duplicate={null}
      remove={null}
      locked={edits === null}
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
