/** The lines of the timeline in the order in which they are read, without what is folded. */

import type { Item } from "./items";
import { shownStart, type GroupNode, type MissingNode, type SpanNode, type Transaction, type Node } from "./tree";

export interface Line {
  key: string;
  depth: number;
  /** Whether something is below, and whether it shows. */
  folds: boolean;
  open: boolean;
  of: SpanNode | GroupNode | MissingNode | Item;
  kind: "span" | "group" | "missing" | "moment";
  /** Where the line stands among its siblings, for people who hear it. */
  place: number;
  siblings: number;
}

export function keyOf(node: Node): string {
  if (node.kind === "span") return node.item.key;
  return node.kind === "group" ? node.key : `missing ${node.parentId}`;
}

/** Groups are closed until opened, all else is open until folded: `toggled` are the exceptions. */
export function isOpen(node: Node, toggled: ReadonlySet<string>): boolean {
  return toggled.has(keyOf(node)) !== (node.kind !== "group");
}

export function linesOf(
  transaction: Transaction,
  toggled: ReadonlySet<string>,
  withMoments: boolean,
): Line[] {
  const lines: Line[] = [];
  const tops: (Node | Item)[] = [...transaction.roots];
  if (withMoments) tops.push(...transaction.loose);
  const waiting = entries(tops, 0).reverse();
  for (let entry = waiting.pop(); entry; entry = waiting.pop()) {
    const { of, depth, place, siblings } = entry;
    if (!isNode(of)) {
      lines.push({ key: of.key, depth, folds: false, open: false, of, kind: "moment", place, siblings });
      continue;
    }
    const below = childrenOf(of, withMoments);
    const open = below.length > 0 && isOpen(of, toggled);
    lines.push({
      key: keyOf(of),
      depth,
      folds: below.length > 0,
      open,
      of,
      kind: of.kind,
      place,
      siblings,
    });
    if (open) waiting.push(...entries(below, depth + 1).reverse());
  }
  return lines;
}

interface Entry {
  of: Node | Item;
  depth: number;
  place: number;
  siblings: number;
}

function entries(of: (Node | Item)[], depth: number): Entry[] {
  return of.map((one, index) => ({ of: one, depth, place: index + 1, siblings: of.length }));
}

function isNode(of: Node | Item): of is Node {
  return of.kind === "span" || of.kind === "group" || of.kind === "missing";
}

function childrenOf(node: Node, withMoments: boolean): (Node | Item)[] {
  if (node.kind === "group") return node.members;
  if (node.kind === "missing") return node.children;
  if (!withMoments || !node.moments.length) return node.children;
  const mixed: (Node | Item)[] = [...node.children, ...node.moments];
  return mixed.sort((a, b) => startOf(a) - startOf(b));
}

function startOf(of: Node | Item): number {
  if (of.kind === "span") return shownStart(of);
  if (of.kind === "group") return of.members[0] ? shownStart(of.members[0]) : 0;
  return of.kind === "missing" ? 0 : of.start;
}
