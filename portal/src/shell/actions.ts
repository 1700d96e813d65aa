/** What can be done first, under the names that Azure's documents have for it. */

import type { IconName } from "../ui/Icon";

export interface Action {
  label: string;
  view: string;
  icon: IconName;
  /** Parameters of the view. */
  own?: Record<string, string>;
}

export const ACTIONS: Action[] = [
  { label: "Live Metrics Stream", view: "live", icon: "live" },
  { label: "Application Map", view: "map", icon: "map" },
  { label: "Investigate Performance", view: "performance", icon: "performance" },
  { label: "Smart diagnostics", view: "smart", icon: "smart" },
  { label: "Logs (Analytics)", view: "logs", icon: "logs" },
  { label: "New alert rule", view: "alerts", icon: "alerts", own: { rule: "new" } },
  { label: "Action groups", view: "alerts", icon: "alerts", own: { tab: "groups" } },
];
