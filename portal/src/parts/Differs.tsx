/** What the chosen ones have in common and the others have not, ranked; each line filters. */

import { exact, percent } from "../lib/format";
import { records, type TileState } from "../lib/useTile";
import { sureness } from "./significance";
import { Card } from "../ui/Card";
import { Icon } from "../ui/Icon";
import { addFilter, dimensionLabel, dimensionOf } from "./filters";
import "./head.css";

interface DiffersProps {
  tile: TileState;
  /** "the slowest 5 %": what is compared with the rest. */
  chosen: string;
}

export function Differs({ tile, chosen }: DiffersProps) {
  const rows = tile.data ? records(tile.data) : [];
  const told = rows.filter((row) => row.number("score") > 0.005);
  return (
    <Card
      title="What differs"
      tile={tile}
      empty={<p className="empty-tile muted">Nothing tells {chosen} from the rest</p>}
    >
      <p className="muted small">Share among {chosen}, and among the rest</p>
      {tile.data && told.length === 0 && (
        <p className="empty-tile muted">Nothing tells {chosen} from the rest</p>
      )}
      <ul className="ranked">
        {told.map((row) => {
          const [key, value] = [row.text("key"), row.text("value")];
          const [a, b] = [row.number("a"), row.number("b")];
          const within = row.number("in_selection");
          const rest = row.number("in_rest");
          const sure = sureness(a, within ? a / within : 0, b, rest ? b / rest : b ? b : a);
          const dimension = dimensionOf(key);
          const name = `${dimensionLabel(dimension)} = ${value}`;
          return (
            <li key={`${key} ${value}`} style={{ "--share": `${within * 100}%` } as React.CSSProperties}>
              <span className="clip" title={name}>
                {dimensionLabel(dimension)} = <b>{value}</b>
              </span>
              <span title={`${exact(a)} of the chosen, ${exact(b)} of the rest; ${sure}`}>
                {percent(within * 100)} <span className="muted">vs {percent(rest * 100)}</span>
                {sure !== "certain" && <span className="muted"> · {sure}</span>}
              </span>
              <span>
                <FilterButton icon="plus" label={`Only ${name}`} run={() => addFilter({ dimension, value, leavesOut: false })} />
                <FilterButton icon="minus" label={`Without ${name}`} run={() => addFilter({ dimension, value, leavesOut: true })} />
              </span>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

function FilterButton({ icon, label, run }: { icon: "plus" | "minus"; label: string; run: () => void }) {
  return (
    <button
      type="button"
      className="button button-plain button-icon button-small"
      aria-label={label}
      title={label}
      onClick={run}
    >
      <Icon name={icon} size={12} />
    </button>
  );
}
