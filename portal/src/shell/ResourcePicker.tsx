import type { Resource } from "../lib/api";
import { Icon } from "../ui/Icon";
import { Popover } from "../ui/Popover";
import { deferred } from "./deferred";

const ResourceList = deferred(() => import("./ResourceList").then((m) => m.ResourceList));

interface ResourcePickerProps {
  resources: Resource[];
  resource: Resource | null;
}

/** Which application the screen is about. */
export function ResourcePicker({ resources, resource }: ResourcePickerProps) {
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
        <ResourceList resources={resources} resource={resource} close={close} />
      )}
    </Popover>
  );
}
