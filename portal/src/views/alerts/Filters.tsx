/** The dimensions that a condition is split by, and which of their values count. */

import { useId } from "react";
import { TextField } from "../../parts/TextField";
import { Icon } from "../../ui/Icon";
import { Choice } from "../../parts/Choice";
import { FILTERS, NEW_FILTER, type Filter } from "./condition";

interface FiltersProps {
  filters: Filter[];
  /** Of dimensions that there are. */
  names: string[];
  example: string;
  change: (filters: Filter[]) => void;
}

export function Filters({ filters, names, example, change }: FiltersProps) {
  const set = (at: number, changes: Partial<Filter>) =>
    change(filters.map((one, index) => (index === at ? { ...one, ...changes } : one)));
  return (
    <>
      {filters.map((filter, at) => (
        <fieldset key={at} className="filter">
          <legend className="sr">Split {at + 1}</legend>
          <TextField
            label="Split by"
            value={filter.name}
            autoComplete="off"
            placeholder={example}
            options={names}
            onChange={(name) => set(at, { name })}
          />
          <Choice
            label="Which"
            value={filter.operator}
            choices={FILTERS}
            choose={(operator) => set(at, { operator, values: operator ? filter.values : "" })}
          />
          <button
            type="button"
            className="button button-icon"
            aria-label={`Remove split ${at + 1}`}
            title={`Remove split ${at + 1}`}
            onClick={() => change(filters.filter((_, index) => index !== at))}
          >
            <Icon name="close" />
          </button>
          {filter.operator && (
            <Values text={filter.values} change={(values) => set(at, { values })} />
          )}
        </fieldset>
      ))}
      <div>
        <button
          type="button"
          className="button button-small"
          onClick={() => change([...filters, NEW_FILTER])}
        >
          <Icon name="plus" /> Split by a dimension
        </button>
        {filters.length > 0 && (
          <p className="muted small">Each combination has a state of its own.</p>
        )}
      </div>
    </>
  );
}

function Values({ text, change }: { text: string; change: (text: string) => void }) {
  const id = useId();
  return (
    <div className="field filter-values">
      <label htmlFor={id}>Values, one a line</label>
      <textarea
        id={id}
        className="input"
        rows={Math.min(6, text.split("\n").length + 1)}
        value={text}
        spellCheck={false}
        onChange={(event) => change(event.target.value)}
      />
    </div>
  );
}
