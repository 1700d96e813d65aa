/** What the server says about alerts, rules, action groups and processing rules. */

import { ask, listed, post, send as request, type Resource } from "../../lib/api";

export interface Dimension {
  name: string;
  value: string;
}

export interface Alert {
  id: string;
  rule: string;
  ruleId: string;
  severity: number;
  signal: string;
  split: Dimension[];
  condition: "Fired" | "Resolved";
  firedAt: string;
  resolvedAt: string | null;
  userState: "New" | "Acknowledged" | "Closed";
  user: string;
  value: number | null;
  threshold: number | null;
  description: string;
  windowS: number;
  criteria: {
    metric: string;
    aggregation: string;
    operator: string;
    threshold: number;
    value: number | null;
    band: [number, number] | null;
  }[];
  evidence: { kql: string; start: string; end: string };
}

export interface Change {
  at: string;
  event: string;
  facts: Record<string, unknown>;
}

/** A resource of the management API; what it holds depends on its type. */
export interface Arm<P> {
  id: string;
  name: string;
  type: string;
  location: string;
  /** Which sort of its type it is, where there are several. */
  kind?: string;
  tags?: Record<string, string>;
  properties: P;
}

export interface Rule {
  id: string;
  ruleId: string;
  kind: "metric" | "log" | "availability";
  name: string;
  enabled: boolean;
  severity: number;
  state: "fired" | "healthy" | "disabled" | "waiting" | "failing";
  lastEvaluated: string | null;
  error: string | null;
  errorSince: string | null;
  hint: string;
  arm: Arm<Record<string, unknown>>;
}

export interface BackTest {
  windows: {
    end: string;
    split: Dimension[];
    value: number | null;
    fires: boolean;
    low: number | null;
    high: number | null;
  }[];
  firings: { start: string; end: string | null; split: Dimension[]; value: number | null }[];
  until: string | null;
  isPartial: boolean;
  threshold: number | null;
  windowS: number;
  hint: string;
}

export interface Receiver {
  name: string;
  emailAddress?: string;
  serviceUri?: string;
  program?: string;
  [other: string]: unknown;
}

export interface GroupProperties {
  groupShortName: string;
  enabled: boolean;
  emailReceivers?: Receiver[];
  webhookReceivers?: Receiver[];
  OpenInsights?: {
    slackReceivers?: Receiver[];
    teamsReceivers?: Receiver[];
    commandReceivers?: Receiver[];
    notDelivered?: string[];
    scope?: string;
  };
  [other: string]: unknown;
}

export type Group = Arm<GroupProperties>;

export interface Recurrence {
  recurrenceType: string;
  startTime?: string;
  endTime?: string;
  daysOfWeek?: string[];
  daysOfMonth?: number[];
}

export interface ProcessingProperties {
  scopes: string[];
  conditions: { field: string; operator: string; values: string[] }[];
  schedule: {
    effectiveFrom?: string;
    effectiveUntil?: string;
    timeZone?: string;
    recurrences?: Recurrence[];
  } | null;
  actions: { actionType: string; actionGroupIds?: string[] }[];
  description: string;
  enabled: boolean;
}

export type Processing = Arm<ProcessingProperties>;

const own = (app: string) => `/portal/api/alerts/${encodeURIComponent(app)}`;

const get =
  <T>(path: string) =>
  (signal: AbortSignal) =>
    ask<T>(path, { signal });

function send<T>(method: string, path: string, body?: unknown, headers = {}): Promise<T> {
  return ask<T>(path, {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: body === undefined ? null : JSON.stringify(body),
  });
}

export const alerts = (app: string, state: "fired" | "all") =>
  get<Alert[]>(`${own(app)}?state=${state}`);

export const oneAlert = (app: string, id: string) =>
  get<{ alert: Alert; changes: Change[] }>(`${own(app)}/${encodeURIComponent(id)}`);

export function say(app: string, id: string, deed: "acknowledge" | "close") {
  return send<Alert>("POST", `${own(app)}/${encodeURIComponent(id)}/${deed}`);
}

export const rules = (app: string) => get<Rule[]>(`${own(app)}/rules`);

export function backTest(app: string, rule: unknown, start: Date, end: Date, signal: AbortSignal) {
  const body = { rule, start: start.toISOString(), end: end.toISOString() };
  return post<BackTest>(`${own(app)}/backtest`, body, signal);
}

/** The resource group that a resource lies in, as its path begins. */
export function groupOf(resource: Resource): string {
  return resource.path.split("/").slice(0, 5).join("/");
}

/** Makes something at a path where nothing may be, or replaces what is there. */
export function put<T>(path: string, body: unknown, isNew: boolean) {
  return send<T>("PUT", path, body, isNew ? { "if-none-match": "*" } : {});
}

export function patch<T>(path: string, properties: unknown) {
  return send<T>("PATCH", path, { properties });
}

export function remove(path: string) {
  return request(path, { method: "DELETE" });
}

const GROUPS = "/providers/Microsoft.Insights/actionGroups";
const PROCESSING = "/providers/Microsoft.AlertsManagement/actionRules";

export const groups = (signal: AbortSignal) => listed<Group>(GROUPS, signal);

export const groupPath = (resource: Resource, name: string) =>
  `${groupOf(resource)}${GROUPS}/${encodeURIComponent(name)}`;

export interface Tried {
  actionDetails: { MechanismType: string; Name: string; Status: string; Detail: string }[];
}

export function tryGroup(group: Group) {
  return send<Tried>("POST", `${group.id}/createNotifications`, {});
}

export function newSecret(group: Group) {
  return send<{ signingSecret: string }>("POST", `${group.id}/newSecret`);
}

export const processingRules = (signal: AbortSignal) => listed<Processing>(PROCESSING, signal);

export const processingPath = (resource: Resource, name: string) =>
  `${groupOf(resource)}${PROCESSING}/${encodeURIComponent(name)}`;

/** Lets nobody be told of a rule for a while. */
export function mute(resource: Resource, alert: Alert, minutes: number) {
  const now = Date.now();
  const name = `mute ${alert.rule.replaceAll(/[^\w .()-]/g, " ").slice(0, 60).trim()} ${now}`;
  return put(
    processingPath(resource, name),
    {
      location: "Global",
      tags: { "openinsights-mute": "true" },
      properties: {
        scopes: [resource.path],
        conditions: [{ field: "AlertRuleId", operator: "Equals", values: [alert.ruleId] }],
        schedule: {
          effectiveFrom: utc(now),
          effectiveUntil: utc(now + minutes * 60_000),
          timeZone: "UTC",
        },
        actions: [{ actionType: "RemoveAllActionGroups" }],
        description: `${alert.rule} is muted for ${minutes} minutes`,
        enabled: true,
      },
    },
    true,
  );
}

/** A time as processing rules have it: no zone behind it. */
export function utc(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}

export interface MetricNames {
  metrics: Record<
    string,
    { displayName?: string; supportedGroupBy?: { all?: string[] }; defaultAggregation?: string }
  >;
}

export const metricNames = (app: string) =>
  get<MetricNames>(`/v1/apps/${encodeURIComponent(app)}/metrics/metadata`);

export const webTests = (resource: Resource) => (signal: AbortSignal) =>
  listed<Arm<{ Name?: string }>>(`${resource.path}/webtests`, signal);
