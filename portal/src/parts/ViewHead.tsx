/** The title of a view, what it is narrowed to, and what can be done there. */

import type { ReactNode } from "react";
import { Icon } from "../ui/Icon";
import { Popover } from "../ui/Popover";
import {
  addFilter,
  filterLabel,
  filterText,
  removeFilter,
  useFilters,
  type Filter,
} from "./filters";
import { NewFilter } from "./NewFilter";
import type { Sampling } from "./sampling";
import { SamplingMark } from "./SamplingMark";
import "./head.css";

interface ViewHeadProps {
  title: string;
  app: string;
  /** The view's tiles take filters. */
  filters?: boolean;
  /** How the telemetry was sampled, where the view shows counts of it. */
  sampling?: Sampling;
  children?: ReactNode;
}

export function ViewHead({ title, app, filters = true, sampling, children }: ViewHeadProps) {
  return (
    <header className="view-head">
      <h1>{title}</h1>
      {sampling && <SamplingMark sampling={sampling} />}
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
        {(close) => (
          <NewFilter
            app={app}
            add={(filter) => {
              close();
              addFilter(filter);
            }}
          />
        )}
      </Popover>
    </div>
  );
}

interface ChipProps {
  filter: Filter;
  remove?: () => void;
}

/** A filter that can be taken away; of the whole view, unless it says how. */
export function Chip({ filter, remove = () => removeFilter(filter) }: ChipProps) {
  const text = filterLabel(filter);
  return (
    <span className="chip">
      <span className="clip" title={text}>
        {text}
      </span>
      <button type="button" aria-label={`Remove the filter ${text}`} onClick={remove}>
        <Icon name="close" size={12} />
      </button>
    </span>
  );
}
