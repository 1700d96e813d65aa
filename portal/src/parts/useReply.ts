/** What the management API answers, asked when shown and again on demand. */

import { useEffect, useRef, useState } from "react";
import { ApiError } from "../lib/api";

export interface Reply<T> {
  data: T | null;
  error: ApiError | null;
  reload: () => void;
}

/**
 * The answer to a question, null until it is there.
 *
 * @param identity says which question it is: another one never shows the answer of the last.
 * @param load asks; null asks nothing.
 * @param everyMs asks again on its own, not while the page is hidden.
 */
export function useReply<T>(
  identity: string,
  load: ((signal: AbortSignal) => Promise<T>) | null,
  everyMs = 0,
): Reply<T> {
  const [held, setHeld] = useState<{ of: string; data: T | null; error: ApiError | null }>({
    of: identity,
    data: null,
    error: null,
  });
  const [round, setRound] = useState(0);
  const asks = useRef(load);
  asks.current = load;
  const ready = load !== null;

  useEffect(() => {
    if (!ready || !asks.current) return undefined;
    const controller = new AbortController();
    asks.current(controller.signal).then(
      (data) => setHeld({ of: identity, data, error: null }),
      (problem: unknown) => {
        if (controller.signal.aborted) return;
        const error = asApiError(problem);
        setHeld((last) => ({ of: identity, data: last.of === identity ? last.data : null, error }));
      },
    );
    return () => controller.abort();
  }, [identity, ready, round]);

  useEffect(() => {
    if (!everyMs) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) setRound((n) => n + 1);
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);

  const current = held.of === identity;
  return {
    data: current ? held.data : null,
    error: current ? held.error : null,
    reload: () => setRound((n) => n + 1),
  };
}

export function asApiError(problem: unknown): ApiError {
  return problem instanceof ApiError ? problem : new ApiError(String(problem), "PortalError", null);
}

export interface Doing {
  busy: boolean;
  error: ApiError | null;
  /** Does something; answers whether it worked. */
  run: (act: () => Promise<unknown>) => Promise<boolean>;
  clear: () => void;
}

/** Something that is done on a click: whether it still goes on, and why it failed. */
export function useDoing(): Doing {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const run = async (act: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    try {
      await act();
      return true;
    } catch (problem) {
      setError(asApiError(problem));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, run, clear: () => setError(null) };
}
