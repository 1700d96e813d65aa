/** The numbers of each series; a click shows one alone. */

import { summary } from "./series";

export interface LegendRow {
  label: string;
  color: number;
  values: (number | null)[];
  /** The period before. */
  dashed: boolean;
}

interface LegendProps {
  rows: LegendRow[];
  only: string | null;
  choose: (label: string) => void;
  format: (value: number) => string;
}

const COLUMNS = [
  ["Min", "min"],
  ["Max", "max"],
  ["Average", "avg"],
  ["Last", "last"],
] as const;

export function Legend({ rows, only, choose, format }: LegendProps) {
  return (
    <div className="metric-legend" tabIndex={0} role="region" aria-label="Series">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Series</th>
            {COLUMNS.map(([label]) => (
              <th key={label} scope="col" className="number">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const told = summary(row.values);
            return (
              <tr
                key={`${row.label} ${row.dashed}`}
                className={only !== null && only !== row.label ? "off" : ""}
              >
                <td className="wide">
                  {row.dashed ? (
                    <span className="metric-series muted">
                      <i className="dashed" style={{ color: swatch(row.color) }} />
                      previous period
                    </span>
                  ) : (
                    <button
                      type="button"
                      className="metric-series"
                      aria-pressed={only === row.label}
                      title={`${row.label}\nShow this one alone`}
                      onClick={() => choose(row.label)}
                    >
                      <i style={{ background: swatch(row.color) }} />
                      <span className="clip">{row.label}</span>
                    </button>
                  )}
                </td>
                {COLUMNS.map(([label, name]) => {
                  const value = told[name];
                  return (
                    <td key={label} className="number">
                      {value === null ? "–" : format(value)}
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function swatch(color: number): string {
  return `var(--series-${(color % 6) + 1})`;
}
