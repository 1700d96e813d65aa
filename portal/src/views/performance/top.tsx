/** What the operation calls and what it throws. */

import { useMemo } from "react";
import { count, duration } from "../../lib/format";
import { records, useTile } from "../../lib/useTile";
import { navigate, useAddress, viewPath } from "../../shell/address";
import { Card } from "../../ui/Card";
import { NothingHere, NothingWrong } from "../../ui/Empty";
import { List } from "../../ui/List";
import { chosenText } from "../../parts/chosen";

interface TopProps {
  app: string;
  operation: string;
}

export function TopDependencies({ app, operation }: TopProps) {
  const tile = useTile("performance.top_dependencies", app, {
    parameters: useMemo(() => ({ op: operation }), [operation]),
  });
  return (
    <Card
      title="Top 3 dependencies"
      tile={tile}
      empty={<NothingHere what="dependencies" />}
    >
      <List
        rows={tile.data ? records(tile.data) : []}
        columns={[
          {
            label: "Dependency",
            wide: true,
            cell: (row) => row.text("name"),
            note: (row) => `${row.text("type")} ${row.text("target")}`,
          },
          { label: "Average", number: true, cell: (row) => duration(row.number("avg_ms")) },
          { label: "Calls", number: true, cell: (row) => count(row.number("calls")) },
        ]}
      />
    </Card>
  );
}

export function TopExceptions({ app, operation }: TopProps) {
  const { app: name, search } = useAddress();
  const tile = useTile("performance.exceptions", app, {
    parameters: useMemo(() => ({ op: operation }), [operation]),
  });
  const rows = tile.data ? records(tile.data) : [];
  return (
    <Card title="Top 3 exceptions" tile={tile} empty={<NothingWrong what="exceptions" />}>
      <ul className="ranked">
        {rows.map((row) => (
          <li key={row.text("problemId")}>
            <span className="clip bad" title={row.text("problemId")}>
              {row.text("type")}
            </span>
            <span>{count(row.number("n"))}</span>
            <button
              type="button"
              className="button button-small"
              onClick={() =>
                name &&
                navigate(
                  viewPath(name, "failures", search, {
                    tab: "exceptions",
                    sel: chosenText([row.text("problemId")]),
                  }),
                )
              }
            >
              Open
            </button>
          </li>
        ))}
      </ul>
    </Card>
  );
}
