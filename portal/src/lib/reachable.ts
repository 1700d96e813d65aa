/** Whether the server answers: told by every request, shown once for the whole page. */

import { useSyncExternalStore } from "react";

let reachable = true;
const listeners = new Set<() => void>();

export function tellReachable(now: boolean): void {
  if (now === reachable) return;
  reachable = now;
  for (const listener of listeners) listener();
}

export function useReachable(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => reachable,
  );
}
