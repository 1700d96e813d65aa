/** Spans as a tree: who called whom, where a clock runs differently, and where the time goes. */

import { componentOf, isSpan, type Item } from "./items";

export interface SpanNode {
  kind: "span";
  item: Item;
  children: Node[];
  /** Moments of this span: exceptions, log lines, events. */
  moments: Item[];
  /** Milliseconds by which this span and what is below it are drawn later than its clock says. */
  shiftMs: number;
  /** Milliseconds spent here and in no child. */
  selfMs: number;
}

/** Stands for spans whose parent is not among the telemetry. */
export interface MissingNode {
  kind: "missing";
  parentId: string;
  children: Node[];
}

/** Stands for many equal siblings. */
export interface GroupNode {
  kind: "group";
  key: string;
  name: string;
  members: SpanNode[];
  leastMs: number;
  mostMs: number;
  totalMs: number;
  failed: number;
}

export type Node = SpanNode | MissingNode | GroupNode;

export interface Transaction {
  roots: Node[];
  spans: Map<string, SpanNode>;
  /** Moments that name no span of this transaction. */
  loose: Item[];
  start: number;
  end: number;
  items: Item[];
}

/** So many equal siblings or more are one line that opens. */
const GROUP_FROM = 8;

export function transactionOf(items: Item[]): Transaction {
  const spans = new Map<string, SpanNode>();
  const byId = new Map<string, SpanNode>();
  for (const item of items) {
    if (!isSpan(item)) continue;
    const node: SpanNode = {
      kind: "span",
      item,
      children: [],
      moments: [],
      shiftMs: 0,
      selfMs: item.durationMs,
    };
    spans.set(item.key, node);
    if (item.id && !byId.has(item.id)) byId.set(item.id, node);
  }
  const roots = rooted(spans, byId);
  const loose = items.filter((item) => {
    if (isSpan(item)) return false;
    const owner = byId.get(item.parentId);
    owner?.moments.push(item);
    return !owner;
  });
  for (const root of roots) settle(root);
  const [start, end] = extent(spans, loose);
  return { roots: roots.map(grouped), spans, loose, start, end, items };
}

/** Hangs every span below its parent and returns those that have none. */
function rooted(spans: Map<string, SpanNode>, byId: Map<string, SpanNode>): Node[] {
  const roots: Node[] = [];
  const missing = new Map<string, MissingNode>();
  const circles = circular(spans, byId);
  for (const node of spans.values()) {
    const { parentId } = node.item;
    const parent = byId.get(parentId);
    if (parent && !circles.has(node)) parent.children.push(node);
    else if (parentId && !parent && !isOperation(node.item)) {
      let stand = missing.get(parentId);
      if (!stand) {
        stand = { kind: "missing", parentId, children: [] };
        missing.set(parentId, stand);
        roots.push(stand);
      }
      stand.children.push(node);
    } else roots.push(node);
  }
  return roots;
}

/** Older clients name the operation itself as the parent of its first request. */
function isOperation(item: Item): boolean {
  return item.parentId === item.cells.get("operation_Id") || item.parentId === item.id;
}

/** One span of each circle of parents: telemetry can name them so, and then it has no top. */
function circular(
  spans: Map<string, SpanNode>,
  byId: Map<string, SpanNode>,
): ReadonlySet<SpanNode> {
  const walk = new Map<SpanNode, SpanNode>();
  const found = new Set<SpanNode>();
  for (const first of spans.values()) {
    let at: SpanNode | undefined = first;
    while (at && !walk.has(at)) {
      walk.set(at, first);
      at = byId.get(at.item.parentId);
    }
    if (at && walk.get(at) === first) found.add(at);
  }
  return found;
}

/** Orders the children of everything below, moves what a strange clock put outside, and takes
 * each span's own time. Without recursion: a chain may be ten thousand spans deep. */
function settle(root: Node): void {
  const order: SpanNode[] = [];
  const waiting: Node[] = [root];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (node.kind === "group") continue;
    node.children.sort((a, b) => startOf(a) - startOf(b));
    if (node.kind === "span") {
      order.push(node);
      for (const child of node.children) {
        if (child.kind === "span") child.shiftMs = node.shiftMs + shiftOf(node, child);
      }
    }
    waiting.push(...node.children);
  }
  for (const node of order) node.selfMs = ownTime(node);
}

function startOf(node: Node): number {
  return node.kind === "span" ? node.item.start : Infinity;
}

/** Clocks of two machines differ: a call of another component cannot lie outside its caller. */
function shiftOf(parent: SpanNode, child: SpanNode): number {
  const { item } = child;
  const isElsewhere = componentOf(item) !== componentOf(parent.item) || !sameMachine(item, parent);
  if (!isElsewhere || item.durationMs > parent.item.durationMs) return 0;
  const end = item.start + item.durationMs;
  const parentEnd = parent.item.start + parent.item.durationMs;
  if (item.start >= parent.item.start && end <= parentEnd) return 0;
  const spare = (parent.item.durationMs - item.durationMs) / 2;
  return parent.item.start + spare - item.start;
}

function sameMachine(item: Item, parent: SpanNode): boolean {
  return item.instance === parent.item.instance;
}

export function shownStart(node: SpanNode): number {
  return node.item.start + node.shiftMs;
}

/** What is left of a span when the time of its children is taken away; overlaps count once. */
function ownTime(node: SpanNode): number {
  const from = shownStart(node);
  const to = from + node.item.durationMs;
  let covered = 0;
  let reached = from;
  for (const child of node.children) {
    if (child.kind !== "span") continue;
    const start = Math.max(reached, shownStart(child));
    const end = Math.min(to, shownStart(child) + child.item.durationMs);
    if (end <= start) continue;
    covered += end - start;
    reached = end;
  }
  return Math.max(0, node.item.durationMs - covered);
}

