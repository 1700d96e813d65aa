/** What performance is asked about: each tab's tiles and what tells its rows apart. */

import type { Row } from "../../lib/useTile";
import type { Key } from "../../parts/keys";

export interface Subject {
  name: string;
  label: string;
  /** One of the things, in a sentence. */
  noun: string;
  /** The type of the items that it is about. */
  itemType: string;
  side: "server" | "browser";
  list: string;
  timeline: string;
  distribution: string;
  samples: string;
  /** Columns that tell rows apart, and the parameters they become. */
  keys: Key[];
  title: (row: Row) => string;
  note: (row: Row) => string;
}

const OPERATION = [{ column: "name", parameter: "op" }];

export const SUBJECTS: Subject[] = [
  {
    name: "operations",
    itemType: "request",
    label: "Operations",
    noun: "requests",
    side: "server",
    list: "performance.operations",
    timeline: "performance.timeline",
    distribution: "performance.distribution",
    samples: "performance.samples",
    keys: OPERATION,
    title: (row) => row.text("name"),
    note: () => "",
  },
  {
    name: "dependencies",
    itemType: "dependency",
    label: "Dependencies",
    noun: "dependencies",
    side: "server",
    list: "performance.dependencies",
    timeline: "performance.dependency_timeline",
    distribution: "performance.dependency_distribution",
    samples: "performance.dependency_samples",
    keys: [
      { column: "type", parameter: "dtype" },
      { column: "target", parameter: "dtarget" },
      { column: "name", parameter: "dname" },
    ],
    title: (row) => row.text("name"),
    note: (row) => [row.text("type"), row.text("target")].filter(Boolean).join(" "),
  },
  {
    name: "pages",
    itemType: "pageView",
    label: "Page views",
    noun: "page views",
    side: "browser",
    list: "performance.pages",
    timeline: "performance.page_timeline",
    distribution: "performance.page_distribution",
    samples: "performance.page_samples",
    keys: OPERATION,
    title: (row) => row.text("name"),
    note: () => "",
  },
];
