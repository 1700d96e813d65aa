import { expect, test } from "vitest";
import {
  emptyDocument,
  newItem,
  readDocument,
  withAdded,
  withItem,
  withMoved,
  type Document,
  type Item,
} from "./document";
import {
  filledIn,
  identityOf,
  isShown,
  lastText,
  missingIn,
  ownChoices,
  valuesOf,
  type Choice,
} from "./parameters";
import { metricItem, tileItem } from "./pinned";

const HOUR = 3_600_000;
const SPAN = { start: Date.UTC(2026, 10, 21, 8), end: Date.UTC(2026, 10, 21, 12) };

function given(asked: Record<string, string> = {}, choices: Record<string, Choice[]> = {}) {
  return {
    asked: (name: string) => asked[name] ?? null,
    span: SPAN,
    isSpanAsked: false,
    choices: (one: { name: string }) => ownChoices(one as never) ?? choices[one.name],
  };
}

function withParameters(parameters: object[], items: Item[] = []): Document {
  const item = { type: 9, content: { parameters } } as Item;
  return { version: "Notebook/1.0", items: [item, ...items] };
}

test("a document is read as such, in a resource and in a template; other JSON says why not", () => {
  const document = { version: "Notebook/1.0", items: [{ type: 1, content: { json: "x" } }], own: 1 };
  const inResource = { properties: { serializedData: JSON.stringify(document) } };
  const inTemplate = { resources: [{ type: "w", properties: inResource.properties }] };
  for (const one of [document, inResource, inTemplate]) {
    expect(readDocument(JSON.stringify(one))).toEqual(document);
  }
  expect(readDocument("{")).toMatch(/no JSON/);
  for (const text of ["[]", "null", "3", '{"a":1}', '{"properties":{}}']) {
    expect(readDocument(text)).toMatch(/no workbook/);
  }
  expect(readDocument('{"items":[1,null,{"type":99}]}')).toEqual({
    version: "Notebook/1.0",
    items: [{ type: 99 }],
  });
});

test("items are replaced, added, moved and removed at any depth, and the others stay", () => {
  const text = (json: string): Item => ({ type: 1, content: { json } });
  const group: Item = { type: 12, content: { items: [text("a"), text("b")] }, extra: 1 };
  const items = [text("x"), group];
  const read = (list: Item[]): unknown[] =>
    list.map((one) => one.content?.json ?? read(one.content?.items ?? []));
  expect(read(withItem(items, [1, 0], text("c")))).toEqual(["x", ["c", "b"]]);
  expect(read(withItem(items, [1, 0], null))).toEqual(["x", ["b"]]);
  expect(read(withAdded(items, [1, 1], text("c")))).toEqual(["x", ["a", "b", "c"]]);
  expect(read(withAdded([], [-1], text("c")))).toEqual(["c"]);
  expect(read(withMoved(items, [1, 0], 1))).toEqual(["x", ["b", "a"]]);
  expect(read(withMoved(items, [0], -1))).toEqual(["x", ["a", "b"]]);
  expect(read(withMoved(items, [0], 1))).toEqual([["a", "b"], "x"]);
  expect(withItem(items, [1, 0], null)[1]?.extra).toBe(1);
  expect(read(items)).toEqual(["x", ["a", "b"]]);
});

test("the time is the page's when the address names it, else the document's own", () => {
  const document = withParameters([{ name: "T", type: 4, value: { durationMs: HOUR } }]);
  const query = "where t {T} | bin {T:grain} | {T:start} {T:label}";
  expect(filledIn(query, valuesOf(document, given()))).toBe(
    "where t between (datetime(2026-11-21T11:00:00.000Z) .. datetime(2026-11-21T12:00:00.000Z))" +
      " | bin 15s | datetime(2026-11-21T11:00:00.000Z) Last hour",
  );
  const asked = valuesOf(document, { ...given(), isSpanAsked: true });
  expect(filledIn("{T:startISO}/{T:endISO} {T:seconds}", asked)).toBe(
    "2026-11-21T08:00:00.000Z/2026-11-21T12:00:00.000Z 14400",
  );
  const chosen = valuesOf(document, { ...given({ T: String(2 * HOUR) }), isSpanAsked: true });
  expect(filledIn("{T:start}", chosen)).toBe("datetime(2026-11-21T10:00:00.000Z)");
  expect(identityOf(query, chosen)).toBe(query);
});

