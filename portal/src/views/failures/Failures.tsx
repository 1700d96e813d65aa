/** What fails, since when, for whom, and what the failed ones have in common. */

import { useMemo, useState } from "react";
import { count, exact, percent } from "../../lib/format";
import { ago, dateTime } from "../../lib/time";
import { records, useTile, type Row, type TileState } from "../../lib/useTile";
import { setParameters, useAddress } from "../../shell/address";
import { useRange } from "../../shell/range";
import type { ViewProps } from "../../shell/views";
import { Card } from "../../ui/Card";
import { NothingWrong } from "../../ui/Empty";
import { Icon } from "../../ui/Icon";
import { chosenText, readChosen } from "../../parts/chosen";
import { Differs } from "../../parts/Differs";
import { addFilter } from "../../parts/filters";
import { parametersOf, valuesOf } from "../../parts/keys";
import { PickList, type PickColumn } from "../../parts/PickList";
import { RoleList } from "../../parts/RoleList";
import { Samples } from "../../parts/Samples";
import { about, useSampling } from "../../parts/sampling";
import { SideSwitch } from "../../parts/SideSwitch";
import { Tabs } from "../../parts/Tabs";
import { Versions } from "../../parts/Versions";
import { ViewHead } from "../../parts/ViewHead";
import { Problem } from "./Problem";
import { BROWSER_FILTER, SIDES, timelineKeys, type Subject } from "./subjects";
import { FailedOverTime } from "./Timeline";

const ROLES = "roles";
const NO_FILTERS: string[] = [];
const BROWSER_FILTERS = [BROWSER_FILTER];

export function Failures({ resource }: ViewProps) {
  const { search } = useAddress();
  const app = resource.app_id;
  const side = search.get("side") === "browser" ? "browser" : "server";
  const sampling = useSampling(app);
  const subjects = SIDES[side];
  const asked = search.get("tab") ?? subjects[0].name;
  const tabs = subjects.map((one) => ({ name: one.name, label: one.label }));
  if (side === "server") tabs.push({ name: ROLES, label: "Roles" });
  const subject = subjects.find((one) => one.name === asked) ?? subjects[0];
  return (
    <div className="view">
      <ViewHead title="Failures" app={app} sampling={sampling}>
        <SideSwitch side={side} />
      </ViewHead>
      <Tabs
        label="What failures are about"
        tabs={tabs}
        now={asked}
        choose={(name) => setParameters({ tab: name, sel: null })}
      />
      {asked === ROLES && side === "server" ? (
        <Roles app={app} ratio={sampling("request")} />
      ) : (
        <About
          key={`${side} ${subject.name}`}
          app={app}
          subject={subject}
          filters={side === "browser" ? BROWSER_FILTERS : NO_FILTERS}
          ratio={sampling(subject.itemType)}
        />
      )}
    </div>
  );
}

interface AboutProps {
  app: string;
  subject: Subject;
  filters: string[];
  /** How many items a stored one stands for. */
  ratio: number;
}

function About({ app, subject, filters, ratio }: AboutProps) {
  const { search } = useAddress();
  const { zone } = useRange();
  const chosen = search.get("sel") ?? "";
  const values = useMemo(() => readChosen(chosen, subject.keys.length), [chosen, subject]);
  const parameters = useMemo(() => parametersOf(timelineKeys(subject), values), [subject, values]);
  const within = useMemo(() => parametersOf(subject.keys, values), [subject, values]);
  const [opened, setOpened] = useState(false);
  const list = useTile(subject.list, app, { filters });
  const samples = useTile(subject.samples, app, { parameters: within, ready: opened, filters });
  const rows = useMemo(() => (list.data ? records(list.data) : []), [list.data]);
  const operation = subject.name === "operations" ? (values[0] ?? "") : "";
  const row = rows.find((one) => chosenText(valuesOf(subject.keys, one)) === chosen);
  const number = row
    ? row.number(subject.counts)
    : rows.reduce((sum, one) => sum + one.number(subject.counts), 0);

  return (
    <div className="panes">
      <div className="pane">
        <FailedOverTime
          app={app}
          subject={subject}
          parameters={parameters}
          values={values}
          filters={filters}
        />
        <Card title={subject.label} tile={list} empty={<NothingWrong what={subject.noun} />}>
          <PickList
            label={subject.label}
            rows={rows}
            columns={columnsOf(subject, zone, ratio)}
            keyOf={(one) => chosenText(valuesOf(subject.keys, one))}
            chosen={chosen}
            choose={(key) => setParameters({ sel: key || null })}
            overall="Overall"
          />
        </Card>
      </div>
      <div className="pane">
        {subject.name === "exceptions" && values[0] ? (
          <Problem app={app} problem={values[0]} filters={filters} />
        ) : (
          <Top app={app} operation={operation} filters={filters} />
        )}
        <button
          type="button"
          className="button button-primary"
          disabled={!rows.length}
          onClick={() => setOpened(true)}
        >
          <Icon name="search" /> Samples ({about(number, ratio)})
        </button>
        {subject.name === "operations" && (
          <>
            <FailedDiffers app={app} operation={operation} />
            <Versions app={app} operation={operation} />
          </>
        )}
      </div>
      {opened && (
        <Samples
          title={`Samples of ${values.filter(Boolean).join(" ") || `all ${subject.noun}`}`}
          tile={samples}
          via={{ tile: subject.samples, parameters: within, filters }}
          onClose={() => setOpened(false)}
        />
      )}
    </div>
  );
}

