/** The time range, zone and refresh that every view shares; held by the address. */

import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { isRelative, isZone, spanOf, validRange, type Span, type TimeRange } from "../lib/time";
import { setParameters, useAddress } from "./address";

export const REFRESH_SECONDS = [0, 5, 10, 30, 60, 300];
const DEFAULT_REFRESH_S = 30;

interface Range {
  range: TimeRange;
  zone: string;
  /** The range in milliseconds, as of the last refresh. */
  span: Span;
  refreshS: number;
  refresh: () => void;
}

const Context = createContext<Range | null>(null);

export function useRange(): Range {
  const range = useContext(Context);
  if (!range) throw new Error("BUG: a view stands outside the range provider");
  return range;
}

export function setRange(range: TimeRange): void {
  setParameters({ from: range.from, to: range.to });
}

export function setZone(zone: string): void {
  setParameters({ tz: zone === "local" ? null : zone });
}

export function setRefresh(seconds: number): void {
  setParameters({ refresh: seconds === DEFAULT_REFRESH_S ? null : String(seconds) });
}

export function RangeProvider({ children }: { children: ReactNode }) {
  const { search } = useAddress();
  const [refreshes, setRefreshes] = useState(0);
  const { from, to } = validRange(search.get("from"), search.get("to"), Date.now());
  const tz = search.get("tz") ?? "local";
  const zone = isZone(tz) ? tz : "local";
  const asked = Number(search.get("refresh") ?? DEFAULT_REFRESH_S);
  const refreshS = REFRESH_SECONDS.includes(asked) ? asked : DEFAULT_REFRESH_S;
  const moving = isRelative({ from, to });

  useEffect(() => {
    if (!refreshS || !moving) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) setRefreshes((n) => n + 1);
    }, refreshS * 1_000);
    return () => clearInterval(timer);
  }, [refreshS, moving]);

  // `refreshes` stands for "now has moved on".
  // eslint-disable-next-line react-hooks/exhaustive-deps -- see above
  const span = useMemo(() => spanOf({ from, to }, Date.now()), [from, to, refreshes]);
  const value = useMemo(
    () => ({
      range: { from, to },
      zone,
      span,
      refreshS,
      refresh: () => setRefreshes((n) => n + 1),
    }),
    [from, to, zone, span, refreshS],
  );
  return <Context value={value}>{children}</Context>;
}
