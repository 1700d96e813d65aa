/** Durations over time as a heatmap; a box chooses a time and durations at once. */

import { useEffect, useMemo, useRef, useState, type PointerEvent } from "react";
import { count, duration } from "../../lib/format";
import { absolute, dateTime } from "../../lib/time";
import { records, useTile } from "../../lib/useTile";
import { setRange, useRange } from "../../shell/range";
import { useTheme } from "../../shell/theme";
import { Card } from "../../ui/Card";
import { token } from "../../ui/colors";
import { NothingHere } from "../../ui/Empty";
import type { Selection } from "./Distribution";

const ROW = 0.1;
const HEIGHT = 150;
const BUCKETS = 80;

interface Cell {
  at: number;
  logMs: number;
  calls: number;
}

interface HeatmapProps {
  app: string;
  operation: string;
  select: (to: Selection | null) => void;
}

export function Heatmap({ app, operation, select }: HeatmapProps) {
  const tile = useTile("performance.heatmap", app, {
    buckets: BUCKETS,
    parameters: useMemo(() => ({ op: operation }), [operation]),
  });
  const cells = useMemo<Cell[]>(
    () =>
      tile.data
        ? records(tile.data).map((row) => ({
            at: row.instant("bucket"),
            logMs: row.number("log_ms"),
            calls: row.number("calls"),
          }))
        : [],
    [tile.data],
  );
  return (
    <Card title="Durations over time" tile={tile} picture empty={<NothingHere what="requests" />}>
      {tile.data && (
        <Picture
          cells={cells}
          start={Date.parse(tile.data.start)}
          end={Date.parse(tile.data.end)}
          grainMs={tile.data.grain_s * 1_000}
          select={select}
        />
      )}
    </Card>
  );
}

interface PictureProps {
  cells: Cell[];
  start: number;
  end: number;
  grainMs: number;
  select: (to: Selection | null) => void;
}

interface Box {
  fromX: number;
  fromY: number;
  toX: number;
  toY: number;
}

function Picture({ cells, start, end, grainMs, select }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [box, setBox] = useState<Box | null>(null);
  const [said, setSaid] = useState("");
  const theme = useTheme();
  const { zone } = useRange();
  const low = Math.min(...cells.map((one) => one.logMs), 0);
  const high = Math.max(...cells.map((one) => one.logMs), 1) + ROW;

  useEffect(() => {
    const element = canvas.current;
    if (!element) return undefined;
    const paint = () => draw(element, cells, { start, end, grainMs, low, high });
    const observer = new ResizeObserver(paint);
    observer.observe(element);
    return () => observer.disconnect();
  }, [cells, start, end, grainMs, low, high, theme]);

  const place = (event: PointerEvent<HTMLElement>) => {
    const rect = event.currentTarget.getBoundingClientRect();
    return {
      x: Math.max(0, Math.min(1, (event.clientX - rect.left) / rect.width)),
      y: Math.max(0, Math.min(1, (event.clientY - rect.top) / rect.height)),
    };
  };
  const timeAt = (x: number) => start + x * (end - start);
  const msAt = (y: number) => 10 ** (high - y * (high - low));
  const tell = (x: number, y: number) => {
    const at = timeAt(x);
    const log = Math.log10(msAt(y));
    const cell = cells.find(
      (one) =>
        one.at <= at && at < one.at + grainMs && one.logMs <= log && log < one.logMs + ROW,
    );
    setSaid(
      `${dateTime(at, zone, false)} · ${duration(msAt(y))}${cell ? ` · ${count(cell.calls)} requests` : ""}`,
    );
  };
  const finish = () => {
    if (box && Math.abs(box.toX - box.fromX) > 0.01) {
      const [from, to] = [Math.min(box.fromX, box.toX), Math.max(box.fromX, box.toX)];
      const [top, bottom] = [Math.min(box.fromY, box.toY), Math.max(box.fromY, box.toY)];
      select({ lo: msAt(bottom), hi: msAt(top) });
      setRange(absolute({ start: timeAt(from), end: timeAt(to) }));
    }
    setBox(null);
  };
  return (
    <>
      <div
        className="heatmap"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          const { x, y } = place(event);
          setBox({ fromX: x, fromY: y, toX: x, toY: y });
        }}
        onPointerMove={(event) => {
          const { x, y } = place(event);
          tell(x, y);
          if (box) setBox({ ...box, toX: x, toY: y });
        }}
        onPointerLeave={() => setSaid("")}
        onPointerUp={finish}
      >
        <canvas
          ref={canvas}
          height={HEIGHT}
          role="img"
          aria-label="How many requests took how long, over time"
        />
        {box && (
          <i
            className="heatmap-box"
            style={{
              left: `${Math.min(box.fromX, box.toX) * 100}%`,
              top: `${Math.min(box.fromY, box.toY) * 100}%`,
              width: `${Math.abs(box.toX - box.fromX) * 100}%`,
              height: `${Math.abs(box.toY - box.fromY) * 100}%`,
            }}
          />
        )}
      </div>
      <p className="muted small row">
        {said ||
          `${duration(10 ** low)} at the bottom, ${duration(10 ** high)} on top. Draw a box to choose a time and durations.`}
      </p>
    </>
  );
}

interface Frame {
  start: number;
  end: number;
  grainMs: number;
  low: number;
  high: number;
}

function draw(element: HTMLCanvasElement, cells: Cell[], frame: Frame): void {
  const scale = devicePixelRatio || 1;
  const width = element.clientWidth;
  element.width = width * scale;
  element.height = HEIGHT * scale;
  const brush = element.getContext("2d");
  if (!brush) return;
  brush.scale(scale, scale);
  brush.fillStyle = token("--accent");
  const most = Math.max(1, ...cells.map((one) => one.calls));
  const wide = (frame.grainMs / (frame.end - frame.start)) * width;
  const tall = (ROW / (frame.high - frame.low)) * HEIGHT;
  for (const { at, logMs, calls } of cells) {
    brush.globalAlpha = 0.12 + 0.88 * Math.sqrt(calls / most);
    const left = ((at - frame.start) / (frame.end - frame.start)) * width;
    const top = HEIGHT - ((logMs + ROW - frame.low) / (frame.high - frame.low)) * HEIGHT;
    brush.fillRect(left, top, Math.max(1, wide - 0.5), Math.max(1, tall - 0.5));
  }
}
