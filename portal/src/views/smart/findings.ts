/** What smart detection has found, as the server says it, and what can be done about it. */

import { ask, post, send, type Resource } from "../../lib/api";

/** ms since 1970, value, expected, low, high. */
export type Point = [number, number | null, number | null, number | null, number | null];

export type Kind = "share" | "ms" | "count" | "bytes";

export interface Common {
  key: string;
  value: string;
  support: number;
  in_rest: number;
  lift: number;
  points: number;
}

export interface Finding {
  id: string;
  detector: string;
  title: string;
  summary: string;
  /** The operation, dependency, page, role, type or instance; "" for all of them. */
  about: string;
  aboutKind: string;
  state: "active" | "muted" | "resolved";
  start: string;
  end: string;
  /** The window that the figures are of, when it was worst; "" where an earlier release did not say. */
  worstStart: string;
  worstEnd: string;
  kind: Kind;
  value: number;
  expected: number;
  effect: string;
  score: number;
  confidence: "low" | "medium" | "high";
  days: number;
  count: number;
  hits: number;
  windowMinutes: number;
  chart: Point[];
  changed: Common[];
  joined: [string, string][];
  versions: { role: string; version: string; first_seen: string }[];
  related: { kind: string; name: string; items: number; detail: string }[];
  samples: {
    time: string;
    item_id: string;
    operation_id: string;
    name: string;
    code: string;
    duration_ms: number | null;
  }[];
  kql: string;
  feedback: string;
  endedBecause: string;
}

export interface Findings {
  findings: Finding[];
  active: number;
}

export interface Mute {
  id: string;
  about: string | null;
  values: Record<string, string>;
  until: string;
  who: string;
}

export interface Detector {
  id: string;
  title: string;
  promise: string;
  enabled: boolean;
  sensitivity: "low" | "medium" | "high";
  actionGroups: string[];
  mutes: Mute[];
}

function base(resource: Resource): string {
  return `/portal/api/detection/${encodeURIComponent(resource.app_id)}`;
}

export function findingsOf(resource: Resource, state: "active" | "all") {
  return (signal: AbortSignal) =>
    ask<Findings>(`${base(resource)}?state=${state}`, { signal });
}

export function detectorsOf(resource: Resource) {
  return (signal: AbortSignal) =>
    ask<{ detectors: Detector[] }>(`${base(resource)}/detectors`, { signal });
}

export function setDetector(
  resource: Resource,
  detector: string,
  change: Partial<Pick<Detector, "enabled" | "sensitivity" | "actionGroups">>,
): Promise<Detector> {
  return ask(`${base(resource)}/detectors/${detector}`, {
    method: "PATCH",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(change),
  });
}

export interface NewMute {
  detector: string;
  about: string | null;
  values: Record<string, string>;
  hours: number;
}

export function mute(resource: Resource, wanted: NewMute): Promise<Mute> {
  return post(`${base(resource)}/mutes`, wanted);
}

export async function unmute(resource: Resource, id: string): Promise<void> {
  await send(`${base(resource)}/mutes/${id}`, { method: "DELETE" });
}

export function notUseful(resource: Resource, finding: Finding, note: string): Promise<Finding> {
  return post(`${base(resource)}/${finding.id}/not-useful`, { note });
}
