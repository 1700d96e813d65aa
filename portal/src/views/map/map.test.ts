import { expect, test } from "vitest";
import type { Row } from "../../lib/useTile";
import {
  CLIENT,
  componentId,
  componentIn,
  EVERYTHING,
  familyOf,
  folded,
  FOLDED_ABOVE,
  graphOf,
  narrowed,
  type Graph,
} from "./graph";
import { laidOut } from "./layout";
import { topologyOf } from "./shape";
import { nodeTowards } from "./walk";

function row(cells: Record<string, string | number | boolean>): Row {
  return {
    number: (name) => Number(cells[name] ?? NaN),
    text: (name) => String(cells[name] ?? ""),
    instant: () => NaN,
  };
}

function edgeRow(caller: string, node: string, more: Record<string, string | number | boolean>) {
  return row({ caller, node, calls: 10, failed: 0, avg_ms: 20, p95_ms: 40, ...more });
}

const SHOP = graphOf(
  [
    row({ role: "web", calls: 100, failed: 2, avg_ms: 50, p95_ms: 90, instances: 2, items: 300 }),
    row({ role: "orders", calls: 40, failed: 0, avg_ms: 30, p95_ms: 60, instances: 1, items: 90 }),
    row({ role: "jobs", calls: 0, failed: 0, instances: 1, items: 5 }),
  ],
  [
    edgeRow("web", "orders", { is_component: true, type: "HTTP" }),
    edgeRow("web", "orders", { is_component: true, type: "gRPC", calls: 30, avg_ms: 60, failed: 1 }),
    edgeRow("orders", "SQL|shop.db", { type: "SQL" }),
    edgeRow("web", "SQL|shop.db", { type: "SQL", avg_ms: 40, calls: 30 }),
    edgeRow("web", "HTTP|api.cards.example", { type: "HTTP", failed: 5, avg_ms: 900 }),
  ],
  [row({ role: "web", calls: 100, failed: 2, avg_ms: 50, p95_ms: 90 })],
);

function labels(graph: Graph): string[] {
  return graph.nodes.map((node) => node.label).sort();
}

test("roles of all tables are nodes, and edges of two protocols are one", () => {
  expect(labels(SHOP)).toEqual(["Clients", "api.cards.example", "jobs", "orders", "shop.db", "web"]);
  const [web, orders] = [componentId("web", ""), componentId("orders", "")];
  const edge = SHOP.edges.find((one) => one.from === web && one.to === orders);
  expect(edge).toMatchObject({ calls: 40, failed: 1, avgMs: 50, p95Ms: 40 });
  expect(SHOP.nodes.find((one) => one.label === "shop.db")).toMatchObject({
    kind: "dependency",
    calls: 40,
    avgMs: 35,
  });
  expect(SHOP.edges.find((one) => one.from === CLIENT)?.to).toBe(web);
});

test("a role that is only called, or only calls, is a node", () => {
  const graph = graphOf([], [edgeRow("a", "b", { is_component: true })], []);
  expect(labels(graph)).toEqual(["a", "b"]);
  expect(graphOf([row({ role: "", calls: 0, items: 1 })], [], []).nodes[0]?.label).toBe("(no role)");
  const beside = graphOf(
    [row({ role: "", calls: 0, items: 9 }), row({ role: "web", calls: 3, items: 3 })],
    [],
    [],
  );
  expect(beside.nodes.map((node) => node.label)).toEqual(["web"]);
});

test("ids of components are read back, others are not", () => {
  expect(componentIn(componentId("a|b c", "ünï"))).toEqual({ role: "a|b c", instance: "ünï" });
  expect(componentIn(componentId("", ""))).toEqual({ role: "", instance: "" });
  expect([CLIENT, "dxx", "c%%%", ""].map(componentIn)).toEqual([null, null, null, null]);
});

test("conditions on edges and nodes hold together", () => {
  const only = (by: Partial<typeof EVERYTHING>) => labels(narrowed(SHOP, { ...EVERYTHING, ...by }));
  expect(only({})).toEqual(labels(SHOP));
  expect(only({ failedPercent: 40 })).toEqual(["api.cards.example", "web"]);
  expect(only({ avgMs: 60 })).toEqual(["api.cards.example", "web"]);
  expect(only({ calls: 100 })).toEqual(["Clients", "web"]);
  expect(only({ onlyBad: true })).toEqual(["Clients", "api.cards.example", "orders", "web"]);
  expect(only({ name: "SHOP.db" })).toEqual(["orders", "shop.db", "web"]);
  expect(only({ name: "sql" })).toEqual(["orders", "shop.db", "web"]);
  expect(only({ name: "nobody" })).toEqual([]);
  expect(only({ near: componentId("orders", "") })).toEqual(["orders", "shop.db", "web"]);
  expect(only({ near: componentId("jobs", "") })).toEqual(["jobs"]);
  expect(only({ name: "shop.db", failedPercent: 40 })).toEqual([]);
  const near = narrowed(SHOP, { ...EVERYTHING, near: componentId("orders", "") });
  expect(near.edges).toHaveLength(2);
});

