/** What the chosen ones have in common and the others have not, ranked; each line filters. */

import { count, exact, percent } from "../lib/format";
import { records, type Row, type TileState } from "../lib/useTile";
import { sureness, type Sureness } from "./significance";
import { Card } from "../ui/Card";
import { Icon } from "../ui/Icon";
import { addFilter, dimensionLabel, dimensionOf } from "./filters";
import { about } from "./sampling";
import "./head.css";

interface DiffersProps {
  tile: TileState;
  /** "the slowest 5 %": what is compared with the rest. */
  chosen: string;
}

export function Differs({ tile, chosen }: DiffersProps) {
  return (
    <Card title="What differs" tile={tile} empty={<Nothing chosen={chosen} rest="the rest" />}>
      <DifferenceList tile={tile} chosen={chosen} rest="the rest" />
    </Card>
  );
}

interface ListProps extends DiffersProps {
  /** What it is compared with. */
  rest: string;
}

/** The values that are more frequent among the chosen than elsewhere, and how sure that is. */
export function DifferenceList({ tile, chosen, rest }: ListProps) {
  const rows = tile.data ? records(tile.data) : [];
  const told = rows.filter((row) => row.number("score") > 0.005);
  const first = told[0];
  if (!first) return tile.data ? <Nothing chosen={chosen} rest={rest} /> : null;
  const every = first.number("every");
  const [within, without] = [groupOf(first, "a"), groupOf(first, "b")];
  return (
    <>
      <p className="muted small">
        Share among {chosen}, {about(within.size, within.size / within.stored)}, and among {rest},{" "}
        {about(without.size, without.size / without.stored)}
        {every > 1 && `; estimated from one of ${exact(every)} stored items`}
      </p>
      <ul className="ranked">
        {told.map((row) => (
          <Difference key={`${row.text("key")} ${row.text("value")}`} row={row} />
        ))}
      </ul>
    </>
  );
}

function Difference({ row }: { row: Row }) {
  const value = row.text("value");
  const dimension = dimensionOf(row.text("key"));
  const [within, rest] = [row.number("in_selection"), row.number("in_rest")];
  const sure = surenessOf(row);
  const name = `${dimensionLabel(dimension)} = ${value}`;
  const told = `${exact(row.number("a"))} of the chosen, ${exact(row.number("b"))} of the others`;
  return (
    <li className="difference" style={{ "--share": `${within * 100}%` } as React.CSSProperties}>
      <span className="clip" title={name}>
        {dimensionLabel(dimension)} = <b>{value}</b>
      </span>
      <span title={`${told}; ${sure}`}>
        {percent(within * 100)} <span className="muted">vs {percent(rest * 100)}</span>
        <span className="muted small">
          {" "}
          · {count(row.number("a"))} vs {count(row.number("b"))} · {sure}
        </span>
      </span>
      <span>
        <FilterButton
          icon="plus"
          label={`Only ${name}`}
          run={() => addFilter({ dimension, value, leavesOut: false })}
        />
        <FilterButton
          icon="minus"
          label={`Without ${name}`}
          run={() => addFilter({ dimension, value, leavesOut: true })}
        />
      </span>
    </li>
  );
}

function Nothing({ chosen, rest }: { chosen: string; rest: string }) {
  return (
    <p className="empty-tile muted">
      Nothing tells {chosen} from {rest}
    </p>
  );
}

function groupOf(row: Row, name: "a" | "b") {
  return { size: row.number(`size_${name}`), stored: row.number(`stored_${name}`) };
}

/** Only what is stored was seen: a sampled item is one observation, however many it stands for. */
function surenessOf(row: Row): Sureness {
  const [seen, others] = [row.number("stored_a"), row.number("stored_b")];
  return sureness(row.number("in_selection") * seen, seen, row.number("in_rest") * others, others);
}

function FilterButton({
  icon,
  label,
  run,
}: {
  icon: "plus" | "minus";
  label: string;
  run: () => void;
}) {
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
