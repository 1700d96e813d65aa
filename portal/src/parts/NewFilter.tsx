/** The form for one more filter: a dimension, a value, kept or left out. */

import { useId, useMemo, useState, type SyntheticEvent } from "react";
import { records, useTile } from "../lib/useTile";
import { Check } from "./Check";
import { DIMENSIONS, type Filter } from "./filters";
import "./head.css";

const COLUMNS: Record<string, string> = {
  role: "cloud_RoleName",
  instance: "cloud_RoleInstance",
  version: "application_Version",
};

interface NewFilterProps {
  app: string;
  add: (filter: Filter) => void;
}

export function NewFilter({ app, add }: NewFilterProps) {
  const [dimension, setDimension] = useState("role");
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const [leavesOut, setLeavesOut] = useState(false);
  const list = useId();
  const known = useTile("shell.dimensions", app);
  const values = useMemo(() => {
    const column = COLUMNS[dimension];
    if (!known.data || !column) return [];
    const found = records(known.data).map((row) => row.text(column));
    return [...new Set(found)].filter(Boolean);
  }, [known.data, dimension]);
  const isKey = dimension === "dim";
  const apply = (event: SyntheticEvent) => {
    event.preventDefault();
    if (isKey && !key) return;
    add({ dimension: isKey ? `dim.${key}` : dimension, value, leavesOut });
  };
  return (
    <form className="filter-form" onSubmit={apply}>
      <label>
        Dimension
        <select
          className="input"
          value={dimension}
          onChange={(event) => setDimension(event.target.value)}
        >
          {Object.entries(DIMENSIONS).map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
          <option value="dim">Custom property…</option>
        </select>
      </label>
      {isKey && (
        <label>
          Property
          <input className="input" value={key} onChange={(event) => setKey(event.target.value)} />
        </label>
      )}
      <label>
        Value
        <input
          className="input"
          list={list}
          value={value}
          onChange={(event) => setValue(event.target.value)}
        />
        <datalist id={list}>
          {values.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      </label>
      <Check checked={leavesOut} onChange={setLeavesOut}>
        Leave these out
      </Check>
      <button type="submit" className="button button-primary">
        Filter
      </button>
    </form>
  );
}
