/** Who calls whom: nodes and edges out of the tiles' rows, narrowed and folded. */

import type { Row } from "../../lib/useTile";
import { chosenText, readChosen } from "../../parts/chosen";

/** From this share of failed calls on a node or an edge is red. */
export const BAD_PERCENT = 1;
/** Above so many nodes, what one role calls by one protocol becomes one node. */
export const FOLDED_ABOVE = 60;
/** Above so many nodes there is no picture. */
export const DRAWN_MOST = 150;

export interface Numbers {
  calls: number;
  failed: number;
  avgMs: number;
  p95Ms: number;
}

export interface MapNode extends Numbers {
  id: string;
  kind: "client" | "component" | "dependency" | "group";
  label: string;
  /** The protocol of a dependency, and what it reaches. */
  type: string;
  target: string;
  role: string;
  instance: string;
  /** How many instances a role has. */
  instances: number;
  /** Items of any table that a role sent. */
  items: number;
  /** The resource that a role reports to. */
  app: string;
  /** What was folded into a group. */
  members: string[];
}

export interface MapEdge extends Numbers {
  from: string;
  to: string;
}

export interface Graph {
  nodes: MapNode[];
  edges: MapEdge[];
}

export const CLIENT = "client";

export function componentId(role: string, instance: string): string {
  return `c${chosenText([role, instance, "c"])}`;
}

function dependencyId(node: string): string {
  return `d${chosenText([node])}`;
}

/** The role and instance that an id stands for; null when it is no component's. */
export function componentIn(id: string): { role: string; instance: string } | null {
  if (!id.startsWith("c") || id === CLIENT) return null;
  const [role = "", instance = "", mark] = readChosen(id.slice(1), 3);
  return mark === "c" ? { role, instance } : null;
}

export function failedPercent({ calls, failed }: Numbers): number {
  return calls > 0 ? (100 * failed) / calls : 0;
}

export function isBad(numbers: Numbers): boolean {
  return failedPercent(numbers) >= BAD_PERCENT;
}

const NOTHING: Numbers = { calls: 0, failed: 0, avgMs: NaN, p95Ms: NaN };

function numbersOf(row: Row): Numbers {
  return {
    calls: row.number("calls"),
    failed: row.number("failed"),
    avgMs: row.number("avg_ms"),
    p95Ms: row.number("p95_ms"),
  };
}

/** Calls of both; averages weigh what they stand for, of percentiles the greater stays. */
function together(a: Numbers, b: Numbers): Numbers {
  if (!a.calls) return b;
  if (!b.calls) return a;
  const calls = a.calls + b.calls;
  return {
    calls,
    failed: a.failed + b.failed,
    avgMs: (a.avgMs * a.calls + b.avgMs * b.calls) / calls,
    p95Ms: Math.max(a.p95Ms, b.p95Ms),
  };
}

function nodeOf(id: string, more: Partial<MapNode>): MapNode {
  return {
    ...NOTHING,
    id,
    kind: "component",
    label: "",
    type: "",
    target: "",
    role: "",
    instance: "",
    instances: 0,
    items: 0,
    app: "",
    members: [],
    ...more,
  };
}

function component(role: string, instance: string, more: Partial<MapNode>): MapNode {
  const label = role || "(no role)";
  return nodeOf(componentId(role, instance), {
    label: instance ? `${label} · ${instance}` : label,
    role,
    instance,
    ...more,
  });
}

/** Builds the graph; a role without requests is a node too, and so is one that is only called. */
export function graphOf(nodeRows: Row[], edgeRows: Row[], entryRows: Row[]): Graph {
  const nodes = new Map<string, MapNode>();
  const edges = new Map<string, MapEdge>();
  const link = (from: string, to: string, numbers: Numbers) => {
    const key = `${from} ${to}`;
    const known = edges.get(key);
    edges.set(key, { from, to, ...(known ? together(known, numbers) : numbers) });
  };
  for (const row of nodeRows) {
    const made = component(row.text("role"), row.text("instance"), {
      ...numbersOf(row),
      instances: row.number("instances"),
      items: row.number("items"),
      app: row.text("app"),
    });
    nodes.set(made.id, made);
  }
  const ensure = (role: string, instance: string): string => {
    const id = componentId(role, instance);
    if (!nodes.has(id)) nodes.set(id, component(role, instance, {}));
    return id;
  };
  for (const row of edgeRows) {
    const from = ensure(row.text("caller"), row.text("caller_instance"));
    const numbers = numbersOf(row);
    if (row.text("is_component") === "true") {
      link(from, ensure(row.text("node"), row.text("node_instance")), numbers);
      continue;
    }
    const name = row.text("node");
    const id = dependencyId(name);
    const known = nodes.get(id);
    const type = row.text("type");
    const target = name.slice(type.length + 1);
    nodes.set(id, {
      ...nodeOf(id, { kind: "dependency", label: target || type || "(no name)", type, target }),
      ...(known ? together(known, numbers) : numbers),
    });
    link(from, id, numbers);
  }
  for (const row of entryRows) {
    const to = ensure(row.text("role"), row.text("instance"));
    const numbers = numbersOf(row);
    const known = nodes.get(CLIENT);
    nodes.set(CLIENT, {
      ...nodeOf(CLIENT, { kind: "client", label: "Clients" }),
      ...(known ? together(known, numbers) : numbers),
    });
    link(CLIENT, to, numbers);
  }
  const all = { nodes: [...nodes.values()], edges: [...edges.values()] };
  return { ...all, nodes: withoutNameless(all) };
}

