/** What fires, by which rules, who is told, and when nobody is. */

import { useEffect } from "react";
import { may, useSession } from "../../lib/session";
import type { Resource } from "../../lib/api";
import { setParameters, useAddress } from "../../shell/address";
import { tellFired } from "../../shell/fired";
import type { ViewProps } from "../../shell/views";
import { Tabs } from "../../parts/Tabs";
import { useReply } from "../../parts/useReply";
import { ViewHead } from "../../parts/ViewHead";
import { Icon } from "../../ui/Icon";
import { alerts } from "./alerts";
import { AlertList } from "./AlertList";
import { Groups } from "./Groups";
import { ProcessingRules } from "./ProcessingRules";
import { RuleEditor } from "./RuleEditor";
import { Rules } from "./Rules";
import "../../parts/form.css";
import "./alerts.css";

const REFRESH_MS = 10_000;
/** Where an address names a rule: one that is not there yet. */
export const NEW = "new";

export interface PanelProps {
  resource: Resource;
  /** Why nothing may be changed, "" where it may. */
  locked: string;
}

export function Alerts({ resource }: ViewProps) {
  const { search } = useAddress();
  const session = useSession();
  const app = resource.app_id;
  const fired = useReply(`${app} fired`, alerts(app, "fired"), REFRESH_MS);
  const tab = search.get("tab") ?? "fired";
  const edited = search.get("rule");
  const locked =
    session === null
      ? "Who is here is not known yet."
      : may(session, "write", app)
        ? ""
        : `Changing this needs the role of an editor of ${resource.name}.`;
  const count = fired.data?.length;
  useEffect(() => {
    if (count !== undefined) tellFired(count);
  }, [count]);
  const tabs = [
    { name: "fired", label: count ? `Fired (${count})` : "Fired" },
    { name: "rules", label: "Rules" },
    { name: "history", label: "History" },
    { name: "groups", label: "Action groups" },
    { name: "processing", label: "Processing rules" },
  ];
  const panel = { resource, locked };
  if (edited) {
    return <RuleEditor key={edited} {...panel} path={edited === NEW ? "" : edited} />;
  }
  return (
    <div className="view alerts">
      <ViewHead title="Alerts" app={app} filters={false}>
        <button
          type="button"
          className="button button-primary"
          disabled={!!locked}
          title={locked || undefined}
          onClick={() => setParameters({ rule: NEW, new: null })}
        >
          <Icon name="plus" /> New alert rule
        </button>
      </ViewHead>
      <Tabs
        label="Alerts, and what makes them"
        tabs={tabs}
        now={tab}
        choose={(name) => setParameters({ tab: name, alert: null })}
      />
      {tab === "fired" && <AlertList {...panel} state="fired" found={fired} />}
      {tab === "history" && <History {...panel} />}
      {tab === "rules" && <Rules {...panel} />}
      {tab === "groups" && <Groups {...panel} />}
      {tab === "processing" && <ProcessingRules {...panel} />}
    </div>
  );
}

function History(panel: PanelProps) {
  const app = panel.resource.app_id;
  const found = useReply(`${app} all`, alerts(app, "all"), REFRESH_MS);
  return <AlertList {...panel} state="all" found={found} />;
}
