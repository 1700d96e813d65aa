import { plain } from "../../lib/format";
import type { Pivot } from "./pivot";

interface CategoriesProps {
  drawn: Pivot;
  /** Bars lie (barchart) or stand (columnchart). */
  across: boolean;
  stacked: boolean;
  only: string | null;
  label: string;
}

/** Bars by name: one group per category, one bar per series. */
export function Categories({ drawn, across, stacked, only, label }: CategoriesProps) {
  const shown = drawn.series
    .map((one, index) => ({ ...one, color: `var(--series-${(index % 6) + 1})` }))
    .filter((one) => only === null || one.label === only);
  const groups = drawn.categories.map((name, at) => ({
    name,
    bars: shown.map((one) => ({ label: one.label, color: one.color, value: one.values[at] ?? 0 })),
  }));
  const height = (bars: { value: number }[]) =>
    stacked
      ? bars.reduce((sum, bar) => sum + Math.max(0, bar.value), 0)
      : Math.max(0, ...bars.map((bar) => bar.value));
  const most = Math.max(...groups.map((group) => height(group.bars)), 0) || 1;
  return (
    <div
      className={`categories ${across ? "across" : "upright"}${stacked ? " stacked" : ""}`}
      role="img"
      aria-label={label}
    >
      {groups.map((group) => (
        <div className="category" key={group.name}>
          <span className="category-name clip" title={group.name}>
            {group.name}
          </span>
          <div className="category-bars">
            {group.bars.map((bar) => (
              <div
                key={bar.label}
                className="category-bar"
                title={`${group.name} · ${bar.label}: ${plain(bar.value)}`}
              >
                <i
                  style={{
                    background: bar.color,
                    [across ? "width" : "height"]: `${(100 * Math.max(0, bar.value)) / most}%`,
                  }}
                />
                {!stacked && group.bars.length * groups.length <= 60 && <b>{plain(bar.value)}</b>}
              </div>
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}
