/** Availability: what tests found from outside, test by test and run by run. */

import { useMemo, useState } from "react";
import { dateTime } from "../../lib/time";
import { records, useTile, type Row } from "../../lib/useTile";
import { may, useSession } from "../../lib/session";
import { Confirm } from "../../parts/Confirm";
import { download, toCsv } from "../../parts/files";
import { useDoing, useReply } from "../../parts/useReply";
import { ViewHead } from "../../parts/ViewHead";
import { setParameters, useAddress } from "../../shell/address";
import { useRange } from "../../shell/range";
import type { ViewProps } from "../../shell/views";
import { Card } from "../../ui/Card";
import { Dialog } from "../../ui/Dialog";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { dotsOf, linesOf, type Line } from "./lines";
import { PassedOverTime, RunsByDuration } from "./Pictures";
import { Report } from "./Report";
import { RunFacts } from "./RunFacts";
import { RunPanel } from "./RunPanel";
import { TestForm } from "./TestForm";
import { TestTable } from "./TestTable";
import { deleteTest, runNow, switchTest, testsOf, type RunShown, type Test } from "./tests";
import "../../parts/form.css";
import "./availability.css";

const DAY_MS = 86_400_000;
const STEP_MS = 300_000;
const TESTS_MS = 30_000;
const NO_ROWS: Row[] = [];

export function Availability({ resource }: ViewProps) {
  const app = resource.app_id;
  const { search } = useAddress();
  const { span, refresh } = useRange();
  const session = useSession();
  const test = search.get("test") ?? "";
  const tests = useReply(app, testsOf(resource), TESTS_MS);
  const parameters = useMemo(() => ({ test }), [test]);
  // another end is another question, whose answer is awaited anew: a rare one
  const end = Math.ceil(span.end / STEP_MS) * STEP_MS;
  const inRange = useTile("availability.tests", app);
  const ofDay = useTile("availability.tests", app, {
    over: useMemo(() => ({ start: end - DAY_MS, end }), [end]),
  });
  const ofWeek = useTile("availability.tests", app, {
    over: useMemo(() => ({ start: end - 7 * DAY_MS, end }), [end]),
  });
  const runs = useTile("availability.scatter", app, { parameters });
  const runRows = useMemo(() => (runs.data ? records(runs.data) : NO_ROWS), [runs.data]);
  const every = useTile("availability.scatter", app, { ready: test !== "" });
  const dots = useMemo(
    () => dotsOf(test && every.data ? records(every.data) : runRows),
    [test, every.data, runRows],
  );
  const lines = useMemo(
    () =>
      linesOf(
        tests.data,
        inRange.data ? records(inRange.data) : [],
        ofDay.data ? records(ofDay.data) : [],
        ofWeek.data ? records(ofWeek.data) : [],
      ),
    [tests.data, inRange.data, ofDay.data, ofWeek.data],
  );
  const [editing, setEditing] = useState<Test | "new" | null>(null);
  const [leaving, setLeaving] = useState<Test | null>(null);
  const [done, setDone] = useState<{ test: Test; run: RunShown | null } | null>(null);
  const doing = useDoing();
  const locked =
    session && !may(session, "write", app) ? "You may look at this resource, not change it." : "";
  const open = (row: Row) =>
    setParameters({ run: row.text("itemId"), at: row.text("timestamp") });
  const act = (line: Line, what: "run" | "edit" | "switch" | "delete") => {
    const chosen = line.test;
    if (!chosen) return;
    if (what === "edit") setEditing(chosen);
    if (what === "delete") setLeaving(chosen);
    if (what === "switch") {
      void doing
        .run(() => switchTest(chosen, !chosen.isEnabled))
        .then((worked) => worked && tests.reload());
    }
    if (what === "run") {
      setDone({ test: chosen, run: null });
      void doing
        .run(async () => setDone({ test: chosen, run: await runNow(resource, chosen) }))
        .then((worked) => {
          if (!worked) setDone(null);
        });
    }
  };
  const shownRun = search.get("run");
  const shownAt = Date.parse(search.get("at") ?? "");
  const nothing = tests.data?.tests.length === 0 && ofWeek.data !== null && lines.length === 0;
  return (
    <div className="view">
      <ViewHead title="Availability" app={app} filters={false}>
        {test && (
          <button
            type="button"
            className="button"
            onClick={() => setParameters({ test: null })}
          >
            <Icon name="close" size={12} /> Only {test}
          </button>
        )}
        <button
          type="button"
          className="button"
          disabled={!runs.data?.rows.length}
          onClick={() => {
            if (runs.data) download("availability-runs.csv", "text/csv", toCsv(runs.data));
          }}
        >
          <Icon name="download" /> Runs as CSV
        </button>
        <button
          type="button"
          className="button button-primary"
          disabled={!tests.data || locked !== ""}
          title={locked || undefined}
          onClick={() => setEditing("new")}
        >
          <Icon name="plus" /> Add test
        </button>
      </ViewHead>
      {tests.error && <ErrorBox error={tests.error} retry={tests.reload} />}
      {doing.error && <ErrorBox error={doing.error} />}
      {nothing ? (
        <Nothing locked={locked} add={() => setEditing("new")} />
      ) : (
        <>
          <div className="availability-pictures">
            <PassedOverTime app={app} test={test} />
            <RunsByDuration app={app} tile={runs} rows={runRows} open={open} />
          </div>
          <Card title="Tests" tile={inRange}>
            <TestTable
              lines={lines}
              dots={dots}
              chosen={test}
              choose={(name) => setParameters({ test: name === test ? null : name })}
              open={open}
              locked={locked}
              act={act}
            />
          </Card>
          <Report resource={resource} test={test} />
        </>
      )}
      {editing && tests.data && (
        <TestForm
          resource={resource}
          test={editing === "new" ? null : editing}
          known={tests.data}
          onDone={() => {
            setEditing(null);
            tests.reload();
          }}
          onClose={() => setEditing(null)}
        />
      )}
      {leaving && (
        <Confirm
          title={`Delete ${leaving.name}?`}
          action="Delete"
          act={() => deleteTest(leaving)}
          onDone={() => {
            setLeaving(null);
            tests.reload();
          }}
          onClose={() => setLeaving(null)}
        >
          <p>The test and its alert rule go; the results that there are stay.</p>
        </Confirm>
      )}
      {done && (
        <Done
          test={done.test}
          run={done.run}
          onClose={() => {
            setDone(null);
            refresh();
          }}
        />
      )}
      {shownRun && Number.isFinite(shownAt) && (
        <RunPanel
          app={app}
          run={shownRun}
          at={shownAt}
          onClose={() => setParameters({ run: null, at: null })}
        />
      )}
    </div>
  );
}

