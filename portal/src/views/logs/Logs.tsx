/** Ask anything in KQL: schema, editor, rows, picture. */

import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError, type Resource } from "../../lib/api";
import {
  fetchSchema,
  runQuery,
  type Question,
  type QueryReply,
} from "../../lib/queries";
import { fromBase64Url, toBase64Url } from "../../lib/encode";
import { absolute, rangeLabel, type Span } from "../../lib/time";
import { useTile } from "../../lib/useTile";
import { beginRule } from "../../parts/newAlertRule";
import { savedQueries, textOfLink } from "../../parts/savedQueries";
import { useReply } from "../../parts/useReply";
import { navigate, setParameters, transactionPath, useAddress } from "../../shell/address";
import { setRange, useRange } from "../../shell/range";
import type { ViewProps } from "../../shell/views";
import { ErrorBox } from "../../ui/ErrorBox";
import { Icon } from "../../ui/Icon";
import { Popover } from "../../ui/Popover";
import { blockAt, boundsTime, withCondition, withWindow } from "./blocks";
import type { CellCommands } from "./CellMenu";
import { Editor, type EditorHandle } from "./Editor";
import { EXAMPLES } from "./examples";
import { pastQueries, rememberQuery } from "./queryHistory";
import { Results } from "./Results";
import type { Saved } from "./SavedList";
import { SaveQuery } from "./SaveQuery";
import { ShareButton } from "./ShareButton";
import { Sidebar, type SideTab } from "./Sidebar";
import "./logs.css";

/** A query longer than this is not written into the address. */
const MOST_IN_ADDRESS = 6_000;
const DRAFT = "openinsights.draft.";

export interface Run {
  /** Counts the runs of this page. */
  id: number;
  /** What was asked. */
  question: Question;
  reply: QueryReply | null;
  /** The run that the reply is of: it stays until the next one is there. */
  repliedTo: number;
  error: ApiError | null;
  running: boolean;
}

