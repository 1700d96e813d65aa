/** The shape of a graph that is to be placed, and of one that is. */

export interface Box {
  id: string;
  width: number;
  height: number;
}

export interface Wanted {
  nodes: Box[];
  edges: { from: string; to: string }[];
}

export interface Point {
  x: number;
  y: number;
}

export interface Placed {
  width: number;
  height: number;
  /** Middles of nodes. */
  nodes: Record<string, Point>;
  /** The way of each edge, in the order that they were given, and where its text goes. */
  edges: { points: Point[]; label: Point }[];
}

/** What tells two graphs apart for the layout: a picture does not jump when only numbers change. */
export function topologyOf({ nodes, edges }: Wanted): string {
  return JSON.stringify([
    nodes.map(({ id, width, height }) => [id, width, height]),
    edges.map(({ from, to }) => [from, to]),
  ]);
}
