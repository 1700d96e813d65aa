/** A workbook's query, asked over its time. */

import { useEffect, useState } from "react";
import type { ApiError } from "../../lib/api";
import { runQuery, type QueryReply } from "../../lib/queries";
import type { Span } from "../../lib/time";
import { failed } from "./failed";

export interface Asked {
  reply: QueryReply | null;
  error: ApiError | null;
  loading: boolean;
  retry: () => void;
}

/**
 * The answer to a query; nothing is asked while the text is null. An answer stays while the same is
 * asked of another time: `identity` is what has to be the same.
 */
export function useAnswer(
  app: string,
  query: string | null,
  span: Span,
  identity: string,
): Asked {
  const [held, setHeld] = useState<{ of: string; reply: QueryReply | null; error: ApiError | null }>();
  const [loading, setLoading] = useState(true);
  const [round, setRound] = useState(0);
  const { start, end } = span;
  const of = `${app} ${identity}`;
  useEffect(() => {
    if (query === null) return undefined;
    const controller = new AbortController();
    const timespan = `${new Date(start).toISOString()}/${new Date(end).toISOString()}`;
    setLoading(true);
    runQuery({ app, query, timespan }, controller.signal)
      .then((reply) => setHeld({ of, reply, error: null }))
      .catch((problem: unknown) => {
        if (!controller.signal.aborted) setHeld({ of, reply: null, error: failed(problem) });
      })
      .finally(() => !controller.signal.aborted && setLoading(false));
    return () => controller.abort();
  }, [app, query, start, end, round, of]);
  const current = held?.of === of ? held : null;
  return {
    reply: current?.reply ?? null,
    error: current?.error ?? null,
    loading,
    retry: () => setRound((n) => n + 1),
  };
}
