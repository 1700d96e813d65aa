import { expect, test } from "vitest";
import { itemsOf, preciseMs, type Item } from "./items";
import { linesOf } from "./lines";
import { criticalPath, shownStart, timeByComponent, transactionOf } from "./tree";
import { ticksOf } from "./window";

function span(id: string, parentId: string, start: number, durationMs: number, rest = {}): Item {
  return {
    key: id,
    kind: "dependency",
    id,
    parentId,
    name: id,
    target: "",
    type: "InProc",
    start,
    durationMs,
    failed: false,
    resultCode: "",
    role: "web",
    instance: "web-1",
    severity: null,
    itemCount: 1,
    cells: new Map(),
    ...rest,
  };
}

const NONE: ReadonlySet<string> = new Set();

function names(items: Item[]): string[] {
  return linesOf(transactionOf(items), NONE, true).map(
    (line) => `${" ".repeat(line.depth)}${line.key}`,
  );
}

test("children stand below their parents in the order of time", () => {
  expect(names([span("c", "a", 5, 1), span("a", "", 0, 10), span("b", "a", 1, 2)])).toEqual([
    "a",
    " b",
    " c",
  ]);
});

test("spans whose parent is missing stand together below it", () => {
  expect(names([span("a", "gone", 0, 1), span("b", "gone", 1, 1), span("r", "", 0, 1)])).toEqual([
    "missing gone",
    " a",
    " b",
    "r",
  ]);
});

test("parents in a circle hang nowhere and lose nothing", () => {
  const told = transactionOf([span("a", "b", 0, 1), span("b", "a", 0, 1), span("c", "b", 0, 1)]);
  expect(linesOf(told, NONE, true)).toHaveLength(3);
});

test("a span that names itself as its parent is a root", () => {
  expect(names([span("a", "a", 0, 1)])).toEqual(["a"]);
});

test("two spans of one id are both shown", () => {
  const twice = [span("a", "", 0, 3), { ...span("a", "", 1, 1), key: "a2" }];
  expect(names(twice)).toEqual(["a", "a2"]);
});

test("a chain of ten thousand spans needs no stack", () => {
  const chain = Array.from({ length: 10_000 }, (_, n) =>
    span(`s${n}`, n ? `s${n - 1}` : "", n, 20_000 - n),
  );
  expect(linesOf(transactionOf(chain), NONE, true)).toHaveLength(10_000);
  expect(criticalPath(transactionOf(chain)).length).toBeGreaterThan(0);
});

test("many equal leaves are one line until it is opened", () => {
  const calls = Array.from({ length: 12 }, (_, n) =>
    span(`q${n}`, "a", n, 1, { name: "SELECT", key: `q${n}` }),
  );
  const told = transactionOf([span("a", "", 0, 20), ...calls]);
  expect(linesOf(told, NONE, true).map((line) => line.kind)).toEqual(["span", "group"]);
  expect(linesOf(told, new Set(["group q0"]), true)).toHaveLength(14);
});

test("a call whose clock differs is drawn inside its caller", () => {
  const told = transactionOf([
    span("a", "", 0, 100),
    span("b", "a", 500, 60, { role: "api", instance: "api-1", kind: "request" }),
    span("c", "b", 510, 10, { role: "api", instance: "api-1" }),
  ]);
  const [b, c] = [told.spans.get("b"), told.spans.get("c")];
  expect(b && shownStart(b)).toBe(20);
  expect(c && shownStart(c)).toBe(30);
  expect(told.end).toBe(100);
});

test("own time counts overlapping children once", () => {
  const told = transactionOf([
    span("a", "", 0, 100),
    span("b", "a", 10, 40),
    span("c", "a", 30, 40),
  ]);
  expect(told.spans.get("a")?.selfMs).toBe(40);
});

test("time belongs to components, and of unanswered calls to what they call", () => {
  const told = transactionOf([
    span("a", "", 0, 100, { kind: "request" }),
    span("b", "a", 0, 60, { type: "SQL", target: "orders.db" }),
  ]);
  expect(timeByComponent(told).map(({ name, ms }) => [name, ms])).toEqual([
    ["orders.db", 60],
    ["web", 40],
  ]);
});

test("the critical path is gapless and follows what ends last", () => {
  const told = transactionOf([
    span("a", "", 0, 100),
    span("b", "a", 10, 30),
    span("c", "a", 20, 70),
    span("d", "c", 30, 20),
  ]);
  const path = criticalPath(told);
  expect(path.map(({ key, start, end }) => [key, start, end])).toEqual([
    ["a", 0, 20],
    ["c", 20, 30],
    ["d", 30, 50],
    ["c", 50, 90],
    ["a", 90, 100],
  ]);
});

test("moments of a span are below it when asked for, and never lost", () => {
  const thrown = span("x", "a", 3, 0, { kind: "exception", id: "", key: "x" });
  const loose = span("y", "nowhere", 4, 0, { kind: "trace", id: "", key: "y" });
  const items = [span("a", "", 0, 10), thrown, loose];
  expect(names(items)).toEqual(["a", " x", "y"]);
  expect(linesOf(transactionOf(items), NONE, false)).toHaveLength(1);
  expect(transactionOf([loose]).loose).toHaveLength(1);
});

test("times keep what is finer than a millisecond", () => {
  const whole = Date.parse("2026-11-21T07:02:11.204Z");
  expect(preciseMs("2026-11-21T07:02:11.2041234Z") - whole).toBeCloseTo(0.1234, 3);
  expect(preciseMs("2026-11-21T07:02:11Z")).toBe(Date.parse("2026-11-21T07:02:11Z"));
});

test("rows become items by their table", () => {
  const columns = ["table_name", "id", "name", "timestamp", "duration", "success", "itemId"].map(
    (name) => ({ name, type: "string" as const }),
  );
  const row = ["requests", "1", "GET /", "2026-11-21T07:02:11Z", 12.5, "False", "i1"];
  const reply = { columns, rows: [row] } as unknown as Parameters<typeof itemsOf>[0];
  expect(itemsOf(reply)[0]).toMatchObject({ kind: "request", failed: true, durationMs: 12.5 });
});

test("ticks are round and lie in the window", () => {
  expect(ticksOf({ start: 0, end: 1_000 }, 0)).toEqual([0, 200, 400, 600, 800, 1_000]);
  expect(ticksOf({ start: 130, end: 190 }, 100)).toEqual([30, 40, 50, 60, 70, 80, 90]);
});