/** Replaces runs of equal leaves by one line each. */
function grouped(node: Node): Node {
  const waiting: Node[] = [node];
  for (let at = waiting.pop(); at; at = waiting.pop()) {
    if (at.kind === "group") continue;
    at.children = withGroups(at.children);
    waiting.push(...at.children);
  }
  return node;
}

function withGroups(children: Node[]): Node[] {
  if (children.length < GROUP_FROM) return children;
  const equal = new Map<string, SpanNode[]>();
  for (const child of children) {
    if (!isLeaf(child)) continue;
    const name = sameness(child.item);
    const members = equal.get(name);
    if (members) members.push(child);
    else equal.set(name, [child]);
  }
  const many = new Map([...equal].filter(([, members]) => members.length >= GROUP_FROM));
  if (!many.size) return children;
  const kept: Node[] = [];
  for (const child of children) {
    const members = isLeaf(child) ? many.get(sameness(child.item)) : undefined;
    if (!members) kept.push(child);
    else if (members[0] === child) kept.push(groupOf(members));
  }
  return kept;
}

function isLeaf(node: Node): node is SpanNode {
  return node.kind === "span" && !node.children.length && !node.moments.length;
}

function sameness(item: Item): string {
  return JSON.stringify([item.kind, item.name, item.type, item.target, item.role]);
}

function groupOf(members: SpanNode[]): GroupNode {
  const times = members.map((member) => member.item.durationMs);
  return {
    kind: "group",
    key: `group ${members[0]?.item.key ?? ""}`,
    name: members[0]?.item.name ?? "",
    members,
    leastMs: times.reduce((least, ms) => Math.min(least, ms), Infinity),
    mostMs: times.reduce((most, ms) => Math.max(most, ms), 0),
    totalMs: times.reduce((sum, ms) => sum + ms, 0),
    failed: members.filter((member) => member.item.failed).length,
  };
}

function extent(spans: Map<string, SpanNode>, loose: Item[]): [number, number] {
  let start = Infinity;
  let end = -Infinity;
  for (const node of spans.values()) {
    start = Math.min(start, shownStart(node));
    end = Math.max(end, shownStart(node) + node.item.durationMs);
  }
  if (start === Infinity) {
    for (const item of loose) {
      start = Math.min(start, item.start);
      end = Math.max(end, item.start);
    }
  }
  return start === Infinity ? [0, 1] : [start, Math.max(end, start + 0.001)];
}

export interface Share {
  name: string;
  ms: number;
  /** Of the time of all, from 0 to 1. */
  share: number;
}

/** Own time by component; the time of a call that nobody answers belongs to what it calls. */
export function timeByComponent(transaction: Transaction): Share[] {
  const sums = new Map<string, number>();
  for (const node of transaction.spans.values()) {
    const { item } = node;
    const isCall = item.kind === "dependency" && item.type !== "InProc";
    const answered = spansBelow(node).some((child) => child.item.kind === "request");
    const name = !isCall
      ? componentOf(item)
      : answered
        ? "network and waiting"
        : item.target || item.type || componentOf(item);
    sums.set(name, (sums.get(name) ?? 0) + node.selfMs);
  }
  const total = [...sums.values()].reduce((sum, ms) => sum + ms, 0);
  return [...sums]
    .map(([name, ms]) => ({ name, ms, share: total ? ms / total : 0 }))
    .sort((a, b) => b.ms - a.ms);
}

export interface Segment {
  key: string;
  start: number;
  end: number;
}

/** The chain of spans that decides how long the whole takes: at each moment the innermost one
 * that the end of the transaction waits for. */
export function criticalPath(transaction: Transaction): Segment[] {
  const first = longest(transaction);
  if (!first) return [];
  const segments: Segment[] = [];
  const waiting: [SpanNode, number][] = [
    [first, shownStart(first) + first.item.durationMs],
  ];
  for (let entry = waiting.pop(); entry; entry = waiting.pop()) {
    const [node, until] = entry;
    const from = shownStart(node);
    let at = until;
    for (const child of spansBelow(node).sort((a, b) => endOf(b) - endOf(a))) {
      if (at <= from) break;
      const end = Math.min(endOf(child), at);
      const start = Math.max(shownStart(child), from);
      if (end <= start || endOf(child) > at + 0.000_1) continue;
      if (at > end) segments.push({ key: node.item.key, start: end, end: at });
      waiting.push([child, end]);
      at = start;
    }
    if (at > from) segments.push({ key: node.item.key, start: from, end: at });
  }
  return segments.sort((a, b) => a.start - b.start);
}

function spansBelow(node: SpanNode): SpanNode[] {
  return node.children.flatMap((child) =>
    child.kind === "span" ? [child] : child.kind === "group" ? child.members : [],
  );
}

function endOf(node: SpanNode): number {
  return shownStart(node) + node.item.durationMs;
}

function longest(transaction: Transaction): SpanNode | null {
  let found: SpanNode | null = null;
  for (const root of transaction.roots) {
    const spans = root.kind === "span" ? [root] : root.kind === "missing" ? spansIn(root) : [];
    for (const span of spans) {
      if (!found || span.item.durationMs > found.item.durationMs) found = span;
    }
  }
  return found;
}

function spansIn(node: MissingNode): SpanNode[] {
  return node.children.flatMap((child) =>
    child.kind === "span" ? [child] : child.kind === "group" ? child.members : [],
  );
}
