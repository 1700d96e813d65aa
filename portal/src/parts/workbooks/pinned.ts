/** What becomes of a card that is pinned: an item of a workbook that asks the same, at any time. */

import type { Table } from "../../lib/api";
import type { ChartState } from "../metrics/charts";
import { azuresDimension } from "./azureDimensions";
import { KIND, queryItem, TIME, type Item } from "./document";

const WIDTH = "50";

/** The lines in which the server wrote the tile's range, and what stands for it in a workbook. */
const RANGE: [line: RegExp, parameter: string][] = [
  [/^let start = datetime\([^)]*\);$/m, `let start = {${TIME}:start};`],
  [/^let end = datetime\([^)]*\);$/m, `let end = {${TIME}:end};`],
  [/^let grain = timespan\([^)]*\);$/m, `let grain = {${TIME}:grain};`],
];

/** A tile's question as an item: its range becomes the workbook's. */
export function tileItem(
  title: string,
  reply: Table & { kql: string },
  draws: string[] | null,
): Item {
  const query = RANGE.reduce((text, [line, parameter]) => text.replace(line, parameter), reply.kql);
  const time = reply.columns.find((one) => one.type === "datetime");
  const isChart = draws !== null && time !== undefined;
  const item = queryItem(query, title, isChart ? "timechart" : "table");
  if (isChart && draws.length && item.content) {
    item.content.chartSettings = { xAxis: time.name, yAxis: draws };
  }
  return { ...item, customWidth: WIDTH };
}

const AGGREGATIONS: Record<string, number> = { sum: 1, min: 2, max: 3, avg: 4, count: 7 };
const CHART_TYPES: Record<string, number> = { bar: 1, line: 2, area: 3, table: -1 };

/** A chart of Metrics: in Azure's words, and whole in ours. */
export function metricItem(chart: ChartState, title: string): Item {
  const standard = "microsoft.insights/components";
  const isCustom = chart.namespace === "custom";
  return {
    type: KIND.metric,
    content: {
      version: "MetricsItem/2.0",
      chartId: "openinsights",
      size: 0,
      title,
      resourceType: standard,
      timeContextFromParameter: TIME,
      chartType: CHART_TYPES[chart.kind] ?? 2,
      metrics: [
        {
          namespace: isCustom ? "azure.applicationinsights" : standard,
          metric: isCustom
            ? `azure.applicationinsights--${chart.metric}`
            : `${standard}--${chart.metric}`,
          aggregation: AGGREGATIONS[chart.aggregation] ?? 4,
          splitBy: chart.split ? azuresDimension(chart.split) : null,
        },
      ],
      openinsights: chart,
    },
    name: "metric",
    customWidth: WIDTH,
  };
}
