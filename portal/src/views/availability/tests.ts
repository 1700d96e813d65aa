/** What the availability view reads and changes: the tests of a resource, and single runs. */

import { ask, post, type Resource } from "../../lib/api";
import type { Span } from "../../lib/time";

export interface Place {
  id: string;
  name: string;
  isProbed: boolean;
}

/** The properties of a web test in the management API. */
export interface Properties {
  Name?: string;
  SyntheticMonitorId?: string;
  Enabled?: boolean;
  Frequency?: number;
  Timeout?: number;
  Kind?: string;
  RetryEnabled?: boolean;
  Locations?: { Id: string }[];
  Configuration?: { WebTest?: string };
  Request?: {
    RequestUrl: string;
    HttpVerb?: string;
    Headers?: { key: string; value: string }[];
    RequestBody?: string;
    ParseDependentRequests?: boolean;
    FollowRedirects?: boolean;
  };
  ValidationRules?: {
    ContentValidation?: {
      ContentMatch?: string;
      IgnoreCase?: boolean;
      PassIfTextFound?: boolean;
    };
    ExpectedHttpStatusCode?: number;
    IgnoreHttpStatusCode?: boolean;
    SSLCheck?: boolean;
    SSLCertRemainingLifetimeCheck?: number;
  };
  AlertEnabled?: boolean;
  AvailabilityTarget?: number;
}

export interface Test {
  id: string;
  testId: string;
  name: string;
  resourceName: string;
  target: string;
  kind: string;
  isEnabled: boolean;
  frequencyS: number;
  timeoutS: number;
  retries: boolean;
  alerts: boolean;
  objective: number;
  locations: Place[];
  properties: Properties;
}

export interface Tests {
  tests: Test[];
  /** From where the resource is probed now. */
  locations: Place[];
  /** Azure's locations. */
  tags: Place[];
}

export interface StepShown {
  name: string;
  message: string;
  duration: number;
  status: number;
  timings: Record<string, number>;
}

export interface RunShown {
  time: string;
  location: string;
  passed: boolean;
  message: string;
  duration: number;
  timings: Record<string, number>;
  steps: StepShown[];
  certificateDaysLeft: number | null;
  operationId: string;
}

export interface TestReport {
  name: string;
  objective: number;
  runs: number;
  failed: number;
  percent: number | null;
  allowedFailures: number;
  budgetLeftPercent: number | null;
  isMet: boolean | null;
  downtimeS: number;
}

const base = (of: Resource) => `/portal/api/availability/${encodeURIComponent(of.app_id)}`;

export const testsOf = (of: Resource) => (signal: AbortSignal) => ask<Tests>(base(of), { signal });

export const reportOf = (of: Resource, span: Span) => (signal: AbortSignal) =>
  ask<{ tests: TestReport[] }>(
    `${base(of)}/report?timespan=${new Date(span.start).toISOString()}/${new Date(span.end).toISOString()}`,
    { signal },
  );

export const runNow = (of: Resource, test: Test) =>
  post<RunShown>(`${base(of)}/${encodeURIComponent(test.testId)}/run`, {});

/** Runs what is not kept, once. */
export const tryOut = (of: Resource, properties: Properties) =>
  post<RunShown>(`${base(of)}/try`, properties);

function send(method: string, path: string, body?: unknown, headers = {}): Promise<unknown> {
  return ask(path, {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: body === undefined ? null : JSON.stringify(body),
  });
}

/** Makes a test, or changes the one that is given. */
export function keep(of: Resource, test: Test | null, properties: Properties) {
  const group = of.path.split("/providers/")[0] ?? "";
  const name = resourceName(properties.Name ?? "");
  const path = test?.id ?? `${group}/providers/Microsoft.Insights/webtests/${name}`;
  const body = {
    kind: properties.Kind ?? "standard",
    tags: { [`hidden-link:${of.path}`]: "Resource" },
    properties,
  };
  return send("PUT", encodeURI(path), body, test ? {} : { "if-none-match": "*" });
}

export const switchTest = (test: Test, on: boolean) =>
  send("PATCH", encodeURI(test.id), { properties: { Enabled: on } });

export const deleteTest = async (test: Test) => {
  const reply = await fetch(encodeURI(test.id), { method: "DELETE" });
  if (!reply.ok) await send("DELETE", encodeURI(test.id));
};

export function resourceName(name: string): string {
  return name.replace(/[^\w.()-]+/g, "-").replace(/^[-.]+|[-.]+$/g, "").slice(0, 100) || "test";
}