test("texts and choices stand in queries; several are quoted; what is unknown stays", () => {
  const document = withParameters([
    { name: "Text", type: 1, value: "a" },
    { name: "One", type: 2, jsonData: '["x", {"value": "y", "label": "Why", "selected": true}]' },
    { name: "Many", type: 2, multiSelect: true, jsonData: '["x","y"]', value: ["value::all"] },
    { name: "Asked", type: 2, query: "requests | distinct name" },
  ]);
  const values = valuesOf(document, given());
  expect(filledIn("{Text} {One} {One:label} {Many} {None} {Asked}", values)).toBe(
    "a y Why 'x','y' {None} {Asked}",
  );
  expect(missingIn("{Text} {Asked} {None}", document, values)).toEqual(["Asked"]);
  const some = { Asked: [{ value: "GET /", label: "GET /" }] };
  const told = valuesOf(document, given({ Many: '["y"]', Text: "b", Asked: "GET /" }, some));
  expect(filledIn("{Text} {Many} {Asked}", told)).toBe("b 'y' GET /");
  expect(filledIn("[{Many}]", valuesOf(document, given({ Many: "[]" })))).toBe("[]");
});

test("tabs show their first part until another is chosen", () => {
  const links = [
    { cellValue: "tab", linkTarget: "parameter", subTarget: "one" },
    { cellValue: "tab", linkTarget: "parameter", subTarget: "two" },
  ];
  const document = withParameters([], [{ type: 11, content: { style: "tabs", links } }]);
  const item = (comparison: string): Item => ({
    type: 1,
    conditionalVisibility: { parameterName: "tab", comparison, value: "one" },
  });
  const first = valuesOf(document, given());
  expect([isShown(item("isEqualTo"), first), isShown(item("isNotEqualTo"), first)]).toEqual([true, false]);
  const second = valuesOf(document, given({ tab: "two" }));
  expect([isShown(item("isEqualTo"), second), isShown(item("isNotEqualTo"), second)]).toEqual([false, true]);
  expect(isShown({ type: 1 }, first)).toBe(true);
});

test("a pinned tile asks over the workbook's time", () => {
  const kql = [
    "let start = datetime(2026-11-21T08:00:00.0000000Z);",
    "let end = datetime(2026-11-21T12:00:00.0000000Z);",
    "let grain = timespan(0.00:01:00.0000000);",
    'let op = "let start = datetime(1);";',
    "requests",
  ].join("\n");
  const columns = [
    { name: "bucket", type: "datetime" as const },
    { name: "failed", type: "long" as const },
  ];
  const picture = tileItem("Failed", { kql, columns, rows: [] }, ["failed"]);
  expect(picture.content?.query).toBe(
    'let start = {TimeRange:start};\nlet end = {TimeRange:end};\nlet grain = {TimeRange:grain};\nlet op = "let start = datetime(1);";\nrequests',
  );
  expect(picture.content?.visualization).toBe("timechart");
  expect(picture.content?.chartSettings).toEqual({ xAxis: "bucket", yAxis: ["failed"] });
  expect(tileItem("List", { kql, columns, rows: [] }, null).content?.visualization).toBe("table");
  const document = emptyDocument();
  expect(readDocument(JSON.stringify({ ...document, items: [picture, newItem("query")] }))).toEqual({
    ...document,
    items: [picture, newItem("query")],
  });
});

test("a pinned metric says the same in Azure's words", () => {
  const chart = {
    namespace: "custom" as const,
    metric: "prompt view",
    aggregation: "max" as const,
    split: "",
    kind: "bar" as const,
    compare: false,
    filters: [],
  };
  const { content } = metricItem(chart, "Maximum of prompt view");
  expect(content?.metrics?.[0]).toEqual({
    namespace: "azure.applicationinsights",
    metric: "azure.applicationinsights--prompt view",
    aggregation: 3,
    splitBy: null,
  });
  expect(content?.openinsights).toBe(chart);
  const byRole = metricItem({ ...chart, split: "role" }, "").content?.metrics?.[0];
  expect(byRole?.splitBy).toBe("cloud/roleName");
});

test("lengths of time read as people say them", () => {
  expect([HOUR, 4 * HOUR, 90 * 60_000, 86_400_000, 1_500].map(lastText)).toEqual([
    "Last hour",
    "Last 4 hours",
    "Last 90 minutes",
    "Last day",
    "Last 2 seconds",
  ]);
});