export function Logs({ resource }: ViewProps) {
  const app = resource.app_id;
  const { search, app: address } = useAddress();
  const { range, span, zone } = useRange();
  const linked = useLinked(resource, search.get("link"));
  const asked = fromBase64Url(search.get("q") ?? "") || linked.text || null;
  const [initial] = useState(() => {
    const draft = localStorage.getItem(DRAFT + app) ?? "";
    return asked !== null && !draft.includes(asked) ? asked : draft;
  });
  const [text, setText] = useState(initial);
  const schema = useReply(`schema ${app}`, (signal) => fetchSchema(app, signal));
  const [past, setPast] = useState(pastQueries);
  const [side, setSide] = useState<SideTab>("Tables");
  const saved = useSaved(resource);
  const active = useTile("logs.active", app);
  const [run, setRun] = useState<Run | null>(null);
  const editor = useRef<EditorHandle>(null);
  const abort = useRef<AbortController | null>(null);
  /** The last query that was run from the editor, and where it stands there. */
  const ran = useRef<{ query: string; from: number } | null>(null);
  const runs = useRef(0);
  const [offer, setOffer] = useState<Span | null>(null);

  const start = useCallback(
    (query: string, from: number) => {
      abort.current?.abort();
      const controller = new AbortController();
      abort.current = controller;
      const fixed = boundsTime(query);
      const body = {
        app,
        query,
        ...(fixed ? {} : { timespan: timespan(span) }),
      };
      runs.current += 1;
      const id = runs.current;
      setRun((last) => ({
        id,
        question: body,
        reply: last?.reply ?? null,
        repliedTo: last?.repliedTo ?? 0,
        error: null,
        running: true,
      }));
      editor.current?.mark([]);
      runQuery(body, controller.signal)
        .then((reply) =>
          setRun({ id, question: body, reply, repliedTo: id, error: null, running: false }),
        )
        .catch((problem: unknown) => {
          if (controller.signal.aborted) {
            setRun((last) => last && { ...last, running: false });
            return;
          }
          const error = failed(problem);
          setRun({ id, question: body, reply: null, repliedTo: id, error, running: false });
          editor.current?.mark(marksOf(error, from, editor.current.text()));
        });
    },
    [app, span],
  );

  const block = blockAt(text, editor.current?.cursor() ?? text.length);
  const fixed = block !== null && boundsTime(block.text);

  const runNow = () => {
    const handle = editor.current;
    if (!handle) return;
    const selected = handle.selection().trim();
    const under = blockAt(handle.text(), handle.cursor());
    const query = selected || under?.text || "";
    if (!query) return;
    const from = selected ? handle.text().indexOf(selected) : (under?.from ?? 0);
    setPast(rememberQuery(query, Date.now()));
    ran.current = { query, from };
    const encoded = toBase64Url(query);
    const q = encoded.length <= MOST_IN_ADDRESS ? encoded : null;
    if (q === null || q === search.get("q")) start(query, from);
    setParameters({ q, link: null });
  };

  // The address names the query: on arrival, on Back and Forward, and when the range moves on.
  useEffect(() => {
    if (asked === null) return;
    const handle = editor.current;
    if (!handle) return;
    if (!handle.text().includes(asked)) handle.replaceAll(asked);
    const own = ran.current?.query === asked ? ran.current.from : handle.text().indexOf(asked);
    if (ran.current?.query !== asked) handle.goTo(own + asked.length);
    start(asked, own);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- `start` is another one with each range, and runs nothing anew
  }, [asked, range.from, range.to, app]);

  useEffect(() => () => abort.current?.abort(), []);

  // A window dragged on a chart becomes the range, unless the query has its own: then it is offered.
  const zoom = (window: Span) => {
    if (fixed) setOffer(window);
    else setRange(absolute(window));
  };
  const accept = () => {
    const handle = editor.current;
    if (!offer || !handle || !block) return;
    const narrowed = withWindow(block.text, offer);
    const { from, to } = block;
    handle.replaceAll(handle.text().slice(0, from) + narrowed + handle.text().slice(to));
    handle.goTo(from + narrowed.length);
    setOffer(null);
    runNow();
  };
  const narrow: CellCommands["narrow"] = (column, cell, leavesOut) => {
    const handle = editor.current;
    if (!handle || !run) return;
    const { query } = run.question;
    const narrowed = withCondition(query, column, cell, leavesOut);
    const from = handle.text().indexOf(query);
    if (from < 0) {
      open(narrowed);
      return;
    }
    const rest = handle.text().slice(from + query.length);
    handle.replaceAll(handle.text().slice(0, from) + narrowed + rest);
    handle.goTo(from + narrowed.length);
    runNow();
  };
  const openTransaction: CellCommands["open"] = (operation, item, time) => {
    const own = { ...(item ? { item } : {}), ...(time ? { t: time } : {}) };
    navigate(transactionPath(address ?? app, operation, search, own));
  };
  const cancel = () => abort.current?.abort();
  const open = (query: string) => {
    const handle = editor.current;
    if (!handle) return;
    const before = handle.text().trimEnd();
    handle.replaceAll(before ? `${before}\n\n${query}` : query);
    handle.focus();
    runNow();
  };

  return (
    <div className="logs">
      <h1 className="sr">Logs</h1>
      <Sidebar
        resource={resource}
        schema={schema}
        active={active}
        saved={saved}
        past={past}
        tab={side}
        show={setSide}
        insert={(word) => editor.current?.insert(word)}
        open={open}
      />
      <section className="logs-main" aria-label="Query">
        <div className="logs-bar">
          {run?.running ? (
            <button type="button" className="button button-primary" onClick={cancel}>
              <Icon name="stop" /> Cancel
            </button>
          ) : (
            <button
              type="button"
              className="button button-primary"
              title="Shift Enter"
              disabled={!block}
              onClick={runNow}
            >
              <Icon name="play" /> Run
            </button>
          )}
          <span className="muted small">
            Time: {fixed ? "set in the query" : rangeLabel(range, zone, span.end).toLowerCase()}
          </span>
          <span className="logs-bar-end">
            <Popover
              label="Save query"
              align="right"
              button={
                <>
                  <Icon name="download" /> Save
                </>
              }
            >
              {(close) => (
                <SaveQuery
                  resource={resource}
                  text={block?.text ?? ""}
                  saved={() => {
                    close();
                    setSide("Saved");
                    saved.reload();
                  }}
                />
              )}
            </Popover>
            <ShareButton resource={resource} text={block?.text ?? ""} />
            <button
              type="button"
              className="button"
              disabled={!block?.text}
              title="Be told when this query finds something"
              onClick={() =>
                beginRule(resource.app_id, search, { kind: "log", query: block?.text ?? "" })
              }
            >
              <Icon name="alerts" /> New alert rule
            </button>
          </span>
        </div>
        <Editor
          initial={initial}
          schema={schema.data}
          handle={editor}
          onRun={runNow}
          onCancel={cancel}
          onChange={(next) => {
            setText(next);
            try {
              localStorage.setItem(DRAFT + app, next);
            } catch {
              // Without storage a draft lives as long as the page.
            }
          }}
        />
        {offer && (
          <p className="offer" role="status">
            {rangeLabel(absolute(offer), zone, 0)}
            <button type="button" className="button button-small" onClick={accept}>
              Write into the query
            </button>
            <button
              type="button"
              className="button button-small button-plain"
              onClick={() => setOffer(null)}
            >
              Dismiss
            </button>
          </p>
        )}
        {linked.error && <ErrorBox error={linked.error} />}
        {run ? (
          <Results
            run={run}
            resource={resource}
            onZoom={zoom}
            commands={{ narrow, open: openTransaction }}
            again={() => start(run.question.query, ran.current?.from ?? 0)}
          />
        ) : (
          <Start open={open} />
        )}
      </section>
    </div>
  );
}

