/** What is behind a node: its numbers, what fails, what is slow, its instances, and where to go on. */

import type { ReactNode } from "react";
import { count, duration, exact, percent } from "../../lib/format";
import { records, useTile, type Row } from "../../lib/useTile";
import { navigate, viewPath, useAddress } from "../../shell/address";
import { Link } from "../../shell/Link";
import { chosenText } from "../../parts/chosen";
import { KeyValue } from "../../parts/KeyValue";
import { openInLogs, showInLogs } from "../../parts/openInLogs";
import { useRange } from "../../shell/range";
import { Card } from "../../ui/Card";
import { NothingHere, NothingWrong } from "../../ui/Empty";
import { Icon } from "../../ui/Icon";
import { failedPercent, isBad, type Graph, type MapNode } from "./graph";
import { perMinute } from "./words";

const TOP = 3;

interface SideProps {
  app: string;
  beside: string[];
  graph: Graph;
  node: MapNode;
  minutes: number;
  /** The query behind the calls from outside. */
  kql: string | null;
  isCentre: boolean;
  centre: (id: string) => void;
  close: () => void;
}

export function Side(props: SideProps) {
  const { node, minutes, graph, isCentre, centre, close } = props;
  const kind = {
    client: "Callers from outside",
    component: "Component",
    dependency: `Dependency${node.type ? ` · ${node.type}` : ""}`,
    group: "Folded dependencies",
  }[node.kind];
  return (
    <aside className="map-side" aria-label={`Details of ${node.label}`}>
      <header className="row">
        <div className="clip">
          <h2 className="clip" title={node.label}>
            {node.label}
          </h2>
          <p className="muted small">{kind}</p>
        </div>
        <button
          type="button"
          className="button button-icon button-plain"
          aria-label="Close the details"
          onClick={close}
        >
          <Icon name="close" />
        </button>
      </header>
      <dl className="map-kpis">
        <Kpi name="Calls" title={exact(node.calls)}>
          {count(node.calls)} <span className="muted small">{perMinute(node.calls, minutes)}</span>
        </Kpi>
        <Kpi name="Failed" title={exact(node.failed)}>
          <span className={isBad(node) ? "bad" : ""}>
            {node.failed ? percent(failedPercent(node)) : "0 %"}
          </span>
        </Kpi>
        <Kpi name="Average">{duration(node.avgMs)}</Kpi>
        <Kpi name="p95">{duration(node.p95Ms)}</Kpi>
      </dl>
      <button
        type="button"
        className="button"
        aria-pressed={isCentre}
        onClick={() => centre(isCentre ? "" : node.id)}
      >
        <Icon name="map" /> {isCentre ? "Show everything" : "This and its neighbours"}
      </button>
      {node.kind === "component" ? <Component {...props} /> : <Outside {...props} />}
      <Neighbours graph={graph} node={node} />
    </aside>
  );
}

function Kpi({ name, title, children }: { name: string; title?: string; children: ReactNode }) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Component({ app, beside, node }: SideProps) {
  const address = useAddress();
  const { span } = useRange();
  const filters = [`role:${node.role}`];
  if (node.instance) filters.push(`instance:${node.instance}`);
  const options = { filters, beside };
  const requests = useTile("failures.operations", app, options);
  const failed = useTile("failures.dependencies", app, options);
  const slow = useTile("performance.operations", app, options);
  const roles = useTile("performance.roles", app, options);
  // Views show one resource: that of the node.
  const of = node.app || app;
  const to = (view: string, own: Record<string, string> = {}) => {
    const search = new URLSearchParams(address.search);
    search.delete("f");
    for (const filter of filters) search.append("f", filter);
    return viewPath(of, view, search, own);
  };
  return (
    <>
      <p className="map-actions">
        <Link className="button button-primary" href={to("failures")}>
          Investigate failures
        </Link>
        <Link className="button button-primary" href={to("performance")}>
          Investigate performance
        </Link>
        <button
          type="button"
          className="button"
          onClick={() => void openInLogs({ tile: "search.items", apps: [of], filters, span })}
        >
          Logs
        </button>
      </p>
      <Card
        title="Top failing requests"
        tile={requests}
        empty={<NothingWrong what="failed requests" />}
      >
        <Ranked
          rows={firstOf(requests.data)}
          name={(row) => row.text("name")}
          value={(row) => `${count(row.number("failed"))} · ${percent(row.number("pct"))}`}
          open={(row) => navigate(to("failures", { sel: chosenText([row.text("name")]) }))}
        />
      </Card>
      <Card
        title="Top failing dependencies"
        tile={failed}
        empty={<NothingWrong what="failed dependencies" />}
      >
        <Ranked
          rows={firstOf(failed.data)}
          name={(row) => row.text("name") || row.text("target")}
          note={(row) => `${row.text("type")} ${row.text("target")} ${row.text("resultCode")}`}
          value={(row) => count(row.number("n"))}
          open={() => navigate(to("failures", { tab: "dependencies" }))}
        />
      </Card>
      <Card title="Slowest requests" tile={slow} empty={<NothingHere what="requests" />}>
        <Ranked
          rows={slowest(slow.data)}
          name={(row) => row.text("name")}
          value={(row) => duration(row.number("avg_ms"))}
          open={(row) => navigate(to("performance", { sel: chosenText([row.text("name")]) }))}
        />
      </Card>
      <Card title="Instances" tile={roles} empty={<NothingHere what="requests" />}>
        <Ranked
          rows={roles.data ? records(roles.data) : []}
          name={(row) => row.text("cloud_RoleInstance") || "(no name)"}
          value={(row) => `${count(row.number("calls"))} · ${duration(row.number("avg_ms"))}`}
        />
      </Card>
    </>
  );
}

