/** What failures are asked about: each tab's tiles and what tells its rows apart. */

import type { Row } from "../../lib/useTile";
import type { Key } from "../../parts/keys";

export interface Subject {
  name: string;
  label: string;
  noun: string;
  /** The type of the items that it is about. */
  itemType: string;
  list: string;
  timeline: string;
  samples: string;
  keys: Key[];
  title: (row: Row) => string;
  note: (row: Row) => string;
  /** The column that counts the failed ones. */
  counts: string;
}

const OPERATIONS: Subject = {
  name: "operations",
  itemType: "request",
  label: "Operations",
  noun: "failed requests",
  list: "failures.operations",
  timeline: "failures.timeline",
  samples: "failures.samples",
  keys: [{ column: "name", parameter: "op" }],
  title: (row) => row.text("name"),
  note: () => "",
  counts: "failed",
};

const DEPENDENCIES: Subject = {
  name: "dependencies",
  itemType: "dependency",
  label: "Dependencies",
  noun: "failed dependencies",
  list: "failures.dependencies",
  timeline: "failures.dependency_timeline",
  samples: "failures.dependency_samples",
  keys: [
    { column: "type", parameter: "dtype" },
    { column: "target", parameter: "dtarget" },
    { column: "name", parameter: "dname" },
    { column: "resultCode", parameter: "code" },
  ],
  title: (row) => row.text("name"),
  note: (row) => [row.text("type"), row.text("target"), row.text("resultCode")].join(" ").trim(),
  counts: "n",
};

const EXCEPTIONS: Subject = {
  name: "exceptions",
  itemType: "exception",
  label: "Exceptions",
  noun: "exceptions",
  list: "failures.exceptions",
  timeline: "failures.exception_timeline",
  samples: "failures.exception_samples",
  keys: [{ column: "problemId", parameter: "problem" }],
  title: (row) => row.text("problemId"),
  note: (row) => row.text("outerMessage"),
  counts: "n",
};

/** Browsers send no requests: what fails there are calls and scripts. */
export const SIDES: Record<"server" | "browser", [Subject, ...Subject[]]> = {
  server: [OPERATIONS, DEPENDENCIES, EXCEPTIONS],
  browser: [DEPENDENCIES, EXCEPTIONS],
};

/** What is true of browsers' telemetry only. */
export const BROWSER_FILTER = "client:Browser";

/** The keys that the timeline of a subject takes: it is about every result code. */
export function timelineKeys(subject: Subject): Key[] {
  return subject.keys.filter((key) => key.parameter !== "code");
}
