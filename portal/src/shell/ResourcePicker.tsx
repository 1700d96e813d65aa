import { lazy, Suspense, useState } from "react";
import type { Resource } from "../lib/api";
import { Icon } from "../ui/Icon";
import { moveFocus } from "../ui/Menu";
import { Popover } from "../ui/Popover";
import { navigate, useAddress, viewPath } from "./address";

const NewResource = lazy(() => import("./FirstResource").then((m) => ({ default: m.NewResource })));

interface ResourcePickerProps {
  resources: Resource[];
  resource: Resource | null;
  onCreated: () => void;
}

/** Which application the screen is about. */
export function ResourcePicker({ resources, resource, onCreated }: ResourcePickerProps) {
  const { view, search } = useAddress();
  const [filter, setFilter] = useState("");
  const shown = resources.filter((one) => one.name.toLowerCase().includes(filter.toLowerCase()));
  return (
    <Popover
      label={resource ? `Resource: ${resource.name}` : "Choose a resource"}
      className="button resource-button"
      button={
        <>
          <Icon name="resource" />
          <span className="clip">{resource?.name ?? "No resource"}</span>
          <Icon name="chevron" size={12} />
        </>
      }
    >
      {(close) => (
        <div className="picker">
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
                  navigate(viewPath(one.slug, view ?? "overview", search));
                }}
              >
                <span className="menu-icon">{one === resource && <Icon name="check" />}</span>
                <span className="clip">{one.name}</span>
                <span className="muted small">{one.resource_group}</span>
              </button>
            ))}
            {shown.length === 0 && <p className="muted pad">No resource of this name</p>}
          </div>
          <details className="picker-new">
            <summary>New resource</summary>
            <Suspense>
              <NewResource
                onCreated={(made) => {
                  onCreated();
                  close();
                  navigate(viewPath(made.slug, "start"));
                }}
              />
            </Suspense>
          </details>
        </div>
      )}
    </Popover>
  );
}
