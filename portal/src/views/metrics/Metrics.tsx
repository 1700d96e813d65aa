/** Numbers over time: any metric there is, split, filtered and compared, on one page or several. */

import { setParameters, useAddress } from "../../shell/address";
import type { ViewProps } from "../../shell/views";
import { CopyButton } from "../../ui/CopyButton";
import { Icon } from "../../ui/Icon";
import { useMemo } from "react";
import { ViewHead } from "../../parts/ViewHead";
import { chartsText, FIRST, mayAdd, readCharts, type ChartState } from "../../parts/metrics/charts";
import { MetricChart } from "../../parts/metrics/MetricChart";
import "../../parts/metrics/metrics.css";

export function Metrics({ resource }: ViewProps) {
  const { search } = useAddress();
  const text = search.get("charts");
  const charts = useMemo(() => readCharts(text), [text]);
  const show = (next: ChartState[]) => setParameters({ charts: chartsText(next) });
  const change = (at: number, changes: Partial<ChartState>) =>
    show(charts.map((one, index) => (index === at ? { ...one, ...changes } : one)));
  return (
    <div className="view">
      <ViewHead title="Metrics" app={resource.app_id}>
        <button
          type="button"
          className="button"
          disabled={!mayAdd(charts)}
          onClick={() => show([...charts, { ...FIRST, metric: "" }])}
        >
          <Icon name="plus" /> Add chart
        </button>
        <CopyButton text={location.href} label="Share link" />
      </ViewHead>
      <div className={`metric-charts${charts.length > 1 ? " several" : ""}`}>
        {charts.map((chart, at) => (
          <MetricChart
            key={at}
            app={resource.app_id}
            chart={chart}
            change={(changes) => change(at, changes)}
            duplicate={
              mayAdd(charts)
                ? () => show([...charts.slice(0, at + 1), chart, ...charts.slice(at + 1)])
                : null
            }
            remove={
              charts.length > 1 ? () => show(charts.filter((_, index) => index !== at)) : null
            }
          />
        ))}
      </div>
    </div>
  );
}
