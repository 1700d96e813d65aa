/** The live stream of a resource: one per page, closed while nobody can see the page. */

import { useEffect, useState } from "react";
import { ApiError, ask, SERVER_GONE } from "../../lib/api";
import { tellReachable } from "../../lib/reachable";

/** A frame that is older than this is no longer true. */
const STALE_MS = 5_000;
const POLL_MS = 2_000;
const AGAIN_MS = 2_000;
/** So often an answer to a plain request is followed by another try at a stream. */
const TRY_EVERY = 10;
/** The newest samples that are kept. */
export const MOST_ITEMS = 200;

export type Values = (number | null)[];

export interface Server {
  role: string;
  instance: string;
  stream: string;
  machine: string;
  version: string;
  source: "live" | "telemetry";
  last_seen_s: number;
  behind_s: number;
  errors: string[];
  requests_per_second: number | null;
  failed_requests_per_second: number | null;
  request_duration_ms: number | null;
  dependencies_per_second: number | null;
  failed_dependencies_per_second: number | null;
  dependency_duration_ms: number | null;
  exceptions_per_second: number | null;
  memory_bytes: number | null;
  cpu_percent: number | null;
  process_cpu_percent: number | null;
}

/** What a second looked like: the last minute of each metric, and every server. */
export interface Sample {
  time: string;
  window_s: number;
  series: Record<string, Values>;
  metrics: Record<string, Values>;
  servers: Server[];
}

/** One request, call, exception, event or log line that passed through. */
export interface Item {
  id: number;
  time: string;
  type: string;
  name?: string;
  message?: string;
  url?: string;
  data?: string;
  target?: string;
  dependency_type?: string;
  code?: string;
  success?: boolean;
  duration_ms?: number;
  severity?: string;
  stack?: string;
  operation_id?: string;
  operation_name?: string;
  role?: string;
  instance?: string;
  properties?: Record<string, string>;
}

export interface Seen {
  sample: Sample | null;
  /** The newest first. */
  items: Item[];
}

export type Link = "connecting" | "live" | "polling" | "away" | "refused";

export interface LiveState extends Seen {
  link: Link;
  stale: boolean;
  error: ApiError | null;
  retry: () => void;
}

interface Latest {
  sample: Sample;
  documents: Item[];
  newest: number;
}

interface Held extends Seen {
  identity: string;
  link: Link;
  error: ApiError | null;
}

/** What a resource does now; `query` says which servers and samples. */
export function useLive(app: string, query: string): LiveState {
  const identity = `${app}?${query}`;
  const [held, setHeld] = useState<Held>(() => nothing(identity));
  const [stale, setStale] = useState(false);
  const [round, setRound] = useState(0);

  useEffect(() => {
    const path = `/api/live/${encodeURIComponent(app)}`;
    let source: EventSource | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let heardAt = performance.now();
    let newest = 0;
    let polls = 0;
    const leaving = new AbortController();

    const take = (change: (last: Held) => Held) =>
      setHeld((last) => change(last.identity === identity ? last : nothing(identity)));
    const told = (seen: { sample?: Sample; items?: Item[] }, link: Link) => {
      heardAt = performance.now();
      setStale(false);
      tellReachable(true);
      take((last) => ({
        ...last,
        link,
        error: null,
        sample: seen.sample ?? last.sample,
        items: seen.items?.length ? newestFirst(last.items, seen.items) : last.items,
      }));
    };
    const later = (run: () => void, ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(run, ms);
    };

    const close = () => {
      clearTimeout(timer);
      source?.close();
      source = null;
    };
    const open = () => {
      close();
      if (document.hidden) return;
      const stream = new EventSource(`${path}?${query}`);
      source = stream;
      stream.addEventListener("sample", (event) => {
        polls = 0;
        told({ sample: JSON.parse(event.data as string) as Sample }, "live");
      });
      stream.addEventListener("documents", (event) => {
        told({ items: JSON.parse(event.data as string) as Item[] }, "live");
      });
      stream.addEventListener("error", () => {
        if (source !== stream) return;
        // A stream does not say why it ended; a plain request does.
        close();
        void poll();
      });
    };
    /** Asks once: a server without room for a stream is asked again and again, one that is away later. */
    const poll = async () => {
      try {
        const reply = await ask<Latest>(`${path}/latest?${query}&since=${newest}`, {
          signal: leaving.signal,
        });
        if (leaving.signal.aborted || document.hidden) return;
        newest = reply.newest;
        told({ sample: reply.sample, items: reply.documents }, "polling");
        later(polls % TRY_EVERY === 0 ? open : () => void poll(), POLL_MS);
        polls += 1;
      } catch (problem) {
        if (leaving.signal.aborted) return;
        const error = problem instanceof ApiError ? problem : null;
        if (error?.code === SERVER_GONE) {
          take((last) => ({ ...last, link: "away" }));
          later(open, AGAIN_MS);
        } else take((last) => ({ ...last, link: "refused", error }));
      }
    };

    const watch = setInterval(() => {
      if (performance.now() - heardAt > STALE_MS) setStale(true);
    }, 1_000);
    document.addEventListener("visibilitychange", open);
    open();
    return () => {
      leaving.abort();
      clearInterval(watch);
      document.removeEventListener("visibilitychange", open);
      close();
    };
  }, [app, query, identity, round]);

  const now = held.identity === identity ? held : nothing(identity);
  return { ...now, stale, retry: () => setRound((n) => n + 1) };
}

function nothing(identity: string): Held {
  return { identity, sample: null, items: [], link: "connecting", error: null };
}

/** Adds samples, given oldest first; one that is there already (a stream was opened anew) is not added. */
export function newestFirst(last: Item[], told: Item[]): Item[] {
  const known = new Set(last.map(keyOf));
  const added = told.filter((one) => !known.has(keyOf(one))).reverse();
  return [...added, ...last].slice(0, MOST_ITEMS);
}

/** Numbers begin anew with the server; with its time one is told from all others. */
export function keyOf(item: Item): string {
  return `${item.id} ${item.time}`;
}