/** What a run that was asked for found, while it runs and when it is over. */
function Done({ test, run, onClose }: { test: Test; run: RunShown | null; onClose: () => void }) {
  const { zone } = useRange();
  return (
    <Dialog label={`Run of ${test.name}`} onClose={onClose}>
      <div className="dialog-body">
        <h2>{test.name}</h2>
        <p className="muted">
          {run ? `${dateTime(Date.parse(run.time), zone)} · from the server` : `Asking ${test.target}…`}
        </p>
        {run ? <RunFacts run={run} /> : <div className="progress" data-on="true" />}
        <div className="row dialog-actions">
          <button type="button" className="button" autoFocus onClick={onClose}>
            Close
          </button>
        </div>
      </div>
    </Dialog>
  );
}

function Nothing({ locked, add }: { locked: string; add: () => void }) {
  return (
    <section className="card availability-nothing" aria-label="No availability tests">
      <h2>Nobody asks from outside yet</h2>
      <p>
        An availability test asks your application again and again, as its users would: a URL, a
        connection, a certificate, a DNS record, or a journey through several pages. Every answer
        becomes a row of <code>availabilityResults</code>, and opens the trace of that very request.
      </p>
      <p className="muted">
        The server probes from where it runs. <code>openinsights probe --location west</code> adds
        other places, and <code>track_availability()</code> in your own code adds checks that only
        you can make.
      </p>
      <button
        type="button"
        className="button button-primary"
        disabled={locked !== ""}
        title={locked || undefined}
        onClick={add}
      >
        <Icon name="plus" /> Add the first test
      </button>
    </section>
  );
}
