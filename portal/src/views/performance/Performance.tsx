/** Which operations take the time, how it is spread, and what the slow ones have in common. */

import { useMemo, useState } from "react";
import { duration, exact, percent } from "../../lib/format";
import { records, useTile, type Row } from "../../lib/useTile";
import { setParameters, useAddress } from "../../shell/address";
import type { ViewProps } from "../../shell/views";
import { Card } from "../../ui/Card";
import { NothingHere } from "../../ui/Empty";
import { Icon } from "../../ui/Icon";
import { chosenText, readChosen } from "../../parts/chosen";
import { Differs } from "../../parts/Differs";
import { parametersOf, valuesOf } from "../../parts/keys";
import { PickList, type PickColumn } from "../../parts/PickList";
import { RoleList } from "../../parts/RoleList";
import { Samples } from "../../parts/Samples";
import { about, useSampling, type Sampling } from "../../parts/sampling";
import { SideSwitch } from "../../parts/SideSwitch";
import { Tabs } from "../../parts/Tabs";
import { Versions } from "../../parts/Versions";
import { ViewHead } from "../../parts/ViewHead";
import { bucketsIn, Distribution, type Selection } from "./Distribution";
import { Heatmap } from "./Heatmap";
import { callsBetween, quantile } from "./quantiles";
import { SUBJECTS, type Subject } from "./subjects";
import { Times } from "./Times";
import { TopDependencies, TopExceptions } from "./top";
import "./performance.css";

const ROLES = "roles";

export function Performance({ resource }: ViewProps) {
  const { search } = useAddress();
  const app = resource.app_id;
  const side = search.get("side") === "browser" ? "browser" : "server";
  const sampling = useSampling(app);
  const requests = useTile("performance.operations", app, { ready: !search.has("tab") });
  const isQuiet = requests.data?.rows.length === 0;
  const asked = search.get("tab") ?? (side === "browser" ? "pages" : isQuiet ? "dependencies" : "operations");
  const tabs = SUBJECTS.filter((one) => one.side === side).map((one) => ({
    name: one.name,
    label: one.label,
  }));
  if (side === "server") tabs.push({ name: ROLES, label: "Roles" });
  const subject = SUBJECTS.find((one) => one.name === asked && one.side === side);
  return (
    <div className="view">
      <ViewHead title="Performance" app={app} sampling={sampling}>
        <SideSwitch side={side} />
      </ViewHead>
      <Tabs
        label="What performance is about"
        tabs={tabs}
        now={asked}
        choose={(name) => setParameters({ tab: name, sel: null, lo: null, hi: null })}
      />
      {asked === ROLES && side === "server" ? (
        <Roles app={app} sampling={sampling} />
      ) : (
        <About
          key={subject?.name}
          app={app}
          subject={subject ?? (SUBJECTS[0] as Subject)}
          sampling={sampling}
        />
      )}
    </div>
  );
}

function selectionIn(search: URLSearchParams): Selection | null {
  const [lo, hi] = [Number(search.get("lo") ?? NaN), Number(search.get("hi") ?? NaN)];
  return lo >= 0 && hi > lo ? { lo, hi } : null;
}

function select(to: Selection | null): void {
  setParameters({ lo: to ? to.lo.toPrecision(4) : null, hi: to ? to.hi.toPrecision(4) : null });
}

const MANY_MS = 1e300;

interface AboutProps {
  app: string;
  subject: Subject;
  sampling: Sampling;
}

