/** The views there are: name in the address, title, chord after `g`. */

import { lazy, type ComponentType } from "react";
import type { IconName } from "../ui/Icon";
import type { Resource } from "../lib/api";
import { Overview } from "../views/overview/Overview";

export interface ViewProps {
  resource: Resource;
}

export interface View {
  name: string;
  title: string;
  group: string;
  icon: IconName;
  chord: string;
  component: ComponentType<ViewProps>;
  /** The view looks at the shell's time range. */
  ranged: boolean;
  /** The view asks again on its own. */
  refreshes: boolean;
  /** The view shows one thing and is reached from others, not from the sidebar. */
  hidden?: boolean;
}

export const VIEWS: View[] = [
  {
    name: "overview",
    title: "Overview",
    group: "",
    icon: "overview",
    chord: "o",
    component: Overview,
    ranged: true,
    refreshes: true,
  },
  {
    name: "map",
    title: "Application map",
    group: "Investigate",
    icon: "map",
    chord: "a",
    component: lazy(() => import("../views/map/Map").then((m) => ({ default: m.ApplicationMap }))),
    ranged: true,
    refreshes: true,
  },
  {
    name: "live",
    title: "Live metrics",
    group: "Investigate",
    icon: "live",
    chord: "v",
    component: lazy(() => import("../views/live/Live").then((m) => ({ default: m.Live }))),
    ranged: false,
    refreshes: false,
  },
  {
    name: "performance",
    title: "Performance",
    group: "Investigate",
    icon: "performance",
    chord: "p",
    component: lazy(() =>
      import("../views/performance/Performance").then((m) => ({ default: m.Performance })),
    ),
    ranged: true,
    refreshes: true,
  },
  {
    name: "failures",
    title: "Failures",
    group: "Investigate",
    icon: "failures",
    chord: "f",
    component: lazy(() =>
      import("../views/failures/Failures").then((m) => ({ default: m.Failures })),
    ),
    ranged: true,
    refreshes: true,
  },
  {
    name: "search",
    title: "Transaction search",
    group: "Investigate",
    icon: "search",
    chord: "k",
    component: lazy(() => import("../views/search/Search").then((m) => ({ default: m.Search }))),
    ranged: true,
    refreshes: true,
  },
  {
    name: "availability",
    title: "Availability",
    group: "Investigate",
    icon: "web",
    chord: "b",
    component: lazy(() =>
      import("../views/availability/Availability").then((m) => ({ default: m.Availability })),
    ),
    ranged: true,
    refreshes: true,
  },
  {
    name: "smart",
    title: "Smart detection",
    group: "Investigate",
    icon: "smart",
    chord: "d",
    component: lazy(() => import("../views/smart/Smart").then((m) => ({ default: m.Smart }))),
    ranged: false,
    refreshes: false,
  },
  {
    name: "logs",
    title: "Logs",
    group: "Monitoring",
    icon: "logs",
    chord: "l",
    component: lazy(() => import("../views/logs/Logs").then((m) => ({ default: m.Logs }))),
    ranged: true,
    refreshes: false,
  },
  {
    name: "metrics",
    title: "Metrics",
    group: "Monitoring",
    icon: "metrics",
    chord: "m",
    component: lazy(() => import("../views/metrics/Metrics").then((m) => ({ default: m.Metrics }))),
    ranged: true,
    refreshes: true,
  },
  {
    name: "alerts",
    title: "Alerts",
    group: "Monitoring",
    icon: "alerts",
    chord: "e",
    component: lazy(() => import("../views/alerts/Alerts").then((m) => ({ default: m.Alerts }))),
    ranged: false,
    refreshes: false,
  },
  {
    name: "workbooks",
    title: "Workbooks",
    group: "Monitoring",
    icon: "table",
    chord: "w",
    component: lazy(() =>
      import("../views/workbooks/Workbooks").then((m) => ({ default: m.Workbooks })),
    ),
    ranged: true,
    refreshes: true,
  },
  {
    name: "tx",
    title: "End-to-end transaction details",
    group: "Investigate",
    icon: "transaction",
    chord: "",
    component: lazy(() =>
      import("../views/transaction/Transaction").then((m) => ({ default: m.Transaction })),
    ),
    ranged: false,
    refreshes: false,
    hidden: true,
  },
  {
    name: "settings",
    title: "Settings",
    group: "Configure",
    icon: "settings",
    chord: "c",
    component: lazy(() =>
      import("../views/settings/Settings").then((m) => ({ default: m.Settings })),
    ),
    ranged: false,
    refreshes: false,
  },
  {
    name: "start",
    title: "Getting started",
    group: "Configure",
    icon: "start",
    chord: "s",
    component: lazy(() => import("../views/start/Start").then((m) => ({ default: m.Start }))),
    ranged: false,
    refreshes: false,
  },
];

/** Those of the sidebar and the palette. */
export function shownViews(): View[] {
  return VIEWS.filter((one) => !one.hidden);
}
