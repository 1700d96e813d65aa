/** What is set for a resource and for the server, one tab each. */

import type { ComponentType } from "react";
import { may, useSession } from "../../lib/session";
import { navigate, useAddress, viewPath } from "../../shell/address";
import type { ViewProps } from "../../shell/views";
import type { Resource } from "../../lib/api";
import { Tabs } from "../../parts/Tabs";
import { ViewHead } from "../../parts/ViewHead";
import { About } from "./About";
import { Connect } from "./Connect";
import { Endpoints } from "./Endpoints";
import { Keys } from "./Keys";
import { People } from "./People";
import { Retention } from "./Retention";
import { Senders } from "./Senders";
import { Usage } from "./Usage";
import "./settings.css";

export interface TabProps {
  resource: Resource;
  /** Why nothing may be changed, "" where it may. */
  locked: string;
}

const TABS: { name: string; label: string; of: ComponentType<TabProps> }[] = [
  { name: "connect", label: "Connect", of: Connect },
  { name: "keys", label: "API keys", of: Keys },
  { name: "retention", label: "Retention and cap", of: Retention },
  { name: "usage", label: "Usage", of: Usage },
  { name: "users", label: "Users and roles", of: People },
  { name: "senders", label: "Senders", of: Senders },
  { name: "endpoints", label: "TLS and endpoints", of: Endpoints },
  { name: "about", label: "About", of: About },
];

export function Settings({ resource }: ViewProps) {
  const { subject, search } = useAddress();
  const session = useSession();
  const tab = TABS.find((one) => one.name === subject) ?? TABS[0];
  if (!tab) return null;
  const locked =
    session === null
      ? "Who is here is not known yet."
      : may(session, "manage", resource.app_id)
        ? ""
        : `Changing this needs the role of an administrator of ${resource.name}.`;
  return (
    <div className="view settings">
      <ViewHead title="Settings" app={resource.app_id} filters={false} />
      <Tabs
        label="What is set"
        tabs={TABS}
        now={tab.name}
        choose={(name) => navigate(viewPath(resource.app_id, `settings/${name}`, search))}
      />
      <div role="tabpanel" aria-label={tab.label} className="settings-body">
        <tab.of key={tab.name} resource={resource} locked={locked} />
      </div>
    </div>
  );
}