function columnsOf(subject: Subject, zone: string, ratio: number): PickColumn[] {
  const columns: PickColumn[] = [
    {
      label: subject.label.replace(/ies$/, "y").replace(/s$/, ""),
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
      label: subject.name === "exceptions" ? "Count" : "Failed",
      number: true,
      by: (row) => row.number(subject.counts),
      cell: (row) => (
        <span className="bad">
          <Icon name="failed" size={12} /> {about(row.number(subject.counts), ratio)}
        </span>
      ),
      title: (row) => exact(row.number(subject.counts)),
    },
  ];
  if (subject.name === "operations") {
    columns.push({
      label: "Share",
      number: true,
      by: (row) => row.number("pct"),
      cell: (row) => percent(row.number("pct")),
      title: (row) => `of ${exact(row.number("total"))}`,
    });
  }
  if (subject.name !== "dependencies") {
    columns.push({
      label: "Users",
      number: true,
      by: (row) => row.number("users"),
      cell: (row) => count(row.number("users")),
    });
  }
  if (subject.name === "exceptions") {
    columns.push({
      label: "First seen",
      number: true,
      by: (row) => row.instant("first_seen"),
      cell: (row) => ago(row.instant("first_seen"), Date.now()),
      title: (row) => dateTime(row.instant("first_seen"), zone),
    });
  }
  columns.push({
    label: "Last seen",
    number: true,
    by: (row) => row.instant("last_seen"),
    cell: (row) => ago(row.instant("last_seen"), Date.now()),
    title: (row) => dateTime(row.instant("last_seen"), zone),
  });
  return columns;
}

/** Codes, exceptions and dependencies of the failed ones; each can be made a filter. */
function Top({ app, operation, filters }: { app: string; operation: string; filters: string[] }) {
  const parameters = useMemo(() => ({ op: operation }), [operation]);
  const codes = useTile("failures.codes", app, { parameters, filters });
  const exceptions = useTile("failures.exceptions", app, { parameters, filters });
  const dependencies = useTile("failures.dependencies", app, { parameters, filters });
  return (
    <>
      <Ranked
        title="Top response codes"
        tile={codes}
        what="failed requests"
        nameOf={(row) => row.text("resultCode") || "(none)"}
        pick={(row) =>
          addFilter({ dimension: "code", value: row.text("resultCode"), leavesOut: false })
        }
      />
      <Ranked
        title="Top exceptions"
        tile={exceptions}
        what="exceptions"
        nameOf={(row) => row.text("problemId")}
        pick={(row) =>
          setParameters({ tab: "exceptions", sel: chosenText([row.text("problemId")]) })
        }
      />
      <Ranked
        title="Top failed dependencies"
        tile={dependencies}
        what="failed dependencies"
        nameOf={(row) =>
          [row.text("type"), row.text("target"), row.text("resultCode")].filter(Boolean).join(" ")
        }
        pick={(row) =>
          setParameters({
            tab: "dependencies",
            sel: chosenText(["type", "target", "name", "resultCode"].map((one) => row.text(one))),
          })
        }
      />
    </>
  );
}

const TOP = 3;

interface RankedProps {
  title: string;
  tile: TileState;
  what: string;
  nameOf: (row: Row) => string;
  pick: (row: Row) => void;
}

function Ranked({ title, tile, what, nameOf, pick }: RankedProps) {
  const rows = tile.data ? records(tile.data).slice(0, TOP) : [];
  const most = Math.max(1, ...rows.map((row) => row.number("n")));
  return (
    <Card title={title} tile={tile} empty={<NothingWrong what={what} />}>
      <ul className="ranked">
        {rows.map((row, index) => (
          <li
            key={index}
            style={{ "--share": `${(100 * row.number("n")) / most}%` } as React.CSSProperties}
          >
            <span className="clip" title={nameOf(row)}>
              {nameOf(row)}
            </span>
            <b title={exact(row.number("n"))}>{count(row.number("n"))}</b>
            <button
              type="button"
              className="button button-small"
              aria-label={`Show ${nameOf(row)}`}
              onClick={() => pick(row)}
            >
              Show
            </button>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function FailedDiffers({ app, operation }: { app: string; operation: string }) {
  const tile = useTile("failures.differs", app, {
    parameters: useMemo(() => ({ op: operation }), [operation]),
  });
  return <Differs tile={tile} chosen="the failed ones" />;
}

/** Roles and instances that fail; a click narrows every tile to one. */
function Roles({ app, ratio }: { app: string; ratio: number }) {
  const list = useTile("failures.roles", app);
  const { zone } = useRange();
  const columns = columnsOf(SIDES.server[0], zone, ratio).slice(1);
  return (
    <Card title="Roles" tile={list} empty={<NothingWrong what="failed requests" />}>
      <RoleList
        rows={list.data ? records(list.data) : []}
        columns={columns.filter((column) => column.label !== "Users")}
      />
    </Card>
  );
}