function About({ app, subject, sampling }: AboutProps) {
  const { search } = useAddress();
  const chosen = search.get("sel") ?? "";
  const values = useMemo(() => readChosen(chosen, subject.keys.length), [chosen, subject]);
  const parameters = useMemo(() => parametersOf(subject.keys, values), [subject, values]);
  const selection = selectionIn(search);
  const lo = selection?.lo ?? 0;
  const hi = selection?.hi ?? MANY_MS;
  const within = useMemo(
    () => ({ ...parameters, lo: String(lo), hi: String(hi) }),
    [parameters, lo, hi],
  );
  const list = useTile(subject.list, app);
  const distribution = useTile(subject.distribution, app, { parameters });
  const buckets = useMemo(() => bucketsIn(distribution.data), [distribution.data]);
  const isOperations = subject.name === "operations";
  const operation = isOperations ? (values[0] ?? "") : "";
  const slowFrom = quantile(buckets, 0.95);
  const differsFrom = selection ? lo : Number.isFinite(slowFrom) ? slowFrom : 0;
  const differs = useTile("performance.differs", app, {
    ready: isOperations && buckets.length > 0,
    parameters: useMemo(
      () => ({
        op: operation,
        lo: String(differsFrom),
        hi: String(hi),
      }),
      [operation, differsFrom, hi],
    ),
  });
  const [opened, setOpened] = useState(false);
  const samples = useTile(subject.samples, app, { parameters: within, ready: opened });
  const rows = useMemo(() => (list.data ? records(list.data) : []), [list.data]);
  const number = callsBetween(buckets, lo, hi);
  const ratio = sampling(subject.itemType);

  return (
    <div className="panes">
      <div className="pane">
        <Times app={app} subject={subject} parameters={parameters} values={values} />
        <Card title={subject.label} tile={list} empty={<NothingHere what={subject.noun} />}>
          <PickList
            label={subject.label}
            rows={rows}
            columns={columnsOf(subject, rows, ratio)}
            keyOf={(row) => chosenText(valuesOf(subject.keys, row))}
            chosen={chosen}
            choose={(key) => setParameters({ sel: key || null, lo: null, hi: null })}
            overall="Overall"
          />
        </Card>
        {isOperations && <Heatmap app={app} operation={operation} select={select} />}
      </div>
      <div className="pane">
        <Distribution
          tile={distribution}
          noun={subject.noun}
          selection={selection}
          select={select}
        />
        <button
          type="button"
          className="button button-primary"
          disabled={!distribution.data}
          onClick={() => setOpened(true)}
        >
          <Icon name="search" /> Samples ({about(number, ratio)})
        </button>
        {isOperations && (
          <>
            <Differs
              tile={distribution.data && buckets.length > 0 ? differs : distribution}
              chosen={
                selection
                  ? "the chosen durations"
                  : `the slowest 5 % from ${duration(slowFrom)} on`
              }
            />
            <Versions app={app} operation={operation} />
            <TopDependencies app={app} operation={operation} />
            <TopExceptions app={app} operation={operation} />
          </>
        )}
      </div>
      {opened && (
        <Samples
          title={`Samples of ${values.filter(Boolean).join(" ") || `all ${subject.noun}`}`}
          tile={samples}
          via={{ tile: subject.samples, parameters: within }}
          typicalMs={selection ? Math.sqrt(Math.max(lo, 0.1) * hi) : slowFrom}
          onClose={() => setOpened(false)}
        />
      )}
    </div>
  );
}

function columnsOf(subject: Subject, rows: Row[], ratio: number): PickColumn[] {
  const most = Math.max(1, ...rows.map((row) => row.number("total_ms")));
  const columns: PickColumn[] = [
    {
      label: subject.label === "Operations" ? "Operation" : "Name",
      wide: true,
      cell: (row) => (
        <>
          {subject.title(row) || <span className="muted">(no name)</span>}
          <span className="note">{subject.note(row)}</span>
        </>
      ),
      title: (row) => [subject.title(row), subject.note(row)].filter(Boolean).join("\n"),
    },
    {
      label: "Average",
      number: true,
      by: (row) => row.number("avg_ms"),
      cell: (row) => duration(row.number("avg_ms")),
    },
    {
      label: "p95",
      number: true,
      by: (row) => row.number("p95_ms"),
      cell: (row) => duration(row.number("p95_ms")),
    },
    {
      label: "Count",
      number: true,
      by: (row) => row.number("calls"),
      cell: (row) => about(row.number("calls"), ratio),
      title: (row) => exact(row.number("calls")),
    },
    {
      label: "Failed",
      number: true,
      by: (row) => row.number("failed") / row.number("calls"),
      cell: (row) =>
        row.number("failed") ? (
          <span className="bad">
            <Icon name="failed" size={12} />{" "}
            {percent((100 * row.number("failed")) / row.number("calls"))}
          </span>
        ) : (
          percent(0)
        ),
    },
    {
      label: "Impact",
      by: (row) => row.number("total_ms"),
      cell: (row) => (
        <i
          className="impact"
          style={{ "--share": `${(100 * row.number("total_ms")) / most}%` } as React.CSSProperties}
        />
      ),
      title: (row) => `${duration(row.number("total_ms"))} together`,
    },
  ];
  return subject.side === "browser" ? columns.filter((one) => one.label !== "Failed") : columns;
}

/** Roles and their instances; a click narrows every tile to one. */
function Roles({ app, sampling }: { app: string; sampling: Sampling }) {
  const list = useTile("performance.roles", app);
  const rows = list.data ? records(list.data) : [];
  return (
    <Card title="Roles" tile={list} empty={<NothingHere what="requests" />}>
      <p className="muted small">Choosing an instance shows its operations alone.</p>
      <RoleList
        rows={rows}
        columns={columnsOf(SUBJECTS[0] as Subject, rows, sampling("request")).slice(1)}
      />
    </Card>
  );
}
