/** A workbook's document: Azure's JSON of items, with every part that is not known here kept. */

export interface Item {
  type: number;
  content?: Content;
  name?: string;
  customWidth?: string;
  conditionalVisibility?: Visibility;
  conditionalVisibilities?: Visibility[];
  [more: string]: unknown;
}

export interface Visibility {
  parameterName?: string;
  comparison?: string;
  value?: string;
}

/** The content of an item of any kind; which parts there are depends on the kind. */
export interface Content {
  json?: string;
  style?: string;
  title?: string;
  query?: string;
  queryType?: number;
  visualization?: string;
  size?: number;
  timeContext?: { durationMs?: number };
  timeContextFromParameter?: string;
  chartSettings?: { xAxis?: string; yAxis?: string[]; group?: string };
  tileSettings?: Record<string, { columnMatch?: string } | undefined>;
  parameters?: Parameter[];
  links?: LinkLine[];
  items?: Item[];
  groupType?: string;
  expandable?: boolean;
  metrics?: { namespace?: string; metric?: string; aggregation?: number; splitBy?: string | null }[];
  chartType?: number;
  openinsights?: unknown;
  [more: string]: unknown;
}

export interface Parameter {
  name: string;
  label?: string;
  type: number;
  value?: unknown;
  query?: string;
  jsonData?: string;
  multiSelect?: boolean;
  quote?: string;
  delimiter?: string;
  description?: string;
  isHiddenWhenLocked?: boolean;
  typeSettings?: { selectableValues?: { durationMs: number }[]; allowCustom?: boolean };
  [more: string]: unknown;
}

export interface LinkLine {
  id?: string;
  cellValue?: string;
  linkTarget?: string;
  linkLabel?: string;
  subTarget?: string;
  [more: string]: unknown;
}

export interface Document {
  version: string;
  items: Item[];
  [more: string]: unknown;
}

export const KIND = { text: 1, query: 3, parameters: 9, metric: 10, links: 11, group: 12 } as const;

/** What Azure calls the kinds that have no picture here. */
const OTHER_KINDS: Record<number, string> = {
  2: "Links of an earlier format",
  4: "Query of an earlier format",
  5: "Metrics of an earlier format",
  6: "Parameters of an earlier format",
  7: "Cohort",
  8: "Retention",
  13: "Part of a template",
};

export function kindName(type: number): string {
  return OTHER_KINDS[type] ?? `Item of kind ${type}`;
}

const FORMAT = "Notebook/1.0";
const SCHEMA =
  "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json";
const HOUR_MS = 3_600_000;

/** A document with the time as its only parameter. */
export function emptyDocument(): Document {
  const durations = [1, 4, 24, 72, 168, 720].map((hours) => ({ durationMs: hours * HOUR_MS }));
  const parameter: Parameter = {
    id: crypto.randomUUID(),
    version: "KqlParameterItem/1.0",
    name: TIME,
    label: "Time range",
    type: 4,
    isRequired: true,
    value: { durationMs: 4 * HOUR_MS },
    typeSettings: { selectableValues: durations, allowCustom: true },
  };
  const content = { version: "KqlParameterItem/1.0", parameters: [parameter], style: "pills" };
  return {
    version: FORMAT,
    items: [{ type: KIND.parameters, content, name: "parameters" }],
    $schema: SCHEMA,
  };
}

/** The parameter that the items of our own documents take their time from. */
export const TIME = "TimeRange";

export type NewKind = "text" | "query" | "metric" | "parameters" | "links" | "group";

/** A new item; a metric is made where charts are known. */
export function newItem(kind: Exclude<NewKind, "metric">): Item {
  if (kind === "parameters") {
    const content = { version: "KqlParameterItem/1.0", parameters: [], style: "pills" };
    return { type: KIND.parameters, content, name: "parameters" };
  }
  if (kind === "links") {
    const content = { version: "LinkItem/1.0", style: "list", links: [] };
    return { type: KIND.links, content, name: "links" };
  }
  if (kind === "text") {
    return { type: KIND.text, content: { json: "## Title\n\nText" }, name: "text" };
  }
  if (kind === "group") {
    const content = { version: "NotebookGroup/1.0", groupType: "editable", title: "Group", items: [] };
    return { type: KIND.group, content, name: "group" };
  }
  return queryItem(
    "requests\n| summarize count() by bin(timestamp, {TimeRange:grain})",
    "",
    "timechart",
  );
}

export function queryItem(query: string, title: string, visualization: string): Item {
  const content: Content = {
    version: "KqlItem/1.0",
    query,
    size: 0,
    ...(title ? { title } : {}),
    timeContextFromParameter: TIME,
    queryType: 0,
    resourceType: "microsoft.insights/components",
    visualization,
  };
  return { type: KIND.query, content, name: "query" };
}

/** Reads a document; a sentence says why a text is none. */
export function readDocument(text: string): Document | string {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (problem) {
    return `This is no JSON: ${problem instanceof Error ? problem.message : String(problem)}`;
  }
  const found = documentIn(read);
  if (!found) return "This JSON is no workbook: it has no list of items.";
  return found;
}

/** The document itself, or the one inside a resource or a template of Azure's. */
function documentIn(read: unknown): Document | null {
  if (typeof read !== "object" || read === null) return null;
  const object = read as Record<string, unknown>;
  if (Array.isArray(object.items)) {
    const { version } = object;
    const items = object.items.filter(isItem);
    return { ...object, version: typeof version === "string" ? version : FORMAT, items };
  }
  const resources: unknown = object.resources;
  const inner: unknown[] = [object.properties];
  if (Array.isArray(resources)) inner.push(...(resources as unknown[]));
  for (const one of inner) {
    if (typeof one !== "object" || one === null) continue;
    const data = (one as Record<string, unknown>).serializedData;
    const document = typeof data === "string" ? readDocument(data) : documentIn(one);
    if (document && typeof document !== "string") return document;
  }
  return null;
}

function isItem(one: unknown): one is Item {
  return typeof one === "object" && one !== null && typeof (one as Item).type === "number";
}

/** Items of a group that lies in a document by its places: [2, 0] is the first item of the third. */
export type Place = number[];

/** The items with the one at a place replaced, or taken out for null. */
export function withItem(items: Item[], [at = 0, ...rest]: Place, next: Item | null): Item[] {
  if (rest.length === 0) {
    return next === null
      ? items.filter((_, index) => index !== at)
      : items.map((one, index) => (index === at ? next : one));
  }
  return within(items, at, (inner) => withItem(inner, rest, next));
}

/** The items with one more behind a place. */
export function withAdded(items: Item[], [at = 0, ...rest]: Place, added: Item): Item[] {
  if (rest.length === 0) return [...items.slice(0, at + 1), added, ...items.slice(at + 1)];
  return within(items, at, (inner) => withAdded(inner, rest, added));
}

/** The items with the one at a place moved by so many places among its neighbours. */
export function withMoved(items: Item[], [at = 0, ...rest]: Place, by: number): Item[] {
  if (rest.length > 0) return within(items, at, (inner) => withMoved(inner, rest, by));
  const to = at + by;
  const moved = items[at];
  if (!moved || to < 0 || to >= items.length) return items;
  const others = items.filter((_, index) => index !== at);
  return [...others.slice(0, to), moved, ...others.slice(to)];
}

function within(items: Item[], at: number, change: (inner: Item[]) => Item[]): Item[] {
  return items.map((one, index) =>
    index === at
      ? { ...one, content: { ...one.content, items: change(one.content?.items ?? []) } }
      : one,
  );
}
