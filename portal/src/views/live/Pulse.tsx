/** One number of the last minute: large, and as a line on an axis that stands still. */

import type { PointerEvent } from "react";
import { newestOf, pieces, scaleEnd, type LiveMetric } from "./metrics";
import type { Values } from "./stream";

const HEIGHT = 56;

interface PulseProps {
  metric: LiveMetric;
  values: Values;
  /** The second under the pointer, of whichever picture. */
  at: number | null;
  point: (at: number | null) => void;
  /** What is known where no line is: a number that was stored. */
  stored?: { value: number; when: string } | undefined;
}

export function Pulse({ metric, values, at, point, stored }: PulseProps) {
  const newest = newestOf(values);
  const pointed = at === null ? null : (values[at] ?? null);
  const last = values.length - 1;
  const end = scaleEnd(values, metric);
  const color = metric.color === "bad" ? "var(--bad)" : `var(--series-${metric.color + 1})`;
  const shown = at !== null ? pointed : (newest?.value ?? stored?.value ?? null);
  const note =
    at !== null
      ? `${last - at} s ago`
      : newest
        ? newest.behindS > 1
          ? `${newest.behindS} s ago`
          : ""
        : (stored?.when ?? "");
  const move = (event: PointerEvent<SVGSVGElement>) => {
    const rect = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - rect.left) / Math.max(1, rect.width);
    point(Math.max(0, Math.min(last, Math.round(share * last))));
  };
  const y = (value: number) => HEIGHT - (HEIGHT - 2) * Math.min(1, value / end);
  const bad = metric.color === "bad" && shown !== null && shown > 0;
  return (
    <figure className="pulse-figure">
      <figcaption>
        <span className="clip" title={metric.label}>
          {metric.label}
        </span>
        <span className="muted small">{note}</span>
      </figcaption>
      <p className={`pulse-number${bad ? " bad" : ""}`}>
        {shown === null ? "–" : metric.format(shown)}
      </p>
      <div className="pulse-picture">
        <svg
          viewBox={`0 0 ${last} ${HEIGHT}`}
          height={HEIGHT}
          preserveAspectRatio="none"
          role="img"
          aria-label={sentence(metric, values)}
          onPointerMove={move}
          onPointerLeave={() => point(null)}
        >
          {[0.25, 0.5, 0.75].map((share) => (
            <line
              key={share}
              className="pulse-grid"
              x1={share * last}
              x2={share * last}
              y1={0}
              y2={HEIGHT}
            />
          ))}
          {pieces(values).map((piece) => {
            const from = piece[0] as [number, number];
            const to = piece.at(-1) as [number, number];
            const line = piece.map(([x, value]) => `${x},${y(value)}`).join(" ");
            return (
              <g key={from[0]} style={{ color }}>
                <polygon
                  className="pulse-area"
                  points={`${from[0]},${HEIGHT} ${line} ${to[0]},${HEIGHT}`}
                />
                {/* A second on its own shows as a stroke of no length with round ends. */}
                <polyline className="pulse-line" points={piece.length > 1 ? line : `${line} ${line}`} />
              </g>
            );
          })}
          {at !== null && <line className="pulse-cursor" x1={at} x2={at} y1={0} y2={HEIGHT} />}
        </svg>
        <span className="pulse-top">{metric.format(end)}</span>
      </div>
      <p className="pulse-axis">
        <span>60 s ago</span>
        <span>now</span>
      </p>
    </figure>
  );
}

function sentence(metric: LiveMetric, values: Values): string {
  const newest = newestOf(values);
  if (!newest) return `${metric.label}: nothing was told in the last minute`;
  const most = Math.max(...values.map((value) => value ?? 0));
  return `${metric.label} over the last minute: now ${metric.format(newest.value)}, at most ${metric.format(most)}`;
}
