/** How durations are spread, on a logarithmic axis; a drag or the two fields choose some. */

import { useMemo, useRef, useState, type PointerEvent } from "react";
import { count, duration, exact } from "../../lib/format";
import type { TileReply } from "../../lib/api";
import { records, type TileState } from "../../lib/useTile";
import { Card } from "../../ui/Card";
import { NothingHere } from "../../ui/Empty";
import { callsBetween, quantile, STEP, type Bucket } from "./quantiles";

const HEIGHT = 130;
const AXIS = 20;

export interface Selection {
  lo: number;
  hi: number;
}

interface DistributionProps {
  tile: TileState;
  noun: string;
  selection: Selection | null;
  select: (to: Selection | null) => void;
}

export function bucketsIn(reply: TileReply | null): Bucket[] {
  if (!reply) return [];
  return records(reply).map((row) => ({
    logMs: row.number("log_ms"),
    calls: row.number("calls"),
    failed: row.number("failed"),
  }));
}

export function Distribution({ tile, noun, selection, select }: DistributionProps) {
  const buckets = useMemo(() => bucketsIn(tile.data), [tile.data]);
  return (
    <Card
      title="Distribution of durations"
      tile={tile}
      picture
      empty={<NothingHere what={noun} />}
    >
      <Histogram buckets={buckets} selection={selection} select={select} />
      <p className="muted small row">
        {selection ? (
          <>
            {duration(selection.lo)} – {duration(selection.hi)}:{" "}
            {exact(callsBetween(buckets, selection.lo, selection.hi))} {noun}
            <button type="button" className="button button-small" onClick={() => select(null)}>
              All durations
            </button>
          </>
        ) : (
          `Drag over the bars to choose durations. ${marks(buckets)}`
        )}
      </p>
      <Fields selection={selection} select={select} buckets={buckets} />
    </Card>
  );
}

function marks(buckets: Bucket[]): string {
  return [50, 95, 99].map((n) => `p${n} ${duration(quantile(buckets, n / 100))}`).join(" · ");
}

interface HistogramProps {
  buckets: Bucket[];
  selection: Selection | null;
  select: (to: Selection | null) => void;
}

function Histogram({ buckets, selection, select }: HistogramProps) {
  const box = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const low = Math.floor((buckets[0]?.logMs ?? 0) / STEP) * STEP - STEP;
  const high = (buckets.at(-1)?.logMs ?? 1) + 2 * STEP;
  const most = Math.max(1, ...buckets.map((one) => one.calls));
  const x = (log: number) => ((log - low) / (high - low)) * 100;
  const logAt = (event: PointerEvent) => {
    const rect = box.current?.getBoundingClientRect();
    if (!rect) return low;
    const share = Math.max(0, Math.min(1, (event.clientX - rect.left) / rect.width));
    return low + share * (high - low);
  };
  const chosen: [number, number] | null = drag
    ? [Math.min(...drag), Math.max(...drag)]
    : selection && [Math.log10(Math.max(selection.lo, 0.001)), Math.log10(selection.hi)];
  const ticks = [];
  for (let n = Math.ceil(low); n <= high; n += 1) ticks.push(n);
  return (
    <svg
      ref={box}
      className="histogram"
      height={HEIGHT + AXIS}
      role="img"
      aria-label={`Durations: ${marks(buckets)}`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag([logAt(event), logAt(event)]);
      }}
      onPointerMove={(event) => drag && setDrag([drag[0], logAt(event)])}
      onPointerUp={() => {
        if (drag && Math.abs(drag[1] - drag[0]) > STEP / 2) {
          select({ lo: 10 ** Math.min(...drag), hi: 10 ** Math.max(...drag) });
        } else select(null);
        setDrag(null);
      }}
    >
      {chosen && (
        <rect
          className="histogram-chosen"
          x={`${x(chosen[0])}%`}
          width={`${Math.max(0, Math.min(100, x(chosen[1])) - x(chosen[0]))}%`}
          height={HEIGHT}
        />
      )}
      {buckets.map((one) => {
        const height = Math.max(2, (HEIGHT - 12) * Math.sqrt(one.calls / most));
        const bad = one.calls ? (height * one.failed) / one.calls : 0;
        const place = {
          x: `${x(one.logMs)}%`,
          width: `${Math.max(0.4, x(one.logMs + STEP) - x(one.logMs) - 0.2)}%`,
        };
        return (
          <g key={one.logMs}>
            <title>{`${duration(10 ** one.logMs)} – ${duration(10 ** (one.logMs + STEP))}: ${count(one.calls)}, ${count(one.failed)} failed`}</title>
            <rect className="histogram-bar" {...place} y={HEIGHT - height} height={height} />
            {bad > 0 && (
              <rect className="histogram-bad" {...place} y={HEIGHT - bad} height={bad} />
            )}
          </g>
        );
      })}
      {[0.5, 0.95, 0.99].map((share) => {
        const at = `${x(Math.log10(quantile(buckets, share)))}%`;
        return (
          <g key={share} className="histogram-mark">
            <line x1={at} x2={at} y1={0} y2={HEIGHT} />
            <text x={at} y={9} dx={3}>
              p{share * 100}
            </text>
          </g>
        );
      })}
      {ticks.map((n) => (
        <text key={n} className="histogram-tick" x={`${x(n)}%`} y={HEIGHT + 15}>
          {duration(10 ** n)}
        </text>
      ))}
    </svg>
  );
}

function Fields({ buckets, selection, select }: HistogramProps) {
  const lo = selection ? rounded(selection.lo) : "";
  const hi = selection ? rounded(selection.hi) : "";
  const change = (low: string, high: string) => {
    const from = low === "" ? 0 : Number(low);
    const to = high === "" ? quantile(buckets, 1) : Number(high);
    if (from >= 0 && to > from) select({ lo: from, hi: to });
  };
  return (
    <div className="row small histogram-fields">
      <label>
        From{" "}
        <input
          key={`lo${lo}`}
          className="input"
          inputMode="decimal"
          defaultValue={lo}
          onBlur={(event) => event.target.value !== lo && change(event.target.value, hi)}
          onKeyDown={(event) => event.key === "Enter" && change(event.currentTarget.value, hi)}
        />
      </label>
      <label>
        to{" "}
        <input
          key={`hi${hi}`}
          className="input"
          inputMode="decimal"
          defaultValue={hi}
          onBlur={(event) => event.target.value !== hi && change(lo, event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && change(lo, event.currentTarget.value)}
        />{" "}
        ms
      </label>
    </div>
  );
}

function rounded(ms: number): string {
  return Number(ms.toPrecision(4)).toString();
}
