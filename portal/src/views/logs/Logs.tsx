/** Ask anything in KQL: schema, editor, rows, picture. */

import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError, fetchSchema, runQuery, type QueryReply, type Schema } from "../../lib/api";
import { fromBase64Url, toBase64Url } from "../../lib/encode";
import { rangeLabel } from "../../lib/time";
import { setParameters, useAddress } from "../../shell/address";
import { useRange } from "../../shell/range";
import type { ViewProps } from "../../shell/views";
import { CopyButton } from "../../ui/CopyButton";
import { Icon } from "../../ui/Icon";
import { blockAt, boundsTime } from "./blocks";
import { Editor, type EditorHandle } from "./Editor";
import { EXAMPLES } from "./examples";
import { pastQueries, rememberQuery } from "./queryHistory";
import { Results } from "./Results";
import { Sidebar } from "./Sidebar";
import "./logs.css";

/** A query longer than this is not written into the address. */
const MOST_IN_ADDRESS = 6_000;
const DRAFT = "openinsights.draft.";

export interface Run {
  text: string;
  /** Where the text starts in the editor. */
  from: number;
  reply: QueryReply | null;
  error: ApiError | null;
  running: boolean;
}

export function Logs({ resource }: ViewProps) {
  const app = resource.app_id;
  const { search } = useAddress();
  const { range, span, zone } = useRange();
  const asked = fromBase64Url(search.get("q") ?? "") || null;
  const [initial] = useState(() => asked ?? localStorage.getItem(DRAFT + app) ?? "");
  const [text, setText] = useState(initial);
  const [schema, setSchema] = useState<Schema | null>(null);
  const [past, setPast] = useState(pastQueries);
  const [run, setRun] = useState<Run | null>(null);
  const editor = useRef<EditorHandle>(null);
  const abort = useRef<AbortController | null>(null);
  const ranQuery = useRef<string | null>(null);

  useEffect(() => {
    const controller = new AbortController();
    fetchSchema(app, controller.signal)
      .then(setSchema)
      .catch(() => setSchema(null));
    return () => controller.abort();
  }, [app]);

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
      setRun((last) => ({ text: query, from, reply: last?.reply ?? null, error: null, running: true }));
      editor.current?.mark([]);
      runQuery(body, controller.signal)
        .then((reply) => setRun({ text: query, from, reply, error: null, running: false }))
        .catch((problem: unknown) => {
          if (controller.signal.aborted) {
            setRun((last) => last && { ...last, running: false });
            return;
          }
          const error =
            problem instanceof ApiError
              ? problem
              : new ApiError(String(problem), "PortalError", null);
          setRun({ text: query, from, reply: null, error, running: false });
          editor.current?.mark(marksOf(error, from, editor.current.text()));
        });
    },
    [app, span],
  );

  const runNow = () => {
    const handle = editor.current;
    if (!handle) return;
    const selected = handle.selection().trim();
    const block = blockAt(handle.text(), handle.cursor());
    const query = selected || block?.text || "";
    if (!query) return;
    const from = selected ? handle.text().indexOf(selected) : (block?.from ?? 0);
    setPast(rememberQuery(query, Date.now()));
    ranQuery.current = query;
    const q = toBase64Url(query);
    setParameters({ q: q.length <= MOST_IN_ADDRESS ? q : null });
    start(query, from);
  };

  // The address names the query: on arrival, on Back and Forward, and when the range moves on.
  useEffect(() => {
    if (asked === null) return;
    const handle = editor.current;
    if (handle && ranQuery.current !== asked && !handle.text().includes(asked)) {
      handle.replaceAll(asked);
    }
    ranQuery.current = asked;
    start(asked, Math.max(0, handle?.text().indexOf(asked) ?? 0));
  }, [asked, range.from, range.to, app]);

  useEffect(() => () => abort.current?.abort(), []);

  const cancel = () => abort.current?.abort();
  const open = (query: string) => {
    const handle = editor.current;
    if (!handle) return;
    const before = handle.text().trimEnd();
    handle.replaceAll(before ? `${before}\n\n${query}` : query);
    handle.focus();
    runNow();
  };
  const block = blockAt(text, editor.current?.cursor() ?? text.length);
  const fixed = block !== null && boundsTime(block.text);

  return (
    <div className="logs">
      <Sidebar
        schema={schema}
        past={past}
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
            <CopyButton text={location.href} label="Copy link" />
          </span>
        </div>
        <Editor
          initial={initial}
          schema={schema}
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
        {run ? <Results run={run} resource={resource} /> : <Start open={open} />}
      </section>
    </div>
  );
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
