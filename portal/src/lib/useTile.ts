/** Asks for a tile and keeps its last answer for the same question only. */

import { useEffect, useMemo, useRef, useState } from "react";
import { useAddress } from "../shell/address";
import { useRange } from "../shell/range";
import { ApiError, askTile, type Cell, type TileReply } from "./api";
import type { Span } from "./time";

export interface TileState {
  data: TileReply | null;
  error: ApiError | null;
  loading: boolean;
  /** Milliseconds since the request left, once it is worth saying; 0 before. */
  waitedMs: number;
  retry: () => void;
  cancel: () => void;
}

interface Held {
  identity: string;
  data: TileReply | null;
  error: ApiError | null;
  loading: boolean;
}

interface TileOptions {
  /** Values that the tile declares (`p.rows`). */
  parameters?: Record<string, string>;
  /** Asks again on its own; 0 asks only when the question or the range changes. */
  everyMs?: number;
  /** At most so many buckets, for pictures too narrow for the server's own choice. */
  buckets?: number;
  /** The question has no range: it is not asked again when "now" moves on. */
  rangeless?: boolean;
  /** Asked over this time instead of the address's range. */
  over?: Span | undefined;
  /** Not asked before it is true. */
  ready?: boolean;
  /** Narrows it beside what the address says. */
  filters?: string[];
  /** Resources that are asked together with the first, by tiles that can be. */
  beside?: string[];
}

const NONE = {};

type Identity = [string, string[], unknown, Record<string, string>, string[]];

/** A tile's state for a resource, over the address's range. */
export function useTile(name: string, app: string, options: TileOptions = NONE): TileState {
  const { everyMs = 0, buckets = 0, rangeless = false, parameters = NONE, ready = true } = options;
  const { range, span } = useRange();
  const { search } = useAddress();
  const filters = rangeless ? [] : [...search.getAll("f"), ...(options.filters ?? [])];
  const { start: overStart, end: overEnd } = options.over ?? { start: 0, end: 0 };
  const [attempt, setAttempt] = useState(0);
  const [waitedMs, setWaitedMs] = useState(0);
  const abort = useRef<AbortController | null>(null);
  const when = options.over ? [overStart, overEnd] : rangeless ? null : range;
  const apps = [app, ...(options.beside ?? [])];
  const identity = JSON.stringify([name, apps, when, parameters, filters]);
  const asked = useMemo(
    () => (overEnd ? { start: overStart, end: overEnd } : rangeless ? null : span),
    [overStart, overEnd, rangeless, span],
  );
  const [held, setHeld] = useState<Held>({ identity, data: null, error: null, loading: true });

  useEffect(() => {
    if (!ready) return undefined;
    const controller = new AbortController();
    abort.current = controller;
    const at = JSON.parse(identity) as Identity;
    const query = new URLSearchParams(at[1].map((one) => ["app", one]));
    if (asked) {
      query.set("start", new Date(asked.start).toISOString());
      query.set("end", new Date(asked.end).toISOString());
    }
    if (buckets) query.set("buckets", String(buckets));
    for (const [key, value] of Object.entries(at[3])) query.set(`p.${key}`, value);
    for (const filter of at[4]) query.append("f", filter);
    const started = performance.now();
    const clock = setInterval(() => setWaitedMs(performance.now() - started), 1_000);
    setHeld((last) =>
      last.identity === identity
        ? { ...last, loading: true }
        : { identity, data: null, error: null, loading: true },
    );
    askTile(at[0], query, controller.signal)
      .then((data) => setHeld({ identity, data, error: null, loading: false }))
      .catch((problem: unknown) => {
        if (controller.signal.aborted && !(controller.signal.reason instanceof ApiError)) return;
        const error =
          controller.signal.reason instanceof ApiError
            ? controller.signal.reason
            : problem instanceof ApiError
              ? problem
              : new ApiError(String(problem), "PortalError", null);
        setHeld((last) => ({ ...last, identity, error, loading: false }));
      })
      .finally(() => {
        clearInterval(clock);
        setWaitedMs(0);
      });
    return () => {
      clearInterval(clock);
      controller.abort();
    };
  }, [identity, asked, attempt, buckets, ready]);

  useEffect(() => {
    if (!everyMs) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) setAttempt((n) => n + 1);
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);

  const current = held.identity === identity;
  return {
    data: current ? held.data : null,
    error: current ? held.error : null,
    loading: current ? held.loading : true,
    waitedMs,
    retry: () => setAttempt((n) => n + 1),
    cancel: () => abort.current?.abort(new ApiError("Cancelled.", "Cancelled", null)),
  };
}

/** Reads a reply's cells by column name. */
export function records(reply: { columns: { name: string }[]; rows: Cell[][] }): Row[] {
  const at = new Map(reply.columns.map((column, index) => [column.name, index]));
  return reply.rows.map((row) => ({
    number: (name) => Number(row[at.get(name) ?? -1] ?? NaN),
    text: (name) => String(row[at.get(name) ?? -1] ?? ""),
    instant: (name) => Date.parse(String(row[at.get(name) ?? -1] ?? "")),
  }));
}

export interface Row {
  number: (column: string) => number;
  text: (column: string) => string;
  instant: (column: string) => number;
}
