/** What is set for a resource and for the server, one tab each. */

import type { ComponentType } from "react";
import { may, useSession } from "../../lib/session";
import { navigate, useAddress, viewPath } from "../../shell/address";
import type { ViewProps } from "../../shell/views";
import type { Resource } from "../../lib/api";
import { SETTINGS_TABS, type SettingsTab } from "../../parts/settingsTabs";
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

const PANELS: Record<SettingsTab, ComponentType<TabProps>> = {
  connect: Connect,
  keys: Keys,
  retention: Retention,
  usage: Usage,
  users: People,
  senders: Senders,
  endpoints: Endpoints,
  about: About,
};

export function Settings({ resource }: ViewProps) {
  const { subject, search } = useAddress();
  const session = useSession();
  const tab = SETTINGS_TABS.find((one) => one.name === subject) ?? SETTINGS_TABS[0];
  const Panel = PANELS[tab.name];
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
        tabs={[...SETTINGS_TABS]}
        now={tab.name}
        choose={(name) => navigate(viewPath(resource.app_id, `settings/${name}`, search))}
      />
      <div role="tabpanel" aria-label={tab.label} className="settings-body">
        <Panel key={tab.name} resource={resource} locked={locked} />
      </div>
    </div>
  );
}
