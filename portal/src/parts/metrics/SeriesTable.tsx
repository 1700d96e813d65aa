/** A chart as a table: a row for each bucket, a column for each series. */

import { dateTime } from "../../lib/time";
import type { Drawn } from "./series";

interface SeriesTableProps {
  drawn: Drawn;
  zone: string;
  format: (value: number) => string;
  label: string;
}

export function SeriesTable({ drawn, zone, format, label }: SeriesTableProps) {
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={`${label}, as a table`}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Time</th>
            {drawn.series.map((one) => (
              <th key={one.label} scope="col" className="number">
                {one.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {drawn.buckets.x.map((at, index) => (
            <tr key={at}>
              <th scope="row">{dateTime(at * 1_000, zone, false)}</th>
              {drawn.series.map((one) => {
                const value = one.values[index] ?? null;
                return (
                  <td key={one.label} className="number">
                    {value === null ? "" : format(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
