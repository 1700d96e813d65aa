/** How the tests did against their objectives in the range, and what of their budgets is left. */

import { useEffect, useRef } from "react";
import { duration, exact, percent } from "../../lib/format";
import type { Resource } from "../../lib/api";
import { download, toCsv } from "../../parts/files";
import { useReply } from "../../parts/useReply";
import { useRange } from "../../shell/range";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { reportOf, type TestReport } from "./tests";

export function Report({ resource, test }: { resource: Resource; test: string }) {
  const { range, span } = useRange();
  const found = useReply(
    `${resource.app_id} ${range.from} ${range.to}`,
    reportOf(resource, span),
  );
  const asked = useRef(span);
  const { reload } = found;
  useEffect(() => {
    if (asked.current === span) return;
    asked.current = span;
    reload();
  }, [span, reload]);
  const tests = (found.data?.tests ?? []).filter((one) => !test || one.name === test);
  return (
    <section className="card" aria-label="Error budgets">
      <header className="card-head">
        <h2>Error budgets in this range</h2>
        <button
          type="button"
          className="button button-small"
          disabled={!tests.length}
          onClick={() => download("availability.csv", "text/csv", csvOf(tests))}
        >
          <Icon name="download" size={12} /> CSV
        </button>
      </header>
      <div className="card-body">
        {found.error && <ErrorBox error={found.error} retry={found.reload} />}
        {!found.data && !found.error && <div className="skeleton" />}
        {found.data && !tests.length && <p className="empty-tile muted">No tests</p>}
        {tests.length > 0 && (
          <div className="scrolls" tabIndex={0} role="group" aria-label="Error budgets, scrollable">
            <table className="table budgets">
              <thead>
                <tr>
                  <th scope="col">Test</th>
                  <th scope="col" className="number">
                    Availability
                  </th>
                  <th scope="col" className="number">
                    Objective
                  </th>
                  <th scope="col" className="number">
                    Failed of runs
                  </th>
                  <th scope="col" className="number">
                    Budget
                  </th>
                  <th scope="col">Left</th>
                  <th scope="col" className="number" title="Bins of five minutes in which every run failed">
                    Down
                  </th>
                </tr>
              </thead>
              <tbody>
                {tests.map((one) => (
                  <tr key={one.name}>
                    <th scope="row">{one.name}</th>
                    <td className="number">
                      {one.percent === null ? "–" : `${one.percent.toFixed(3)} %`}
                    </td>
                    <td className="number">{one.objective} %</td>
                    <td className="number">
                      {exact(one.failed)} of {exact(one.runs)}
                    </td>
                    <td className="number">{Number(one.allowedFailures.toPrecision(2))} may fail</td>
                    <td>
                      <Left report={one} />
                    </td>
                    <td className="number">{one.downtimeS ? duration(one.downtimeS * 1_000) : "–"}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </div>
    </section>
  );
}

function Left({ report }: { report: TestReport }) {
  const left = report.budgetLeftPercent;
  if (left === null) return <span className="muted">no runs</span>;
  if (left < 0) {
    return (
      <span className="bad">
        <Icon name="failed" size={12} /> overdrawn {overdrawn(-left)}
      </span>
    );
  }
  return (
    <span className="budget" style={{ "--share": `${left}%` } as React.CSSProperties}>
      <i /> {percent(left)}
    </span>
  );
}

function overdrawn(share: number): string {
  return share < 1_000 ? `by ${share.toFixed(0)} %` : `${exact(Math.round(share / 100))} times`;
}

function csvOf(tests: TestReport[]): string {
  const names = [
    "name", "objective", "runs", "failed", "percent", "allowedFailures", "budgetLeftPercent",
    "downtimeS",
  ] as const;
  return toCsv({
    columns: names.map((name) => ({ name, type: name === "name" ? "string" : "real" })),
    rows: tests.map((test) => names.map((name) => test[name])),
  });
}