type Data = Parameters<typeof records>[0] | null;

function firstOf(data: Data): Row[] {
  return data ? records(data).slice(0, TOP) : [];
}

function slowest(data: Data): Row[] {
  if (!data) return [];
  return records(data)
    .sort((a, b) => b.number("avg_ms") - a.number("avg_ms"))
    .slice(0, TOP);
}

interface RankedProps {
  rows: Row[];
  name: (row: Row) => string;
  note?: (row: Row) => string;
  value: (row: Row) => string;
  open?: (row: Row) => void;
}

function Ranked({ rows, name, note, value, open }: RankedProps) {
  return (
    <ul className="ranked">
      {rows.map((row, index) => (
        <li key={index}>
          <span className="clip" title={[name(row), note?.(row)].filter(Boolean).join("\n")}>
            {name(row)}
          </span>
          <span>{value(row)}</span>
          {open && (
            <button
              type="button"
              className="button button-small"
              aria-label={`Open ${name(row)}`}
              onClick={() => open(row)}
            >
              Open
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

/** A dependency, a group or the clients: what calls it is told, and the calls are a query away. */
function Outside({ app, beside, node, kql }: SideProps) {
  const { search } = useAddress();
  const { span } = useRange();
  const filters = [`type:${node.type}`];
  if (node.kind === "dependency") filters.push(`target:${node.target}`);
  const to = (view: string) => {
    const narrowed = new URLSearchParams(search);
    narrowed.delete("f");
    for (const filter of filters) narrowed.append("f", filter);
    return viewPath(app, view, narrowed, { tab: "dependencies" });
  };
  const logs = () => {
    if (node.kind === "client") showInLogs(app, kql ?? "");
    else void openInLogs({ tile: "performance.dependencies", apps: [app, ...beside], filters, span });
  };
  return (
    <>
      <p className="map-actions">
        {node.kind !== "client" && (
          <>
            <Link className="button button-primary" href={to("failures")}>
              Investigate failures
            </Link>
            <Link className="button button-primary" href={to("performance")}>
              Investigate performance
            </Link>
          </>
        )}
        <button type="button" className="button" onClick={logs}>
          Logs
        </button>
      </p>
      {node.members.length > 0 && (
        <section className="card" aria-label="What is folded">
          <header className="card-head">
            <h2>What is folded</h2>
          </header>
          <ul className="ranked map-members">
            {node.members.map((name) => (
              <li key={name}>
                <span className="clip" title={name}>
                  {name}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Neighbours({ graph, node }: { graph: Graph; node: MapNode }) {
  const name = (id: string) => graph.nodes.find((one) => one.id === id)?.label ?? "";
  const callers = graph.edges.filter((edge) => edge.to === node.id).map((edge) => name(edge.from));
  const called = graph.edges.filter((edge) => edge.from === node.id).map((edge) => name(edge.to));
  const pairs = [
    { name: "Called by", value: callers.join(", ") },
    { name: "Calls", value: called.join(", ") },
  ].filter((pair) => pair.value);
  return pairs.length ? <KeyValue label="Neighbours" pairs={pairs} /> : null;
}
