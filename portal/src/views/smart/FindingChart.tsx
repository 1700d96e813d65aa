/** What was, and the band in which it is usually. */

import { useMemo } from "react";
import { useRange } from "../../shell/range";
import { Deployments } from "../../parts/Deployments";
import { Chart, type ChartSeries } from "../../ui/Chart";
import { dateTime } from "../../lib/time";
import { formatOf, valueText } from "./words";
import type { Finding } from "./findings";

const LABELS = { share: "Share", ms: "Average", count: "Items", bytes: "Private bytes" };

export function FindingChart({ app, finding }: { app: string; finding: Finding }) {
  const { zone } = useRange();
  const { x, series, band } = useMemo(() => drawn(finding), [finding]);
  const format = formatOf(finding.kind);
  const [first, last] = [x[0], x.at(-1)];
  if (first === undefined || last === undefined || first === last) return <p className="muted">There is no chart of it yet.</p>;
  return (
    <>
      <Chart
        x={x}
        zone={zone}
        series={series}
        bands={band}
        height={180}
        label={`${finding.summary}: the last ${x.length} values, and the band in which they usually are`}
        format={format}
        connected
      />
      <Deployments app={app} extent={[first, last]} zone={zone} apart />
      <p className="chart-legend small muted">
        <span className="legend-value">{LABELS[finding.kind]}</span>
        <span className="legend-expected">expected</span>
        {band.length > 0 && <span className="legend-band">expected band</span>}
      </p>
      <details className="small">
        <summary>View as table</summary>
        <div className="table-scroll" tabIndex={0} role="region" aria-label="Values of the chart">
          <table className="list">
            <thead>
              <tr>
                <th>Time</th>
                <th>{LABELS[finding.kind]}</th>
                <th>Expected</th>
                <th>At most</th>
              </tr>
            </thead>
            <tbody>
              {finding.chart.map(([at, value, expected, , high]) => (
                <tr key={at}>
                  <td>{dateTime(at, zone, false)}</td>
                  <td>{value === null ? "–" : valueText(finding, value)}</td>
                  <td>{expected === null ? "–" : valueText(finding, expected)}</td>
                  <td>{high === null ? "–" : valueText(finding, high)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}

function drawn(finding: Finding): {
  x: number[];
  series: ChartSeries[];
  band: [number, number][];
} {
  const points = finding.chart;
  const has = (at: 3 | 4) => points.some((one) => one[at] !== null);
  const edge = (at: 3 | 4, label: string): ChartSeries => ({
    label,
    color: 2,
    shape: "line",
    faint: true,
    values: points.map((one) => one[at]),
  });
  const edges = has(3) && has(4) ? [edge(4, "At most"), edge(3, "At least")] : [];
  return {
    x: points.map((one) => one[0] / 1_000),
    series: [
      ...edges,
      {
        label: "Expected",
        color: 2,
        shape: "line",
        dashed: true,
        values: points.map((one) => one[2]),
      },
      { label: LABELS[finding.kind], color: 0, shape: "line", values: points.map((one) => one[1]) },
    ],
    band: edges.length ? [[0, 1]] : [],
  };
}