function big(size: number, edges: number): Graph {
  let seed = 7;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  const rows = [];
  for (let to = 1; to < size; to += 1) {
    const from = Math.floor(random() * to * 0.6);
    rows.push(edgeRow(`r${from}`, `r${to}`, { is_component: true }));
  }
  while (rows.length < edges) {
    const [a, b] = [Math.floor(random() * size), Math.floor(random() * size)];
    if (a !== b) rows.push(edgeRow(`r${a}`, `r${b}`, { is_component: true }));
  }
  return graphOf([], rows, []);
}

test("what one role calls by one protocol is folded when there is too much", () => {
  const rows = Array.from({ length: 80 }, (_, n) =>
    edgeRow("web", `HTTP|host${n}`, { type: "HTTP", failed: n === 3 ? 5 : 0 }),
  );
  const shared = [
    edgeRow("web", "SQL|db", { type: "SQL" }),
    edgeRow("jobs", "SQL|db", { type: "SQL" }),
    edgeRow("web", "Redis|one", { type: "Redis" }),
  ];
  const graph = graphOf([], [...rows, ...shared], []);
  expect(folded(SHOP, FOLDED_ABOVE)).toBe(SHOP);
  const small = folded(graph, FOLDED_ABOVE);
  expect(labels(small)).toEqual(["HTTP × 80", "db", "jobs", "one", "web"]);
  const group = small.nodes.find((node) => node.kind === "group");
  expect(group).toMatchObject({ calls: 800, failed: 5, avgMs: 20 });
  expect(group?.members).toHaveLength(80);
  expect(small.edges.filter((edge) => edge.to === group?.id)).toMatchObject([{ calls: 800 }]);
});

const SIZE = { width: 190, height: 56 };

function wantedOf(graph: Graph) {
  return { nodes: graph.nodes.map(({ id }) => ({ id, ...SIZE })), edges: graph.edges };
}

test("callers stand left of what they call, and nothing lies on anything else", () => {
  const placed = laidOut(wantedOf(SHOP));
  for (const { from, to } of SHOP.edges) {
    expect(placed.nodes[from]?.x).toBeLessThan(placed.nodes[to]?.x ?? 0);
  }
  for (const graph of [SHOP, big(60, 90)]) {
    const places = Object.values(laidOut(wantedOf(graph)).nodes);
    expect(places).toHaveLength(graph.nodes.length);
    places.forEach((a, at) => {
      for (const b of places.slice(at + 1)) {
        expect(Math.abs(a.x - b.x) >= SIZE.width || Math.abs(a.y - b.y) >= SIZE.height).toBe(true);
      }
    });
  }
});

test("cycles and calls to oneself are placed too", () => {
  const rows = [
    edgeRow("a", "b", { is_component: true }),
    edgeRow("b", "a", { is_component: true }),
    edgeRow("a", "a", { is_component: true }),
  ];
  const graph = graphOf([], rows, []);
  const placed = laidOut(wantedOf(graph));
  expect(placed.edges).toHaveLength(3);
  expect(placed.edges.every((edge) => edge.points.length > 1)).toBe(true);
});

test("the shape of a graph does not depend on its numbers", () => {
  const more = { ...SHOP, edges: SHOP.edges.map((edge) => ({ ...edge, calls: edge.calls + 1 })) };
  expect(topologyOf(wantedOf(more))).toBe(topologyOf(wantedOf(SHOP)));
  const fewer = { ...SHOP, edges: SHOP.edges.slice(1) };
  expect(topologyOf(wantedOf(fewer))).not.toBe(topologyOf(wantedOf(SHOP)));
});

test("arrow keys find the node that lies there", () => {
  const nodes = {
    here: { x: 100, y: 100 },
    right: { x: 300, y: 110 },
    nearer: { x: 200, y: 300 },
    above: { x: 100, y: 0 },
  };
  expect(nodeTowards(nodes, "here", "ArrowRight")).toBe("right");
  expect(nodeTowards(nodes, "here", "ArrowUp")).toBe("above");
  expect(nodeTowards(nodes, "here", "ArrowDown")).toBe("nearer");
  expect(nodeTowards(nodes, "here", "ArrowLeft")).toBeNull();
  expect(nodeTowards(nodes, "gone", "ArrowLeft")).toBeNull();
});

test("types of dependencies have families", () => {
  const families = ["SQL", "mongodb", "HTTP", "redis", "Azure Service Bus", "Azure blob", ""];
  expect(families.map(familyOf)).toEqual([
    "database",
    "database",
    "web",
    "cache",
    "queue",
    "storage",
    "web",
  ]);
});
