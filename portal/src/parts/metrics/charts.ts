/** What a chart shows, as the address holds it. */

import { fromBase64Url, toBase64Url } from "../../lib/encode";
import { parseFilter } from "../../parts/filters";
import {
  AGGREGATIONS,
  metricNamed,
  NAMESPACES,
  type Aggregation,
  type Metric,
  type Namespace,
} from "./catalog";

export const KINDS = ["line", "area", "bar", "table"] as const;
export type Kind = (typeof KINDS)[number];

export interface ChartState {
  namespace: Namespace;
  /** Empty when none is chosen. */
  metric: string;
  aggregation: Aggregation;
  /** A dimension; empty for one series. */
  split: string;
  kind: Kind;
  compare: boolean;
  /** Filters of this chart alone, as an address spells them. */
  filters: string[];
}

const MOST_CHARTS = 12;

export const FIRST: ChartState = {
  namespace: "standard",
  metric: "requests/count",
  aggregation: "sum",
  split: "",
  kind: "line",
  compare: false,
  filters: [],
};

export function chartsText(charts: ChartState[]): string {
  return toBase64Url(
    JSON.stringify(
      charts.map((one) =>
        Object.fromEntries(
          Object.entries(one).filter(
            ([name, value]) => JSON.stringify(value) !== JSON.stringify(FIRST[name as keyof ChartState]),
          ),
        ),
      ),
    ),
  );
}

/** The charts of an address; the first one of all when it names none that can be read. */
export function readCharts(text: string | null): ChartState[] {
  const json = text ? fromBase64Url(text) : null;
  if (!json) return [FIRST];
  try {
    const read: unknown = JSON.parse(json);
    if (!Array.isArray(read)) return [FIRST];
    const charts = read.slice(0, MOST_CHARTS).map((one) => chartOf(one as Partial<ChartState>));
    return charts.length ? charts : [FIRST];
  } catch {
    return [FIRST];
  }
}

export function mayAdd(charts: ChartState[]): boolean {
  return charts.length < MOST_CHARTS;
}

function chartOf(read: Partial<ChartState> | null): ChartState {
  const said = { ...FIRST, ...read };
  const namespace = said.namespace in NAMESPACES ? said.namespace : FIRST.namespace;
  const metric = typeof said.metric === "string" ? said.metric : "";
  return fitting({
    namespace,
    metric,
    aggregation: said.aggregation in AGGREGATIONS ? said.aggregation : "sum",
    split: typeof said.split === "string" ? said.split : "",
    kind: KINDS.includes(said.kind) ? said.kind : "line",
    compare: (said.compare as unknown) === true,
    filters: Array.isArray(said.filters)
      ? said.filters.filter((one) => typeof one === "string" && parseFilter(one) !== null)
      : [],
  });
}

/** The chart with an aggregation that its metric has. */
export function fitting(chart: ChartState): ChartState {
  const metric = metricNamed(chart.namespace, chart.metric);
  if (!metric || chart.aggregation in metric.aggregations) return chart;
  return { ...chart, aggregation: firstAggregation(metric) };
}

export function firstAggregation(metric: Metric): Aggregation {
  return (Object.keys(metric.aggregations)[0] ?? "avg") as Aggregation;
}
