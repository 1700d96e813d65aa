/** The layout of a graph, made in a worker and kept while the graph's shape stays. */

import { useEffect, useMemo, useRef, useState } from "react";
import { topologyOf, type Placed, type Wanted } from "./shape";
import type { Answered, Asked } from "./layout.worker";

const KEPT = 20;

export interface Layout {
  placed: Placed | null;
  /** How long the worker took. */
  tookMs: number;
  failed: boolean;
}

export function useLayout(wanted: Wanted): Layout {
  const topology = useMemo(() => topologyOf(wanted), [wanted]);
  const worker = useRef<Worker | null>(null);
  const known = useRef(new Map<string, Answered>());
  const [, setArrived] = useState(0);
  const [failed, setFailed] = useState(false);

  useEffect(() => {
    const made = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    made.addEventListener("message", ({ data }: MessageEvent<Answered>) => {
      const held = known.current;
      held.set(data.topology, data);
      for (const oldest of held.keys()) {
        if (held.size <= KEPT) break;
        held.delete(oldest);
      }
      setArrived((n) => n + 1);
    });
    made.addEventListener("error", () => setFailed(true));
    worker.current = made;
    return () => made.terminate();
  }, []);

  useEffect(() => {
    if (known.current.has(topology)) return;
    worker.current?.postMessage({ topology, wanted } satisfies Asked);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- what is wanted is what its key says
  }, [topology]);

  const held = known.current.get(topology);
  return { placed: held?.placed ?? null, tookMs: held?.tookMs ?? 0, failed };
}
