/** The server itself: version, health, and what the store holds. */

import { useState } from "react";
import type { Resource } from "../../lib/api";
import { exact } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { Confirm } from "../../parts/Confirm";
import { TextField } from "../../parts/TextField";
import { useReply } from "../../parts/useReply";
import { useRange } from "../../shell/range";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { Facts, type Fact } from "./Facts";
import { component, deleteComponent, health } from "./management";
import { size } from "./size";
import type { TabProps } from "./Settings";

const EVERY_MS = 10_000;

/** Asks for the name, so that the wrong resource is not deleted in passing. */
function Delete({ resource, onClose }: { resource: Resource; onClose: () => void }) {
  const [name, setName] = useState("");
  return (
    <Confirm
      title={`Delete ${resource.name}?`}
      action="Delete with all telemetry"
      act={() => deleteComponent(resource)}
      ready={name === resource.name}
      // the shell's list of resources has it still: the page begins anew
      onDone={() => location.assign("/")}
      onClose={onClose}
    >
      <p>Its telemetry, keys and saved queries go with it. They cannot be brought back.</p>
      <TextField
        label="Name of the resource, to be sure"
        value={name}
        autoComplete="off"
        onChange={setName}
      />
    </Confirm>
  );
}

export function About({ resource, locked }: TabProps) {
  const [leaving, setLeaving] = useState(false);
  const { zone } = useRange();
  const found = useReply("health", health, EVERY_MS);
  const shown = useReply(resource.app_id, component(resource));
  if (found.error && !found.data) return <ErrorBox error={found.error} retry={found.reload} />;
  if (!found.data) return <div className="skeleton" />;
  const { status, reason, version, resources, store } = found.data;
  const facts: Fact[] = [{ label: "Version", value: version, copies: true }];
  if (resources !== undefined) facts.push({ label: "Resources", value: exact(resources) });
  if (store) {
    facts.push({ label: "Days with telemetry", value: exact(store.days) });
    facts.push({ label: "Waiting to be written", value: size(store.pendingBytes) });
    if (store.usedDiskBytes !== null) {
      facts.push({ label: "Store size on disk", value: size(store.usedDiskBytes) });
    }
    if (store.freeDiskBytes !== null) {
      facts.push({ label: "Free on that disk", value: size(store.freeDiskBytes) });
    }
    facts.push({ label: "Rows sent twice, left out", value: exact(store.duplicateRows) });
  }
  const made = shown.data?.properties.CreationDate;
  return (
    <>
      <section className="card" aria-label="Health">
        <h2>Health</h2>
        {status === "ok" ? (
          <p className="good" role="status">
            <Icon name="check" /> The server takes telemetry
          </p>
        ) : (
          <p className="bad" role="status">
            <Icon name="failed" /> The server takes no telemetry: {reason}
          </p>
        )}
        <Facts facts={facts} />
      </section>
      <section className="card" aria-label="Resource">
        <h2>This resource</h2>
        <Facts
          facts={[
            { label: "Name", value: resource.name },
            { label: "Resource group", value: resource.resource_group },
            { label: "Location", value: resource.location },
            { label: "Resource id", value: resource.path, copies: true },
            ...(made ? [{ label: "Made", value: dateTime(Date.parse(made), zone, false) }] : []),
          ]}
        />
        <div className="row">
          <button
            type="button"
            className="button button-danger"
            disabled={!!locked}
            title={locked || undefined}
            onClick={() => setLeaving(true)}
          >
            Delete this resource
          </button>
          <span className="muted">{locked}</span>
        </div>
      </section>
      {leaving && <Delete resource={resource} onClose={() => setLeaving(false)} />}
      <section className="card" aria-label="Documentation">
        <h2>For programs</h2>
        <p>
          <a href="/api">Every path of the API</a>, and <a href="/openapi.json">its description</a>{" "}
          (OpenAPI 3.1). <code>openinsights doctor</code> checks an installation.
        </p>
      </section>
    </>
  );
}
