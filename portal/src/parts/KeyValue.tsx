/** Names and values, each of which can be copied, kept or left out. */

import { addFilter, dimensionOf } from "./filters";
import "./pairs.css";
import { Icon } from "../ui/Icon";

export interface Pair {
  name: string;
  value: string;
  /** The column or key to filter by; without one the pair offers no filter. */
  filter?: string;
}

export function KeyValue({ pairs, label }: { pairs: Pair[]; label: string }) {
  return (
    <dl className="pairs" aria-label={label}>
      {pairs.map(({ name, value, filter }) => (
        <div key={name} className="pair">
          <dt title={name}>{name}</dt>
          <dd>
            <span className="value-text">{value}</span>
            {filter !== undefined && <FilterButtons column={filter} name={name} value={value} />}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function FilterButtons({ column, name, value }: { column: string; name: string; value: string }) {
  const dimension = dimensionOf(column);
  return (
    <span className="pair-actions">
      <button
        type="button"
        className="button button-plain button-icon button-small"
        aria-label={`Only ${name} = ${value}`}
        title={`Only ${name} = ${value}`}
        onClick={() => addFilter({ dimension, value, leavesOut: false })}
      >
        <Icon name="plus" size={12} />
      </button>
      <button
        type="button"
        className="button button-plain button-icon button-small"
        aria-label={`Without ${name} = ${value}`}
        title={`Without ${name} = ${value}`}
        onClick={() => addFilter({ dimension, value, leavesOut: true })}
      >
        <Icon name="minus" size={12} />
      </button>
    </span>
  );
}
