/** Where nodes and edges go, from left to right; runs in a worker, because it takes its time. */

import { Graph, layout } from "@dagrejs/dagre";
import type { Box, Placed, Point, Wanted } from "./shape";

/** Room for an edge's text. */
const LABEL = { width: 104, height: 34 };
const LOOP = 26;

/** Places a graph; an edge from a node to itself becomes a loop on top of it. */
export function laidOut({ nodes, edges }: Wanted): Placed {
  const graph = new Graph({ multigraph: false });
  graph.setGraph({
    rankdir: "LR",
    ranker: "tight-tree",
    nodesep: 22,
    ranksep: 36,
    edgesep: 12,
    marginx: 16,
    marginy: LOOP + 16,
  });
  for (const { id, width, height } of nodes) graph.setNode(id, { width, height });
  for (const { from, to } of edges) {
    if (from !== to) graph.setEdge(from, to, { ...LABEL, labelpos: "c" });
  }
  layout(graph);
  const placed: Record<string, Point> = {};
  for (const { id } of nodes) {
    const { x = 0, y = 0 } = graph.node(id) as Partial<Point>;
    placed[id] = { x, y };
  }
  const size = graph.graph() as { width?: number; height?: number };
  return {
    width: size.width ?? 0,
    height: size.height ?? 0,
    nodes: placed,
    edges: edges.map(({ from, to }) => {
      if (from === to) return loop(placed[from] as Point, nodes.find((one) => one.id === from) as Box);
      const { points, x, y } = graph.edge(from, to) as { points: Point[]; x: number; y: number };
      return { points: points.map((point) => ({ x: point.x, y: point.y })), label: { x, y } };
    }),
  };
}

function loop({ x, y }: Point, { height }: Box): { points: Point[]; label: Point } {
  const top = y - height / 2;
  return {
    points: [
      { x: x - 30, y: top },
      { x: x - 30, y: top - LOOP },
      { x: x + 30, y: top - LOOP },
      { x: x + 30, y: top },
    ],
    label: { x, y: top - LOOP / 2 },
  };
}
