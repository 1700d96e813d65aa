/** One operation from end to end: what called what, how long, what failed, and every detail. */

import { useEffect, useMemo, useState } from "react";
import { ApiError, type TileReply } from "../../lib/api";
import { copyText, toBase64Url } from "../../lib/encode";
import { count, duration } from "../../lib/format";
import { dateTime, type Span } from "../../lib/time";
import { records, useTile, type TileState } from "../../lib/useTile";
import { navigate, setParameters, useAddress, viewPath } from "../../shell/address";
import { useRange } from "../../shell/range";
import type { ViewProps } from "../../shell/views";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { Compare } from "./Compare";
import { Details } from "./Details";
import { Everything } from "./Everything";
import { itemsOf, preciseMs, type Item } from "./items";
import { Results } from "./Results";
import { Timeline } from "./Timeline";
import { timeByComponent, transactionOf, type Transaction as Told } from "./tree";
import { download } from "../../parts/files";
import { hueOf } from "../../parts/hue";
import "../../parts/tabs.css";
import "./transaction.css";

const AROUND_MS = 3_600_000;
const YOUNG_MS = 30_000;
const LATE_AFTER_MS = 5_000;

export function Transaction({ resource }: ViewProps) {
  const { subject } = useAddress();
  if (!subject) return <WhichOne />;
  return <One key={subject} app={resource.app_id} operationId={subject} />;
}

function WhichOne() {
  return (
    <section className="card narrow">
      <div className="card-body">
        <h1>End-to-end transaction details</h1>
        <p>
          Paste an operation id into the search of the top bar, or open a sample of Performance,
          Failures or Transaction search.
        </p>
      </div>
    </section>
  );
}

/** The time in which the operation's items lie: around the hint, or where they were found. */
function useSpan(app: string, operationId: string): { over: Span | null; times: TileState } {
  const { search } = useAddress();
  const hint = preciseMs(search.get("t") ?? "");
  const hasHint = Number.isFinite(hint);
  const times = useTile("tx.times", app, {
    rangeless: true,
    parameters: useMemo(() => ({ opId: operationId }), [operationId]),
    ready: !hasHint,
  });
  const found = times.data ? records(times.data)[0] : undefined;
  const first = found?.instant("first_seen") ?? NaN;
  const last = found?.instant("last_seen") ?? NaN;
  if (hasHint) return { over: { start: hint - AROUND_MS, end: hint + AROUND_MS }, times };
  if (!Number.isFinite(first)) return { over: null, times };
  return { over: { start: first - 60_000, end: last + AROUND_MS }, times };
}

function One({ app, operationId }: { app: string; operationId: string }) {
  const { over, times } = useSpan(app, operationId);
  const { search } = useAddress();
  const items = useTile("tx.items", app, {
    over: over ?? undefined,
    ready: over !== null,
    parameters: useMemo(() => ({ opId: operationId }), [operationId]),
  });
  const told = useMemo(() => items.data && transactionOf(itemsOf(items.data)), [items.data]);
  useLateItems(items, told);

  const error = items.error ?? times.error;
  const nothing =
    (over === null && times.data !== null) || (items.data !== null && items.data.rows.length === 0);
  if (nothing) return <Nothing operationId={operationId} hinted={search.has("t")} />;
  return (
    <div className="tx">
      <Results app={app} operationId={operationId} />
      <div className="tx-main" aria-busy={!error && items.loading}>
        {error && !told && <h1>End-to-end transaction details</h1>}
        {error && <ErrorBox error={error} retry={items.error ? items.retry : times.retry} />}
        {told && items.data ? (
          <Shown told={told} reply={items.data} operationId={operationId} app={app} />
        ) : (
          !error && <div className="skeleton" />
        )}
      </div>
    </div>
  );
}

/** Items of a young transaction still arrive: asked for once more. */
function useLateItems(items: TileState, told: Told | null): void {
  const [waits, setWaits] = useState(true);
  const { retry } = items;
  const isYoung = told !== null && Date.now() - told.end < YOUNG_MS;
  useEffect(() => {
    if (!waits || !isYoung) return undefined;
    const timer = setTimeout(() => {
      setWaits(false);
      retry();
    }, LATE_AFTER_MS);
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `retry` is another one each time
  }, [waits, isYoung]);
}

function Nothing({ operationId, hinted }: { operationId: string; hinted: boolean }) {
  return (
    <section className="card narrow">
      <div className="card-body">
        <h1>No telemetry of this operation</h1>
        <p>
          Nothing with the operation id <code>{operationId}</code> is stored
          {hinted ? " around that time" : ""}. It may not have arrived yet, be older than what is
          kept, or belong to another resource.
        </p>
        <p className="row">
          {hinted && (
            <button
              type="button"
              className="button"
              onClick={() => setParameters({ t: null }, true)}
            >
              Look at all times
            </button>
          )}
          <button type="button" className="button" onClick={() => history.back()}>
            Back
          </button>
        </p>
      </div>
    </section>
  );
}

interface ShownProps {
  told: Told;
  reply: TileReply;
  operationId: string;
  app: string;
}

type Tab = "timeline" | "all";