function failed(problem: unknown): ApiError {
  return problem instanceof ApiError
    ? problem
    : new ApiError(String(problem), "PortalError", null);
}

/** The text that a short link stands for. */
function useLinked(resource: Resource, id: string | null): { text: string; error: ApiError | null } {
  const [found, setFound] = useState<{ id: string; text: string; error: ApiError | null }>();
  useEffect(() => {
    if (!id) return undefined;
    let left = false;
    const tell = (text: string, error: ApiError | null) => !left && setFound({ id, text, error });
    textOfLink(resource, id)
      .then((text) => tell(text, null))
      .catch((problem: unknown) => tell("", failed(problem)));
    return () => {
      left = true;
    };
  // eslint-disable-next-line react-hooks/exhaustive-deps -- a resource is what its id says
  }, [resource.app_id, id]);
  return id && found?.id === id ? found : { text: "", error: null };
}

function useSaved(resource: Resource): Saved {
  const [queries, setQueries] = useState<Saved["queries"]>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let left = false;
    savedQueries(resource)
      .then((list) => {
        if (left) return;
        setQueries(list);
        setError(null);
      })
      .catch((problem: unknown) => !left && setError(failed(problem)));
    return () => {
      left = true;
    };
  // eslint-disable-next-line react-hooks/exhaustive-deps -- a resource is what its id says
  }, [resource.app_id, round]);
  return { queries, error, reload: () => setRound((n) => n + 1) };
}

function timespan(span: { start: number; end: number }): string {
  return `${new Date(span.start).toISOString()}/${new Date(span.end).toISOString()}`;
}

/** The server's mistakes as marks in the editor; their places count from the start of the query. */
function marksOf(error: ApiError, from: number, text: string) {
  return error.places.map((place) => {
    const lines = text.slice(from).split("\n");
    const before = lines.slice(0, place.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
    const start = Math.min(Math.max(0, text.length - 1), from + before + place.column - 1);
    return {
      from: start,
      to: Math.min(text.length, start + Math.max(1, place.length)),
      severity: "error" as const,
      source: "server",
      message: place.hint ? `${place.message} ${place.hint}` : place.message,
    };
  });
}

function Start({ open }: { open: (query: string) => void }) {
  return (
    <div className="logs-start">
      <h2>Start from an example</h2>
      <div className="example-cards">
        {EXAMPLES.slice(0, 6).map((one) => (
          <button key={one.title} type="button" className="example" onClick={() => open(one.query)}>
            <strong>{one.title}</strong>
            <pre>{one.query}</pre>
          </button>
        ))}
      </div>
    </div>
  );
}
