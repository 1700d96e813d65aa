/** Memory and processor of applications that only store them: the newest values, averaged. */

import type { Row } from "../../lib/useTile";
import type { Asked } from "./Filters";

export interface Stored {
  value: number;
  at: number;
}

interface Counter {
  key: string;
  /** How senders call it: a name, or a category and a counter. Of several the first counts. */
  names: string[];
}

const COUNTERS: Counter[] = [
  { key: "memory_bytes", names: ["processPrivateBytes", "Process/Private Bytes"] },
  {
    key: "cpu_percent",
    names: [
      "processorCpuPercentage",
      "Processor/% Processor Time",
      "processCpuPercentage",
      "Process/% Processor Time",
    ],
  },
];

/** The mean over instances of each counter that live metrics show too, and the newest time. */
export function storedCounters(rows: Row[], asked: Asked): Record<string, Stored> {
  const shown = rows.filter(
    (row) =>
      (!asked.role || row.text("cloud_RoleName") === asked.role) &&
      (!asked.instance || row.text("cloud_RoleInstance") === asked.instance),
  );
  const found: Record<string, Stored> = {};
  for (const { key, names } of COUNTERS) {
    for (const name of names) {
      const told = shown.filter(
        (row) =>
          row.text("name") === name || `${row.text("category")}/${row.text("counter")}` === name,
      );
      if (!told.length) continue;
      found[key] = {
        value: told.reduce((sum, row) => sum + row.number("value"), 0) / told.length,
        at: Math.max(...told.map((row) => row.instant("timestamp"))),
      };
      break;
    }
  }
  return found;
}
