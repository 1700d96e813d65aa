import { useEffect, useRef, useState } from "react";
import type { Resource } from "../lib/api";
import { Icon } from "../ui/Icon";
import { moveFocus } from "../ui/Menu";
import { CREATE, navigate, useAddress, viewPath } from "./address";
import "./picker.css";

interface ResourceListProps {
  resources: Resource[];
  resource: Resource | null;
  close: () => void;
}

/** The resources to go to, and the way to a new one. */
export function ResourceList({ resources, resource, close }: ResourceListProps) {
  const { view, search } = useAddress();
  const [filter, setFilter] = useState("");
  const panel = useRef<HTMLDivElement>(null);
  const shown = resources.filter((one) => one.name.toLowerCase().includes(filter.toLowerCase()));
  useEffect(() => panel.current?.querySelector<HTMLElement>("input, button")?.focus(), []);
  return (
    <div className="picker" ref={panel}>
      {resources.length > 7 && (
        <input
          className="input"
          aria-label="Filter resources"
          placeholder="Filter…"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      )}
      <div className="menu picker-list" onKeyDown={moveFocus}>
        {shown.map((one) => (
          <button
            key={one.app_id}
            type="button"
            className="menu-item"
            aria-current={one === resource}
            onClick={() => {
              close();
              navigate(viewPath(one.app_id, view ?? "overview", search));
            }}
          >
            <span className="menu-icon">{one === resource && <Icon name="check" />}</span>
            <span className="clip">{one.name}</span>
            <span className="muted small">{one.resource_group}</span>
          </button>
        ))}
        {shown.length === 0 && <p className="muted pad">No resource of this name</p>}
      </div>
      <div className="menu picker-new">
        <button
          type="button"
          className="menu-item"
          onClick={() => {
            close();
            navigate(CREATE);
          }}
        >
          <span className="menu-icon">
            <Icon name="plus" />
          </span>
          Create a resource
        </button>
      </div>
    </div>
  );
}
