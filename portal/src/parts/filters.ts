/** What every tile of a view is narrowed to; held by the address as `f=role:orders-api`. */

import { navigate, useAddress } from "../shell/address";

export interface Filter {
  dimension: string;
  value: string;
  leavesOut: boolean;
}

/** The dimensions that people choose from; any key of customDimensions is one too. */
export const DIMENSIONS: Record<string, string> = {
  role: "Role",
  instance: "Instance",
  version: "Version",
  operation: "Operation",
  code: "Result code",
  type: "Type",
  target: "Target",
  problem: "Problem",
  success: "Success",
  severity: "Severity",
  user: "User",
  session: "Session",
  browser: "Browser",
  country: "Country",
  city: "City",
  kind: "Event type",
  client: "Client type",
  synthetic: "Synthetic source",
};

const COLUMNS: Record<string, string> = {
  cloud_RoleName: "role",
  cloud_RoleInstance: "instance",
  application_Version: "version",
  operation_Name: "operation",
  resultCode: "code",
  name: "operation",
  success: "success",
  client_Browser: "browser",
  client_CountryOrRegion: "country",
  client_City: "city",
  user_Id: "user",
  session_Id: "session",
  severityLevel: "severity",
  problemId: "problem",
  itemType: "kind",
  client_Type: "client",
  operation_SyntheticSource: "synthetic",
};

export function parseFilter(text: string): Filter | null {
  const at = text.indexOf(":");
  if (at < 1) return null;
  const leavesOut = text.startsWith("-");
  return { dimension: text.slice(leavesOut ? 1 : 0, at), value: text.slice(at + 1), leavesOut };
}

export function filterText({ dimension, value, leavesOut }: Filter): string {
  return `${leavesOut ? "-" : ""}${dimension}:${value}`;
}

export function dimensionLabel(dimension: string): string {
  return DIMENSIONS[dimension] ?? dimension.replace(/^dim\./, "");
}

/** A filter as people read it. */
export function filterLabel({ dimension, value, leavesOut }: Filter): string {
  return `${dimensionLabel(dimension)} ${leavesOut ? "≠" : "="} ${value || "(empty)"}`;
}

/** The dimension that a column of telemetry stands for; other names are keys of customDimensions. */
export function dimensionOf(column: string): string {
  return COLUMNS[column] ?? `dim.${column}`;
}

export function filtersIn(search: URLSearchParams): Filter[] {
  return search
    .getAll("f")
    .map(parseFilter)
    .filter((one) => one !== null);
}

export function useFilters(): Filter[] {
  return filtersIn(useAddress().search);
}

function setFilters(filters: Filter[]): void {
  const search = new URLSearchParams(location.search);
  search.delete("f");
  for (const filter of filters) search.append("f", filterText(filter));
  const query = search.toString();
  navigate(location.pathname + (query ? `?${query}` : ""));
}

/** Adds a filter; one that says the opposite of the same value goes. */
export function addFilter(filter: Filter): void {
  const others = filtersIn(new URLSearchParams(location.search)).filter(
    (one) => one.dimension !== filter.dimension || one.value !== filter.value,
  );
  setFilters([...others, filter]);
}

export function removeFilter(filter: Filter): void {
  const gone = filterText(filter);
  const all = filtersIn(new URLSearchParams(location.search));
  setFilters(all.filter((one) => filterText(one) !== gone));
}

export function removeAllFilters(): void {
  setFilters([]);
}