/** Telemetry without a role that neither serves nor calls, as of availability tests, is no component. */
function withoutNameless({ nodes, edges }: Graph): MapNode[] {
  const touched = ends(edges);
  const nameless = (node: MapNode) =>
    node.kind === "component" && !node.role && !(node.calls > 0) && !touched.has(node.id);
  const named = nodes.filter((node) => !nameless(node));
  return named.length ? named : nodes;
}

export interface Narrowing {
  /** Part of a node's name: such nodes, and what they call or are called by. */
  name: string;
  /** Edges with at least this share of failed calls, in percent. */
  failedPercent: number;
  /** Edges whose average is at least so long. */
  avgMs: number;
  /** Edges of at least so many calls. */
  calls: number;
  /** Without what does not fail. */
  onlyBad: boolean;
  /** This node and its neighbours. */
  near: string;
}

export const EVERYTHING: Narrowing = {
  name: "",
  failedPercent: 0,
  avgMs: 0,
  calls: 0,
  onlyBad: false,
  near: "",
};

/** What is left of a graph; the conditions hold together. */
export function narrowed(graph: Graph, by: Narrowing): Graph {
  const asksEdges = by.failedPercent > 0 || by.avgMs > 0 || by.calls > 0 || by.onlyBad;
  let edges = graph.edges.filter(
    (edge) =>
      failedPercent(edge) >= by.failedPercent &&
      (by.avgMs <= 0 || edge.avgMs >= by.avgMs) &&
      edge.calls >= by.calls &&
      (!by.onlyBad || isBad(edge)),
  );
  let nodes = graph.nodes;
  if (asksEdges) {
    const touched = ends(edges);
    nodes = nodes.filter((node) => touched.has(node.id) || (by.onlyBad && isBad(node)));
  }
  const words = by.name.toLowerCase().split(/\s+/).filter(Boolean);
  const centres = new Set<string>();
  if (words.length) {
    for (const node of nodes) {
      const text = `${node.label} ${node.type}`.toLowerCase();
      if (words.every((word) => text.includes(word))) centres.add(node.id);
    }
    ({ nodes, edges } = around({ nodes, edges }, centres));
  }
  if (by.near) ({ nodes, edges } = around({ nodes, edges }, new Set([by.near])));
  const left = new Set(nodes.map((node) => node.id));
  return { nodes, edges: edges.filter(({ from, to }) => left.has(from) && left.has(to)) };
}

function ends(edges: MapEdge[]): Set<string> {
  return new Set(edges.flatMap(({ from, to }) => [from, to]));
}

/** Some nodes, their neighbours, and the edges between the two. */
function around({ nodes, edges }: Graph, centres: Set<string>): Graph {
  const kept = edges.filter(({ from, to }) => centres.has(from) || centres.has(to));
  const near = ends(kept);
  return { nodes: nodes.filter(({ id }) => near.has(id) || centres.has(id)), edges: kept };
}

/** The graph with at most about `most` nodes: what only one role calls by one protocol is one node. */
export function folded(graph: Graph, most: number): Graph {
  if (graph.nodes.length <= most) return graph;
  const callers = new Map<string, Set<string>>();
  for (const { from, to } of graph.edges) {
    callers.set(to, (callers.get(to) ?? new Set()).add(from));
  }
  const groups = new Map<string, MapNode[]>();
  for (const node of graph.nodes) {
    const from = callers.get(node.id);
    if (node.kind !== "dependency" || from?.size !== 1) continue;
    const key = `g${chosenText([...from, node.type])}`;
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  const groupOf = new Map<string, string>();
  const made: MapNode[] = [];
  for (const [id, members] of groups) {
    if (members.length < 2) continue;
    for (const one of members) groupOf.set(one.id, id);
    const type = members[0]?.type ?? "";
    made.push({
      ...nodeOf(id, {
        kind: "group",
        label: `${type || "calls"} × ${members.length}`,
        type,
        members: members.map((one) => one.label),
      }),
      ...members.reduce<Numbers>(together, NOTHING),
    });
  }
  const edges = new Map<string, MapEdge>();
  for (const edge of graph.edges) {
    const to = groupOf.get(edge.to) ?? edge.to;
    const key = `${edge.from} ${to}`;
    const known = edges.get(key);
    edges.set(key, { ...edge, ...(known ? together(known, edge) : {}), to });
  }
  const left = graph.nodes.filter((node) => !groupOf.has(node.id));
  return { nodes: [...left, ...made], edges: [...edges.values()] };
}

/** What a node is in a sentence, for who does not see it. */
export function sentenceOf(node: MapNode, say: (numbers: Numbers) => string): string {
  const what = {
    client: "Callers from outside",
    component: "Component",
    dependency: `${node.type} dependency`,
    group: "Group of dependencies",
  }[node.kind];
  const bad = isBad(node) ? ", failing" : "";
  return `${what} ${node.label}${bad}: ${node.calls ? say(node) : "no calls"}`;
}

/** The type of a dependency as a family with an icon of its own. */
export function familyOf(type: string): "database" | "queue" | "cache" | "storage" | "web" {
  const name = type.toLowerCase();
  if (/redis|memcache|cache/.test(name)) return "cache";
  if (/queue|bus|kafka|amqp|rabbit|event hub|sqs|celery/.test(name)) return "queue";
  if (/blob|storage|\bs3\b|file|table/.test(name)) return "storage";
  if (/sql|mongo|postgres|oracle|database|\bdb\b|cosmos|documentdb|cassandra/.test(name)) {
    return "database";
  }
  return "web";
}
