import { lazy, Suspense, useEffect, useRef, useState } from "react";
import type { Resource } from "../../lib/api";
import type { QueryReply, Render } from "../../lib/queries";
import { duration, exact } from "../../lib/format";
import type { Span } from "../../lib/time";
import { CopyButton } from "../../ui/CopyButton";
import { WayOn } from "../../parts/NothingCame";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { queryItem, type Item } from "../../parts/workbooks/document";
import { pictureNamed } from "../../parts/workbooks/pictures";
import type { CellCommands } from "./CellMenu";
import { Export } from "./Export";
import { Card, isCard } from "../../parts/results/ResultCard";
import { Grid } from "./Grid";
import type { Run } from "./Logs";
import { CHARTS, isChart, type ChartKind } from "../../parts/results/pivot";
import { ResultChart } from "../../parts/results/ResultChart";

const Pin = lazy(() => import("../../parts/workbooks/Pin").then((m) => ({ default: m.Pin })));

type Tab = "Results" | "Chart" | "SQL";

interface ResultsProps {
  run: Run;
  resource: Resource;
  onZoom: (window: Span) => void;
  commands: CellCommands;
  again: () => void;
}

/** What a query answered: rows, picture, the SQL that ran; or what is wrong with it. */
export function Results({ run, resource, onZoom, commands, again }: ResultsProps) {
  const [tab, setTab] = useState<Tab>("Results");
  const [at, setAt] = useState(0);
  const [filter, setFilter] = useState("");
  const [kind, setKind] = useState<ChartKind | null>(null);
  const [pinning, setPinning] = useState(false);
  const hadFocus = useRef(false);
  const { reply, error } = run;
  const render = reply?.render ?? null;

  useEffect(() => {
    setAt(0);
    setFilter("");
    setKind(null);
    setTab(render && drawable(render) ? "Chart" : "Results");
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a reply has one way to be drawn
  }, [reply]);

  const table = reply?.tables[at] ?? null;
  const drawnAs = kind ?? (render && isChart(render.visualization) ? render.visualization : null);
  return (
    <div className={`results${run.running ? " dimmed" : ""}`} aria-busy={run.running}>
      {run.running && (
        <>
          <div className="progress" data-on="true" />
          <Elapsed key={run.id} />
        </>
      )}
      {error && (
        <div className="results-error">
          <p className="error-place">
            {error.places[0] && `Line ${error.places[0].line}, column ${error.places[0].column}`}
          </p>
          {/* A mistake in the query stays one, however often it is asked. */}
          <ErrorBox error={error} {...(error.places.length ? {} : { retry: again })} />
        </div>
      )}
      {reply && table && (
        <>
          <div className="results-bar">
            <div className="side-tabs" role="group" aria-label="Show">
              {tabsOf(reply).map((one) => (
                <button
                  key={one}
                  type="button"
                  className="tab"
                  aria-pressed={one === tab}
                  onClick={() => setTab(one)}
                >
                  {one}
                </button>
              ))}
            </div>
            <span className="muted small results-meta" role="status">
              {exact(table.rows.length)} {table.rows.length === 1 ? "row" : "rows"} ·{" "}
              {duration(reply.took_ms)}
            </span>
            <div className="results-tools">
              {reply.tables.length > 1 && (
                <select
                  className="input"
                  aria-label="Result table"
                  value={at}
                  onChange={(event) => setAt(Number(event.target.value))}
                >
                  {reply.tables.map((one, index) => (
                    <option key={`${one.name} ${index}`} value={index}>
                      {one.name}
                    </option>
                  ))}
                </select>
              )}
              {tab === "Chart" && (
                <select
                  className="input"
                  aria-label="Kind of chart"
                  value={drawnAs ?? (render && isCard(render) ? "card" : "timechart")}
                  onChange={(event) =>
                    setKind(isChart(event.target.value) ? event.target.value : null)
                  }
                >
                  {render && isCard(render) && <option>card</option>}
                  {CHARTS.map((one) => (
                    <option key={one}>{one}</option>
                  ))}
                </select>
              )}
              {tab === "Results" && (
                <input
                  className="input"
                  type="search"
                  placeholder="Find in results"
                  aria-label="Find in results"
                  value={filter}
                  onChange={(event) => setFilter(event.target.value)}
                />
              )}
              <button type="button" className="button" onClick={() => setPinning(true)}>
                <Icon name="plus" /> Pin
              </button>
              <Export
                resource={resource}
                question={run.question}
                table={table}
                isWhole={!reply.partial}
                isFirst={at === 0}
              />
            </div>
          </div>
          {pinning && (
            <Suspense>
              <Pin
                title={render?.title || "Query"}
                item={pinned(run.question.query, render, tab === "Chart" ? drawnAs : null)}
                onClose={() => setPinning(false)}
              />
            </Suspense>
          )}
          <Notes reply={reply} render={render} />
          {tab === "SQL" && <SqlText text={reply.sql ?? ""} />}
          {tab === "Chart" && render && isCard(render) && !kind && <Card table={table} />}
          {tab === "Chart" && (kind || !(render && isCard(render))) && (
            <ResultChart
              app={resource.app_id}
              table={table}
              render={render ?? { visualization: "timechart" }}
              kind={drawnAs ?? "timechart"}
              onZoom={onZoom}
            />
          )}
          {tab === "Results" &&
            (table.rows.length ? (
              <Grid
                key={run.repliedTo}
                table={table}
                hadFocus={hadFocus}
                filter={filter}
                clearFilter={() => setFilter("")}
                commands={commands}
              />
            ) : (
              <p className="empty-tile muted">The query found no rows</p>
            ))}
          {tab !== "SQL" && table.rows.length === 0 && (
            <div className="empty-tile nothing-came muted">
              <WayOn app={resource.app_id} />
            </div>
          )}
        </>
      )}
    </div>
  );
}

/** The query as an item of a workbook: as it is shown, over the workbook's time. */
function pinned(query: string, render: Render | null, kind: ChartKind | null): Item {
  const shown = render && isCard(render) ? "card" : pictureNamed(kind);
  return { ...queryItem(query, render?.title || "Query", shown), customWidth: "50" };
}

/** Seconds of a run that takes longer than a moment. */
function Elapsed() {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((n) => n + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  return seconds < 2 ? null : <p className="elapsed small">Running, {seconds} s</p>;
}

function drawable(render: Render): boolean {
  return isChart(render.visualization) || isCard(render);
}

function tabsOf(reply: QueryReply): Tab[] {
  return reply.sql ? ["Results", "Chart", "SQL"] : ["Results", "Chart"];
}

function Notes({ reply, render }: { reply: QueryReply; render: Render | null }) {
  const unknown =
    render && !drawable(render) && !["table", ""].includes(render.visualization)
      ? `“render ${render.visualization}” has no picture here; the rows are shown instead.`
      : "";
  const notes = [reply.partial && `Limit reached: ${reply.partial}.`, unknown].filter(Boolean);
  return notes.map((note) => (
    <p key={note} className="results-note">
      <Icon name="warning" /> {note}
    </p>
  ));
}

function SqlText({ text }: { text: string }) {
  return (
    <div className="sql">
      <CopyButton text={text} label="Copy SQL" />
      <pre tabIndex={0} aria-label="SQL that ran">
        {text}
      </pre>
    </div>
  );
}