function Shown({ told, reply, operationId, app }: ShownProps) {
  const { search } = useAddress();
  const tab: Tab = search.get("tab") === "all" ? "all" : "timeline";
  const first = told.items.find((item) => item.kind === "request") ?? told.items[0];
  const chosen =
    told.items.find((item) => item.key === search.get("item") || item.id === search.get("item")) ??
    first;
  if (!first || !chosen) return null;
  const choose = (item: Item) => setParameters({ item: item.key }, true);
  return (
    <>
      <Head told={told} first={first} reply={reply} operationId={operationId} app={app} />
      <div className="tx-panes">
        <section className="card tx-left" aria-label="Transaction">
          <div className="tx-tabs" role="tablist" aria-label="How the transaction is shown">
            <TabButton name="timeline" now={tab} label="Timeline" />
            <TabButton name="all" now={tab} label={`All telemetry (${told.items.length})`} />
          </div>
          {tab === "timeline" ? (
            <Timeline told={told} chosen={chosen} choose={choose} />
          ) : (
            <Everything items={told.items} chosen={chosen} choose={choose} />
          )}
        </section>
        <Details key={chosen.key} item={chosen} told={told} />
      </div>
    </>
  );
}

function TabButton({ name, now, label }: { name: Tab; now: Tab; label: string }) {
  return (
    <button
      type="button"
      role="tab"
      className="tab"
      aria-selected={name === now}
      onClick={() => setParameters({ tab: name === "timeline" ? null : name }, true)}
    >
      {label}
    </button>
  );
}

function Head({ told, first, reply, operationId, app }: ShownProps & { first: Item }) {
  const { zone } = useRange();
  const [compares, setCompares] = useState(false);
  const numbers = counted(told);
  return (
    <header className="tx-head">
      <div className="tx-title">
        <h1 className="clip" title={first.name}>
          {first.name}
        </h1>
        {first.failed ? (
          <span className="bad tx-state">
            <Icon name="failed" size={14} /> Failed {first.resultCode}
          </span>
        ) : (
          first.resultCode && <span className="muted tx-state">{first.resultCode}</span>
        )}
        <strong>{duration(first.durationMs || told.end - told.start)}</strong>
        <span className="muted">{numbers}</span>
        <span className="muted" title={new Date(first.start).toISOString()}>
          {dateTime(Math.floor(first.start), zone)}
        </span>
        <Actions told={told} reply={reply} operationId={operationId} app={app}>
          {first.kind === "request" && (
            <button
              type="button"
              className="button button-small"
              aria-pressed={compares}
              onClick={() => setCompares(!compares)}
            >
              Compare
            </button>
          )}
        </Actions>
      </div>
      {compares && <Compare app={app} item={first} />}
      <TimeShares told={told} />
      {reply.rows.length >= 10_000 && (
        <p className="empty">The first 10,000 items are shown; this transaction has more.</p>
      )}
    </header>
  );
}

function counted(told: Told): string {
  const components = new Set(told.items.map((item) => item.role).filter(Boolean));
  const of = (kind: string) => told.items.filter((item) => item.kind === kind).length;
  const parts: [number, string, string][] = [
    [told.spans.size, "span", "spans"],
    [components.size, "component", "components"],
    [of("exception"), "exception", "exceptions"],
    [of("trace"), "log line", "log lines"],
  ];
  return parts
    .filter(([n]) => n > 0)
    .map(([n, one, many]) => `${count(n)} ${n === 1 ? one : many}`)
    .join(" · ");
}

function Actions(props: Omit<ShownProps, "told"> & { told: Told; children: React.ReactNode }) {
  const { reply, operationId } = props;
  const { app, search } = useAddress();
  const [copied, setCopied] = useState(false);
  const link = () => {
    const url = new URL(location.href);
    url.search = "";
    return url.href;
  };
  return (
    <div className="row tx-actions">
      {props.children}
      <button
        type="button"
        className="button button-small"
        onClick={() => void copyText(link()).then(setCopied)}
      >
        <Icon name={copied ? "check" : "copy"} size={14} /> Copy link
      </button>
      {app && (
        <button
          type="button"
          className="button button-small"
          onClick={() =>
            navigate(viewPath(app, "logs", search, { q: toBase64Url(reply.kql) }))
          }
        >
          <Icon name="logs" size={14} /> Logs
        </button>
      )}
      <button
        type="button"
        className="button button-small"
        onClick={() =>
          download(`${operationId}.json`, "application/json", JSON.stringify(asJson(reply), null, 2))
        }
      >
        <Icon name="download" size={14} /> JSON
      </button>
    </div>
  );
}

function asJson(reply: TileReply): object[] {
  return reply.rows.map((row) =>
    Object.fromEntries(
      reply.columns
        .map((column, index): [string, unknown] => [
          column.name,
          readable(column.type, row[index] ?? null),
        ])
        .filter(([, value]) => value !== null && value !== ""),
    ),
  );
}

function readable(type: string, cell: unknown): unknown {
  if (type !== "dynamic" || typeof cell !== "string") return cell;
  try {
    return JSON.parse(cell);
  } catch (problem) {
    if (problem instanceof SyntaxError) return cell;
    throw new ApiError(String(problem), "PortalError", null);
  }
}

const SHARES_SHOWN = 6;

/** Where the time goes, by component. */
function TimeShares({ told }: { told: Told }) {
  const shares = useMemo(() => timeByComponent(told), [told]);
  if (told.spans.size < 2) return null;
  const shown = shares.slice(0, SHARES_SHOWN);
  return (
    <ul className="tx-shares" aria-label="Share of the time by component">
      {shown.map((one) => (
        <li
          key={one.name}
          style={{ "--share": one.share, "--hue": hueOf(one.name) } as React.CSSProperties}
        >
          <span className="clip">{one.name}</span>
          <span className="muted">
            {Math.round(one.share * 100)} % · {duration(one.ms)}
          </span>
        </li>
      ))}
    </ul>
  );
}
