import { percent, plain } from "../../lib/format";
import type { Pivot } from "./pivot";

const SLICES = 9;

/** Shares of a whole; small ones are gathered under "other". */
export function Pie({ drawn, label }: { drawn: Pivot; label: string }) {
  const slices = slicesOf(drawn);
  const whole = slices.reduce((sum, slice) => sum + slice.value, 0);
  if (whole <= 0) return <p className="empty-tile muted">A pie needs numbers above zero</p>;
  let turned = 0;
  return (
    <div className="pie">
      <svg viewBox="-1.05 -1.05 2.1 2.1" role="img" aria-label={label}>
        {slices.map((slice, index) => {
          const from = turned;
          turned += slice.value / whole;
          return (
            <path
              key={slice.name}
              d={arc(from, turned)}
              fill={color(index, slice.name)}
              stroke="var(--surface)"
              strokeWidth="0.012"
            >
              <title>{`${slice.name}: ${plain(slice.value)} (${percent((100 * slice.value) / whole)})`}</title>
            </path>
          );
        })}
      </svg>
      <table className="table pie-legend">
        <tbody>
          {slices.map((slice, index) => (
            <tr key={slice.name}>
              <td>
                <i style={{ background: color(index, slice.name) }} /> {slice.name}
              </td>
              <td className="number">{plain(slice.value)}</td>
              <td className="number muted">{percent((100 * slice.value) / whole)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const OTHER = "other";

function slicesOf(drawn: Pivot): { name: string; value: number }[] {
  const [first] = drawn.series;
  const several = drawn.series.length > 1;
  const all = several
    ? drawn.series.map((one) => ({
        name: one.label,
        value: one.values.reduce<number>((sum, value) => sum + Math.max(0, value ?? 0), 0),
      }))
    : drawn.categories.map((name, at) => ({ name, value: Math.max(0, first?.values[at] ?? 0) }));
  const sorted = all.filter((one) => one.value > 0).sort((a, b) => b.value - a.value);
  if (sorted.length <= SLICES) return sorted;
  const rest = sorted.slice(SLICES - 1).reduce((sum, one) => sum + one.value, 0);
  return [...sorted.slice(0, SLICES - 1), { name: OTHER, value: rest }];
}

function color(index: number, name: string): string {
  if (name === OTHER) return "var(--border-strong)";
  const strength = index < 6 ? 100 : 55;
  return `color-mix(in srgb, var(--series-${(index % 6) + 1}) ${strength}%, var(--surface))`;
}

function arc(from: number, to: number): string {
  if (to - from > 0.9999) return "M0 -1A1 1 0 1 1 0 1A1 1 0 1 1 0 -1Z";
  const point = (turn: number) =>
    `${Math.sin(2 * Math.PI * turn).toFixed(5)} ${(-Math.cos(2 * Math.PI * turn)).toFixed(5)}`;
  return `M0 0L${point(from)}A1 1 0 ${to - from > 0.5 ? 1 : 0} 1 ${point(to)}Z`;
}
