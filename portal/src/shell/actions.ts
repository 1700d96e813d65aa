/** What can be done first, under the names that Azure's documents have for it. */

import type { IconName } from "../ui/Icon";

export interface Action {
  label: string;
  view: string;
  icon: IconName;
}

export const ACTIONS: Action[] = [
  { label: "Live Metrics Stream", view: "live", icon: "live" },
  { label: "Application Map", view: "map", icon: "map" },
  { label: "Investigate Performance", view: "performance", icon: "performance" },
  { label: "Logs (Analytics)", view: "logs", icon: "logs" },
];
