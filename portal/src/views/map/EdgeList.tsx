/** The same as a table: every edge, and the nodes without one. */

import { useMemo } from "react";
import { count, duration, exact, percent } from "../../lib/format";
import type { Row } from "../../lib/useTile";
import { PickList, type PickColumn } from "../../parts/PickList";
import { failedPercent, isBad, type Graph, type Numbers } from "./graph";
import { perMinute } from "./words";

interface Line extends Numbers {
  key: string;
  from: string;
  to: string;
  type: string;
  /** The node that the line leads to. */
  opens: string;
}

interface EdgeListProps {
  graph: Graph;
  minutes: number;
  chosen: string;
  choose: (id: string) => void;
}

export function EdgeList({ graph, minutes, chosen, choose }: EdgeListProps) {
  const lines = useMemo(() => linesOf(graph), [graph]);
  const columns = useMemo(() => columnsFor(minutes), [minutes]);
  return (
    <PickList
      label="Calls between components"
      rows={lines.map(rowOf)}
      columns={columns}
      keyOf={(row) => row.text("key")}
      chosen={lines.find((line) => line.opens === chosen)?.key ?? ""}
      choose={(key) => choose(lines.find((line) => line.key === key)?.opens ?? "")}
    />
  );
}

function linesOf({ nodes, edges }: Graph): Line[] {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const touched = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const lines = edges.map((edge) => ({
    ...edge,
    key: `${edge.from} ${edge.to}`,
    from: known.get(edge.from)?.label ?? "",
    to: known.get(edge.to)?.label ?? "",
    type: known.get(edge.to)?.type ?? "",
    opens: edge.to,
  }));
  const alone = nodes.filter((node) => !touched.has(node.id));
  return [
    ...lines.sort((a, b) => b.calls - a.calls),
    ...alone.map((node) => ({ ...node, key: node.id, from: node.label, to: "", opens: node.id })),
  ];
}

function rowOf(line: Line): Row {
  const cells: Record<string, string | number> = { ...line };
  return {
    number: (name) => Number(cells[name]),
    text: (name) => String(cells[name] ?? ""),
    instant: () => NaN,
  };
}

function numbersOf(row: Row): Numbers {
  return {
    calls: row.number("calls"),
    failed: row.number("failed"),
    avgMs: row.number("avgMs"),
    p95Ms: row.number("p95Ms"),
  };
}

function columnsFor(minutes: number): PickColumn[] {
  return [
    { label: "From", cell: (row) => row.text("from") },
    {
      label: "To",
      wide: true,
      cell: (row) => (
        <>
          {row.text("to") || <span className="muted">(calls nothing, called by nobody)</span>}
          <span className="note">{row.text("type")}</span>
        </>
      ),
      title: (row) => row.text("to"),
    },
    {
      label: "Calls",
      number: true,
      by: (row) => row.number("calls"),
      cell: (row) => count(row.number("calls")),
      title: (row) => exact(row.number("calls")),
    },
    {
      label: "Rate",
      number: true,
      cell: (row) => perMinute(row.number("calls"), minutes),
    },
    {
      label: "Average",
      number: true,
      by: (row) => (row.number("calls") ? row.number("avgMs") : -1),
      cell: (row) => duration(row.number("avgMs")),
    },
    {
      label: "p95",
      number: true,
      by: (row) => (row.number("calls") ? row.number("p95Ms") : -1),
      cell: (row) => duration(row.number("p95Ms")),
    },
    {
      label: "Failed",
      number: true,
      by: (row) => failedPercent(numbersOf(row)),
      cell: (row) => {
        const numbers = numbersOf(row);
        const text = numbers.failed ? percent(failedPercent(numbers)) : "0 %";
        return isBad(numbers) ? <span className="bad">{text}</span> : text;
      },
    },
  ];
}
