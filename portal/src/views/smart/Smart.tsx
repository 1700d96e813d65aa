/** Smart detection: what differs from the resource's own past, and what is told of it. */

import { lazy, Suspense } from "react";
import { useReply } from "../../parts/useReply";
import { Tabs } from "../../parts/Tabs";
import { ViewHead } from "../../parts/ViewHead";
import { setParameters, useAddress } from "../../shell/address";
import type { ViewProps } from "../../shell/views";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { FindingCard } from "./FindingCard";
import { findingsOf } from "./findings";
import "../../parts/form.css";
import "./smart.css";

const Detectors = lazy(() => import("./Detectors").then((m) => ({ default: m.Detectors })));

const AGAIN_MS = 30_000;

export function Smart({ resource }: ViewProps) {
  const { search } = useAddress();
  const tab = search.get("tab") ?? "active";
  const active = useReply(`${resource.app_id} active`, findingsOf(resource, "active"), AGAIN_MS);
  const number = active.data?.active;
  const tabs = [
    { name: "active", label: number ? `Active ${number}` : "Active" },
    { name: "all", label: "All" },
    { name: "settings", label: "Settings" },
  ];
  return (
    <div className="view">
      <ViewHead title="Smart detection" app={resource.app_id} filters={false} />
      <Tabs
        label="Findings and settings"
        tabs={tabs}
        now={tab}
        choose={(name) => setParameters({ tab: name === "active" ? null : name, finding: null })}
      />
      {tab === "settings" ? (
        <Suspense>
          <Detectors resource={resource} />
        </Suspense>
      ) : (
        <List key={tab} resource={resource} state={tab === "all" ? "all" : "active"} />
      )}
    </div>
  );
}

function List({ resource, state }: ViewProps & { state: "active" | "all" }) {
  const { search } = useAddress();
  const reply = useReply(`${resource.app_id} ${state}`, findingsOf(resource, state), AGAIN_MS);
  const opened = search.get("finding") ?? "";
  if (reply.error && !reply.data) return <ErrorBox error={reply.error} retry={reply.reload} />;
  if (!reply.data) return <div className="skeleton smart-skeleton" />;
  const found = reply.data.findings;
  if (!found.length) {
    return (
      <div className="smart-nothing">
        <p className="good" role="status">
          <Icon name="check" />{" "}
          {state === "active"
            ? "Nothing differs from what is usual"
            : "Nothing was found in the last 90 days"}
        </p>
        <p className="muted">
          What is usual is learnt from some days of telemetry. What is looked for, and how closely,
          can be set.
        </p>
        <button
          type="button"
          className="button"
          onClick={() => setParameters({ tab: "settings", finding: null })}
        >
          See what is looked for
        </button>
      </div>
    );
  }
  return (
    <ol className="findings" aria-label="Findings">
      {found.map((one, at) => (
        <li key={one.id}>
          <FindingCard
            resource={resource}
            finding={one}
            open={opened ? opened === one.id : at === 0 && state === "active"}
            toggle={(open) => setParameters({ finding: open ? one.id : "none" })}
            changed={reply.reload}
          />
        </li>
      ))}
    </ol>
  );
}
