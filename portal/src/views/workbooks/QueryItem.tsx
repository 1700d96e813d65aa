/** A query and its answer: a table, a chart, tiles, or one number. */

import { lazy, Suspense, useState } from "react";
import { absolute, type Span } from "../../lib/time";
import { toBase64Url } from "../../lib/encode";
import type { Render } from "../../lib/queries";
import { navigate, useAddress, viewPath } from "../../shell/address";
import { setRange, useRange } from "../../shell/range";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import { TileTable } from "../../ui/TileTable";
import { Card as Numbers } from "../../parts/results/ResultCard";
import { isChart } from "../../parts/results/pivot";
import { ResultChart } from "../../parts/results/ResultChart";
import type { Content } from "../../parts/workbooks/document";
import { PICTURES } from "../../parts/workbooks/pictures";
import { filledIn, identityOf, missingIn, type Values } from "../../parts/workbooks/parameters";
import type { QueryTable } from "../../lib/queries";
import { useAnswer } from "./ask";
import { Unsupported, type Shown } from "./Items";
import { Tiles } from "./Tiles";

const QueryEditor = lazy(() => import("./QueryEditor").then((m) => ({ default: m.QueryEditor })));

interface QueryItemProps {
  shown: Shown;
  content: Content;
  change: ((content: Content) => void) | null;
}

const KINDS = ["table", "tiles", "card", ...Object.keys(PICTURES)];
const LOGS = 0;
const MOST_ROWS = 1_000;

/** The time of an item: of its parameter, its own, or the page's. */
export function spanOfItem(content: Content, values: Values, page: Span): Span {
  const value = values.get(content.timeContextFromParameter ?? "");
  if (value?.kind === "time") return value.span;
  const ms = content.timeContext?.durationMs ?? 0;
  return ms > 0 ? { start: page.end - ms, end: page.end } : page;
}

export function QueryItem({ shown, content, change }: QueryItemProps) {
  const { span: page } = useRange();
  const { app, search } = useAddress();
  const { resource, document, values } = shown;
  const text = content.query ?? "";
  const [typed, setTyped] = useState<string | null>(null);
  const span = spanOfItem(content, values, page);
  const missing = missingIn(text, document, values);
  const isLogs = (content.queryType ?? LOGS) === LOGS;
  const query = !isLogs || missing.length || !text.trim() ? null : filledIn(text, values);
  const answer = useAnswer(resource.app_id, query, span, identityOf(text, values));
  const title = filledIn(content.title ?? "", values);
  const table = answer.reply?.tables[0] ?? null;
  if (!isLogs) return <Unsupported what="Query of another source" name={content.title ?? ""} />;
  const openInLogs = () => {
    if (!app || query === null) return;
    const { from, to } = absolute(span);
    navigate(viewPath(app, "logs", search, { q: toBase64Url(query), from, to }));
  };
  return (
    <section className="card" aria-label={title || "Query"} aria-busy={answer.loading}>
      <header className="card-head">
        <h2>{title}</h2>
        <Menu
          label={`More for ${title || "this query"}`}
          className="button button-icon"
          align="right"
          button={<Icon name="more" />}
          items={[{ label: "Open in Logs", icon: "logs", run: openInLogs }]}
        />
      </header>
      <div className="progress" data-on={answer.loading && query !== null} />
      {change && (
        <div className="workbook-query">
          <div className="workbook-parameters">
            <label className="metric-field">
              Title
              <input
                className="input"
                value={content.title ?? ""}
                onChange={(event) => change({ ...content, title: event.target.value })}
              />
            </label>
            <label className="metric-field">
              Shown as
              <select
                className="input"
                value={content.visualization ?? "table"}
                onChange={(event) => change({ ...content, visualization: event.target.value })}
              >
                {[...new Set([...KINDS, content.visualization ?? "table"])].map((one) => (
                  <option key={one}>{one}</option>
                ))}
              </select>
            </label>
            <button
              type="button"
              className="button"
              disabled={typed === null || typed === text}
              onClick={() => typed !== null && change({ ...content, query: typed })}
            >
              <Icon name="play" /> Run
            </button>
          </div>
          <Suspense fallback={<div className="skeleton" />}>
            <QueryEditor
              app={resource.app_id}
              text={text}
              type={setTyped}
              run={(next) => change({ ...content, query: next })}
            />
          </Suspense>
        </div>
      )}
      <div className="card-body">
        {missing.length > 0 && (
          <p className="empty-tile muted">Waits for the parameter {missing.join(", ")}</p>
        )}
        {answer.error && <ErrorBox error={answer.error} retry={answer.retry} />}
        {query !== null && !answer.reply && !answer.error && <div className="skeleton" />}
        {table && answer.reply && (
          <Picture
            app={resource.app_id}
            content={content}
            table={table}
            render={answer.reply.render}
            title={title}
          />
        )}
      </div>
    </section>
  );
}

interface PictureProps {
  app: string;
  content: Content;
  table: QueryTable;
  render: Render | null;
  title: string;
}

function Picture({ app, content, table, render, title }: PictureProps) {
  const said = content.visualization ?? "";
  const rendered = render && isChart(render.visualization) ? render.visualization : null;
  const kind = PICTURES[said] ?? (said === "" || said === "querydefault" ? rendered : null);
  if (table.rows.length === 0) return <p className="empty-tile muted">The query found no rows</p>;
  if (kind) {
    const { xAxis, yAxis, group } = content.chartSettings ?? {};
    const drawn: Render = {
      ...(render ?? { visualization: kind }),
      ...(xAxis ? { xcolumn: xAxis } : {}),
      ...(yAxis ? { ycolumns: yAxis } : {}),
      ...(group ? { series: [group] } : {}),
      title: null,
    };
    return (
      <div className="workbook-chart" data-size={content.size ?? 0}>
        <ResultChart
          app={app}
          table={table}
          render={drawn}
          kind={kind}
          onZoom={(window) => setRange(absolute(window))}
        />
      </div>
    );
  }
  if (said === "tiles") return <Tiles table={table} settings={content.tileSettings ?? {}} />;
  if (said === "card" || said === "stat") return <Numbers table={table} />;
  const isKnown = ["", "table", "querydefault"].includes(said);
  return (
    <>
      {!isKnown && <p className="muted small">“{said}” has no picture here; these are the rows.</p>}
      {table.rows.length > MOST_ROWS && (
        <p className="muted small">The first {MOST_ROWS} rows; Logs has them all.</p>
      )}
      <TileTable
        reply={{ columns: table.columns, rows: table.rows.slice(0, MOST_ROWS) }}
        label={title || "Query"}
      />
    </>
  );
}
