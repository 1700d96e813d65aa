/** A test as its form holds it, from and to the properties of the management API. */

import type { Properties, Test } from "./tests";

export const KINDS = {
  standard: { label: "URL", hint: "https://shop.example/", scheme: "" },
  tcp: { label: "TCP connection", hint: "db.example:5432", scheme: "tcp://" },
  tls: { label: "TLS certificate", hint: "shop.example:443", scheme: "tls://" },
  dns: { label: "DNS record", hint: "shop.example?type=A", scheme: "dns:" },
  journey: { label: "Journey in Python", hint: "file.function", scheme: "journey:" },
} as const;

export type Kind = keyof typeof KINDS;

export const FREQUENCIES: [number, string][] = [
  [10, "10 seconds"],
  [30, "30 seconds"],
  [60, "1 minute"],
  [300, "5 minutes"],
  [600, "10 minutes"],
  [900, "15 minutes"],
];

export interface Draft {
  name: string;
  kind: Kind;
  target: string;
  frequency: number;
  timeout: string;
  locations: string[];
  enabled: boolean;
  verb: string;
  headers: string;
  body: string;
  dependents: boolean;
  redirects: boolean;
  status: string;
  anyStatus: boolean;
  content: string;
  contentFound: boolean;
  ignoreCase: boolean;
  certificate: boolean;
  days: string;
  retries: boolean;
  alert: boolean;
  objective: string;
}

const NEW: Draft = {
  name: "",
  kind: "standard",
  target: "",
  frequency: 300,
  timeout: "30",
  locations: ["local"],
  enabled: true,
  verb: "GET",
  headers: "",
  body: "",
  dependents: false,
  redirects: true,
  status: "200",
  anyStatus: false,
  content: "",
  contentFound: true,
  ignoreCase: false,
  certificate: false,
  days: "",
  retries: true,
  alert: true,
  objective: "99.9",
};

export function draftOf(test: Test | null): Draft {
  if (!test) return NEW;
  const { Request: request, ValidationRules: rules = {} } = test.properties;
  const url = request?.RequestUrl ?? test.target;
  const kind = kindOf(url);
  const content = rules.ContentValidation;
  return {
    name: test.name,
    kind,
    target: url.slice(KINDS[kind].scheme.length),
    frequency: test.frequencyS,
    timeout: String(test.timeoutS),
    locations: test.locations.map((one) => one.id),
    enabled: test.isEnabled,
    verb: request?.HttpVerb ?? "GET",
    headers: (request?.Headers ?? []).map((one) => `${one.key}: ${one.value}`).join("\n"),
    body: fromBase64(request?.RequestBody ?? ""),
    dependents: request?.ParseDependentRequests ?? false,
    redirects: request?.FollowRedirects ?? true,
    status: String(rules.ExpectedHttpStatusCode ?? 200),
    anyStatus: rules.IgnoreHttpStatusCode ?? false,
    content: content?.ContentMatch ?? "",
    contentFound: content?.PassIfTextFound ?? true,
    ignoreCase: content?.IgnoreCase ?? false,
    certificate: rules.SSLCheck ?? kind === "tls",
    days: rules.SSLCertRemainingLifetimeCheck ? String(rules.SSLCertRemainingLifetimeCheck) : "",
    retries: test.retries,
    alert: test.alerts,
    objective: String(test.objective),
  };
}

function kindOf(url: string): Kind {
  for (const kind of ["tcp", "tls", "dns", "journey"] as const) {
    if (url.startsWith(KINDS[kind].scheme)) return kind;
  }
  return "standard";
}

/** What is wrong with a draft, "" when it can be tried and kept; the server knows the rest. */
export function problemOf(draft: Draft): string {
  if (!draft.name.trim()) return "A name is needed.";
  if (!draft.target.trim()) return `${KINDS[draft.kind].label}: something to probe is needed.`;
  if (draft.kind === "standard" && !/^https?:\/\/\S+$/.test(draft.target.trim())) {
    return "A URL that begins with http:// or https:// is needed.";
  }
  if (!(Number(draft.timeout) >= 1 && Number(draft.timeout) <= 120)) {
    return "The timeout has to be 1 to 120 seconds.";
  }
  if (!(Number(draft.objective) > 0 && Number(draft.objective) < 100)) {
    return "The objective has to lie between 0 and 100 %.";
  }
  if (!draft.locations.length) return "At least one location is needed.";
  return "";
}

/** The properties that a draft means; what its form does not show stays as it was. */
export function propertiesOf(draft: Draft, was: Test | null): Properties {
  const isHttp = draft.kind === "standard";
  const before = was?.properties ?? {};
  const rules: NonNullable<Properties["ValidationRules"]> = {};
  if (isHttp) {
    rules.ExpectedHttpStatusCode = Number(draft.status) || 0;
    rules.IgnoreHttpStatusCode = draft.anyStatus;
  }
  if (draft.content && (isHttp || draft.kind === "dns")) {
    rules.ContentValidation = {
      ContentMatch: draft.content,
      IgnoreCase: draft.ignoreCase,
      PassIfTextFound: draft.contentFound,
    };
  }
  if (isHttp || draft.kind === "tls") {
    rules.SSLCheck = draft.certificate;
    if (Number(draft.days) > 0) rules.SSLCertRemainingLifetimeCheck = Number(draft.days);
  }
  const request: NonNullable<Properties["Request"]> = {
    RequestUrl: `${KINDS[draft.kind].scheme}${draft.target.trim()}`,
  };
  if (isHttp) {
    request.HttpVerb = draft.verb;
    request.Headers = headersOf(draft.headers);
    request.ParseDependentRequests = draft.dependents;
    request.FollowRedirects = draft.redirects;
    if (draft.body) request.RequestBody = toBase64(draft.body);
  }
  return {
    ...before,
    SyntheticMonitorId: before.SyntheticMonitorId ?? draft.name.trim(),
    Name: draft.name.trim(),
    Kind: draft.kind,
    Enabled: draft.enabled,
    Frequency: draft.frequency,
    Timeout: Math.round(Number(draft.timeout)),
    RetryEnabled: draft.retries,
    Locations: draft.locations.map((one) => ({ Id: one })),
    Request: request,
    ValidationRules: rules,
    AlertEnabled: draft.alert,
    AvailabilityTarget: Number(draft.objective),
  };
}

function headersOf(text: string): { key: string; value: string }[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      const at = line.indexOf(":");
      return at < 0
        ? { key: line, value: "" }
        : { key: line.slice(0, at).trim(), value: line.slice(at + 1).trim() };
    });
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function fromBase64(text: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)));
  } catch {
    return "";
  }
}
