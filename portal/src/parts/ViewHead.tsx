/** The title of a view, what it is narrowed to, and what can be done there. */

import { useId, useMemo, useState, type FormEvent, type ReactNode } from "react";
import { records, useTile } from "../lib/useTile";
import { Icon } from "../ui/Icon";
import { Popover } from "../ui/Popover";
import {
  addFilter,
  dimensionLabel,
  DIMENSIONS,
  filterText,
  removeFilter,
  useFilters,
  type Filter,
} from "./filters";
import "./head.css";

interface ViewHeadProps {
  title: string;
  app: string;
  /** The view's tiles take filters. */
  filters?: boolean;
  children?: ReactNode;
}

export function ViewHead({ title, app, filters = true, children }: ViewHeadProps) {
  return (
    <header className="view-head">
      <h1>{title}</h1>
      {filters && <FilterBar app={app} />}
      <div className="view-actions">{children}</div>
    </header>
  );
}

function FilterBar({ app }: { app: string }) {
  const filters = useFilters();
  return (
    <div className="chips" role="group" aria-label="Filters">
      {filters.map((filter) => (
        <Chip key={filterText(filter)} filter={filter} />
      ))}
      <Popover
        label="Add filter"
        className="button button-small"
        button={
          <>
            <Icon name="plus" size={12} /> Add filter
          </>
        }
      >
        {(close) => <NewFilter app={app} close={close} />}
      </Popover>
    </div>
  );
}

function Chip({ filter }: { filter: Filter }) {
  const text = `${dimensionLabel(filter.dimension)} ${filter.leavesOut ? "≠" : "="} ${filter.value || "(empty)"}`;
  return (
    <span className="chip">
      <span className="clip" title={text}>
        {text}
      </span>
      <button type="button" aria-label={`Remove the filter ${text}`} onClick={() => removeFilter(filter)}>
        <Icon name="close" size={12} />
      </button>
    </span>
  );
}

const COLUMNS: Record<string, string> = {
  role: "cloud_RoleName",
  instance: "cloud_RoleInstance",
  version: "application_Version",
};

function NewFilter({ app, close }: { app: string; close: () => void }) {
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
  const apply = (event: FormEvent) => {
    event.preventDefault();
    if (isKey && !key) return;
    close();
    addFilter({ dimension: isKey ? `dim.${key}` : dimension, value, leavesOut });
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
      <label className="check">
        <input
          type="checkbox"
          checked={leavesOut}
          onChange={(event) => setLeavesOut(event.target.checked)}
        />
        Leave these out
      </label>
      <button type="submit" className="button button-primary">
        Filter
      </button>
    </form>
  );
}
